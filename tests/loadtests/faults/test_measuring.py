"""How long faults took, from what was seen: told where it was seen, at least so much where it was not."""

from dataclasses import replace

import pytest

from loadtests.faults.grammar import Action, Fault, Target, parse_fault
from loadtests.faults.measuring import LATE_SECONDS, Done, Sight, as_row, measure
from simulation.calibration.measured import Lasted

KILL = Done(parse_fault("kill replica 1 at 10s for 2s"), "replica-0-1", 10.0, 12.0, 30.0)
MASTER = Done(parse_fault("kill master at 10s for 2s"), "master-0", 10.0, 12.0, 30.0, needs_progress=True)


def seen(text: str, begin: float = 9.0, step: float = 0.5) -> list[Sight]:
    """Return a sight for each letter: U serving, D not."""
    return [Sight(begin + number * step, letter == "U") for number, letter in enumerate(text)]


def test_a_part_that_is_missed_and_comes_back() -> None:
    found = measure(KILL, seen("UUUDDDDDDUUU"))  # out at 10.5, back at 13.5
    assert found.detection == Lasted(0.5)
    assert found.recovery == Lasted(3.0)
    assert found.restart == Lasted(1.5)


def test_a_part_that_never_comes_back() -> None:
    found = measure(KILL, seen("UUUD" + "D" * 30))
    assert found.detection == Lasted(0.5)
    assert found.recovery == Lasted(19.5, is_censored=True)
    assert found.restart == Lasted(18.0, is_censored=True)


def test_a_part_that_is_never_missed() -> None:
    found = measure(KILL, seen("U" * 40))
    assert found.detection == Lasted(2.0, is_censored=True), "until it was made good, nobody had noticed"
    assert found.recovery is None
    assert found.restart == Lasted(0.0)


def test_a_run_that_ends_while_the_fault_lasts() -> None:
    cut_short = replace(KILL, restored_seconds=None, ended_seconds=15.0)
    missed = measure(cut_short, seen("UUUDDDDDDDDDD"))
    assert (missed.detection, missed.recovery) == (Lasted(0.5), Lasted(4.5, is_censored=True))
    unseen = measure(cut_short, seen("UUUUUUUUUUUU"))
    assert (unseen.detection, unseen.recovery) == (Lasted(5.0, is_censored=True), None)
    assert missed.restart is unseen.restart is None


def test_a_part_may_be_missed_only_after_it_was_made_good() -> None:
    at_once = replace(KILL, restored_seconds=10.0)
    found = measure(at_once, seen("UUUUDDUUU"))  # missed at 11.0, back at 12.0
    assert (found.detection, found.recovery, found.restart) == (Lasted(1.0), Lasted(1.0), Lasted(2.0))


def test_what_happens_long_after_is_no_matter_of_this_fault() -> None:
    late = [Sight(12.0 + LATE_SECONDS + 1, is_serving=False), Sight(12.0 + LATE_SECONDS + 2, is_serving=True)]
    found = measure(KILL, [*seen("U" * 8), *late])
    assert found.detection == Lasted(2.0, is_censored=True)
    assert found.recovery is None


def test_where_progress_tells_the_part_is_back_with_the_first_new_record() -> None:
    sights = [
        Sight(9.0, is_serving=True, position=5), Sight(11.0, is_serving=True, position=5),
        Sight(12.5, is_serving=True, position=5), Sight(13.0, is_serving=True, position=6),
        Sight(14.0, is_serving=False, position=7), Sight(15.0, is_serving=True, position=8),
    ]  # fmt: skip
    found = measure(MASTER, sights)
    assert found.restart == Lasted(1.0)
    assert found.detection == Lasted(3.0, is_censored=True), "what is missed after new records is another matter"
    assert found.recovery is None


def test_where_progress_tells_and_somebody_noticed() -> None:
    sights = [
        Sight(9.0, is_serving=True, position=5), Sight(11.5, is_serving=False, position=5),
        Sight(12.5, is_serving=True, position=5), Sight(13.0, is_serving=True, position=6),
    ]  # fmt: skip
    found = measure(MASTER, sights)
    assert (found.detection, found.recovery, found.restart) == (Lasted(1.5), Lasted(1.5), Lasted(1.0))


def test_without_a_sight_nothing_is_claimed() -> None:
    found = measure(KILL, [])
    assert found.detection == Lasted(20.0, is_censored=True)
    assert found.recovery is None
    assert found.restart == Lasted(18.0, is_censored=True)


def test_what_could_not_be_done_has_no_times() -> None:
    failed = replace(KILL, restored_seconds=None, failure="could not be done: no docker")
    row = as_row(failed, measure(failed, seen("UUDDUU")))
    assert row.lasted == {}
    assert row.note == "could not be done: no docker"


@pytest.mark.parametrize(
    ("action", "quantities"),
    [(Action.KILL, {"detection", "recovery", "restart"}), (Action.PAUSE, {"detection", "recovery"})],
)
def test_only_what_was_started_again_has_a_restart(action: Action, quantities: set[str]) -> None:
    done = replace(KILL, fault=replace(KILL.fault, action=action))
    row = as_row(done, measure(done, seen("UUUDDDDDDUUU")))
    assert quantities == set(row.lasted)
    assert row.note.startswith(str(done.fault))
    assert ("serving 1.500 s after it was made good" in row.note) is (action is Action.PAUSE)


@pytest.mark.parametrize(
    ("target", "part"),
    [(Target.REPLICA, "replica"), (Target.MASTER, "master"), (Target.BROKER, "kafka"), (Target.BALANCER, "balancer")],
)
def test_parts_are_called_as_scenarios_call_them(target: Target, part: str) -> None:
    done = replace(KILL, fault=Fault(Action.KILL, target, 0, 10.0, 2.0))
    row = as_row(done, measure(done, seen("UUUDDDDDDUUU")))
    assert (row.part, row.event, row.at_seconds) == (part, "kill", 10.0)
