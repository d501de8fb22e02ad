"""The self-test finds nothing to blame in the comparison, and finds what is blunt in one that was made blunt."""

import json
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest

from conformance.allowances import Settings
from conformance.corpus import Question, answers_folder, load_corpus
from conformance.faults.fault import Fault, Right, Wrong
from conformance.faults.self_report import print_self_test, self_test_json, summary
from conformance.faults.self_test import Judge, SelfTest, self_test
from conformance.report.table import open_console
from conformance.subject import Reply
from conformance.verdict import Judgement, Verdict, judge
from tests.conformance.questions import question

SAMPLE = load_corpus(
    answers_folder("everyfork"),
    include=[
        "eth_getLogs/*",
        "eth_getBlockByNumber/*",
        "bodies/*",
        "eth_call/revert*",
        "eth_feeHistory/*",
        "eth_getTransactionReceipt/*",
    ],
).questions[::6]


def weakened(change: Callable[[Any], Any]) -> Judge:
    """Return a comparison that looks at both sides through a change first, where they are JSON."""

    def seen(reply: Reply) -> Reply:
        if b"[[[[" in reply.body:
            return reply
        try:
            return replace(reply, body=json.dumps(change(json.loads(reply.body))).encode())
        except (ValueError, RecursionError):
            return reply

    def blunt(asked: Question, expected: Reply, got: Reply, settings: Settings) -> Judgement:
        return judge(asked, seen(expected), seen(got), settings)

    return blunt


