"""How far a scenario is from the guide's formula, and why: one effect added at a time, in minutes a year.

What an effect costs depends on what else is there, so each is told twice: what it adds to those before it, and what the
whole scenario would save without it alone. All variants have the same luck, so that differences are told by few runs.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from simulation.estimates import Estimate, name_of
from simulation.formula import Formula, formula_of
from simulation.frames import estimate_columns, pandas
from simulation.gap_variants import BASE_OF_SYSTEM, Variants, variants_of
from simulation.model import Model
from simulation.result import Result
from simulation.scenario import Scenario
from simulation.variants import Tell, Worked, difference, work_out


@dataclass(frozen=True, slots=True)
class Step:
    """One effect, added to those before it."""

    effect: str
    detail: str
    """The scenario's numbers about it, in a few words."""
    is_present: bool
    """False: the scenario does not have it, and the numbers are those of the step before."""
    engine: str
    """That worked out `total`."""
    total: Estimate
    """Minutes of downtime a year, with this effect and those before it."""
    added: Estimate
    """How many more than in the step before; below 0 where the effect helps."""
    without: Estimate | None
    """How many more the whole scenario has than without this effect alone; None where it is absent, or time was up."""


@dataclass(frozen=True, slots=True)
class Waterfall:
    """The way from the formula to the scenario, for one measure."""

    measure: str
    start_name: str
    start_minutes: float | None
    """What the formula says, in minutes of downtime a year; None where a system's is not known in time."""
    steps: tuple[Step, ...]
    """Effects in order, absent ones too; the first is what the formula's own model gives for this measure."""
    end: Estimate
    """The whole scenario's downtime, in minutes a year."""


@dataclass(frozen=True, slots=True)
class Gap:
    """The formula's gap of every measure."""

    title: str
    seed: int
    confidence: float
    replications: int
    """Of each variant that was simulated; 0 where all were exact."""
    waterfalls: Mapping[str, Waterfall]
    missing: str = ""
    """What was not reached in time, in a line."""

    def to_frame(self) -> Any:
        """Return a pandas frame of one row per measure and step, in minutes a year."""
        rows = [
            {
                "measure": fall.measure,
                "effect": step.effect,
                "is_present": step.is_present,
                "engine": step.engine,
                **estimate_columns("total", step.total),
                **estimate_columns("added", step.added),
                **estimate_columns("without", step.without),
                "detail": step.detail,
            }
            for fall in self.waterfalls.values()
            for step in fall.steps
        ]
        return pandas().DataFrame(rows)


def explain(scenario: Scenario, *, tell: Tell | None = None, max_seconds: float | None = None, **settings: Any) -> Gap:
    """Tell the formula's gap.

    Args:
        scenario: a cluster, or a system, which starts from units that have nothing to do with each other.
        tell: told after each variant.
        max_seconds: of all variants together.
        settings: as of `simulate`; `rel_error` is asked of the whole scenario, whose number of runs the others get.

    Raises:
        ScenarioError: an argument is wrong.
        NotApplicable: the engine that was asked for can't take a variant.
    """
    variants = variants_of(scenario)
    models = _distinct([variants.adding[-1], *variants.adding, *variants.lacking])
    worked = _work_out(models, tell, max_seconds, settings)
    known = dict(zip(models, worked.results, strict=False))
    whole = worked.results[0]
    falls = {name: _waterfall(scenario, variants, known, name) for name in whole.measures}
    runs = max(len(result.samples.replications) for result in worked.results)
    return Gap(scenario.title, whole.about.seed, whole.confidence, runs, falls, worked.missing)


def _work_out(models: list[Model], tell: Tell | None, max_seconds: float | None, settings: dict[str, Any]) -> Worked:
    """Work out the whole scenario until it is precise, then the others with as many runs."""
    first = work_out(models[:1], max_seconds=max_seconds, **settings)
    whole = first.results[0]
    runs = len(whole.samples.replications)
    settings = {**settings, "rel_error": None, "replications": runs} if runs else settings
    left = None if max_seconds is None else max(max_seconds - whole.seconds, 1e-9)

    def told(done: int, planned: int) -> None:
        if tell is not None:
            tell(done + 1, planned + 1)

    rest = work_out(models[1:], tell=told, max_seconds=left, **settings)
    return Worked((whole, *rest.results), first.missing or rest.missing)


def _distinct(models: list[Model | None]) -> list[Model]:
    return list(dict.fromkeys(model for model in models if model is not None))


def _waterfall(scenario: Scenario, variants: Variants, known: Mapping[Model, Result], measure: str) -> Waterfall:
    """Return the steps of one measure, as far as they are known."""
    whole, formula, steps = known[variants.adding[-1]], formula_of(scenario), list[Step]()
    before: Result | None = None
    for place, model in enumerate(variants.adding):
        after, lacking = known.get(model), variants.lacking[place]
        if after is None:
            break
        less = known.get(lacking) if lacking is not None else None
        steps.append(
            Step(
                effect=variants.names[place],
                detail=variants.details[place],
                is_present=variants.are_present[place],
                engine=after.about.engine,
                total=after.measures[measure].downtime_minutes_year,
                added=_from_formula(formula, after, measure) if before is None else difference(before, after, measure),
                without=difference(less, whole, measure) if less is not None else None,
            )
        )
        before = after
    end = whole.measures[measure].downtime_minutes_year
    start = formula.downtime_minutes_year if formula is not None else steps[0].total.value if steps else None
    return Waterfall(measure, str(formula) if formula is not None else BASE_OF_SYSTEM, start, tuple(steps), end)


def _from_formula(formula: Formula | None, base: Result, measure: str) -> Estimate:
    """Return how many minutes a year the formula's own model has beyond the formula: none for fresh reads."""
    found = base.measures[measure].downtime_minutes_year
    start = formula.downtime_minutes_year if formula is not None else found.value
    name = name_of(measure, "downtime_minutes_year_difference")
    return replace(found, name=name, value=found.value - start, low=found.low - start, high=found.high - start)
