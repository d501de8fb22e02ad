"""The states of a model as a Markov chain, and what may happen next in each.

A unit's condition is up (active or waiting in standby), waiting for a crew, or in a stage; laws of several exponential
steps add a step. A state counts units by condition and, where crews are served in turn, keeps the order of who waits.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import NamedTuple, TypeVar

from simulation.errors import NotApplicable
from simulation.laws import Deterministic, Exponential, Gamma, Law
from simulation.model import Crew, Discipline, Group, Model, Outage, Shows

Item = TypeVar("Item")

STEPS_MAX = 50


class Condition(NamedTuple):
    """What one unit is doing."""

    outage: int
    """Place of its outage among the group's (then the shocks'), -1 where it is up."""
    stage: int
    """Place of the stage in the outage; where it is up: 0 working, 1 waiting in standby."""
    step: int
    """Exponential steps of the law that are done."""
    waits: bool
    """Waiting for a crew before the stage begins."""
    holds_crew: bool


UP = Condition(-1, 0, 0, waits=False, holds_crew=False)
DORMANT = UP._replace(stage=1)


class Waiting(NamedTuple):
    """A unit in a crew's queue."""

    group: int
    condition: Condition


class State(NamedTuple):
    """All units, those of a group in a fixed order, and every crew's queue."""

    groups: tuple[tuple[Condition, ...], ...]
    queues: tuple[tuple[Waiting, ...], ...]


@dataclass(frozen=True, slots=True)
class _Draft:
    """A state that is being changed."""

    groups: tuple[tuple[Condition, ...], ...]
    queues: tuple[tuple[Waiting, ...], ...]

    def moved(self, group: int, before: Condition, after: Condition) -> "_Draft":
        """Return the state with one unit in another condition."""
        units = list(self.groups[group])
        units[units.index(before)] = after
        return replace(self, groups=_replaced(self.groups, group, tuple(units)))

    def queued(self, crew: int, queue: tuple[Waiting, ...]) -> "_Draft":
        """Return the state with another queue at a crew."""
        return replace(self, queues=_replaced(self.queues, crew, queue))


def check_markov(model: Model) -> None:
    """Raise NotApplicable, naming the law or the rule that has a memory."""
    for group in model.groups:
        if group.refresh is not None:
            raise NotApplicable(f"exact chain: {group.name!r} is refreshed by the calendar")
        _check_law(group.failure, f"failure of {group.name!r}")
        if group.standby is not None and not isinstance(group.failure, Exponential):
            raise NotApplicable(f"exact chain: {group.name!r} waits in standby, and its failure is not exponential")
        for outage in _outages(model, group):
            for stage in outage.stages:
                if stage.law != Deterministic(0.0):
                    _check_law(stage.law, f"stage {stage.name!r} of {group.name!r}")


def initial_state(model: Model) -> State:
    """Return the state in which every unit is up and as new."""
    up = _Draft(tuple((UP,) * group.count for group in model.groups), ((),) * len(model.crews))
    return _settled(model, up)


def good_counts(model: Model, state: State, counts_stale: bool) -> dict[str, int]:
    """Return the number of good units of each group."""
    counts = {}
    for group, units in zip(model.groups, state.groups, strict=True):
        counts[group.name] = sum(_is_good(model, group, unit, counts_stale=counts_stale) for unit in units)
    return counts


def transitions(model: Model, state: State) -> Iterator[tuple[float, State]]:
    """Yield each thing that may happen next: its rate per hour, and the state it leads to."""
    draft = _Draft(state.groups, state.queues)
    for place, group in enumerate(model.groups):
        for unit, count in Counter(state.groups[place]).items():
            for rate, after in _unit_transitions(model, draft, place, group, unit):
                yield rate * count, _settled(model, after)
    for number, shock in enumerate(model.shocks):
        for chance, after in _shocked(model, draft, number):
            yield chance / shock.mean_hours, _settled(model, after)


