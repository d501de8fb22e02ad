"""Estimates of what is known of the long run alone: exact answers, and rare events."""

import math
import time
from collections.abc import Mapping

from simulation.engines import ExactResult
from simulation.errors import NotApplicable
from simulation.estimates import MINUTES_A_YEAR, Estimate, MeasureEstimates, Method, name_of
from simulation.intervals import Interval
from simulation.model import HOURS_A_YEAR, Model
from simulation.rare_part import check_rare
from simulation.runs import Progress, Tell

RARE_ERROR = 0.02
"""Wanted of a rare unavailability where nothing else is asked for."""
CYCLES_MAX = 1_000_000
"""Run at most for that; and CYCLES_LIMIT where a relative error is asked for."""
CYCLES_LIMIT = 50_000_000
PILOT_CYCLES = 2_000
HARDLY_ANY = 10.0
"""Outages in all runs together, below which simulating says little."""


def exact_estimates(found: ExactResult, confidence: float) -> MeasureEstimates:
    """Return what an exact engine found as estimates of no width; what it does not know is nan."""
    values = {
        "unavailability": found.unavailability,
        "availability": found.availability,
        "downtime_minutes_year": found.downtime_minutes_a_year,
        "outages_year": found.outages_a_year,
        "mtbf_hours": found.mtbf_hours,
        "mttr_hours": found.mttr_hours,
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

    check_rare(model)
    began, done, measures = time.monotonic(), 0, {}
    planned = sum(CYCLES_MAX if error is None else CYCLES_LIMIT for error in rel_errors.values())

    def tell(cycles: int) -> None:
        if progress is not None:
            progress(Progress(done + cycles, planned, time.monotonic() - began))

    for name, rel_error in rel_errors.items():
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
            "request_availability": _complement(found.unavailability.within(0.0, 1.0)),
        }
        bounds = {each: (interval.value, interval.low, interval.high) for each, interval in values.items()}
        measures[name] = _measure(name, bounds, confidence, Method.BIASED, found.cycles, "; ".join(found.warnings))
    return measures


def hardly_any_outage(model: Model, hours: float, seed: int) -> str:
    """Return which measure's outages simulating would see hardly any of, in a sentence that says so; empty for none.

    Args:
        model: what rare events can take; of others nothing is said.
        hours: of all runs together.
        seed: of the trial that this is told from.
    """
    from simulation.rare import estimate_rare

    try:
        check_rare(model)
        for measure in model.measures:
            trial = estimate_rare(model, measure.name, 0.0, PILOT_CYCLES, seed)
            outages = trial.failures_an_hour.value * hours
            if outages < HARDLY_ANY:
                return (
                    f"simulating {hours / HOURS_A_YEAR:,.0f} years would see about {outages:.2g} outages "
                    f"of {measure.name}"
                )
    except NotApplicable:
        return ""
    return ""


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
        request_availability=estimate("request_availability"),
        longest_outage_hours=estimate("longest_outage_hours"),
        outage_hours_quantiles=(),
        longest_outage_hours_quantiles=(),
        outages_year_quantiles=(),
        outages_seen=0,
    )
