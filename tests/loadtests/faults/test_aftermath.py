"""What faults did to clients: counted in their seconds, told in a line, written for the simulation."""

from dataclasses import replace
from pathlib import Path

import pytest

from loadtests.faults.aftermath import (
    FIGURES,
    failed_during,
    fault_figures,
    fault_lines,
    over_seconds,
    with_failures,
    write_fault_times,
)
from loadtests.outcomes import Kind
from loadtests.summary import Mark, SecondFigures
from simulation.calibration.measured import Fault, Lasted, read_durations
from tests.loadtests.runs import make_run

TEXT = "kill replica 1 at 3s for 2s"


def mark(detection: Lasted | None = None, recovery: Lasted | None = None, end: float | None = 5.0) -> Mark:
    """Return a kill at second 3."""
    lasted = {name: value for name, value in (("detection", detection), ("recovery", recovery)) if value is not None}
    return Mark(3.0, TEXT, end, Fault("kill", "replica", lasted, "replica-0-1", 3.0, TEXT))


def second(number: int, **kinds: int) -> SecondFigures:
    """Return a second in which calls ended so."""
    counts = {Kind(kind): count for kind, count in kinds.items()}
    return SecondFigures(
        second=number, is_warmup=False, offered=100, sent=100, answered=100, calls=sum(counts.values()),
        failed=sum(counts.values()) - counts.get(Kind.RESULT, 0), in_flight=0, waiting=0, kinds=counts,
        p50_ms=1.0, p99_ms=1.0, max_ms=1.0, service_p99_ms=1.0, consistency={}, heads={}, late_p99_ms=0.0,
    )  # fmt: skip


SECONDS = tuple(
    second(number, result=100, **({"timeout": 1} if number in (1, 4, 9) else {}), **({"rpc": 2} if number == 6 else {}))
    for number in range(10)
)
RUN = make_run(seconds=SECONDS)


@pytest.mark.parametrize(
    ("done", "expected"),
    [
        (mark(Lasted(0.5), Lasted(2.0)), 5.5),
        (mark(Lasted(0.5), Lasted(20.0)), 10.0),
        (mark(Lasted(2.0, is_censored=True)), 5.0),
        (mark(Lasted(0.5), end=None), 10.0),
    ],
)
def test_a_fault_is_over_when_the_part_serves_again_or_else_is_made_good_or_the_run_ends(
    done: Mark, expected: float
) -> None:
    assert over_seconds(done, 10.0) == expected


def test_failures_count_from_the_faults_second_to_the_one_after_its_end() -> None:
    assert failed_during(mark(Lasted(0.5), Lasted(2.0)), RUN) == {Kind.TIMEOUT: 1, Kind.RPC: 2}
    assert failed_during(mark(Lasted(0.5), Lasted(0.5)), RUN) == {Kind.TIMEOUT: 1}
    assert [each.failed for each in with_failures(replace(RUN, marks=(mark(),))).marks] == [3]


def test_the_longest_of_all_faults_can_be_a_gate_and_what_failed_in_two_counts_once() -> None:
    marks = (mark(Lasted(0.5), Lasted(2.0)), mark(Lasted(0.2), Lasted(1.0)))
    figures, at_least = fault_figures(make_run(seconds=SECONDS, marks=marks))
    assert figures == {"fault_detection_seconds": 0.5, "fault_recovery_seconds": 2.0, "fault_failures": 3.0}
    assert at_least == frozenset()
    assert set(figures) == set(FIGURES)


def test_what_was_not_over_is_known_to_be_at_least_so_long() -> None:
    marks = (mark(Lasted(0.5), Lasted(2.0)), mark(Lasted(0.2), Lasted(1.0, is_censored=True)))
    figures, at_least = fault_figures(make_run(marks=marks))
    assert figures["fault_recovery_seconds"] == 2.0
    assert at_least == {"fault_recovery_seconds"}


def test_a_run_without_faults_has_no_such_figures() -> None:
    assert fault_figures(RUN) == ({}, frozenset())


@pytest.mark.parametrize(
    ("done", "pieces"),
    [
        (mark(Lasted(0.5), Lasted(2.0)), ["out of service after 0.50 s", "serving again 2.00 s after that"]),
        (mark(Lasted(2.0, is_censored=True)), ["not noticed in 2.00 s"]),
        (mark(Lasted(0.5), Lasted(6.0, is_censored=True), end=None), ["not serving again 6.00 s after that"]),
        (mark(Lasted(0.5), Lasted(2.0)), ["3 calls failed meanwhile: 2 rpc, 1 timeout"]),
    ],
)
def test_a_line_tells_what_became_of_it(done: Mark, pieces: list[str]) -> None:
    (line,) = fault_lines(make_run(seconds=SECONDS, marks=(done,)))
    assert line.startswith(f"{TEXT} (done at 3.000 s); ")
    assert all(piece in line for piece in pieces)


def test_a_part_that_ended_by_itself_is_named() -> None:
    assert fault_lines(make_run(marks=(Mark(9.0, "replica-0-0 ended", failure="replica-0-0 ended"),))) == [
        "replica-0-0 ended"
    ]


def test_the_simulation_reads_what_is_written(tmp_path: Path) -> None:
    marks = (mark(Lasted(0.5), Lasted(2.0)), mark(Lasted(0.2), Lasted(1.0, is_censored=True)))
    path = tmp_path / "faults.csv"
    write_fault_times(path, make_run(marks=marks))
    assert path.read_text().startswith("# ethercattle.faults/1\n# ethercattle load, seed 7")
    read = {durations.name: durations for durations in read_durations(path)}
    assert set(read) == {"replica.detection", "replica.recovery"}
    assert (read["replica.recovery"].hours * 3600).tolist() == pytest.approx([2.0, 1.0])
    assert read["replica.recovery"].is_censored.tolist() == [False, True]
