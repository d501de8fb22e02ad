"""A team's own pytest run asks every case as a test, fails readably, and is left alone where nobody asks for it."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import conformance.pytest_items  # noqa: F401 - a run inside this process must find it imported, and leave it so
from conformance.pytest_plugin import TRANSPORTS
from conformance.transport.settings import Kind
from tests.conformance.fake_node import Wire, fake_node

ANSWERS = {"eth_chainId": "0x539", "eth_blockNumber": "0x50", "web3_clientVersion": "Mine/v1"}
IMPORT_SECONDS_MAX = 0.02


def answering(wrong: str = "") -> Iterator[str]:
    """Serve the right answers, but for one method's."""

    def answer(body: str) -> Wire:
        asked = json.loads(body)
        result = "0xbad" if asked["method"] == wrong else ANSWERS[asked["method"]]
        return Wire(json.dumps({"jsonrpc": "2.0", "id": asked["id"], "result": result}).encode())

    with fake_node(answer) as url:
        yield url


@pytest.fixture
def good_url() -> Iterator[str]:
    """A node whose answers are all right."""
    yield from answering()


@pytest.fixture
def wrong_url() -> Iterator[str]:
    """A node that does not know which chain it has."""
    yield from answering("eth_chainId")


@pytest.fixture
def suite(pytester: pytest.Pytester) -> pytest.Pytester:
    """A team's folder: one test of theirs, and cases."""
    pytester.makepyfile(test_theirs="def test_theirs(): pass")
    for method, result in {**ANSWERS, "web3_clientVersion": "Geth/v1"}.items():
        folder = pytester.path / "cases" / method
        folder.mkdir(parents=True)
        for name in ("one", "two"):
            request = json.dumps({"jsonrpc": "2.0", "id": name, "method": method, "params": []})
            answer = json.dumps({"jsonrpc": "2.0", "id": name, "result": result})
            (folder / f"{name}.io").write_text(f"// the {name} case\n>> {request}\n<< {answer}\n")
    return pytester


def test_every_case_is_a_test_beside_those_of_the_team(suite: pytest.Pytester, good_url: str) -> None:
    result = suite.runpytest_inprocess("-v", "--candidate-url", good_url, "--cases", "cases")
    result.assert_outcomes(passed=7)
    text = result.stdout.str()
    for line in (
        f"conformance: 6 questions to {good_url}",
        "conformance/eth_chainId::one",
        "allowance client-version: 2",
    ):
        assert line in text


def test_a_wrong_answer_fails_with_a_readable_difference(suite: pytest.Pytester, wrong_url: str) -> None:
    result = suite.runpytest_inprocess("--candidate-url", wrong_url, "--cases", "cases")
    result.assert_outcomes(passed=5, failed=2)
    text = result.stdout.str()
    for line in (
        "MISMATCH eth_chainId/one  // the one case",
        '>> {"jsonrpc": "2.0", "id": "one", "method": "eth_chainId", "params": []}',
        "$.result differs",
        '- "0x539"',
        '+ "0xbad"',
        f"+ candidate: Mine/v1 ({wrong_url})",
        "FAILED conformance/eth_chainId::one - MISMATCH eth_chainId/one",
    ):
        assert line in text
    assert "Traceback" not in text


def test_the_reference_may_be_a_node(suite: pytest.Pytester, wrong_url: str, good_url: str) -> None:
    flags = ("--cases", "cases", "--candidate-url")
    suite.runpytest_inprocess(*flags, good_url, "--reference-url", good_url).assert_outcomes(passed=7)
    suite.runpytest_inprocess(*flags, wrong_url, "--reference-url", good_url).assert_outcomes(passed=5, failed=2)


@pytest.mark.parametrize(
    ("words", "passed", "deselected"),
    [
        (["-k", "eth_chainId"], 2, 5),
        (["-k", "eth_chainId and two"], 1, 6),
        (["-m", "conform"], 6, 1),
        (["-m", "not conform"], 1, 6),
    ],
)
def test_cases_are_selected_by_name_and_marker(
    suite: pytest.Pytester, good_url: str, words: list[str], passed: int, deselected: int
) -> None:
    result = suite.runpytest_inprocess("--strict-markers", *words, "--candidate-url", good_url, "--cases", "cases")
    result.assert_outcomes(passed=passed, deselected=deselected)


