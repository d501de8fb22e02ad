"""How old the data is that is served: fresh reads are not available while reads are.

Data is as old as the time since fresh reads stopped; over a stretch of stale service its age grows evenly, so ages are
a mixture of uniform laws, and their distribution follows exactly from when each stretch began and ended.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simulation.observations import down_until
from simulation.trace import Intervals, Replication

READS, FRESH_READS = "reads", "fresh_reads"
"""The measures between which staleness lies."""
Vector = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class StaleService:
    """Stretches of time in which old data was served, by the age of the data."""

    from_hours: Vector
    """Age at the beginning of each stretch."""
    to_hours: Vector
    """Age at its end."""

    @property
    def total_hours(self) -> float:
        """The time in which old data was served."""
        return float(np.sum(self.to_hours - self.from_hours))

    def age_quantile(self, share: float, fresh_hours: float = 0.0) -> float:
        """Return the age in hours that a share of the time stays below.

        Args:
            share: from 0 to 1.
            fresh_hours: time of age 0 that is counted too; 0 asks for the stale time alone.
        """
        wanted = share * (self.total_hours + fresh_hours) - fresh_hours
        if wanted <= 0 or not len(self.from_hours):
            return float(self.from_hours.min()) if len(self.from_hours) and not fresh_hours else 0.0
        ages = np.concatenate((self.from_hours, self.to_hours))
        steps = np.concatenate((np.ones(len(self.from_hours)), -np.ones(len(self.to_hours))))
        order = np.argsort(ages, kind="stable")
        ages, density = ages[order], np.cumsum(steps[order])
        below = np.concatenate(([0.0], np.cumsum(density[:-1] * np.diff(ages))))
        return float(np.interp(min(wanted, below[-1]), below, ages))


def stale_service(replications: Sequence[Replication], warmup_hours: float) -> StaleService:
    """Return every stretch in which reads were available and fresh reads were not."""
    begun, ended = [], []
    for replication in replications:
        start, end, since = _stretches(replication.down[FRESH_READS], replication.down[READS])
        keeps = end > warmup_hours
        begun.append(np.maximum(start[keeps], warmup_hours) - since[keeps])
        ended.append(end[keeps] - since[keeps])
    return StaleService(np.concatenate(begun), np.concatenate(ended))


def served_and_stale_hours(replications: Sequence[Replication], warmup_hours: float) -> tuple[Vector, Vector]:
    """Return, of each replication after its warm-up, the hours in which reads were served, and served stale."""
    served, stale = [], []
    for replication in replications:
        window = [warmup_hours, replication.horizon_hours]
        down = np.diff(down_until(replication.down[READS], window))[0]
        served.append(window[1] - window[0] - down)
        stale.append(stale_service([replication], warmup_hours).total_hours)
    return np.array(served), np.array(stale)


def _stretches(fresh_down: Intervals, down: Intervals) -> tuple[Vector, Vector, Vector]:
    """Return start and end of what lies in the first intervals and not in the second, and since when data is old."""
    edges = np.unique(np.concatenate((fresh_down.ravel(), down.ravel())))
    if len(edges) < 2 or not len(fresh_down):
        return np.empty(0), np.empty(0), np.empty(0)
    start, end = edges[:-1], edges[1:]
    is_fresh_down, is_down = _covers(fresh_down, start), _covers(down, start)
    stale = is_fresh_down & ~is_down
    since = fresh_down[np.searchsorted(fresh_down[:, 0], start[stale], side="right") - 1, 0]
    return start[stale], end[stale], since


def _covers(intervals: Intervals, at_hours: Vector) -> NDArray[np.bool_]:
    """Say whether each time lies in one of some intervals, their ends not counted."""
    if not len(intervals):
        return np.zeros(len(at_hours), dtype=np.bool_)
    place = np.searchsorted(intervals[:, 0], at_hours, side="right") - 1
    covered: NDArray[np.bool_] = (place >= 0) & (at_hours < intervals[np.maximum(place, 0), 1])
    return covered
