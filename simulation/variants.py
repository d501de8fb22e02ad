"""Works out many variants of a scenario on the same luck and within one limit of time, and tells how far two differ."""

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from simulation.api import simulate
from simulation.comparison import compare_runs
from simulation.errors import NotReached, ScenarioError
from simulation.estimates import FEW_OUTAGES, MINUTES_A_YEAR, Basis, Estimate, MeasureEstimates, Method, name_of
from simulation.intervals import poisson_rate_interval
from simulation.model import Model
from simulation.result import Result
from simulation.scenario import Scenario

FRESH_READS = "fresh_reads"
Tell = Callable[[int, int], None]
"""Told how many variants are done, and of how many."""


@dataclass(frozen=True, slots=True)
class Worked:
    """The results of variants, in their order."""

    results: tuple[Result, ...]
    """Fewer than there are variants where the time was up."""
    missing: str = ""
    """What was not reached, in a line; empty where all was."""


def work_out(
    variants: Sequence[Scenario | Model],
    *,
    tell: Tell | None = None,
    max_seconds: float | None = None,
    **settings: Any,
) -> Worked:
    """Work out variants one after the other, each with the same seed.

    Args:
        variants: scenarios or models.
        tell: told after each.
        max_seconds: of all of them; the one that has begun is ended with the runs it has.
        settings: as of `simulate`.

    Raises:
        ScenarioError: an argument is wrong.
        NotApplicable: the engine that was asked for can't take a variant.
    """
    began, results, missing = time.monotonic(), list[Result](), ""
    for variant in variants:
        left = None if max_seconds is None else max_seconds - (time.monotonic() - began)
        if left is not None and left <= 0 and results:
            return Worked(tuple(results), f"{len(results)} of {len(variants)} variants in {max_seconds:g} s")
        try:
            results.append(simulate(variant, max_seconds=left if left is None else max(left, 1e-9), **settings))
        except NotReached as error:
            if error.result is None:
                raise
            results.append(error.result)
            missing = missing or str(error)
        if tell is not None:
            tell(len(results), len(variants))
    return Worked(tuple(results), missing)


def choose_measure(measures: Sequence[str], asked: str | None) -> str:
    """Return the measure asked for; without any, fresh reads, which the guide's formula is about, or else the first.

    Raises:
        ScenarioError: there is no such measure.
    """
    if asked is None:
        return FRESH_READS if FRESH_READS in measures else measures[0]
    if asked not in measures:
        raise ScenarioError(f"measure is {asked!r}, expected one of {', '.join(measures)}")
    return asked


def difference(first: Result, second: Result, measure: str) -> Estimate:
    """Return how many more minutes a year the second is down than the first.

    Runs on the same luck are compared in pairs, unless outages are few: then, and where one of both has no runs, the
    interval is made of both intervals (Zou & Donner, "Construction of confidence limits about effect measures", 2008).
    Where both had the very same outages, it holds what so many hours may have left unseen.
    """
    name = name_of(measure, "downtime_minutes_year_difference")
    one, other = first.measures[measure], second.measures[measure]
    before, after = one.downtime_minutes_year, other.downtime_minutes_year
    if before.method is Method.EXACT and after.method is Method.EXACT:
        value = after.value - before.value
        return Estimate(name, value, value, value, first.confidence, Method.EXACT, 0)
    if first is second:
        return replace(after, name=name, value=0.0, low=0.0, high=0.0)
    if one.outages_seen and one.unavailability == other.unavailability:
        return _same_outages(name, first, one)
    runs = [result.samples.replications for result in (first, second)]
    pairs = min(map(len, runs))
    are_many = min(one.outages_seen, other.outages_seen) >= FEW_OUTAGES  # so that their numbers are about normal
    if pairs > 1 and are_many and before.method is after.method is Method.REPLICATIONS:
        basis = Basis(first.confidence, first.about.warmup_hours)
        return compare_runs(runs[0][:pairs], runs[1][:pairs], measure, basis).downtime_minutes_year
    return _apart(name, before, after)


def _same_outages(name: str, result: Result, found: MeasureEstimates) -> Estimate:
    """Return no difference, with room for outages that only one of both would have and that were not seen."""
    about, runs = result.about, len(result.samples.replications)
    unseen = poisson_rate_interval(0, runs * (about.horizon_hours - about.warmup_hours), result.confidence).high
    most = unseen * found.mttr_hours.value * MINUTES_A_YEAR
    return replace(found.downtime_minutes_year, name=name, value=0.0, low=-most, high=most)


def _apart(name: str, before: Estimate, after: Estimate) -> Estimate:
    """Return the difference of two estimates that are taken for independent (on the same luck it is narrower)."""
    value = after.value - before.value
    low = value - math.hypot(after.value - after.low, before.high - before.value)
    high = value + math.hypot(after.high - after.value, before.value - before.low)
    told = before if after.method is Method.EXACT else after
    warning = after.warning or before.warning
    return Estimate(name, value, low, high, after.confidence, told.method, told.samples, warning)