def test_a_dead_node_is_inconclusive_and_never_a_pass(suite: pytest.Pytester) -> None:
    result = suite.runpytest_inprocess("--candidate-url", "http://127.0.0.1:1", "--cases=cases")
    result.assert_outcomes(passed=1, failed=6)
    text = result.stdout.str()
    assert "FAILED conformance/eth_chainId::one - INCONCLUSIVE eth_chainId/one" in text
    assert "the candidate gave no whole reply: no connection to it" in text


def test_what_only_a_schema_could_judge_is_skipped(suite: pytest.Pytester, good_url: str) -> None:
    case = suite.path / "cases" / "eth_chainId" / "one.io"
    case.write_text("// speconly: any\n" + case.read_text())
    result = suite.runpytest_inprocess("-rs", "--candidate-url", good_url, "--cases", "cases")
    result.assert_outcomes(passed=6, skipped=1)
    assert "unchecked" in result.stdout.str()


@pytest.mark.slow
@pytest.mark.parametrize("dist", ["load", "loadfile", "worksteal"])
def test_cases_are_spread_over_workers(suite: pytest.Pytester, wrong_url: str, dist: str) -> None:
    flags = ("-n", "2", "--dist", dist, "--candidate-url", wrong_url, "--cases", "cases", "--junit-xml", "out.xml")
    result = suite.runpytest_subprocess(*flags)
    result.assert_outcomes(passed=5, failed=2)
    text = result.stdout.str()
    assert '+ "0xbad"' in text
    assert "allowance client-version: 2" in text
    assert 'classname="conformance.eth_chainId" name="one"' in (suite.path / "out.xml").read_text()


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (["--candidate-url", "URL", "--cases", "nowhere"], "nowhere is not a folder"),
        (["--candidate-url", "node:8545"], "'node:8545' is no endpoint"),
        (["--candidate-url", "URL", "--chain", "nowhere"], "nowhere"),
        (["--candidate-url", "URL", "--chain", "everyfork", "--cases", "cases"], "give one of them"),
        (["--candidate-url", "URL", "--cases", "cases", "--candidate-header", "secret"], "has no colon"),
        (["--candidate-url", "URL", "--cases", "cases", "--header", "secret"], "--header has no colon"),
        (["--candidate-url", "URL", "--cases", "cases", "--openrpc", "nowhere.json"], "nowhere.json"),
        (["--candidate-url", "URL", "--cases", "cases", "--transport", "carrier"], "--transport: invalid choice"),
        (["--reference-url", "URL"], "--candidate-url says whose are judged"),
    ],
)
def test_wrong_usage_is_one_line(suite: pytest.Pytester, good_url: str, words: list[str], problem: str) -> None:
    result = suite.runpytest_inprocess(*(good_url if word == "URL" else word for word in words))
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    said = result.stderr.str()
    assert problem in said
    assert "Traceback" not in said + result.stdout.str()
    assert "secret" not in said


def test_a_header_goes_to_both(suite: pytest.Pytester, good_url: str) -> None:
    flags = (
        "--header",
        "Authorization: one",
        "--candidate-header",
        "authorization: @@own",
        "--candidate-url",
        good_url,
    )
    suite.runpytest_inprocess(*flags, "--reference-url", good_url, "--cases", "cases").assert_outcomes(passed=7)


def test_batches_hold_the_cases_of_a_method(suite: pytest.Pytester) -> None:
    bodies: list[str] = []

    def answer(body: str) -> Wire:
        bodies.append(body)
        asked = json.loads(body)
        found = [
            {"jsonrpc": "2.0", "id": each["id"], "result": ANSWERS[each["method"]]}
            for each in (asked if isinstance(asked, list) else [asked])
        ]
        return Wire(json.dumps(found if isinstance(asked, list) else found[0]).encode())

    flags = ("--transport", "batch", "--cases", "cases", "-v")
    with fake_node(answer) as url:
        result = suite.runpytest_inprocess(*flags, "--candidate-url", url)
        result.assert_outcomes(passed=7)
        assert [len(json.loads(body)) for body in bodies[1:]] == [2, 2, 2]  # the first asks for the version
        bodies.clear()
        suite.runpytest_inprocess(*flags, "-k", "two", "--candidate-url", url).assert_outcomes(passed=3, deselected=4)
        assert [len(json.loads(body)) for body in bodies[1:]] == [1, 1, 1]


