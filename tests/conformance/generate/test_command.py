"""`ethercattle conform --examples`: asks generated requests of two endpoints, and keeps those that fail as cases."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from conformance.cli import conform
from conformance.corpus import Question
from fixtures.io_cases import Case, RoundTrip, write_case
from reference_node.rpc.dispatch import answer_request, parse_request
from tests.conformance.fake_node import Wire, fake_node
from tests.conformance.generate.chain import InMemory
from tests.conformance.generate.test_failures import Faulty
from tests.conformance.questions import answer, question

pytestmark = pytest.mark.slow

RIGHT = InMemory()
FAULTY = Faulty(RIGHT)


def right(body: str) -> Wire:
    """Answer as the chain in memory does."""
    return Wire(answer_request(parse_request(body.encode()), RIGHT.backend))


def faulty(body: str) -> Wire:
    """Answer as it does, but for filters of topics at a later place."""
    method = "eth_getLogs" if '"method":"eth_getLogs"' in body else ""
    return Wire(FAULTY.ask(Question("q", method, "", body, "")).body)


@pytest.fixture
def cases(tmp_path: Path) -> Path:
    """A folder of one case."""
    trip = RoundTrip(question("eth_chainId", []).body, answer("0x539"))
    write_case(tmp_path / "cases", Case("eth_chainId", "id", (), (trip,)))
    return tmp_path / "cases"


def run(candidate: str, reference: str, *arguments: str | int | Path) -> Result:
    """Run the command."""
    words = ["--candidate", candidate, "--reference", reference, *map(str, arguments)]
    return CliRunner().invoke(conform, words)


def test_a_faulty_candidate_fails_and_the_kept_cases_fail_again(tmp_path: Path, cases: Path) -> None:
    kept = tmp_path / "kept"
    chosen = ("--include", "eth_getLogs", "--include", "eth_chainId")
    with fake_node(right) as reference, fake_node(faulty) as candidate:
        found = run(candidate, reference, "--cases", cases, "--examples", 300, "--seed", 1, "--save", kept, *chosen)
        assert found.exit_code == 1, found.output
        assert "from seed 1" in found.stderr
        assert sorted(folder.name for folder in kept.iterdir()) == ["eth_getLogs"]
        again = run(candidate, reference, "--cases", kept)
        assert again.exit_code == 1, again.output
        healed = run(reference, reference, "--cases", kept)
        assert healed.exit_code == 0, healed.output
        unused = ("--cases", cases, "--examples", 300, "--seed", 1, "--save", tmp_path / "x")
        same_seed = run(reference, reference, *unused)
        assert same_seed.exit_code == 0, same_seed.output
        assert not (tmp_path / "x").exists()


@pytest.mark.parametrize("reference", [[], ["--reference", "none"]])
def test_requests_that_nobody_recorded_need_a_reference_that_runs(reference: list[str]) -> None:
    result = CliRunner().invoke(conform, ["--candidate", "http://127.0.0.1:1", "--examples", "5", *reference])
    assert result.exit_code == 2
    assert "--examples asks what no record holds: it needs --reference geth or an URL" in result.stderr
