"""How long a fault took to be noticed and to be over, from what was seen of the part it was done to."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from loadtests.faults.grammar import Action, Fault, Target
from simulation.calibration.measured import Fault as MeasuredFault
from simulation.calibration.measured import Lasted

PARTS = {
    Target.REPLICA: "replica",
    Target.MASTER: "master",
    Target.BROKER: "kafka",
    Target.BALANCER: "balancer",
}
"""What a scenario of `ethercattle simulate` calls them."""
LATE_SECONDS = 5.0
"""A part may be missed only after it was made good, as the last failed check comes late: up to this much later."""


@dataclass(frozen=True, slots=True)
class Sight:
    """What was seen of a part at one time."""

    at_seconds: float
    """When the answer was there, from the run's begin."""
    is_serving: bool
    position: int = 0
    """How far replicas had followed the log, where that tells whether the part works."""


@dataclass(frozen=True, slots=True)
class Done:
    """What was done, and when."""

    fault: Fault
    unit: str
    """The name of the process, as its system calls it."""
    began_seconds: float
    """From the run's begin, right before it was done."""
    restored_seconds: float | None
    """When it was made good, or the process started again; None where the run ended first."""
    ended_seconds: float
    """When watching ended."""
    needs_progress: bool = False
    """Whether the part works again only once the position grows: no answer of its own tells."""
    failure: str = ""
    """Why it could not be done or made good; empty where it could."""


@dataclass(frozen=True, slots=True)
class Measured:
    """How long it took; None where it can't be said, censored where it was not over yet."""

    detection: Lasted | None
    """From the fault to out of service."""
    restart: Lasted | None
    """From being made good to serving."""
    recovery: Lasted | None
    """From out of service to serving."""


def measure(done: Done, sights: Sequence[Sight]) -> Measured:
    """Return how long it took.

    Args:
        done: what was done.
        sights: of the part, in order, from before the fault until watching ended.
    """
    began = done.began_seconds
    if done.failure and done.restored_seconds is None:
        return Measured(None, None, None)
    noticed = _first(sights, began, lambda sight: not sight.is_serving)
    restored = done.restored_seconds
    if restored is None:
        until = done.ended_seconds
        recovery = None if noticed is None else Lasted(max(until - noticed, 0.0), is_censored=True)
        return Measured(_lasted(began, noticed, until), None, recovery)
    before = max((sight.position for sight in sights if sight.at_seconds <= restored), default=0)

    def is_good(sight: Sight) -> bool:
        return sight.is_serving and (not done.needs_progress or sight.position > before)

    plain = _first(sights, restored, is_good)
    if noticed is not None and noticed > restored:
        is_progressing = done.needs_progress and plain is not None and plain < noticed
        if is_progressing or noticed > restored + LATE_SECONDS:
            noticed = None
    good = plain if noticed is None else _first(sights, max(restored, noticed), is_good)
    return Measured(
        _lasted(began, noticed, done.ended_seconds if good is None else good),
        _lasted(restored, good, done.ended_seconds),
        None if noticed is None else _lasted(noticed, good, done.ended_seconds),
    )


def as_row(done: Done, measured: Measured) -> MeasuredFault:
    """Return the row that `ethercattle simulate --calibrate` reads."""
    fault = done.fault
    lasted = {"detection": measured.detection, "recovery": measured.recovery}
    note = done.failure or str(fault)
    if fault.action in (Action.KILL, Action.STOP):
        lasted["restart"] = measured.restart
    elif measured.restart is not None:
        censored = "not serving" if measured.restart.is_censored else "serving"
        note += f"; {censored} {measured.restart.seconds:.3f} s after it was made good"
    return MeasuredFault(
        str(fault.action),
        PARTS[fault.target],
        {name: value for name, value in lasted.items() if value is not None},
        unit=done.unit,
        at_seconds=done.began_seconds,
        note=note,
    )


def _first(sights: Sequence[Sight], since: float, fits: Callable[[Sight], bool]) -> float | None:
    return next((sight.at_seconds for sight in sights if sight.at_seconds >= since and fits(sight)), None)


def _lasted(begin: float, end: float | None, until: float) -> Lasted:
    if end is None:
        return Lasted(max(until - begin, 0.0), is_censored=True)
    return Lasted(end - begin)
