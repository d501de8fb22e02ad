"""The readable engine: every unit is a simpy process that is up, fails, waits for a crew, is seen to, and comes back.

Covers: shared crews and their disciplines, standby, shocks, planned refreshes, any law. The other engines are held to
this one.
"""

from collections.abc import Generator, Iterator
from typing import Any

import simpy

from simulation.availability_log import AvailabilityLog
from simulation.laws import Deterministic
from simulation.model import Crew, Discipline, Group, Model, Outage, Shows, Stage
from simulation.randomness import durations, generator, shares
from simulation.trace import Replication

Steps = Generator[simpy.Event, Any, None]


def simulate_once(model: Model, horizon_hours: float, seed: int, replication: int = 0) -> Replication:
    """Run a model from all units new and up for a time; the same seed and number give the same run."""
    run = _Run(model, simpy.Environment(), seed, replication)
    for group in model.groups:
        for number in range(group.count):
            run.environment.process(_live(run, _Unit(run, group, number)))
        if group.refresh is not None:
            run.environment.process(_refresh(run, group))
    for number in range(len(model.shocks)):
        run.environment.process(_shock(run, number))
    run.environment.run(until=horizon_hours)
    return run.log.end(horizon_hours)


class _Run:
    """What all processes of one run share."""

    def __init__(self, model: Model, environment: simpy.Environment, seed: int, replication: int) -> None:
        self.model = model
        self.environment = environment
        self.seed = seed
        self.replication = replication
        self.log = AvailabilityLog(model)
        self.crews = {crew.name: _Crew(crew, self) for crew in model.crews}
        self.units: dict[str, list[_Unit]] = {group.name: [] for group in model.groups}

    def generator(self, name: str, unit: int, purpose: str) -> Any:
        """Return a random stream of this run."""
        return generator(self.seed, self.replication, name, unit, purpose)


class _Unit:
    """One unit: its random streams, and how others reach it."""

    def __init__(self, run: _Run, group: Group, number: int) -> None:
        self.group = group
        self.number = number
        self.is_up = True
        self.works = False
        self.called = run.environment.event()
        """Succeeds when the unit's quiet life ends before its own failure."""
        self.outage: Outage | None = None
        """What it is called for; None: to work from now on."""
        self._run = run
        self._failures = durations(group.failure, run.generator(group.name, number, "failure"))
        self._ways = shares(run.generator(group.name, number, "outage"))
        self._stages: dict[tuple[str, int], Iterator[float]] = {}
        run.units[group.name].append(self)

    def hours_to_failure(self) -> float | None:
        """Draw the time to the unit's own next failure; None where it can't fail as it is."""
        standby = self.group.standby
        if self.works or standby is None:
            return next(self._failures)
        return next(self._failures) / standby.dormant_factor if standby.dormant_factor else None

    def draw_outage(self, outages: tuple[Outage, ...]) -> Outage:
        """Draw the way in which the unit is away."""
        left = next(self._ways)
        for outage in outages:
            left -= outage.probability
            if left < 0:
                return outage
        return outages[-1]

    def stage_hours(self, outage: Outage, place: int) -> float:
        """Draw how long a stage takes."""
        law = outage.stages[place].law
        if isinstance(law, Deterministic):
            return law.mean_hours
        key = (outage.name, place)
        if key not in self._stages:
            rng = self._run.generator(self.group.name, self.number, f"stage {place} of {outage.name}")
            self._stages[key] = durations(law, rng)
        return next(self._stages[key])

    def call(self, outage: Outage | None) -> None:
        """End the unit's quiet life; of several calls at one instant, one for an outage counts."""
        self.outage = outage or self.outage
        if not self.called.triggered:
            self.called.succeed()

    def quiet(self) -> simpy.Event:
        """Begin a quiet life: return the event that calls the unit out of it."""
        self.called = self._run.environment.event()
        return self.called