def _unit_transitions(
    model: Model, draft: _Draft, place: int, group: Group, unit: Condition
) -> Iterator[tuple[float, _Draft]]:
    if unit.waits:
        return
    if unit.outage < 0:
        factor = 1.0 if unit.stage == 0 or group.standby is None else group.standby.dormant_factor
        if factor == 0:
            return
        rate = factor * _steps(group.failure) / group.failure.mean_hours
        if unit.step + 1 < _steps(group.failure):
            yield rate, draft.moved(place, unit, unit._replace(step=unit.step + 1))
            return
        for number, outage in enumerate(group.outages):
            if outage.probability:
                begun = _enter(model, draft, place, unit, (number, 0), holds=False)
                yield from _chances(rate * outage.probability, begun)
        return
    law = _outages(model, group)[unit.outage].stages[unit.stage].law
    rate = _steps(law) / law.mean_hours
    if unit.step + 1 < _steps(law):
        yield rate, draft.moved(place, unit, unit._replace(step=unit.step + 1))
        return
    following = (unit.outage, unit.stage + 1)
    yield from _chances(rate, _enter(model, draft, place, unit, following, holds=unit.holds_crew))


def _enter(
    model: Model, draft: _Draft, place: int, unit: Condition, stage: tuple[int, int], *, holds: bool
) -> list[tuple[float, _Draft]]:
    """Take a unit to a stage of an outage, or up after the last one; return what may come of it, with chances."""
    group = model.groups[place]
    number, at = stage
    stages = _outages(model, group)[number].stages
    needs_one = group.crew is not None and not holds
    while at < len(stages) and stages[at].law.mean_hours == 0 and not (stages[at].needs_crew and needs_one):
        at += 1
    idle = unit._replace(holds_crew=False)
    if holds and not any(later.needs_crew for later in stages[at:]):
        return [
            outcome
            for chance, freed in _release(model, draft, place, unit)
            for outcome in _chances(chance, _enter(model, freed, place, idle, (number, at), holds=False))
        ]
    if at == len(stages):
        return [(1.0, draft.moved(place, unit, UP))]
    after = Condition(number, at, 0, waits=False, holds_crew=holds)
    if stages[at].needs_crew and not holds and group.crew is not None:
        crew = next(n for n, crew in enumerate(model.crews) if crew.name == group.crew)
        if _busy(model, draft, crew) >= model.crews[crew].size:
            waiting = after._replace(waits=True)
            queue = _joined(model, model.crews[crew], draft.queues[crew], Waiting(place, waiting))
            return [(1.0, draft.moved(place, unit, waiting).queued(crew, queue))]
        after = after._replace(holds_crew=True)
        if stages[at].law.mean_hours == 0:
            moved = draft.moved(place, unit, after)
            return _enter(model, moved, place, after, (number, at + 1), holds=True)
    return [(1.0, draft.moved(place, unit, after))]


def _release(model: Model, draft: _Draft, place: int, unit: Condition) -> list[tuple[float, _Draft]]:
    """Free the crew a unit holds and let it take the next one that waits; return what may come of it."""
    crew_name = model.groups[place].crew
    freed = draft.moved(place, unit, unit._replace(holds_crew=False))
    if crew_name is None:
        return [(1.0, freed)]
    crew = next(n for n, crew in enumerate(model.crews) if crew.name == crew_name)
    queue = freed.queues[crew]
    if not queue:
        return [(1.0, freed)]
    outcomes = []
    for chance, at in _choices(model.crews[crew], queue):
        taken = queue[at]
        left = freed.queued(crew, (*queue[:at], *queue[at + 1 :]))
        begun = taken.condition._replace(waits=False, holds_crew=True)
        moved = left.moved(taken.group, taken.condition, begun)
        stages = _outages(model, model.groups[taken.group])[begun.outage].stages
        if stages[begun.stage].law.mean_hours == 0:
            following = (begun.outage, begun.stage + 1)
            outcomes += _chances(chance, _enter(model, moved, taken.group, begun, following, holds=True))
        else:
            outcomes.append((chance, moved))
    return outcomes


def _joined(model: Model, crew: Crew, queue: tuple[Waiting, ...], new: Waiting) -> tuple[Waiting, ...]:
    """Return a crew's queue with one unit more; where the order of coming means nothing, it is not kept."""
    if crew.discipline is Discipline.RANDOM:
        return tuple(sorted((*queue, new)))
    if crew.discipline is Discipline.PRIORITY:
        ranks = {name: rank for rank, name in enumerate(crew.priorities)}
        return tuple(sorted((*queue, new), key=lambda unit: ranks.get(model.groups[unit.group].name, len(ranks))))
    return (*queue, new)


