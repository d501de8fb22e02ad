"""`conform --self-test` and `python -m conformance.faults`, as a user meets them."""

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from conformance.cli import conform
from conformance.corpus import Question
from conformance.subject import Endpoint
from fixtures.io_cases import Case, RoundTrip, write_case
from tests.conformance.fake_node import Wire, fake_node
from tests.conformance.questions import answer


def run(*words: str) -> Result:
    """Run the command."""
    return CliRunner().invoke(conform, ["--self-test", *words])


def test_a_self_test_prints_rates_and_ends_with_0() -> None:
    ended = run("--include", "eth_getLogs/f*", "--seed", "7")
    assert ended.exit_code == 0, ended.output
    assert "logs-swapped" in ended.output
    assert "everyfork: 100 % of the planted faults killed" in ended.output
    assert "seed 7); 0 false alarms" in ended.output


def test_json_takes_stdout_or_a_file(tmp_path: Path) -> None:
    report = json.loads(run("--include", "eth_chainId", "--json", "-").stdout)
    assert (report["schema"], report["survivors"]) == ("ethercattle.selftest/1", 0)
    target = tmp_path / "report.json"
    assert run("--include", "eth_chainId", "--json", str(target)).exit_code == 0
    assert json.loads(target.read_text())["answers"] == report["answers"]


@pytest.mark.parametrize(
    "words", [("--candidate", "http://127.0.0.1:1"), ("--reference", "geth"), ("--html", "a.html"), ("--smoke",)]
)
def test_flags_about_endpoints_are_refused(words: tuple[str, ...]) -> None:
    ended = run(*words)
    assert ended.exit_code == 2
    assert f"so {words[0]} has no meaning" in ended.output


def test_cases_of_a_user_can_be_tested_with(tmp_path: Path) -> None:
    body = '{"jsonrpc":"2.0","id":1,"method":"eth_x","params":[]}'
    write_case(tmp_path, Case("eth_x", "one", ("why",), (RoundTrip(body, answer(["0x1", "0x2"])),)))
    ended = run("--cases", str(tmp_path))
    assert ended.exit_code == 0, ended.output
    assert "no answer can bear" in ended.output


def test_a_fault_can_be_put_in_front_of_an_endpoint() -> None:
    with fake_node(lambda _: Wire(answer("0xa").encode())) as url:
        words = [sys.executable, "-m", "conformance.faults", url, "--fault", "quantity-padded"]
        with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            address = process.stdout.readline().rsplit(" ", 1)[-1].strip()
            with Endpoint(address) as faulty:
                body = faulty.ask(Question("m/c", "m", "", '{"jsonrpc":"2.0","id":1,"method":"m"}', "")).body
            process.send_signal(signal.SIGINT)
            _, said = process.communicate(timeout=60)
    assert json.loads(body)["result"] == "0x0a"
    assert "planted quantity-padded in 2 answers" in said
    assert process.returncode == 0
