"""How a run ends: untrusted beats broken beats open beats kept."""

from dataclasses import replace

import pytest

from loadtests.errors import LoadError
from loadtests.outcomes import Kind
from loadtests.saturation import Saturation
from loadtests.slices import Ending
from loadtests.summary import Mark, MethodFigures, Summary
from loadtests.verdict import end_of, gate_lines, judge_run, read_gates
from simulation.calibration.measured import Fault, Lasted
from tests.loadtests.runs import latency, make_run

GOOD = Ending("eth_call", Kind.RESULT, None)
BAD = Ending("eth_call", Kind.TIMEOUT, None)
FAULT = Mark(
    1.0, "kill replica 0 at 1s for 1s", 2.0, Fault("kill", "replica", {"recovery": Lasted(4.0, is_censored=True)})
)
SATURATED = Saturation(20.0, 20.0, 1.0, 1.0, 0.0, ("a generator's core was busy",))


def run_of(**endings: int) -> Summary:
    """Return a run whose calls ended so."""
    found = {ending: endings[name] for name, ending in (("good", GOOD), ("bad", BAD)) if name in endings}
    return make_run(methods=(MethodFigures("eth_call", found, latency(), latency()),), response=latency(p99_ms=20.0))


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (None, 0),
        ("p99_ms>50", 0),
        ("p99_ms>10", 1),
        ("error_rate>0.5,p99_ms>10", 1),
        ("head_regressions>0", 3),
        ("mismatches>0", 3),
        ("fault_recovery_seconds>9", 3),
    ],
)
def test_a_run_ends_as_its_gates_say(text: str | None, code: int) -> None:
    run = run_of(good=90, bad=10)
    assert end_of(run, judge_run(read_gates(text), run)) == code


def test_counts_of_the_watch_are_concluded_before_they_are_judged() -> None:
    run = replace(run_of(good=100), consistency={"heads_told": 100, "head_regressions": 2})
    assert end_of(run, judge_run(read_gates("head_regressions>0"), run)) == 1
    assert end_of(run, judge_run(read_gates("head_regressions>2"), run)) == 0


@pytest.mark.parametrize(("text", "code"), [("fault_recovery_seconds>3", 1), ("fault_recovery_seconds>5", 3)])
def test_a_part_that_never_came_back_keeps_no_gate(text: str, code: int) -> None:
    run = replace(run_of(good=100), marks=(FAULT,))
    assert end_of(run, judge_run(read_gates(text), run)) == code


@pytest.mark.parametrize(
    ("run", "code"),
    [
        (run_of(bad=10), 1),
        (make_run(), 3),
        (replace(run_of(good=10), is_interrupted=True), 3),
        (replace(run_of(good=10), saturation=SATURATED), 3),
        (replace(run_of(bad=10), saturation=SATURATED), 3),
        (replace(run_of(good=10), marks=(replace(FAULT, failure="could not be done: no docker"),)), 3),
    ],
)
def test_what_can_not_be_trusted_is_not_judged_and_nothing_but_failures_is_bad(run: Summary, code: int) -> None:
    assert end_of(run, judge_run(read_gates(None), run)) == code
    broken = judge_run(read_gates("p99_ms>10"), run)
    assert end_of(run, broken) == code


def test_lines_name_what_was_not_kept() -> None:
    run = run_of(good=100)
    judged = judge_run(read_gates("p99_ms>10,p99_ms>50,head_regressions>0"), run)
    assert gate_lines(run, judged) == [
        "--fail-on p99_ms>10: broken, it is 20",
        "--fail-on head_regressions>0: open, the run has no such figure",
    ]
    kept = judge_run(read_gates("p99_ms>50,failures>0"), run)
    assert gate_lines(run, kept) == ["all 2 gates are kept"]
    assert gate_lines(run, ()) == []


def test_a_line_says_that_gates_of_an_untrusted_run_are_not_judged() -> None:
    run = replace(run_of(good=100), saturation=SATURATED)
    lines = gate_lines(run, judge_run(read_gates("p99_ms>50"), run))
    assert lines == ["gates are not judged: the figures are not the target's, or not of the whole run"]


def test_an_unknown_figure_names_those_of_watch_comparison_and_faults() -> None:
    with pytest.raises(LoadError) as caught:
        read_gates("speed>3")
    for name in ("p99_ms", "head_regressions", "mismatches", "fault_recovery_seconds"):
        assert name in str(caught.value)
