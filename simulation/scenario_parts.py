"""What both kinds of scenario have: names, stages, crews, refreshes, shocks, measures, the load of a day."""

import keyword
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from simulation.errors import ScenarioError
from simulation.law_tables import read_law
from simulation.laws import Law, Uniform
from simulation.model import Crew, Discipline, Measure, Outage, Refresh, Shows, Stage, Standby
from simulation.structure import parse_expression
from simulation.tables import Table

NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,60}")
CHANCES_TOLERANCE = 1e-9
HOURS_OF_DAY, HOURS_OF_WEEK = 24, 168


@dataclass(frozen=True, slots=True)
class CrewPlan:
    """A crew, and how it learns of failures."""

    crew: Crew
    inspection_hours: float = 0.0
    """It looks every so often, and knows of a failure only then; 0: it knows at once."""

    def outage(self, outage: Outage) -> Outage:
        """Return an outage with the wait for the next inspection before the stages that need the crew."""
        if not self.inspection_hours or not any(stage.needs_crew for stage in outage.stages):
            return outage
        first = next(place for place, stage in enumerate(outage.stages) if stage.needs_crew)
        wait = Stage("await inspection", Uniform(0.0, self.inspection_hours), outage.stages[first].shows)
        return replace(outage, stages=(*outage.stages[:first], wait, *outage.stages[first:]))


def check_name(name: str, path: str) -> None:
    """Raise ScenarioError unless a name can stand in an expression."""
    if not NAME.fullmatch(name) or keyword.iskeyword(name) or name == "atleast":
        raise ScenarioError(f"{path}: {name!r} can't be a name, expected letters, digits and _ as in replica_1")


def read_crews(table: Table, groups: Sequence[str]) -> dict[str, CrewPlan]:
    """Read `[crews.NAME]` tables; `groups` are the names that priorities may list."""
    crews = {}
    outer = table.table("crews")
    for name, inner in (outer.children() if outer is not None else {}).items():
        check_name(name, inner.path)
        discipline = Discipline(inner.text("discipline", Discipline.FIFO, tuple(Discipline)))
        priorities = inner.texts("priorities", groups)
        if (discipline is Discipline.PRIORITY) != bool(priorities):
            expected = "a list: the discipline is priority" if not priorities else "none: the discipline is another"
            raise ScenarioError(f"{inner.key('priorities')}: expected {expected}")
        size = inner.whole("size")
        crews[name] = CrewPlan(Crew(name, size, discipline, priorities), inner.hours("inspection_every", 0.0))
        inner.end()
    return crews


def read_crew_name(table: Table, crews: Sequence[str]) -> str | None:
    """Read which crew repairs; None where each unit has one of its own."""
    if not table.has("crew"):
        return None
    if not crews:
        table.refuse("crew", "a [crews.NAME] table for it")
    return table.text("crew", choices=crews)


def read_outages(table: Table, default_needs_crew: bool) -> tuple[Outage, ...]:
    """Read how units are away: a `repair` law, or `outages`, each of stages; none where there is neither."""
    listed = table.tables("outages")
    if table.has("repair"):
        if listed:
            raise ScenarioError(f"{table.key('repair')} and outages contradict each other, expected one of them")
        stage = Stage("repair", read_law(table, "repair"), needs_crew=default_needs_crew)
        return (Outage("failure", 1.0, (stage,)),)
    outages = tuple(_read_outage(inner, default_needs_crew) for inner in listed)
    if outages and abs(sum(outage.probability for outage in outages) - 1) > CHANCES_TOLERANCE:
        total = sum(outage.probability for outage in outages)
        raise ScenarioError(f"{table.key('outages')}: the probabilities add up to {total:g}, expected 1")
    return outages


def _read_outage(table: Table, default_needs_crew: bool) -> Outage:
    name, probability = table.text("name", "failure"), table.number("probability", 1.0, low=0.0, high=1.0)
    stages = tuple(_read_stage(inner, default_needs_crew) for inner in table.tables("stages"))
    if not stages:
        table.missing("stages", ["stages"])
    table.end()
    return Outage(name, probability, stages)


def _read_stage(table: Table, default_needs_crew: bool) -> Stage:
    name, shows = table.text("name"), Shows(table.text("shows", Shows.DOWN, tuple(Shows)))
    stage = Stage(name, read_law(table, "time"), shows, table.flag("needs_crew", default=default_needs_crew))
    table.end()
    return stage


def read_refresh(table: Table) -> Refresh | None:
    """Read planned absences."""
    inner = table.table("refresh")
    if inner is None:
        return None
    every, law = inner.hours("every"), read_law(inner, "time")
    shows = Shows(inner.text("shows", Shows.DOWN, tuple(Shows)))
    inner.end()
    if law.mean_hours >= every:
        raise ScenarioError(f"{inner.path} takes {law.mean_hours:g} hours each {every:g}, expected less")
    return Refresh(every, law, shows)


def read_standby(table: Table, count: int) -> Standby | None:
    """Read how many units work while the others wait, and how those fail."""
    inner = table.table("standby")
    if inner is None:
        return None
    active = inner.whole("active", 1, high=count)
    kind = inner.text("kind", "cold", ("cold", "warm", "hot"))
    fixed = {"cold": 0.0, "hot": 1.0}
    if kind in fixed and inner.has("dormant_factor"):
        inner.refuse("dormant_factor", f"none for a {kind} spare, or kind = 'warm'")
    factor = fixed[kind] if kind in fixed else inner.number("dormant_factor", above=0.0, high=1.0)
    inner.end()
    return Standby(active, factor)


def read_measures(table: Table, groups: Sequence[str]) -> tuple[Measure, ...]:
    """Read `[measures]`: a condition, or a table of one and whether stale units count."""
    outer = table.table("measures")
    measures = []
    for name in outer.values if outer is not None else ():
        assert outer is not None
        check_name(name, outer.path)
        outer.known.append(name)
        if isinstance(outer.values[name], str):
            text, counts_stale = outer.text(name), False
        else:
            inner = outer.table(name)
            assert inner is not None
            text, counts_stale = inner.text("condition"), inner.flag("counts_stale", default=False)
            inner.end()
        try:
            measures.append(Measure(name, parse_expression(text, groups), counts_stale))
        except ScenarioError as error:
            raise ScenarioError(f"{outer.key(name)}: {error}") from None
    return tuple(measures)


def read_load(table: Table) -> tuple[float, ...]:
    """Read `[load]`: requests in each hour of a day or a week, relative to each other."""
    inner = table.table("load")
    if inner is None:
        return ()
    by_hour = inner.numbers("by_hour")
    inner.end()
    if len(by_hour) not in (HOURS_OF_DAY, HOURS_OF_WEEK) or not sum(by_hour) > 0:
        inner.refuse("by_hour", f"{HOURS_OF_DAY} or {HOURS_OF_WEEK} numbers, not all 0")
    return by_hour


def without_common_cause(failure: Law, beta: float) -> Law:
    """Return the law of a unit's own failures, where a share `beta` of all is common to the units (beta-factor)."""
    return failure.scaled(1 / (1 - beta)) if beta else failure
