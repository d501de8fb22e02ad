"""Estimates of what is known of the long run alone: exact answers, and rare events."""

import math
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace

from simulation.engines import ExactResult
from simulation.errors import NotApplicable
from simulation.estimates import MINUTES_A_YEAR, Estimate, MeasureEstimates, Method, name_of
from simulation.intervals import Interval
from simulation.model import HOURS_A_YEAR, Model
from simulation.rare_part import check_rare, never_fails
from simulation.runs import Progress, Tell

RARE_ERROR = 0.02
"""Wanted of a rare unavailability where nothing else is asked for."""
CYCLES_MAX = 1_000_000
"""Run at most for that; and CYCLES_LIMIT where a relative error is asked for."""
CYCLES_LIMIT = 50_000_000
PILOT_CYCLES = 2_000
HARDLY_ANY = 10.0
"""Outages in all runs together, below which simulating says little."""
QUANTITIES = (
    "unavailability",
    "availability",
    "downtime_minutes_year",
    "outages_year",
    "mtbf_hours",
    "mttr_hours",
    "mean_hours_to_failure",
    "request_availability",
)
"""What is known of the long run."""


def exact_estimates(found: ExactResult, confidence: float) -> MeasureEstimates:
    """Return what an exact engine found as estimates of no width; what it does not know is nan."""
    values = {
        "unavailability": found.unavailability,
        "availability": found.availability,
        "downtime_minutes_year": found.downtime_minutes_a_year,
        "outages_year": found.outages_a_year,
        "mtbf_hours": found.mtbf_hours,
        "mttr_hours": found.mttr_hours,
        "mean_hours_to_failure": math.nan if found.mean_hours_to_failure is None else found.mean_hours_to_failure,
        "request_availability": found.availability,
    }
    return _measure(found.measure, {name: (value,) * 3 for name, value in values.items()}, confidence, Method.EXACT, 0)


def rare_estimates(
    model: Model,
    *,
    seed: int,
    confidence: float,
    rel_errors: Mapping[str, float | None],
    max_seconds: float = math.inf,
    progress: Tell | None = None,
) -> dict[str, MeasureEstimates]:
    """Estimate every measure by cycles in which failures are made likely.

    Args:
        model: what rare events can take.
        seed: the same one gives the same estimates, unless time ran out.
        confidence: of the intervals.
        rel_errors: by measure, to go on until its unavailability is known to this share; None: RARE_ERROR, or so far as
            CYCLES_MAX cycles go.
        max_seconds: of all measures together; each has one batch of cycles at least.
        progress: told after each batch of cycles.

    Raises:
        NotApplicable: rare events can't take the model.
    """
    from simulation.rare import estimate_rare

    measures = unfailing_estimates(model, confidence)
    model = replace(model, measures=tuple(each for each in model.measures if each.name not in measures))
    check_rare(model)
    began, done = time.monotonic(), 0
    wanted = {each.name: rel_errors[each.name] for each in model.measures}
    planned = sum(CYCLES_MAX if error is None else CYCLES_LIMIT for error in wanted.values())

    def tell(cycles: int) -> None:
        if progress is not None:
            progress(Progress(done + cycles, planned, time.monotonic() - began))

    for name, rel_error in wanted.items():
        found = estimate_rare(
            model,
            name,
            RARE_ERROR if rel_error is None else rel_error,
            CYCLES_MAX if rel_error is None else CYCLES_LIMIT,
            seed,
            confidence,
            max_seconds - (time.monotonic() - began),
            progress=tell,
        )
        done += found.cycles
        values = {
            "unavailability": found.unavailability.within(0.0, 1.0),
            "availability": _complement(found.unavailability.within(0.0, 1.0)),
            "downtime_minutes_year": found.unavailability.within(0.0, 1.0).times(MINUTES_A_YEAR),
            "outages_year": found.failures_an_hour.times(HOURS_A_YEAR),
            "mtbf_hours": found.mtbf_hours,
            "mttr_hours": found.mttr_hours,
            "mean_hours_to_failure": found.mean_hours_to_failure,
            "request_availability": _complement(found.unavailability.within(0.0, 1.0)),
        }
        bounds = {each: (interval.value, interval.low, interval.high) for each, interval in values.items()}
        measures[name] = _measure(name, bounds, confidence, Method.BIASED, found.cycles, "; ".join(found.warnings))
    return measures


def unfailing_estimates(model: Model, confidence: float) -> dict[str, MeasureEstimates]:
    """Return the estimates of the measures that never fail, whatever happens: exact ones."""
    names = [measure.name for measure in model.measures if never_fails(model, measure)]
    known = {
        "mtbf_hours": math.inf,
        "mean_hours_to_failure": math.inf,
        "availability": 1.0,
        "request_availability": 1.0,
    }
    values = {quantity: known.get(quantity, 0.0) for quantity in QUANTITIES}
    bounds = {quantity: (value,) * 3 for quantity, value in values.items()}
    return {name: _measure(name, bounds, confidence, Method.EXACT, 0) for name in names}


def hardly_seen(model: Model, hours: float, seed: int) -> dict[str, float]:
    """Return the measures that fail, but of which simulating would see hardly any outage: how many, about.

    Measures that rare events can't take are left out.

    Args:
        model: any.
        hours: of all runs together.
        seed: of the trials that this is told from.
    """
    from simulation.rare import estimate_rare

    found = {}
    for measure in model.measures:
        part = replace(model, measures=(measure,))
        with suppress(NotApplicable):
            check_rare(part)
            if not never_fails(part, measure):
                trial = estimate_rare(part, measure.name, 0.0, PILOT_CYCLES, seed)
                found[measure.name] = trial.failures_an_hour.value * hours
    return {name: outages for name, outages in found.items() if outages < HARDLY_ANY}


def _complement(interval: Interval) -> Interval:
    return Interval(1 - interval.value, 1 - interval.high, 1 - interval.low)


def _measure(
    measure: str,
    values: Mapping[str, tuple[float, ...]],
    confidence: float,
    method: Method,
    samples: int,
    warning: str = "",
) -> MeasureEstimates:
    def estimate(quantity: str) -> Estimate:
        value, low, high = values.get(quantity, (math.nan,) * 3)
        return Estimate(name_of(measure, quantity), value, low, high, confidence, method, samples, warning)

    return MeasureEstimates(
        measure=measure,
        unavailability=estimate("unavailability"),
        availability=estimate("availability"),
        downtime_minutes_year=estimate("downtime_minutes_year"),
        outages_year=estimate("outages_year"),
        mtbf_hours=estimate("mtbf_hours"),
        mttr_hours=estimate("mttr_hours"),
        mean_hours_to_failure=estimate("mean_hours_to_failure"),
        request_availability=estimate("request_availability"),
        longest_outage_hours=estimate("longest_outage_hours"),
        outage_hours_quantiles=(),
        longest_outage_hours_quantiles=(),
        outages_year_quantiles=(),
        outages_seen=0,
    )
