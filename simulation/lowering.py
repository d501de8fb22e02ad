"""A model as plain arrays, which compiled engines run: groups, outages, laws and measures by number.

Order of numbers: as in the model; outages of groups come first, then those of shocks. Things that may happen by
themselves (actors) are the units, then the shocks, then the groups' planned refreshes.
"""

import ast
import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from simulation.compiled_draws import Kind, Numbers, Words, stream_name
from simulation.laws import Deterministic, Empirical, Exponential, Gamma, Law, Lognormal, Uniform, Weibull
from simulation.model import Discipline, Model, Outage, Shows
from simulation.structure import Expression

Table = NDArray[np.int64]
UP, STALE, DOWN = 0, 1, 2
_SHOWN = {Shows.STALE: STALE, Shows.DOWN: DOWN}
DISCIPLINES = {Discipline.FIFO: 0, Discipline.PRIORITY: 1, Discipline.RANDOM: 2}
NONE = -1
CONSTANT, COUNT, NOT, ADD, AT_LEAST, ABOVE, AT_MOST, BELOW, EQUAL, ALL, ANY, OUT_OF = range(12)
"""Steps of a measure's program; each takes its operands from a stack and leaves one number."""
_COMPARISONS: dict[type[ast.cmpop], int] = {
    ast.GtE: AT_LEAST,
    ast.Gt: ABOVE,
    ast.LtE: AT_MOST,
    ast.Lt: BELOW,
    ast.Eq: EQUAL,
}


class Plan(NamedTuple):
    """What stays the same in all runs of a model. Rows [first, end) are given as pairs."""

    group_of: Table
    """Unit to group."""
    units: Table
    """Group to its units, a pair."""
    failure: Table
    """Group to law."""
    working_max: Table
    """Group to how many of its units work at a time; NONE without standby."""
    dormant_factor: Numbers
    crew_of: Table
    outages: Table
    """Group to its own outages, a pair."""
    shock_mean: Numbers
    struck: Table
    """Shock and group to 1 where it strikes."""
    shock_outages: Table
    """Shock to its own outages, a pair; an empty one where there are none."""
    refresh: Table
    """Group to the law of its planned absences, or NONE; and what they show."""
    refresh_hours: Numbers
    """Group to the time between planned absences, and to how much later than it the first one is."""
    crews: Table
    """Crew to its size and discipline."""
    ranks: Table
    """Crew and group to who is served first by priority."""
    chance: Numbers
    """Outage to its share."""
    stages: Table
    """Outage to its stages, a pair, and to the first and the last of them that need a crew, or NONE."""
    stage: Table
    """Stage to its law, what it shows, and its stream among a unit's."""
    law_kind: Table
    law_numbers: Numbers
    """Law to its first and second number, as `Kind` says."""
    law_values: Table
    """Law to its measured values, a pair."""
    values: Numbers
    stream_names: Words
    unit_streams: int
    """Streams a unit has: failure, outage, then stages. Those of crews, shocks and refreshes follow the units'."""
    program: Table
    """Steps of all measures' programs: what, and with which number."""
    measures: Table
    """Measure to its program, a pair, and to 1 where stale units count."""
    spoken_of: Table
    """Group and measure to 1 where the measure depends on the group."""


def lower(model: Model) -> Plan:
    """Return a model as arrays."""
    laws, streams, outages = _Laws(), _Streams(), _Outages()
    own = [outages.add(group.outages) for group in model.groups]
    shocks = [outages.add(shock.outages, shock.name) for shock in model.shocks]
    stages = [
        (laws.add(stage.law), _SHOWN[stage.shows], streams.slot(cause, outage.name, place))
        for outage, cause in outages.found
        for place, stage in enumerate(outage.stages)
    ]
    refreshes = [group.refresh for group in model.groups]
    absences = [(laws.add(each.law), _SHOWN[each.shows]) if each else (NONE, DOWN) for each in refreshes]
    names = [group.name for group in model.groups]
    programs = [_program(measure.expression, names) for measure in model.measures]
    ends = np.cumsum([0, *(len(program) for program in programs)])
    crews = [crew.name for crew in model.crews]
    failures = [laws.add(group.failure) for group in model.groups]
    return Plan(
        group_of=_table([place for place, group in enumerate(model.groups) for _ in range(group.count)]),
        units=_pairs([group.count for group in model.groups]),
        failure=_table(failures),
        working_max=_table([NONE if group.standby is None else group.standby.active for group in model.groups]),
        dormant_factor=_numbers(
            [1.0 if group.standby is None else group.standby.dormant_factor for group in model.groups]
        ),
        crew_of=_table([NONE if group.crew is None else crews.index(group.crew) for group in model.groups]),
        outages=_table(own, 2),
        shock_mean=_numbers([shock.mean_hours for shock in model.shocks]),
        struck=_table([[name in shock.groups for name in names] for shock in model.shocks], len(names)),
        shock_outages=_table(shocks, 2),
        refresh=_table(absences, 2),
        refresh_hours=_numbers(
            [(each.every_hours, each.offset_hours) if each else (math.inf, 0.0) for each in refreshes], 2
        ),
        crews=_table([(crew.size, DISCIPLINES[crew.discipline]) for crew in model.crews], 2),
        ranks=_table([_ranks(crew.priorities, names) for crew in model.crews], len(names)),
        chance=_numbers([outage.probability for outage, _ in outages.found]),
        stages=_table(outages.rows, 4),
        stage=_table(stages, 3),
        law_kind=_table([kind for kind, _, _ in laws.rows]),
        law_numbers=_numbers([numbers for _, *numbers in laws.rows], 2),
        law_values=_table(laws.values_at, 2),
        values=_numbers(laws.values),
        stream_names=streams.names(model),
        unit_streams=streams.of_a_unit,
        program=_table([step for program in programs for step in program], 2),
        measures=_table(
            [(ends[at], ends[at + 1], measure.counts_stale) for at, measure in enumerate(model.measures)], 3
        ),
        spoken_of=_table([[name in each.expression.names for each in model.measures] for name in names], len(programs)),
    )