class _Crew:
    """Who repairs: `size` units at a time, the others wait."""

    def __init__(self, crew: Crew, run: _Run) -> None:
        self.crew = crew
        self.busy = 0
        self.waiting: list[tuple[_Unit, simpy.Event]] = []
        self._environment = run.environment
        self._choices = shares(run.generator(crew.name, 0, "choice"))

    def take(self, unit: _Unit) -> simpy.Event:
        """Return an event that succeeds when a crew has come to the unit."""
        come = self._environment.event()
        if self.busy < self.crew.size:
            self.busy += 1
            come.succeed()
        else:
            self.waiting.append((unit, come))
        return come

    def leave(self) -> None:
        """Go to the next unit that waits."""
        if not self.waiting:
            self.busy -= 1
            return
        _, come = self.waiting.pop(self._next())
        come.succeed()

    def _next(self) -> int:
        if self.crew.discipline is Discipline.RANDOM:
            return int(next(self._choices) * len(self.waiting))
        if self.crew.discipline is Discipline.PRIORITY:
            ranks = {name: rank for rank, name in enumerate(self.crew.priorities)}
            last = len(ranks)
            return min(range(len(self.waiting)), key=lambda at: ranks.get(self.waiting[at][0].group.name, last))
        return 0


def _live(run: _Run, unit: _Unit) -> Steps:
    """Be up, fail, be seen to, come back."""
    _put_to_work(run, unit.group)
    while True:
        called, hours = unit.quiet(), unit.hours_to_failure()
        yield called if hours is None else called | run.environment.timeout(hours)
        outage, unit.outage = unit.outage, None
        if outage is not None:
            yield from _be_away(run, unit, outage)
        elif not called.triggered:
            yield from _be_away(run, unit, unit.draw_outage(unit.group.outages))


def _be_away(run: _Run, unit: _Unit, outage: Outage) -> Steps:
    """Go through an outage's stages, with a crew from the first that needs one to the last."""
    crew = run.crews[unit.group.crew] if unit.group.crew is not None else None
    needing = [place for place, stage in enumerate(outage.stages) if stage.needs_crew]
    unit.is_up = unit.works = False
    _put_to_work(run, unit.group)
    shown: Shows | None = None
    for place, stage in enumerate(outage.stages):
        run.log.change(unit.group.name, shown, stage.shows, run.environment.now)
        shown = stage.shows
        if crew is not None and needing and place == needing[0]:
            yield crew.take(unit)
        hours = unit.stage_hours(outage, place)
        if hours > 0:
            yield run.environment.timeout(hours)
        if crew is not None and needing and place == needing[-1]:
            crew.leave()
    unit.is_up = True
    run.log.change(unit.group.name, shown, None, run.environment.now)
    _put_to_work(run, unit.group)


def _put_to_work(run: _Run, group: Group) -> None:
    """Let as many units of a group work as may, those that work already first."""
    units = run.units[group.name]
    if group.standby is None:
        for unit in units:
            unit.works = unit.is_up
        return
    free = group.standby.active - sum(unit.works for unit in units)
    for unit in units:
        if free <= 0:
            return
        if unit.is_up and not unit.works:
            unit.works = True
            free -= 1
            unit.call(None)


def _shock(run: _Run, number: int) -> Steps:
    """Fail every unit that is up, of some groups, at once and over again."""
    shock = run.model.shocks[number]
    rng = run.generator(shock.name, 0, "shock")
    while True:
        yield run.environment.timeout(float(rng.exponential(shock.mean_hours)))
        struck = [unit for name in shock.groups for unit in run.units[name] if unit.is_up]
        for unit in struck:
            unit.is_up = False  # so that none of them is put to work in the place of another
        for unit in struck:
            unit.call(unit.draw_outage(shock.outages or unit.group.outages))


def _refresh(run: _Run, group: Group) -> Steps:
    """Take the units of a group away one after the other, each round that finds the others up."""
    refresh = group.refresh
    assert refresh is not None
    hours = durations(refresh.law, run.generator(group.name, 0, "refresh"))
    round_number = 0
    while True:
        round_number += 1
        due = round_number * refresh.every_hours
        if due > run.environment.now:
            yield run.environment.timeout(due - run.environment.now)
        for unit in list(run.units[group.name]):
            if all(other.is_up for other in run.units[group.name]):
                taken = next(hours)
                unit.is_up = False
                unit.call(_planned(refresh.shows, taken))
                yield run.environment.timeout(taken)


def _planned(shows: Shows, hours: float) -> Outage:
    """Return the outage of one planned absence, of a length that is drawn already."""
    return Outage("refresh", 1.0, (Stage("refresh", Deterministic(hours), shows),))
