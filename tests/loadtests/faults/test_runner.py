"""Faults are done at their times and made good at the end, whatever happens in between."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from loadtests.faults.grammar import parse_fault
from loadtests.faults.lever import Lever
from loadtests.faults.runner import FaultRun
from loadtests.faults.sights import Seen
from loadtests.summary import Mark
from reference_node.errors import CouldNotJudge

WAIT_SECONDS = 10.0


@dataclass
class Part:
    """Something that can be broken, and is serving again a while after it was made good."""

    back_seconds: float = 0.05
    done: list[str] = field(default_factory=list)
    is_broken: bool = False
    back_at: float = 0.0
    restored: threading.Event = field(default_factory=threading.Event)

    def act(self) -> None:
        """Break it."""
        self.done.append("act")
        self.is_broken = True

    def restore(self) -> None:
        """Make it good."""
        self.done.append("restore")
        self.is_broken, self.back_at = False, time.monotonic() + self.back_seconds
        self.restored.set()

    def look(self) -> Seen:
        """Say whether it serves."""
        return Seen(not self.is_broken and time.monotonic() >= self.back_at)


def lever(text: str, part: Part, act: Callable[[], None] | None = None) -> Lever:
    """Return what does a fault to a part."""
    return Lever(parse_fault(text), "part-0", act or part.act, part.restore, part.look)


def wait_until(probe: Callable[[], bool]) -> None:
    """Wait for a condition."""
    deadline = time.monotonic() + WAIT_SECONDS
    while not probe():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def run(*levers: Lever, until: Callable[[], bool]) -> tuple[tuple[Mark, ...], list[str]]:
    """Do faults until a condition holds."""
    told: list[str] = []
    faults = FaultRun(levers, told.append)
    faults.begin(time.monotonic())
    wait_until(until)
    return faults.end(), told


def test_a_fault_is_done_and_made_good_at_its_times_and_measured() -> None:
    part = Part()
    begin = time.monotonic()
    (mark,), told = run(
        lever("kill replica 0 at 0.1s for 0.2s", part), until=lambda: part.look().is_serving and part.restored.is_set()
    )
    assert time.monotonic() - begin >= 0.3
    assert part.done == ["act", "restore"]
    assert mark.at_seconds >= 0.1
    assert mark.end_seconds is not None
    assert mark.end_seconds >= mark.at_seconds + 0.2
    assert mark.text == "kill replica 0 at 0.1s for 0.2s"
    assert mark.detection_seconds is not None
    assert len(told) == 2
    assert told[0].endswith("kill replica 0 at 0.1s for 0.2s")
    assert told[1].endswith("made good")


def test_recovery_is_measured_from_being_missed_to_serving_again() -> None:
    part = Part(back_seconds=0.1)
    seen_good = lambda: part.restored.is_set() and time.monotonic() > part.back_at + 0.2  # noqa: E731
    (mark,), _ = run(lever("kill replica 0 at 0s for 0.1s", part), until=seen_good)
    assert mark.restart_seconds is not None
    assert mark.restart_seconds >= 0.1
    assert mark.recovery_seconds is not None
    assert mark.recovery_seconds >= 0.15


def test_what_still_lasts_at_the_end_is_made_good_and_said_to_have_lasted() -> None:
    part = Part()
    (mark,), _ = run(lever("pause replica 0 at 0s for 60s", part), until=lambda: part.is_broken)
    assert part.done == ["act", "restore"]
    assert mark.end_seconds is None
    assert mark.recovery_seconds is None


def test_what_was_not_due_is_not_done() -> None:
    part = Part()
    marks, told = run(lever("kill replica 0 at 60s", part), until=lambda: True)
    assert (marks, told, part.done) == ((), [], [])


def test_a_run_that_never_began_ends_as_well() -> None:
    part = Part()
    assert FaultRun([lever("kill replica 0 at 0s", part)], print).end() == ()
    assert part.done == []


def test_a_fault_that_fails_is_named_and_the_others_go_on() -> None:
    def fail() -> None:
        raise CouldNotJudge("docker\nis away")

    bad, good = Part(), Part()
    marks, told = run(
        lever("kill replica 0 at 0s for 0.1s", bad, fail), lever("kill replica 1 at 0s for 0.1s", good),
        until=good.restored.is_set,
    )  # fmt: skip
    assert next(mark.fault.note for mark in marks if mark.fault) == "could not be done: docker is away"
    assert marks[0].fault is not None
    assert marks[0].fault.lasted == {}
    assert marks[0].failure == "could not be done: docker is away"
    assert marks[1].failure == ""
    assert "restore" not in bad.done
    assert any("could not be done: docker is away" in line for line in told)
    assert marks[1].end_seconds is not None


def test_looks_at_a_part_end_where_the_next_fault_to_it_begins() -> None:
    part = Part(back_seconds=60.0)
    first, second = lever("kill replica 0 at 0s for 0s", part), lever("kill replica 0 at 0.2s for 0s", part)
    marks, _ = run(first, second, until=lambda: part.done == ["act", "restore"] * 2)
    assert marks[0].fault is not None
    recovery = marks[0].fault.lasted["recovery"]
    assert recovery.is_censored
    assert recovery.seconds <= 0.2
