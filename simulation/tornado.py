"""Which of a scenario's numbers matter most: each is made smaller and larger by itself, on the same luck."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from simulation.errors import ScenarioError
from simulation.estimates import Estimate
from simulation.frames import estimate_columns, pandas
from simulation.scenario import Scenario
from simulation.tables import UNITS
from simulation.variants import Tell, choose_measure, difference, work_out

FACTOR = 2.0
FACTOR_MAX = 1000.0
COUNTS = (
    "clusters", "per_cluster", "count", "brokers", "replication", "min_insync", "fall", "rise", "size", "active",
)  # fmt: skip
"""Keys that count something: one less, one more."""
SHARES = ("coverage", "share", "stall_share", "common_cause_beta", "failure_probability", "dormant_factor")
"""Keys of numbers from 0 to 1: what is above a half is varied by what it lacks to 1."""
SHARE_MAX = {"common_cause_beta": 0.99}
OTHERS = ("rate_per_hour", "shape", "sigma", "write_per_second", "replay_per_second")
"""Further keys that are multiplied; durations are known by their unit."""

Setting = int | float | list[float]
"""A number, or the measured values of an empirical law."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """One number of a scenario, and what it is changed to."""

    key: str
    """Dotted path, as `Scenario.changed` takes it."""
    value: Setting
    smaller: Setting | None
    """None where there is no smaller one, as for one unit."""
    larger: Setting


@dataclass(frozen=True, slots=True)
class Bar:
    """What a parameter is worth, in minutes of downtime a year beside those of the scenario as it is."""

    parameter: Parameter
    smaller: Estimate | None
    """With the smaller value; None where there is none, the scenario is not good with it, or time was up."""
    larger: Estimate | None
    refused: str = ""
    """Why the scenario is not good with one of them."""

    @property
    def swing(self) -> float:
        """The larger of both changes, whatever its sign, in minutes a year."""
        return max((abs(each.value) for each in (self.smaller, self.larger) if each is not None), default=0.0)


@dataclass(frozen=True, slots=True)
class Tornado:
    """All parameters, the one that matters most first."""

    title: str
    measure: str
    factor: float
    seed: int
    engine: str
    """Of the scenario as it is."""
    base: Estimate
    """Minutes of downtime a year of the scenario as it is."""
    bars: tuple[Bar, ...]
    missing: str = ""
    """What was not reached in time, in a line."""

    def to_frame(self) -> Any:
        """Return a pandas frame of one row per parameter; changes are minutes a year."""
        rows = [
            {
                "key": bar.parameter.key,
                "value": bar.parameter.value,
                "smaller_value": bar.parameter.smaller,
                "larger_value": bar.parameter.larger,
                **estimate_columns("smaller", bar.smaller),
                **estimate_columns("larger", bar.larger),
                "swing": bar.swing,
                "refused": bar.refused,
            }
            for bar in self.bars
        ]
        return pandas().DataFrame(rows)


def tornado(
    scenario: Scenario,
    measure: str | None = None,
    *,
    factor: float = FACTOR,
    tell: Tell | None = None,
    max_seconds: float | None = None,
    **settings: Any,
) -> Tornado:
    """Change every number of a scenario by itself, and rank them by what that does.

    Args:
        scenario: as it is.
        measure: its name; None is fresh reads, or the first.
        factor: durations, rates and chances are divided and multiplied by it; counts are one less and one more.
        tell: told after each variant.
        max_seconds: of all variants together.
        settings: as of `simulate`.

    Raises:
        ScenarioError: an argument is wrong.
        NotApplicable: the engine that was asked for can't take a variant.
    """
    if not 1 < factor <= FACTOR_MAX:
        raise ScenarioError(f"factor is {factor}, expected above 1, at most {FACTOR_MAX:g}")
    name = choose_measure([each.name for each in scenario.model().measures], measure)
    changes = [
        (each, _changed(scenario, each.key, each.smaller), _changed(scenario, each.key, each.larger))
        for each in parameters(scenario, factor)
    ]
    variants = [each for _, *both in changes for each in both if isinstance(each, Scenario)]
    worked = work_out([scenario, *variants], tell=tell, max_seconds=max_seconds, **settings)
    base, *others = worked.results
    results = iter(others)

    def side(variant: Scenario | str) -> Estimate | None:
        result = next(results, None) if isinstance(variant, Scenario) else None
        return difference(base, result, name) if result is not None else None

    bars = [Bar(parameter, side(less), side(more), _refused(less, more)) for parameter, less, more in changes]
    return Tornado(
        scenario.title,
        name,
        factor,
        base.about.seed,
        base.about.engine,
        base.measures[name].downtime_minutes_year,
        tuple(sorted(bars, key=lambda bar: -bar.swing)),
        worked.missing,
    )


def parameters(scenario: Scenario, factor: float = FACTOR) -> tuple[Parameter, ...]:
    """Return the numbers that a scenario's file holds, in its order, each with a smaller and a larger one."""
    return tuple(_parameters(scenario.tables, (), factor))


def _parameters(tables: Any, path: tuple[str, ...], factor: float) -> Iterator[Parameter]:
    items = tables.items() if isinstance(tables, Mapping) else enumerate(tables)
    for key, value in items:
        full = (*path, str(key))
        if isinstance(value, Mapping) or (isinstance(value, list) and any(isinstance(each, Mapping) for each in value)):
            yield from _parameters(value, full, factor)
            continue
        smaller_and_larger = _varied(str(key), value, factor)
        if smaller_and_larger is not None:
            yield Parameter(".".join(full), value, *smaller_and_larger)


def _varied(key: str, value: Any, factor: float) -> tuple[Setting | None, Setting] | None:
    """Return the smaller and the larger value of a key; None where it is no number to be varied."""
    is_scaled = key.rpartition("_")[2] in UNITS or key in OTHERS
    if isinstance(value, list):
        return ([each / factor for each in value], [each * factor for each in value]) if is_scaled else None
    if isinstance(value, bool) or not isinstance(value, int | float) or not value:
        return None
    if key in COUNTS:
        return (value - 1 if value > 1 else None), value + 1
    if key in SHARES:
        most = SHARE_MAX.get(key, 1.0)
        if value >= most:
            return None
        if value > most / 2:
            return max(0.0, 1 - (1 - value) * factor), min(most, 1 - (1 - value) / factor)
        return value / factor, min(most, value * factor)
    return (value / factor, value * factor) if is_scaled else None


def _changed(scenario: Scenario, key: str, value: Setting | None) -> Scenario | str:
    """Return the scenario with another value, or why it is not good with it; an empty text where there is none."""
    if value is None:
        return ""
    try:
        return scenario.changed(key, value)
    except ScenarioError as error:
        return str(error)


def _refused(*variants: Scenario | str) -> str:
    return "; ".join(each for each in variants if isinstance(each, str) and each)