class _Laws:
    """Numbers the laws of a model."""

    def __init__(self) -> None:
        self.rows: list[tuple[int, float, float]] = []
        self.values_at: list[tuple[int, int]] = []
        self.values: list[float] = []

    def add(self, law: Law) -> int:
        """Return the number of a law."""
        first_value = len(self.values)
        if isinstance(law, Empirical):
            self.values += law.values_hours
        self.rows.append(law_row(law))
        self.values_at.append((first_value, len(self.values)))
        return len(self.rows) - 1


class _Outages:
    """Numbers the outages of a model and their stages."""

    def __init__(self) -> None:
        self.found: list[tuple[Outage, str]] = []
        """Each with the shock that it is of, if any."""
        self.rows: list[tuple[int, int, int, int]] = []
        self._stages = 0

    def add(self, outages: Sequence[Outage], cause: str = "") -> tuple[int, int]:
        """Return the numbers of some outages, a pair."""
        for outage in outages:
            first = self._stages
            self._stages += len(outage.stages)
            needing = [first + place for place, stage in enumerate(outage.stages) if stage.needs_crew] or [NONE]
            self.rows.append((first, self._stages, needing[0], needing[-1]))
            self.found.append((outage, cause))
        return len(self.found) - len(outages), len(self.found)


class _Streams:
    """Gives each thing that is random its stream, by the same names as the readable engine does."""

    def __init__(self) -> None:
        self._slots: dict[str, int] = {}

    def slot(self, cause: str, outage: str, place: int) -> int:
        """Return the place of a stage's stream among those of a unit."""
        purpose = f"stage {place} of {outage}" + (f" by {cause}" if cause else "")
        return self._slots.setdefault(purpose, 2 + len(self._slots))

    @property
    def of_a_unit(self) -> int:
        """How many streams a unit has, once all stages are known."""
        return 2 + len(self._slots)

    def names(self, model: Model) -> Words:
        """Return what stands for each stream, once all stages are known."""
        purposes = ["failure", "outage", *self._slots]
        found = [
            stream_name(group.name, unit, purpose)
            for group in model.groups
            for unit in range(group.count)
            for purpose in purposes
        ]
        found += [stream_name(crew.name, 0, "choice") for crew in model.crews]
        found += [stream_name(shock.name, 0, "shock") for shock in model.shocks]
        found += [stream_name(group.name, 0, "refresh") for group in model.groups]
        return np.array(found, dtype=np.uint64)


def law_row(law: Law) -> tuple[int, float, float]:
    """Return a law's kind and numbers, as `Kind` says."""
    match law:
        case Deterministic(mean):
            return Kind.DETERMINISTIC, mean, 0.0
        case Exponential(mean):
            return Kind.EXPONENTIAL, mean, 0.0
        case Weibull(shape, scale):
            return Kind.WEIBULL, scale, 1 / shape
        case Lognormal(mean, sigma):
            return Kind.LOGNORMAL, mean, sigma
        case Gamma(shape, mean):
            return Kind.GAMMA, mean / shape, shape
        case Uniform(low, high):
            return Kind.UNIFORM, low, high - low
        case Empirical():
            return Kind.EMPIRICAL, 0.0, 0.0
    raise TypeError(f"no compiled engine knows the law {type(law).__name__}")


def _program(expression: Expression, names: Sequence[str]) -> list[tuple[int, int]]:
    """Return an expression as steps over a stack."""
    return _steps(ast.parse(expression.text, mode="eval").body, names)


def _steps(node: ast.AST, names: Sequence[str]) -> list[tuple[int, int]]:
    match node:
        case ast.BoolOp(op=op, values=values):
            return [*_each(values, names), (ALL if isinstance(op, ast.And) else ANY, len(values))]
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            return [*_steps(operand, names), (NOT, 0)]
        case ast.BinOp(op=ast.Add(), left=left, right=right):
            return [*_each((left, right), names), (ADD, 0)]
        case ast.Compare(left=left, ops=[op], comparators=[right]):
            return [*_each((left, right), names), (_COMPARISONS[type(op)], 0)]
        case ast.Call(args=args):
            return [*_each(args, names), (OUT_OF, len(args) - 1)]
        case ast.Name(id=name):
            return [(COUNT, names.index(name))]
        case ast.Constant(value=int(number)):
            return [(CONSTANT, number)]
    raise TypeError(f"no step for {ast.dump(node)}")


def _each(nodes: Sequence[ast.AST], names: Sequence[str]) -> list[tuple[int, int]]:
    return [step for node in nodes for step in _steps(node, names)]


def _ranks(priorities: Sequence[str], names: Sequence[str]) -> list[int]:
    """Return for each group who is served before whom: the lower, the sooner."""
    return [priorities.index(name) if name in priorities else len(priorities) for name in names]


def _pairs(counts: Sequence[int]) -> Table:
    ends = np.cumsum(counts)
    return np.stack([ends - counts, ends], axis=1)


def _table(rows: Sequence[object], columns: int | None = None) -> Table:
    """Return whole numbers as an array, of so many columns also where it has no rows."""
    table = np.array(rows, dtype=np.int64)
    return table if columns is None else table.reshape(-1, columns)


def _numbers(rows: Sequence[object], columns: int | None = None) -> Numbers:
    numbers = np.array(rows, dtype=np.float64)
    return numbers if columns is None else numbers.reshape(-1, columns)
