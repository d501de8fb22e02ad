"""The command `ethercattle conform`: what it prints and writes, and the exit code it ends with."""

import json
import os
import re
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from conformance.cli import conform
from conformance.corpus import answers_folder, load_corpus
from fixtures.io_cases import Case, RoundTrip, write_cases
from tests.conformance.fake_node import Answerer, Wire, fake_node
from tests.conformance.questions import answer, question

RECORD = {asked.body: asked.recorded for asked in load_corpus(answers_folder("everyfork")).questions}
VERSION_BODY = question("web3_clientVersion").body


def right(body: str) -> Wire:
    """Answer as the record of the shipped chain does."""
    return Wire(RECORD.get(body, answer("Fake/v1")).encode())


def run_conform(answerer: Answerer, *arguments: str) -> Result:
    """Run the command on a fake candidate."""
    with fake_node(answerer) as url:
        return CliRunner().invoke(conform, ["--candidate", url, *arguments])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of two cases."""
    cases = [
        Case("eth_getBalance", "one", ("the first",), (RoundTrip(question().body, answer("0x1")),)),
        Case("web3_clientVersion", "version", (), (RoundTrip(VERSION_BODY, answer("Geth/v1")),)),
    ]
    write_cases(tmp_path / "cases", cases)
    return tmp_path / "cases"


def two(body: str) -> Wire:
    """Answer the two cases of the folder."""
    return Wire((answer("Fake/v1") if "clientVersion" in body else answer("0x1")).encode())


@pytest.mark.parametrize("arguments", [(), ("--strict-messages",)])
def test_a_candidate_that_answers_as_recorded_passes(arguments: tuple[str, ...]) -> None:
    result = run_conform(right, *arguments)
    assert result.exit_code == 0, result.output
    total = len(load_corpus(answers_folder("everyfork")).questions)
    assert result.stdout.splitlines()[-1].startswith(f"everyfork: {total} of {total} answers match Geth/v1.17.8")


def test_one_wrong_answer_fails(folder: Path) -> None:
    result = run_conform(lambda body: Wire(two(body).body.replace(b"0x1", b"0x2")), "--cases", str(folder))
    assert result.exit_code == 1
    assert "MISMATCH eth_getBalance/one  // the first" in result.stdout
    assert '- "0x1"' in result.stdout
    assert '+ "0x2"' in result.stdout


def test_one_wrong_record_fails(folder: Path) -> None:
    path = folder / "eth_getBalance" / "one.io"
    path.write_text(path.read_text().replace('"0x1"', '"0x3"'))
    assert run_conform(two, "--cases", str(folder)).exit_code == 1


def test_a_candidate_that_is_not_there_is_not_judged(folder: Path) -> None:
    with fake_node(two) as url:
        pass
    result = CliRunner().invoke(conform, ["--candidate", url, "--cases", str(folder)])
    assert result.exit_code == 3
    assert "0 of 2 answers match" in result.stdout
    assert "2 inconclusive" in result.stdout


def test_a_candidate_that_is_not_there_has_no_good_tags_either(folder: Path) -> None:
    def with_head(body: str) -> Wire:
        head = {"number": "0x1", "hash": "0x" + "ab" * 32}
        return Wire(answer(head).encode()) if "eth_getBlockByNumber" in body else two(body)

    with fake_node(two) as url:
        pass
    with fake_node(with_head) as reference:
        arguments = ["--candidate", url, "--cases", str(folder), "--reference", reference]
        result = CliRunner().invoke(conform, arguments)
    assert result.exit_code == 3, result.output
    assert "0 of 6 answers match" in result.stdout
    assert "6 inconclusive" in result.stdout


def test_two_endpoints_are_compared_live(folder: Path) -> None:
    wrong_record = folder / "eth_getBalance" / "one.io"
    wrong_record.write_text(wrong_record.read_text().replace('"0x1"', '"0x3"'))
    with fake_node(two) as reference:
        result = run_conform(two, "--cases", str(folder), "--reference", reference)
        assert result.exit_code == 0, result.output
        assert f"reference: Fake/v1 ({reference})" in result.stdout
        result = run_conform(lambda _: Wire(answer("0x9").encode()), "--cases", str(folder), "--reference", reference)
        assert result.exit_code == 1


def test_patterns_choose_what_is_asked(folder: Path) -> None:
    wrong_balance: Answerer = lambda _: Wire(answer("Fake").encode())  # noqa: E731
    assert run_conform(wrong_balance, "--cases", str(folder), "--include", "web3_*").exit_code == 0
    assert run_conform(wrong_balance, "--cases", str(folder), "--exclude", "web3_*").exit_code == 1
    assert run_conform(wrong_balance, "--cases", str(folder), "--include", "none").exit_code == 2


def test_messages_count_when_they_are_to(folder: Path) -> None:
    trip = RoundTrip(question().body, '{"jsonrpc":"2.0","id":1,"error":{"code":-32000,"message":"no"}}')
    write_cases(folder, [Case("eth_getBalance", "fails", (), (trip,))])
    other: Answerer = lambda _: Wire(trip.response.replace("no", "nope").encode())  # noqa: E731
    lenient = run_conform(other, "--cases", str(folder))
    assert lenient.exit_code == 0
    assert "1 with another error message" in lenient.stdout
    assert run_conform(other, "--cases", str(folder), "--strict-messages").exit_code == 1


def test_reports_go_to_files_and_stdout(folder: Path, tmp_path: Path) -> None:
    json_path, junit_path = tmp_path / "report.json", tmp_path / "report.xml"
    run_conform(two, "--cases", str(folder), "--json", str(json_path), "--junit", str(junit_path))
    assert json.loads(json_path.read_text())["verdict"] == "match"
    assert junit_path.read_text().startswith("<testsuite")
    result = run_conform(two, "--cases", str(folder), "--json", "-")
    assert json.loads(result.stdout)["totals"]["match"] == 2
    assert "2 of 2 answers match" in result.stderr


def test_a_report_that_cannot_be_written_is_said_beside_the_result(folder: Path, tmp_path: Path) -> None:
    result = run_conform(two, "--cases", str(folder), "--json", str(tmp_path / ("a" * 300)))
    assert result.exit_code == 2
    assert "2 of 2 answers match" in result.stdout
    assert "aaa can't be written: File name too long" in result.stderr


@pytest.mark.parametrize("flag", ["--json", "--junit"])
def test_a_report_without_a_folder_is_refused_before_anything_is_asked(folder: Path, tmp_path: Path, flag: str) -> None:
    result = run_conform(two, "--cases", str(folder), flag, str(tmp_path / "no" / "report"))
    assert (result.exit_code, result.stdout) == (2, "")
    assert f"report can't be written: there is no folder {tmp_path}/no" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--candidate", "localhost"], "no endpoint, expected an URL"),
        (["--candidate", "http://127.0.0.1:1", "--reference", "gath"], "'gath' is no endpoint"),
        (["--chain", "nowhere"], "no chain 'nowhere'"),
        (["--cases", "/nowhere"], "/nowhere is not a folder"),
        (["--json", "-", "--junit", "-"], "can't both write to stdout"),
        (["--no-such-flag"], "No such option"),
        (["--broker", "mars"], "--broker is 'mars', expected sqlite, kafka or host:port"),
        (["--kafka.config", "acks=all"], "--broker sqlite has no such properties"),
        (["--candidate", "http://127.0.0.1:1", "--broker", "kafka"], "no log for --broker"),
    ],
)
def test_wrong_usage_is_one_line_and_exit_code_2(arguments: list[str], complaint: str) -> None:
    result = CliRunner().invoke(conform, arguments)
    assert result.exit_code == 2
    assert complaint in result.stderr
    assert "Traceback" not in result.output


def test_the_help_states_the_exit_codes() -> None:
    text = " ".join(CliRunner().invoke(conform, ["--help"]).output.split())
    assert "0 every answer matches; 1 some answer is wrong; 2 wrong usage" in text
    assert "3 could not judge" in text


@pytest.mark.parametrize(("number", "jobs"), [(signal.SIGINT, 1), (signal.SIGTERM, 4)])
def test_a_signal_ends_it_with_the_report_of_what_it_has(
    folder: Path, tmp_path: Path, number: signal.Signals, jobs: int
) -> None:
    versions = iter([two(VERSION_BODY)])  # the first is asked for before the questions
    reached, is_over = threading.Event(), threading.Event()

    def hang_on_the_last(body: str) -> Wire:
        if "eth_getBalance" in body:
            return two(body)
        version = next(versions, None)
        if version is None:
            reached.set()
            is_over.wait(60)
        return version or two(body)

    report = tmp_path / "report.json"
    flags = ["--cases", str(folder), "--jobs", str(jobs), "--json", str(report)]
    with fake_node(hang_on_the_last) as url:
        command = [sys.executable, "-m", "ethercattle", "conform", "--candidate", url, *flags]
        running = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        try:
            assert reached.wait(60)
            os.kill(running.pid, number)
            output, errors = running.communicate(timeout=30)
        finally:
            running.kill()
            is_over.set()
    assert running.returncode == 3, errors
    assert "interrupted: " in output
    # Of several that are asked at a time the first may not be judged yet when the last is there.
    assert re.search(r"[01] of 2 answers match" if jobs > 1 else r"1 of 2 answers match", output), output
    assert json.loads(report.read_text())["interrupted"] is True
