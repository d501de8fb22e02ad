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
        self.cause = ""
        """Whose outage it is: a shock's name, empty where it is one of the unit's own."""
        self.returned = run.environment.event()
        """Succeeds when the unit is up again after it was called for an outage."""
        self.may_be_called = (
            group.standby is not None
            or group.refresh is not None
            or any(group.name in shock.groups for shock in run.model.shocks)
        )
        self._run = run
        self._failures = durations(group.failure, run.generator(group.name, number, "failure"))
        self._ways = shares(run.generator(group.name, number, "outage"))
        self._stages: dict[tuple[str, str, int], Iterator[float]] = {}
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
        """Draw how long a stage takes; the outages of every shock have streams of their own, names may be the same."""
        law = outage.stages[place].law
        if isinstance(law, Deterministic):
            return law.mean_hours
        key = (self.cause, outage.name, place)
        if key not in self._stages:
            purpose = f"stage {place} of {outage.name}" + (f" by {self.cause}" if self.cause else "")
            rng = self._run.generator(self.group.name, self.number, purpose)
            self._stages[key] = durations(law, rng)
        return next(self._stages[key])

    def call_to_work(self) -> None:
        """End the unit's wait in standby; one that is called away at the same instant goes away."""
        if not self.called.triggered:
            self.called.succeed()

    def call_away(self, outage: Outage, cause: str) -> simpy.Event:
        """Fail a unit that is up, before it does by itself; return the event that succeeds when it is up again."""
        self.is_up = False
        self.outage, self.cause = outage, cause
        self.returned = self._run.environment.event()
        if not self.called.triggered:
            self.called.succeed()
        return self.returned

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

    def take(self, unit: _Unit) -> simpy.Event | None:
        """Return an event that succeeds when a crew has come to the unit; None where one is there at once."""
        if self.busy < self.crew.size:
            self.busy += 1
            return None
        come = self._environment.event()
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
        hours = unit.hours_to_failure()
        if hours is not None and not unit.may_be_called:
            yield run.environment.timeout(hours)
        else:
            called = unit.quiet()
            # any_of also around one event: units that are struck at one instant go on in the order of their numbers
            yield run.environment.any_of([called] if hours is None else [called, run.environment.timeout(hours)])
            if unit.outage is None and called.triggered:
                continue
        outage = unit.outage or unit.draw_outage(unit.group.outages)
        yield from _be_away(run, unit, outage)
        unit.outage, unit.cause = None, ""
        _come_back(run, unit)


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
            come = crew.take(unit)
            if come is not None:
                yield come
        hours = unit.stage_hours(outage, place)
        if hours > 0:
            yield run.environment.timeout(hours)
        if crew is not None and needing and place == needing[-1]:
            crew.leave()
    run.log.change(unit.group.name, shown, None, run.environment.now)


def _come_back(run: _Run, unit: _Unit) -> None:
    """Let a unit whose outage is over be up, and tell who waits for it."""
    unit.is_up = True
    _put_to_work(run, unit.group)
    if not unit.returned.triggered:
        unit.returned.succeed()


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
            unit.call_to_work()


def _shock(run: _Run, number: int) -> Steps:
    """Fail every unit that is up, of some groups, at once and over again."""
    shock = run.model.shocks[number]
    rng = run.generator(shock.name, 0, "shock")
    while True:
        yield run.environment.timeout(float(rng.exponential(shock.mean_hours)))
        names = [group.name for group in run.model.groups if group.name in shock.groups]
        struck = [unit for name in names for unit in run.units[name] if unit.is_up]
        for unit in struck:  # all of them before any goes away, so that none is put to work in another's place
            unit.call_away(unit.draw_outage(shock.outages or unit.group.outages), shock.name if shock.outages else "")


def _refresh(run: _Run, group: Group) -> Steps:
    """Take the units of a group away one after the other, each round that finds the others up."""
    refresh = group.refresh
    assert refresh is not None
    absences = durations(refresh.law, run.generator(group.name, 0, "refresh"))
    round_number = 0
    while True:
        round_number += 1
        due = round_number * refresh.every_hours + refresh.offset_hours
        if due > run.environment.now:
            yield run.environment.timeout(due - run.environment.now)
        for unit in list(run.units[group.name]):
            if all(other.is_up for other in run.units[group.name]):
                yield unit.call_away(_planned(refresh.shows, next(absences)), "refresh")


def _planned(shows: Shows, hours: float) -> Outage:
    """Return the outage of one planned absence, of a length that is drawn already."""
    return Outage("refresh", 1.0, (Stage("refresh", Deterministic(hours), shows),))
