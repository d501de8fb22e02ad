"""Keeps, while a simulation runs, which units are good and since when a measure is not available."""

import numpy as np

from simulation.laws import Exponential
from simulation.model import Measure, Model, Shows
from simulation.trace import Replication


class AvailabilityLog:
    """Told of every unit's changes; returns what the run was at its end."""

    def __init__(self, model: Model) -> None:
        """Begin at time 0 with every unit up."""
        self._measures = model.measures
        self._fresh = {group.name: group.count for group in model.groups}
        self._with_stale = dict(self._fresh)
        self._away = 0
        self._down_since: list[float | None] = [None] * len(self._measures)
        self._down: list[list[tuple[float, float]]] = [[] for _ in self._measures]
        self._regenerates = is_regenerative(model)
        self._regenerations = [0.0]
        self._all_up_since: float | None = None
        """When all units came to be up; a regeneration once time goes on: at the same instant another may yet fail."""
        self._events = 0
        self._of_group = {group.name: _speaking_of(model, group.name) for group in model.groups}
        for place in range(len(self._measures)):
            self._look(place, 0.0)

    def change(self, group: str, before: Shows | None, after: Shows | None, now_hours: float) -> None:
        """Note that a unit shows otherwise; None is up."""
        self._events += 1
        if before == after:
            return
        if self._all_up_since is not None and now_hours > self._all_up_since:
            self._regenerations.append(self._all_up_since)
        self._all_up_since = None
        self._fresh[group] += (after is None) - (before is None)
        self._with_stale[group] += (after is not Shows.DOWN) - (before is not Shows.DOWN)
        self._away += (before is None) - (after is None)
        for place in self._of_group[group]:
            self._look(place, now_hours)
        if self._away == 0 and self._regenerates:
            self._all_up_since = now_hours

    def end(self, horizon_hours: float) -> Replication:
        """Return what the run was, cut at its horizon."""
        down = {}
        for place, measure in enumerate(self._measures):
            since, found = self._down_since[place], self._down[place]
            if since is not None and since < horizon_hours:
                _append_joined(found, since, horizon_hours)
            down[measure.name] = np.array(found, dtype=np.float64).reshape(-1, 2)
        if self._all_up_since is not None and self._all_up_since < horizon_hours:
            self._regenerations.append(self._all_up_since)
        regenerations = np.array(self._regenerations, dtype=np.float64)
        return Replication(horizon_hours, down, regenerations, self._events)

    def _look(self, place: int, now_hours: float) -> None:
        measure: Measure = self._measures[place]
        holds = measure.expression.holds(self._with_stale if measure.counts_stale else self._fresh)
        since = self._down_since[place]
        if not holds and since is None:
            self._down_since[place] = now_hours
        elif holds and since is not None:
            self._down_since[place] = None
            if now_hours > since:
                _append_joined(self._down[place], since, now_hours)


def is_regenerative(model: Model) -> bool:
    """Say whether a model is as new whenever all its units are up: no law of failure remembers, nor does a calendar."""
    return all(isinstance(group.failure, Exponential) and group.refresh is None for group in model.groups)


def _append_joined(intervals: list[tuple[float, float]], start: float, end: float) -> None:
    """Append an interval, or lengthen the last one where they touch."""
    if intervals and intervals[-1][1] == start:
        intervals[-1] = (intervals[-1][0], end)
    else:
        intervals.append((start, end))


def _speaking_of(model: Model, group: str) -> list[int]:
    """Return the places of the measures that depend on a group."""
    return [place for place, measure in enumerate(model.measures) if group in measure.expression.names]
