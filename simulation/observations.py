"""Numbers of each replication, or of each regenerative cycle, that estimates are made of."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simulation.model import HOURS_A_YEAR
from simulation.trace import Intervals, Replication

Vector = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Observations:
    """A measure over some independent stretches of time: replications without their warm-up, or cycles."""

    hours: Vector
    """Length of each stretch."""
    down_hours: Vector
    """Of that, not available."""
    outages: Vector
    """Outages that begin in it."""


def by_replication(replications: Sequence[Replication], measure: str, warmup_hours: float) -> Observations:
    """Return one stretch per replication: what comes after its warm-up."""
    hours = np.array([replication.horizon_hours - warmup_hours for replication in replications])
    down = np.empty(len(replications))
    outages = np.empty(len(replications))
    for place, replication in enumerate(replications):
        intervals = replication.down[measure]
        down[place] = np.diff(down_until(intervals, [warmup_hours, replication.horizon_hours]))[0]
        outages[place] = np.count_nonzero(intervals[:, 0] >= warmup_hours)
    return Observations(hours, down, outages)


def by_cycle(replications: Sequence[Replication], measure: str) -> Observations:
    """Return one stretch per regenerative cycle that a replication has whole; in such a cycle nothing is remembered."""
    hours, down, outages = [], [], []
    for replication in replications:
        ends = replication.regenerations_hours
        intervals = replication.down[measure]
        hours.append(np.diff(ends))
        down.append(np.diff(down_until(intervals, ends)))
        outages.append(np.diff(np.searchsorted(intervals[:, 0], ends, side="left")).astype(np.float64))
    return Observations(np.concatenate(hours), np.concatenate(down), np.concatenate(outages))


def down_until(intervals: Intervals, at_hours: Sequence[float] | Vector) -> Vector:
    """Return the hours of some intervals that lie before each of some times."""
    if not len(intervals):
        return np.zeros(len(at_hours))
    before = np.concatenate(([0.0], np.cumsum(intervals[:, 1] - intervals[:, 0])))
    place = np.searchsorted(intervals[:, 0], at_hours, side="right")
    last = np.maximum(place - 1, 0)
    over = np.maximum(intervals[last, 1] - at_hours, 0.0)  # of the last interval begun
    result: Vector = np.where(place > 0, before[place] - over, 0.0)
    return result


def outage_hours(replications: Sequence[Replication], measure: str, warmup_hours: float) -> Vector:
    """Return how long each outage was that began after the warm-up; one that the horizon cut, until there."""
    found = [replication.down[measure] for replication in replications]
    return np.concatenate([each[each[:, 0] >= warmup_hours, 1] - each[each[:, 0] >= warmup_hours, 0] for each in found])


@dataclass(frozen=True, slots=True)
class Years:
    """What users see in one year after the other."""

    window_hours: float
    """A year, or the whole of a replication that is shorter."""
    outages: Vector
    """Outages that begin in each."""
    longest_hours: Vector
    """The longest of them, 0 where there is none."""


def by_year(replications: Sequence[Replication], measure: str, warmup_hours: float) -> Years:
    """Return one stretch per whole year of each replication, after its warm-up."""
    shortest = min(replication.horizon_hours for replication in replications) - warmup_hours
    window = min(HOURS_A_YEAR, shortest)
    outages, longest = [], []
    for replication in replications:
        years = max(1, int((replication.horizon_hours - warmup_hours) / window))
        intervals = replication.down[measure]
        of_year = np.floor((intervals[:, 0] - warmup_hours) / window)
        inside = (of_year >= 0) & (of_year < years)
        place = of_year[inside].astype(np.intp)
        outages.append(np.bincount(place, minlength=years).astype(np.float64))
        most = np.zeros(years)
        np.maximum.at(most, place, intervals[inside, 1] - intervals[inside, 0])
        longest.append(most)
    return Years(window, np.concatenate(outages), np.concatenate(longest))


@dataclass(frozen=True, slots=True)
class Load:
    """Requests over time, which come round each day or week."""

    by_hour: tuple[float, ...]

    def until(self, at_hours: Sequence[float] | Vector) -> Vector:
        """Return the requests before each of some times; the run begins with the profile's first hour."""
        totals = np.concatenate(([0.0], np.cumsum(self.by_hour)))
        whole, rest = np.divmod(np.asarray(at_hours, dtype=np.float64), len(self.by_hour))
        requests: Vector = whole * totals[-1] + np.interp(rest, np.arange(len(totals)), totals)
        return requests


def by_load(replications: Sequence[Replication], measure: str, warmup_hours: float, load: Load) -> Observations:
    """Return `by_replication` with requests in the place of hours: made, and made while not available."""
    requests, lost, outages = [], [], []
    for replication in replications:
        window = [warmup_hours, replication.horizon_hours]
        requests.append(np.diff(load.until(window))[0])
        cut = np.clip(replication.down[measure], warmup_hours, replication.horizon_hours)
        lost.append(np.sum(load.until(cut[:, 1]) - load.until(cut[:, 0])))
        outages.append(np.count_nonzero(replication.down[measure][:, 0] >= warmup_hours))
    return Observations(np.array(requests), np.array(lost), np.array(outages, dtype=np.float64))