def test_messages_count_where_they_are_to(suite: pytest.Pytester) -> None:
    right = '{"jsonrpc":"2.0","id":1,"error":{"code":-32000,"message":"no"}}'
    shutil.rmtree(suite.path / "cases")
    (suite.path / "cases" / "eth_call").mkdir(parents=True)
    request = '{"jsonrpc":"2.0","id":1,"method":"eth_call","params":[]}'
    (suite.path / "cases" / "eth_call" / "fails.io").write_text(f">> {request}\n<< {right}\n")
    with fake_node(lambda _: Wire(right.replace("no", "never").encode())) as url:
        flags = ("--candidate-url", url, "--cases", "cases")
        suite.runpytest_inprocess(*flags).assert_outcomes(passed=2)
        suite.runpytest_inprocess(*flags, "--strict-messages").assert_outcomes(passed=1, failed=1)


def test_results_are_held_to_schemas(suite: pytest.Pytester, good_url: str) -> None:
    pattern = {"eth_chainId": "^0x539$", "eth_blockNumber": "^0x5$"}
    methods = [
        {"name": name, "params": [], "result": {"name": "it", "schema": {"type": "string", "pattern": pattern[name]}}}
        for name in pattern
    ]
    (suite.path / "openrpc.json").write_text(json.dumps({"openrpc": "1.2.6", "methods": methods}))
    result = suite.runpytest_inprocess("--candidate-url", good_url, "--cases", "cases", "--openrpc", "openrpc.json")
    result.assert_outcomes(passed=5, failed=2)
    assert "schema" in result.stdout.str()
    assert "^0x5$" in result.stdout.str()


def test_headers_go_to_the_candidate(suite: pytest.Pytester, good_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NODE_KEY", "hidden-key")
    flags = ("--candidate-header", "Authorization: @NODE_KEY", "--cases", "cases", "--candidate-url", good_url)
    result = suite.runpytest_inprocess("-v", *flags)
    result.assert_outcomes(passed=7)
    assert "hidden-key" not in result.stdout.str()


def test_a_run_that_does_not_ask_for_it_is_left_alone(pytester: pytest.Pytester) -> None:
    pytester.makeconftest(
        """
        def pytest_addoption(parser):
            parser.addoption("--cases", default="theirs")
            parser.addoption("--chain", default="theirs")
        """
    )
    pytester.makepyfile(
        """
        import sys

        def test_theirs(request):
            assert request.config.getoption("--cases") == "mine"
            assert "conformance.examine" not in sys.modules
            assert "conformance.pytest_items" not in sys.modules
        """
    )
    pytester.runpytest_subprocess("--strict-markers", "-W", "error", "--cases", "mine").assert_outcomes(passed=1)


def test_help_shows_all_flags(pytester: pytest.Pytester) -> None:
    text = pytester.runpytest_subprocess("--help").stdout.str()
    for flag in (
        "--candidate-url", "--reference-url", "--cases", "--chain", "--candidate-header", "--header", "--openrpc",
        "--strict-messages", "--transport",
    ):  # fmt: skip
        assert flag in text


def test_the_transports_are_those_of_the_command() -> None:
    assert list(TRANSPORTS) == [kind.value for kind in Kind]


def test_to_load_the_plugin_costs_next_to_nothing() -> None:
    code = (
        "import pytest, time; started = time.process_time(); import conformance.pytest_plugin as plugin;"
        "print(time.process_time() - started)"
    )
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    costs = [
        float(subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, check=True).stdout)
        for _ in range(3)
    ]
    assert min(costs) < IMPORT_SECONDS_MAX
