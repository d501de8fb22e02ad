"""Does faults at their times during a run, watches what becomes of the parts, and makes all good at the end."""

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace

from loadtests.faults.lever import Lever
from loadtests.faults.measuring import LATE_SECONDS, Done, Sight, as_row, measure
from loadtests.summary import Mark

LOOK_SECONDS = 0.02
"""Between two looks at a part: what times are exact to."""
LOOKS_MAX = 1_000_000
BEFORE_SECONDS = 0.5
"""How long before a fault its part is looked at first."""
STOP_SECONDS_MAX = 60.0
"""For making all good at the end; a broker takes some seconds."""
Clock = Callable[[], float]


class FaultRun:
    """The faults of one run; a thread for each does it, and another one looks."""

    def __init__(self, levers: Sequence[Lever], tell: Callable[[str], None], clock: Clock = time.monotonic) -> None:
        """Prepare; nothing is done before `begin`.

        Args:
            levers: in the order of their faults.
            tell: called with a line when something is done, from the faults' threads.
            clock: as `time.monotonic`.
        """
        self._tell = tell
        self._clock = clock
        self._ending = threading.Event()
        self._all = [_Doing(lever, _next_of(lever, levers), self._ending, self._say) for lever in levers]
        self._begin = 0.0

    def begin(self, begin_monotonic: float) -> None:
        """Take the run's begin for the faults' zero, and start their threads."""
        self._begin = begin_monotonic
        for doing in self._all:
            doing.start(begin_monotonic, self._clock)

    def end(self) -> tuple[Mark, ...]:
        """Make good what still is not, and return what was done."""
        ended_seconds = self.now()
        self._ending.set()
        marks = [doing.finish(ended_seconds) for doing in self._all]
        return tuple(mark for mark in marks if mark is not None)

    def now(self) -> float:
        """Return the time since the run's begin."""
        return self._clock() - self._begin

    def _say(self, text: str) -> None:
        self._tell(f"{self.now():.1f} s: {text}")


class _Doing:
    """One fault being done and watched."""

    def __init__(
        self, lever: Lever, next_seconds: float, ending: threading.Event, say: Callable[[str], None]
    ) -> None:  # fmt: skip
        self._lever = lever
        self._next_seconds = next_seconds
        self._ending = ending
        self._say = say
        self._done: Done | None = None
        self._sights: list[Sight] = []
        self._threads: list[threading.Thread] = []
        self._is_seen_enough = threading.Event()

    def start(self, begin: float, clock: Clock) -> None:
        """Start both threads."""
        self._begin, self._clock = begin, clock
        for number, step in enumerate((self._do, self._watch)):
            thread = threading.Thread(target=step, daemon=True, name=f"fault {self._lever.fault} {number}")
            thread.start()
            self._threads.append(thread)

    def finish(self, ended_seconds: float) -> Mark | None:
        """Wait for the threads, and return what was done; None where the run ended before it."""
        for thread in self._threads:
            thread.join(STOP_SECONDS_MAX)
        if self._done is None:
            return None
        done = replace(self._done, ended_seconds=min(ended_seconds, self._next_seconds))
        if done.restored_seconds is not None and done.restored_seconds > ended_seconds:
            done = replace(done, restored_seconds=None)
        row = as_row(done, measure(done, self._sights))
        return Mark(done.began_seconds, str(done.fault), done.restored_seconds, row, failure=done.failure)

    def _now(self) -> float:
        return self._clock() - self._begin

    def _wait_until(self, seconds: float) -> bool:
        """Wait until a moment of the run; say whether the run goes on then."""
        return not self._ending.wait(max(seconds - self._now(), 0.0))

    def _do(self) -> None:
        lever, fault = self._lever, self._lever.fault
        if not self._wait_until(fault.at_seconds):
            return
        began = self._now()
        done = Done(fault, lever.unit, began, None, began, lever.needs_progress)
        self._done = done
        failure = _attempt(lever.act)
        self._say(f"{fault}{f': {failure}' if failure else ''}")
        self._wait_until(began + fault.for_seconds)
        restored = self._now()
        failure = failure or _attempt(lever.restore)
        self._done = replace(done, restored_seconds=None if failure else restored, failure=failure)
        self._say(f"{fault}: {failure or 'made good'}")

    def _watch(self) -> None:
        if not self._wait_until(self._lever.fault.at_seconds - BEFORE_SECONDS):
            return
        while len(self._sights) < LOOKS_MAX and self._now() < self._next_seconds:
            seen = self._lever.look()
            if seen is not None:
                self._sights.append(Sight(self._now(), seen.is_serving, seen.position))
            if self._ending.wait(LOOK_SECONDS) or self._is_settled():
                return

    def _is_settled(self) -> bool:
        """Say whether nothing more is to be seen: the part serves again, and was not missed belatedly."""
        done = self._done
        if done is None or done.restored_seconds is None or self._now() < done.restored_seconds + LATE_SECONDS:
            return False
        restart = measure(replace(done, ended_seconds=self._now()), self._sights).restart
        return restart is not None and not restart.is_censored


def _next_of(lever: Lever, levers: Sequence[Lever]) -> float:
    """Return when the next fault is done to the same part, or infinity."""
    later = [
        other.fault.at_seconds
        for other in levers
        if other.fault.part == lever.fault.part and other.fault.at_seconds > lever.fault.at_seconds
    ]
    return min(later, default=float("inf"))


def _attempt(step: Callable[[], None]) -> str:
    """Do something, and return why it could not be done, or nothing."""
    try:
        step()
    except Exception as error:  # noqa: BLE001 - whatever it is, the run goes on and the report names it
        return f"could not be done: {' '.join(str(error).split()) or type(error).__name__}"
    return ""