def everywhere(change: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Return what changes every value inside a value, the inner ones first."""

    def changed(value: Any) -> Any:
        if isinstance(value, dict):
            return change({key: changed(item) for key, item in value.items()})
        return change([changed(item) for item in value] if isinstance(value, list) else value)

    return changed


def as_float(value: Any) -> Any:
    """Return a number as a double, one in hex included."""
    if isinstance(value, str) and value.startswith("0x") and 2 < len(value) <= 66:
        return float(int(value, 16))
    return value


BLUNT: dict[str, tuple[Callable[[Any], Any], set[str]]] = {
    "sorts arrays": (
        lambda value: sorted(value, key=json.dumps) if isinstance(value, list) else value,
        {"logs-swapped", "topics-swapped", "transactions-swapped", "items-reversed", "batch-reordered"},
    ),
    "compares sets": (
        lambda value: sorted(set(map(json.dumps, value))) if isinstance(value, list) else value, {"item-doubled"},
    ),
    "ignores case": (lambda value: value.lower() if isinstance(value, str) else value, {"hex-upper-case"}),
    "compares floats": (
        as_float, {"quantity-off-beyond-double", "quantity-padded", "quantity-rounded-to-double"},
    ),
    "ignores errors": (
        lambda value: {**value, "error": None} if isinstance(value, dict) and "error" in value else value,
        {"error-code-changed", "error-data-dropped", "revert-data-changed"},
    ),
    "takes null for missing": (
        lambda value: {key: item for key, item in value.items() if item is not None}
        if isinstance(value, dict) else value,
        {"missing-for-null", "null-for-missing"},
    ),
    "ignores ids": (
        lambda value: {**value, "id": 0} if isinstance(value, dict) and "jsonrpc" in value else value,
        {"id-wrong", "id-of-another-type", "id-null"},
    ),
    "sees known keys only": (
        lambda value: {key: item for key, item in value.items() if key != "planted"} if isinstance(value, dict)
        else value,
        {"field-extra", "envelope-extra"},
    ),
    "takes the last of two keys": (lambda value: value, {"json-result-twice", "json-key-twice"}),
}  # fmt: skip


def survivors(found: SelfTest) -> set[str]:
    """Return the kinds that were not always killed."""
    return {tally.fault.name for tally in found.tallies if tally.survived}


def test_a_sample_of_the_record_is_judged_without_a_miss() -> None:
    found = self_test("sample", SAMPLE)
    assert (survivors(found), found.false_alarms, found.exit_code, found.is_whole) == (set(), 0, 0, True)
    assert sum(tally.killed for tally in found.tallies) > 500
    assert {"error-message"} <= {name for tally in found.tallies for name in tally.allowances}
    for tally in (*found.tallies, *found.controls):
        assert tally.planted + tally.not_applicable == len(SAMPLE)


@pytest.mark.slow
def test_every_kind_is_killed_wherever_it_can_be_planted_in_the_whole_record() -> None:
    found = self_test("everyfork", load_corpus(answers_folder("everyfork")).questions)
    assert (survivors(found), found.false_alarms, found.exit_code) == (set(), 0, 0)
    never = {tally.fault.name for tally in found.tallies if not tally.killed}
    assert never == {"error-message-changed"}, "that one falls into an allowance"


@pytest.mark.slow
@pytest.mark.parametrize("name", BLUNT)
def test_a_blunt_comparison_is_found_out(name: str) -> None:
    change, missed = BLUNT[name]
    found = self_test("sample", SAMPLE, judged_by=weakened(everywhere(change)))
    assert found.exit_code == 1
    assert survivors(found) >= missed
    assert all(tally.kill_rate is None or tally.kill_rate < 1 for tally in found.tallies if tally.survived)


def test_a_comparison_that_passes_all_kills_nothing() -> None:
    found = self_test("sample", SAMPLE[:20], judged_by=lambda asked, *_: Judgement(asked, Verdict.MATCH))
    assert sum(tally.killed for tally in found.tallies) == 0
    assert (found.exit_code, found.false_alarms) == (1, 0)


def test_a_comparison_that_blames_all_raises_false_alarms() -> None:
    found = self_test("sample", SAMPLE[:20], judged_by=lambda asked, *_: Judgement(asked, Verdict.MISMATCH))
    assert (found.survivors, found.exit_code) == (0, 1)
    assert found.false_alarms == sum(tally.planted for tally in found.controls) > 20


def test_what_nothing_is_said_of_is_not_killed() -> None:
    found = self_test("sample", SAMPLE[:20], judged_by=lambda asked, *_: Judgement(asked, Verdict.INCONCLUSIVE))
    assert sum(tally.killed for tally in found.tallies) == 0
    assert found.survivors == sum(tally.planted for tally in found.tallies)


def test_an_allowance_that_nobody_entered_twice_is_no_excuse() -> None:
    def lenient(asked: Question, expected: Reply, got: Reply, settings: Settings) -> Judgement:
        judgement = judge(asked, expected, got, settings)
        places = {difference.path[-1] for difference in judgement.differences if difference.path}
        return replace(judgement, verdict=Verdict.MATCH) if places == {"gasUsed"} else judgement

    found = self_test("sample", SAMPLE, judged_by=lenient)
    assert found.exit_code == 1
    assert all("gasUsed" in escaped.right.reply.body.decode() for escaped in found.escaped)


@pytest.mark.slow
def test_strict_messages_kill_what_is_allowed_else() -> None:
    for is_strict, rate, allowed in ((False, None, True), (True, 1.0, False)):
        found = self_test("sample", SAMPLE, settings=Settings(strict_messages=is_strict))
        tally = next(tally for tally in found.tallies if tally.fault.name == "error-message-changed")
        assert (tally.kill_rate, bool(tally.allowances), found.exit_code) == (rate, allowed, 0)


def test_a_tolerance_for_gas_is_counted_apart() -> None:
    asked = [question("eth_estimateGas", result=hex(1_000_000))]
    strict = self_test("gas", asked)
    loose = self_test("gas", asked, settings=Settings(gas_tolerance=Fraction(1, 100)))
    of_one = [
        next((t.killed, t.allowed) for t in found.tallies if t.fault.name == "quantity-off-by-one")
        for found in (strict, loose)
    ]
    assert of_one == [(1, 0), (0, 1)]
    assert (strict.exit_code, loose.exit_code) == (0, 0)


def test_the_same_seed_plants_the_same_and_another_seed_elsewhere() -> None:
    planted: dict[int, list[bytes]] = {}
    for run, seed in enumerate((5, 5, 6)):

        def note(asked: Question, _expected: Reply, got: Reply, _s: Settings, run: int = run) -> Judgement:
            planted.setdefault(run, []).append(got.body)
            return Judgement(asked, Verdict.MISMATCH)

        self_test("sample", SAMPLE[:10], seed=seed, judged_by=note)
    assert planted[0] == planted[1] != planted[2]


def test_nothing_planted_can_not_be_judged() -> None:
    nowhere = Fault("nowhere", lambda *_: None, "for a test")
    assert self_test("none", SAMPLE[:3], faults=[nowhere]).exit_code == 3
    assert self_test("none", []).exit_code == 3
    assert self_test("examples", [replace(SAMPLE[0], speconly=True)]).questions == 0


def test_an_interrupted_self_test_says_so() -> None:
    def interrupt(_right: Right, _facts: object, _random: object) -> Wrong | None:
        raise KeyboardInterrupt

    found = self_test("sample", SAMPLE[:3], faults=[Fault("stop", interrupt, "for a test")])
    assert (found.is_whole, found.exit_code) == (False, 3)
    assert summary(found).startswith("interrupted: ")


def test_survivors_are_shown_line_by_line(capsys: pytest.CaptureFixture[str]) -> None:
    change, _ = BLUNT["sorts arrays"]
    asked = [question("eth_getLogs", result=[{"topics": ["0xa", "0xb"], "data": "0x"}])]
    found = self_test("sample", asked, judged_by=weakened(everywhere(change)))
    print_self_test(found, open_console(stderr=False))
    shown = capsys.readouterr().out
    assert "MATCH though planted: topics-swapped" in shown
    assert 'eth_getLogs/case\n  >> {"jsonrpc"' in shown
    assert '\n  -"0xa",' in shown
    assert "0 %" in shown


def test_the_report_is_json_with_every_kind() -> None:
    found = self_test("sample", SAMPLE[:30])
    report = json.loads(self_test_json(found))
    assert (report["schema"], report["exit_code"], report["seed"]) == ("ethercattle.selftest/1", 0, 0)
    assert [row["name"] for row in report["faults"]] == [tally.fault.name for tally in found.tallies]
    for row in report["faults"]:
        assert row["planted"] == row["killed"] + row["survived"] + row["allowed"]
        assert row["planted"] + row["not_applicable"] == report["answers"]
