"""A scenario with one or two of its keys run over values: every point on the same luck, exact where an engine is."""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from simulation.axes import Axis, Value, parse_axis
from simulation.errors import ScenarioError
from simulation.estimates import MeasureEstimates
from simulation.formula import Formula, formula_of
from simulation.frames import estimate_columns, pandas
from simulation.scenario import Scenario
from simulation.variants import Tell, work_out

AXES_MAX = 2
POINTS_MAX = 10_000


@dataclass(frozen=True, slots=True)
class Point:
    """One variant of the scenario."""

    values: Mapping[str, Value]
    """What was set, by key."""
    engine: str
    why: str
    """Why this engine."""
    measures: Mapping[str, MeasureEstimates]
    formula: Formula | None
    """The guide's formula with the point's numbers; None where the scenario is no cluster."""


@dataclass(frozen=True, slots=True)
class Sweep:
    """All points, those of the last axis next to each other."""

    title: str
    seed: int
    confidence: float
    axes: tuple[Axis, ...]
    points: tuple[Point, ...]
    """Fewer than the axes have where the time was up."""
    missing: str = ""
    """What was not reached, in a line; empty where all was."""

    def to_frame(self) -> Any:
        """Return a pandas frame of one row per point and measure."""
        rows = [
            {
                **point.values,
                "measure": measure,
                "engine": point.engine,
                **estimate_columns("availability", found.availability),
                **estimate_columns("downtime_minutes_year", found.downtime_minutes_year),
                **estimate_columns("outages_year", found.outages_year),
                "formula_availability": point.formula.availability if point.formula is not None else None,
            }
            for point in self.points
            for measure, found in point.measures.items()
        ]
        return pandas().DataFrame(rows)


def sweep(
    scenario: Scenario,
    axes: Sequence[Axis | str],
    *,
    tell: Tell | None = None,
    max_seconds: float | None = None,
    **settings: Any,
) -> Sweep:
    """Work a scenario out at every point of one axis, or of the grid of two.

    Args:
        scenario: what is varied.
        axes: one or two, as values or as `parse_axis` reads them.
        tell: told after each point.
        max_seconds: of all points together.
        settings: as of `simulate`.

    Raises:
        ScenarioError: an axis is wrong, or the scenario is not good with one of its values.
        NotApplicable: the engine that was asked for can't take a point.
    """
    read = tuple(parse_axis(axis) if isinstance(axis, str) else axis for axis in axes)
    variants = [varied(scenario, read, values) for values in _grid(read)]
    worked = work_out(variants, tell=tell, max_seconds=max_seconds, **settings)
    points = tuple(
        Point(
            dict(zip([axis.key for axis in read], values, strict=True)),
            result.about.engine,
            result.why,
            result.measures,
            formula_of(variant),
        )
        for values, variant, result in zip(_grid(read), variants, worked.results, strict=False)
    )
    first = worked.results[0]
    return Sweep(scenario.title, first.about.seed, first.confidence, read, points, worked.missing)


def varied(scenario: Scenario, axes: Sequence[Axis], values: Sequence[Value]) -> Scenario:
    """Return a scenario with a value of each axis.

    Raises:
        ScenarioError: there is no such key, or the scenario is not good with that value; both are named.
    """
    for axis, value in zip(axes, values, strict=True):
        try:
            scenario = scenario.changed(axis.key, value)
        except ScenarioError as error:
            raise ScenarioError(f"{axis.key}={value}: {error}") from error
    return scenario


def _grid(axes: Sequence[Axis]) -> list[tuple[Value, ...]]:
    if not 1 <= len(axes) <= AXES_MAX:
        raise ScenarioError(f"{len(axes)} axes to sweep, expected one or two")
    if len({axis.key for axis in axes}) < len(axes):
        raise ScenarioError(f"{axes[0].key} is swept twice, expected another key")
    points = list(itertools.product(*(axis.values for axis in axes)))
    if len(points) > POINTS_MAX:
        raise ScenarioError(f"{len(points)} points to sweep, expected at most {POINTS_MAX}")
    return points
