"""Reports say everything a run found, and nothing in an answer can spoil them."""

import io
import json
from dataclasses import replace
from xml.etree import ElementTree as ET

import pytest
from rich.console import Console

from conformance.report import table
from conformance.report.diff import VALUE_CHARACTERS_MAX, show_judgement
from conformance.report.json_report import SCHEMA, as_json
from conformance.report.junit import as_junit
from conformance.report.table import open_console, print_run, progress_bar, summary
from conformance.report.totals import Totals, count, count_allowances
from conformance.run import Run
from conformance.subject import Reply
from conformance.verdict import Verdict, judge
from tests.conformance.questions import answer, question
from tests.conformance.report.runs import HUGE, full_run, mixed_run


def printed(run: Run, *, terminal: bool = False) -> str:
    """Return what is printed of a run."""
    target = io.StringIO()
    console = Console(file=target, width=120, force_terminal=terminal, markup=False, highlight=False)
    print_run(run, console)
    return target.getvalue()


def test_every_answer_is_counted_once() -> None:
    assert count(mixed_run().judgements) == Totals(
        asked=5, match=2, mismatch=2, lag=0, inconclusive=1, unchecked=0, messages=1, allowed=1
    )
    assert count_allowances(mixed_run())["client-version"] == 1


def test_the_table_ends_with_the_totals() -> None:
    lines = printed(mixed_run()).splitlines()
    assert lines[-1] == (
        "testchain: 2 of 5 answers match Geth/v1; 2 mismatch, 1 inconclusive, 1 with another error message (1.5 s)"
    )
    assert any("eth_getBalance" in line and line.count("1") == 2 for line in lines)


def test_the_last_line_of_an_interrupted_run_says_so() -> None:
    assert summary(mixed_run(interrupted=True)).startswith("interrupted: testchain: 2 of 8")
    assert "3 not asked" in summary(mixed_run(interrupted=True))


def test_a_difference_is_shown_with_a_legend_and_every_digit() -> None:
    text = printed(mixed_run())
    assert "- reference: Geth/v1 (recorded)   + candidate: Other/v1 (http://candidate)" in text
    assert f"$.result.a differs\n    - {HUGE}\n    + {HUGE - 1}\n" in text
    assert "$.result.b is missing\n    - null\n" in text
    assert 'MISMATCH eth_getBalance/case  // for a test\n  >> {"jsonrpc"' in text


@pytest.mark.parametrize("terminal", [False, True])
def test_an_answer_cannot_move_the_cursor(terminal: bool) -> None:
    text = printed(mixed_run(), terminal=terminal)
    assert "\x1b[2J" not in text
    assert "\x00" not in text


def test_plain_output_has_no_colours(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    print_run(mixed_run(), open_console(stderr=False))
    with progress_bar(5) as tell:
        for judgement in mixed_run().judgements:
            tell(judgement)
    captured = capsys.readouterr()
    assert "\x1b" not in captured.out
    assert captured.err == ""


def test_a_terminal_has_colours_unless_they_are_not_wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert "\x1b[3" in printed(mixed_run(), terminal=True)
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[3" not in printed(mixed_run(), terminal=True)


def test_the_table_says_how_long_each_side_took_and_the_seed() -> None:
    text = printed(full_run())
    assert text.count("p50 / p99") == 2
    assert "6.00 / 11" in text
    assert "seed: 7" in text
    assert "1 lag, 1 inconclusive, 1 unchecked" in text
    assert "hunter2" not in text
    recorded = printed(mixed_run())
    assert "p99" not in recorded
    assert "seed" not in recorded


def test_of_many_wrong_answers_some_of_each_kind_are_shown_and_all_kinds_counted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(table, "CASES_SHOWN_MAX", 3)
    wrong = next(said for said in full_run().judgements if said.question.method == "eth_gasPrice")
    wrong = replace(wrong, verdict=Verdict.MISMATCH, problem="too much")
    run = replace(full_run(), judgements=(*[wrong] * 20, *full_run().judgements), planned=31)
    lines = printed(run).splitlines()
    assert sum(line.startswith("MISMATCH eth_gasPrice") for line in lines) == 1
    assert "and 23 more cases, in 7 ways; --json FILE lists them all:" in lines
    assert "     20 mismatch eth_gasPrice: too much" in lines


def test_messages_that_differ_in_the_same_way_are_shown_once() -> None:
    other = next(said for said in mixed_run().judgements if said.message_differences)
    text = printed(replace(mixed_run(), judgements=(other,) * 30, planned=30))
    assert 'eth_call/case, 30 times\n    - "a"\n    + "b"\n' in text


def test_of_long_values_the_part_that_differs_is_shown() -> None:
    asked = question(result="0x" + "0" * 5000 + "1" + "0" * 5000)
    text = show_judgement(
        judge(asked, Reply(200, asked.recorded.encode()), Reply(200, answer("0x" + "0" * 10001).encode()))
    )
    minus, plus = (line for line in text.plain.splitlines() if line.strip()[0] in "-+")
    assert "1" in minus.split("(")[0]
    assert "1" not in plus.split("(")[0]
    assert "(10005 characters, first difference at 5003)" in minus
    assert len(minus) < VALUE_CHARACTERS_MAX + 80


def test_the_json_report_holds_every_case_and_value() -> None:
    report = json.loads(as_json(mixed_run()))
    assert (report["schema"], report["verdict"], report["exit_code"]) == (SCHEMA, "mismatch", 1)
    assert report["totals"] == {
        "asked": 5,
        "match": 2,
        "mismatch": 2,
        "lag": 0,
        "inconclusive": 1,
        "unchecked": 0,
        "messages": 1,
        "allowed": 1,
    }
    assert report["reference"] == {"name": "recorded", "version": "Geth/v1"}
    by_case = {case["case"]: case for case in report["cases"]}
    assert by_case["eth_getBalance/case"]["differences"] == [
        {
            "path": "$.result.a",
            "kind": "different",
            "detail": "",
            "reference": str(HUGE),
            "candidate": str(HUGE - 1),
        },
        {"path": "$.result.b", "kind": "missing", "detail": "", "reference": "null", "candidate": None},
    ]
    assert by_case["eth_call/case"]["message_differences"][0]["candidate"] == '"b"'
    assert by_case["web3_clientVersion/case"]["allowed"][0]["allowance"] == "client-version"
    assert by_case["eth_getCode/case"]["verdict"] == "inconclusive"
    assert {row["name"]: row["uses"] for row in report["allowances"]} == count_allowances(mixed_run())


def test_the_junit_report_is_well_formed_and_counts_the_same() -> None:
    suite = ET.fromstring(as_junit(mixed_run(interrupted=True)))
    assert {key: suite.get(key) for key in ("tests", "failures", "errors")} == {
        "tests": "6",
        "failures": "2",
        "errors": "2",
    }
    assert len(suite.findall("testcase")) == 6
    timed = ET.fromstring(as_junit(full_run()))
    assert [case.get("time") for case in timed.findall("testcase")][:2] == ["0.002000", "0.004000"]
    assert {wrong.get("type") for wrong in timed.findall("testcase/failure")} == {"mismatch", "lag"}
    facts = {one.get("name"): one.get("value") for one in timed.findall("properties/property")}
    assert (facts["seed"], facts["verdict"], facts["reference"]) == ("7", "mismatch", "geth/v1")
    assert len(suite.findall("testcase/failure")) == 2
    assert len(suite.findall("testcase/error")) == 2
    assert "$.result.a differs" in (suite.findall("testcase/failure")[0].text or "")
