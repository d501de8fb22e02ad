"""When requests are meant to be sent: drawn ahead from the seed, the same whatever the count of processes."""

from bisect import bisect_right
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from loadtests.shapes import Segment
from loadtests.task import Task

BLOCK = 1 << 14
"""Arrivals drawn at a time."""
ARRIVALS_MAX = 10**9
"""Of a whole run."""

Times = NDArray[np.float64]


class Schedule:
    """The arrivals of one process, in order; block after block, so that an hour's need not be held."""

    def __init__(self, blocks: Iterator[Times], process: int = 0, processes: int = 1) -> None:
        """Take the arrivals n of the whole schedule for which n mod processes = process."""
        self._blocks = blocks
        self._process, self._processes = process, processes
        self._drawn = 0
        self._numbers: list[int] = []
        self._times: list[float] = []
        self._next = 0
        self._dropped = 0

    def peek(self) -> float | None:
        """Return when the next one is due, in seconds since the begin, or None where none is left."""
        return self._times[self._next] if self._next < len(self._times) or self._draw() else None

    def take(self) -> tuple[int, float]:
        """Return the next one's number in the whole schedule, and when it is due; there must be one."""
        taken = self._numbers[self._next], self._times[self._next]
        self._next += 1
        return taken

    def offered(self, until_seconds: float) -> int:
        """Return how many were due by a moment, whether they have been taken or not."""
        self.due(until_seconds)
        return self._dropped + bisect_right(self._times, until_seconds)

    def due(self, now_seconds: float) -> int:
        """Return how many that have not been taken are due by now."""
        while (not self._times or self._times[-1] <= now_seconds) and self._draw():
            pass
        return bisect_right(self._times, now_seconds, lo=self._next) - self._next

    def overdue(self, now_seconds: float) -> list[float]:
        """Return when those were due that are and have not been taken."""
        return self._times[self._next : self._next + self.due(now_seconds)]

    def _draw(self) -> bool:
        """Draw blocks until one has an arrival of this process; say whether one had."""
        del self._numbers[: self._next], self._times[: self._next]
        self._dropped += self._next
        self._next = 0
        for block in self._blocks:
            first = (self._process - self._drawn) % self._processes
            mine = block[first :: self._processes].tolist()
            self._numbers += range(self._drawn + first, self._drawn + len(block), self._processes)
            self._times += mine
            self._drawn += len(block)
            if mine:
                return True
        return False


def schedule_of(task: Task) -> Schedule:
    """Return the arrivals of a task's process."""
    blocks = iter([np.asarray(task.replay)]) if task.replay else draw(task.segments, task.seed, task.is_poisson)
    return Schedule(blocks, task.process, task.processes)


def draw(segments: Sequence[Segment], seed: int, is_poisson: bool) -> Iterator[Times]:
    """Yield arrival times in rising order, block after block.

    Arrivals of a unit-rate process (exponential gaps, or gaps of 1, the first half of one) are bent by the inverse of
    the cumulative rate, which makes a Poisson process whose rate follows the segments (Çinlar 1975).
    """
    begins, cumulative = _cumulate(segments)
    reached = 0.0 if is_poisson else -0.5
    for block in range(ARRIVALS_MAX // BLOCK):
        gaps = np.random.default_rng([seed, block]).exponential(size=BLOCK) if is_poisson else np.ones(BLOCK)
        units = reached + np.cumsum(gaps)
        reached = float(units[-1])
        inside = units[units < cumulative[-1]]
        if len(inside):
            yield _invert(inside, segments, begins, cumulative)
        if len(inside) < BLOCK:
            return


def _cumulate(segments: Sequence[Segment]) -> tuple[Times, Times]:
    """Return when segments begin, and how many arrivals are expected by each one's begin and by the end."""
    begins = np.array([each.begin_seconds for each in segments])
    amounts = [each.seconds * (each.begin_level + each.end_level) / 2 for each in segments]
    return begins, np.concatenate(([0.0], np.cumsum(amounts)))


def _invert(units: Times, segments: Sequence[Segment], begins: Times, cumulative: Times) -> Times:
    """Return when the cumulative rate reaches each of some amounts.

    Within a segment the amount x after t seconds is a t + s t²/2 (a: the begin's level, s: slope), whose root without
    cancellation is t = 2 x / (a + sqrt(a² + 2 s x)).
    """
    which = np.searchsorted(cumulative, units, side="right") - 1
    levels = np.array([each.begin_level for each in segments])[which]
    slopes = np.array([(each.end_level - each.begin_level) / each.seconds for each in segments])[which]
    amounts = units - cumulative[which]
    roots = levels + np.sqrt(np.maximum(levels**2 + 2 * slopes * amounts, 0.0))
    return np.asarray(begins[which] + np.divide(2 * amounts, roots, out=np.zeros_like(amounts), where=roots > 0))