def _choices(crew: Crew, queue: tuple[Waiting, ...]) -> list[tuple[float, int]]:
    """Return which places of a queue may be served next, with their chances."""
    if crew.discipline is Discipline.RANDOM:
        return [(1 / len(queue), at) for at in range(len(queue))]
    return [(1.0, 0)]


def _shocked(model: Model, draft: _Draft, number: int) -> list[tuple[float, _Draft]]:
    """Fail every up unit of a shock's groups, each in its own way; return what may come of it, with chances."""
    shock = model.shocks[number]
    outcomes = [(1.0, draft)]
    for place, group in enumerate(model.groups):
        if group.name not in shock.groups:
            continue
        first = len(group.outages) + sum(len(earlier.outages) for earlier in model.shocks[:number])
        ways = shock.outages or group.outages
        numbers = range(first, first + len(ways)) if shock.outages else range(len(ways))
        for unit in [unit for unit in draft.groups[place] if unit.outage < 0]:
            outcomes = _merged(
                (chance * way.probability * share, after)
                for chance, before in outcomes
                for at, way in zip(numbers, ways, strict=True)
                if way.probability
                for share, after in _enter(model, before, place, unit, (at, 0), holds=False)
            )
    return outcomes


def _merged(outcomes: Iterable[tuple[float, _Draft]]) -> list[tuple[float, _Draft]]:
    """Add up the chances of outcomes that differ only in which of some like units did what."""
    chances: dict[_Draft, float] = {}
    for chance, draft in outcomes:
        alike = replace(draft, groups=tuple(tuple(sorted(units)) for units in draft.groups))
        chances[alike] = chances.get(alike, 0.0) + chance
    return [(chance, draft) for draft, chance in chances.items()]


def _settled(model: Model, draft: _Draft) -> State:
    """Put units to work from standby, and units that are alike in order."""
    groups = []
    for group, units in zip(model.groups, draft.groups, strict=True):
        if group.standby is not None:
            ups = sum(unit.outage < 0 for unit in units)
            working = min(ups, group.standby.active)
            away = [unit for unit in units if unit.outage >= 0]
            groups.append(tuple(sorted([*away, *[UP] * working, *[DORMANT] * (ups - working)])))
        else:
            groups.append(tuple(sorted(units)))
    return State(tuple(groups), draft.queues)


def _outages(model: Model, group: Group) -> tuple[Outage, ...]:
    """Return every way a unit can be away: its own, then the shocks'."""
    return (*group.outages, *(outage for shock in model.shocks for outage in shock.outages))


def _is_good(model: Model, group: Group, unit: Condition, *, counts_stale: bool) -> bool:
    if unit.outage < 0:
        return True
    return counts_stale and _outages(model, group)[unit.outage].stages[unit.stage].shows is Shows.STALE


def _busy(model: Model, draft: _Draft, crew: int) -> int:
    """Return how many units hold a crew."""
    name = model.crews[crew].name
    return sum(
        unit.holds_crew
        for group, units in zip(model.groups, draft.groups, strict=True)
        if group.crew == name
        for unit in units
    )


def _check_law(law: Law, what: str) -> None:
    is_whole = isinstance(law, Gamma) and law.shape == int(law.shape) and 1 <= law.shape <= STEPS_MAX
    if not isinstance(law, Exponential) and not is_whole:
        raise NotApplicable(f"exact chain: {what} has law {type(law).__name__.lower()}, expected exponential steps")


def _steps(law: Law) -> int:
    return int(law.shape) if isinstance(law, Gamma) else 1


def _chances(chance: float, outcomes: list[tuple[float, _Draft]]) -> list[tuple[float, _Draft]]:
    return [(chance * share, after) for share, after in outcomes]


def _replaced(items: tuple[Item, ...], place: int, item: Item) -> tuple[Item, ...]:
    return (*items[:place], item, *items[place + 1 :])
