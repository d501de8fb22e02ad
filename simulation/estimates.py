"""What is estimated of a model, each with its interval, from the runs of any engine."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from simulation.intervals import (
    Interval,
    few_events_interval,
    mean_interval,
    poisson_rate_interval,
    ratio_interval,
    section_interval,
    share_never_seen,
)
from simulation.model import HOURS_A_YEAR, Model
from simulation.observations import Load, Observations, by_cycle, by_load, by_replication, by_year, outage_hours
from simulation.staleness import FRESH_READS, READS, served_and_stale_hours, stale_service
from simulation.trace import Replication

MINUTES_A_YEAR = HOURS_A_YEAR * 60
FEW_OUTAGES = 30
"""Below it, intervals also hold outages to be rare events: Student's alone would be too narrow on the wrong side."""
CYCLES_MIN = 200
"""Regenerative intervals rest on at least so many cycles."""
SECTIONS = 10
QUANTILES = (0.5, 0.9, 0.99, 0.999)


class Method(StrEnum):
    """What an interval rests on."""

    REPLICATIONS = "replications"
    REGENERATIVE = "regenerative"
    SECTIONS = "sections"
    BIASED = "biased cycles"
    """Regenerative, failures made likely and weighted by how likely they are (simulation/rare.py)."""
    EXACT = "exact"


@dataclass(frozen=True, slots=True)
class Estimate:
    """One number with its confidence interval; nan where nothing was seen to tell it from."""

    name: str
    """As in requirements: read_availability."""
    value: float
    low: float
    high: float
    confidence: float
    method: Method
    samples: int
    """Replications, cycles or sections that the interval rests on; 0 where it is exact."""
    warning: str = ""
    """Why the interval is not to be trusted; empty where it is."""

    @property
    def half_width(self) -> float:
        """Half of the interval's width."""
        return (self.high - self.low) / 2

    @property
    def relative_error(self) -> float:
        """The half-width as a share of the value."""
        return self.half_width / abs(self.value) if self.value else (0.0 if self.half_width == 0 else float("inf"))

    def complement(self, name: str) -> "Estimate":
        """Return the estimate of 1 minus this."""
        return replace(self, name=name, value=1 - self.value, low=1 - self.high, high=1 - self.low)

    def times(self, name: str, factor: float) -> "Estimate":
        """Return the estimate of a positive multiple."""
        return replace(self, name=name, value=self.value * factor, low=self.low * factor, high=self.high * factor)


@dataclass(frozen=True, slots=True)
class MeasureEstimates:
    """Everything about one measure."""

    measure: str
    unavailability: Estimate
    """Share of time; exact also where it is tiny, as 1 minus an availability is not."""
    availability: Estimate
    downtime_minutes_year: Estimate
    outages_year: Estimate
    mtbf_hours: Estimate
    """Mean time available per outage: from the end of one to the begin of the next."""
    mttr_hours: Estimate
    """Mean length of an outage."""
    mean_hours_to_failure: Estimate
    """From all units new; nan where it is not known: by closed form, and in runs."""
    request_availability: Estimate
    """Share of requests that were made while available."""
    longest_outage_hours: Estimate
    """Mean of each year's longest outage (of a replication's, where it is shorter than a year)."""
    outage_hours_quantiles: tuple[tuple[float, Estimate], ...]
    """Of all outages' lengths; empty where none was seen."""
    longest_outage_hours_quantiles: tuple[tuple[float, Estimate], ...]
    outages_year_quantiles: tuple[tuple[float, Estimate], ...]
    outages_seen: int

    def named(self) -> dict[str, Estimate]:
        """Return all estimates by their names."""
        values = [getattr(self, field.name) for field in fields(self)]
        single = [value for value in values if isinstance(value, Estimate)]
        series = [estimate for value in values if isinstance(value, tuple) for _, estimate in value]
        return {estimate.name: estimate for estimate in [*single, *series]}


@dataclass(frozen=True, slots=True)
class StalenessEstimates:
    """How old the data is that reads are served."""

    share: Estimate
    """Of the time in which reads are available, the share with old data."""
    seconds_quantiles: tuple[tuple[float, Estimate], ...]
    """Age over all the time in which reads are available; 0 while they are fresh."""
    stale_seconds_quantiles: tuple[tuple[float, Estimate], ...]
    """Age over the stale time alone; empty where there was none."""

    def named(self) -> dict[str, Estimate]:
        """Return all estimates by their names."""
        series = [*self.seconds_quantiles, *self.stale_seconds_quantiles]
        return {estimate.name: estimate for estimate in [self.share, *(estimate for _, estimate in series)]}


@dataclass(frozen=True, slots=True)
class Basis:
    """How intervals are made."""

    confidence: float = 0.95
    warmup_hours: float = 0.0
    """Cut from each replication's begin, where all units are new; regenerative intervals need none."""
    method: Method = Method.REPLICATIONS


def name_of(measure: str, quantity: str) -> str:
    """Return the name of an estimate: read_availability of the measure reads."""
    return f"{measure.removesuffix('s')}_{quantity}"


def estimate_measures(
    model: Model, replications: Sequence[Replication], basis: Basis | None = None
) -> dict[str, MeasureEstimates]:
    """Return the estimates of every measure of a model.

    Args:
        model: says which measures there are, and the load.
        replications: independent runs of it, at least one.
        basis: how intervals are made.
    """
    basis = basis or Basis()
    load = Load(model.load_by_hour) if model.load_by_hour else None
    return {measure.name: _measure(measure.name, replications, basis, load) for measure in model.measures}


def choose_method(replications: Sequence[Replication]) -> Method:
    """Return regenerative for a single run of many cycles, which says nothing by replications; else replications."""
    cycles = sum(len(replication.regenerations_hours) - 1 for replication in replications)
    return Method.REGENERATIVE if len(replications) < SECTIONS and cycles >= CYCLES_MIN else Method.REPLICATIONS


def unavailability_interval(seen: Observations, lengths: NDArray[np.float64], basis: Basis) -> Interval:
    """Return the interval of the share of hours (or requests) lost.

    Args:
        seen: independent stretches.
        lengths: what each outage cost; few of them widen the interval.
        basis: how intervals are made.
    """
    if not seen.down_hours.any():
        return share_never_seen(len(seen.hours), basis.confidence)
    interval = ratio_interval(seen.down_hours, seen.hours, basis.confidence)
    if 0 < len(lengths) < FEW_OUTAGES:
        interval = interval.hull(few_events_interval(lengths, float(seen.hours.sum()), basis.confidence))
    return interval.within(0.0, 1.0)


def _measure(measure: str, replications: Sequence[Replication], basis: Basis, load: Load | None) -> MeasureEstimates:
    warmup = 0.0 if basis.method is Method.REGENERATIVE else basis.warmup_hours
    regenerative = basis.method is Method.REGENERATIVE
    seen = by_cycle(replications, measure) if regenerative else by_replication(replications, measure, warmup)
    lengths = outage_hours(replications, measure, warmup)

    def estimate(quantity: str, interval: Interval) -> Estimate:
        named = name_of(measure, quantity), interval.value, interval.low, interval.high
        return Estimate(*named, basis.confidence, basis.method, len(seen.hours))

    lost = estimate("unavailability", unavailability_interval(seen, lengths, basis))
    served = lost.complement(name_of(measure, "availability"))
    requests = replace(served, name=name_of(measure, "request_availability"))
    if load is not None:
        made = by_load(replications, measure, basis.warmup_hours, load)
        costs = made.down_hours[made.down_hours > 0]
        interval = unavailability_interval(made, costs, basis)
        lost_requests = estimate("lost", interval).complement(requests.name)
        requests = replace(lost_requests, method=Method.REPLICATIONS, samples=len(made.hours))
    years = by_year(replications, measure, warmup)
    return MeasureEstimates(
        measure=measure,
        unavailability=lost,
        availability=served,
        downtime_minutes_year=lost.times(name_of(measure, "downtime_minutes_year"), MINUTES_A_YEAR),
        outages_year=estimate("outages_year", _rate(seen, basis.confidence).times(HOURS_A_YEAR)),
        mtbf_hours=estimate("mtbf_hours", _mtbf(seen, basis.confidence)),
        mttr_hours=estimate("mttr_hours", _mttr(seen, lengths, basis.confidence)),
        mean_hours_to_failure=estimate("mean_hours_to_failure", Interval(np.nan, np.nan, np.nan)),
        request_availability=requests,
        longest_outage_hours=replace(
            estimate("longest_outage_hours", mean_interval(years.longest_hours, basis.confidence).within(0, np.inf)),
            method=Method.REPLICATIONS,
            samples=len(years.longest_hours),
        ),
        outage_hours_quantiles=_quantiles(name_of(measure, "outage_hours"), lengths, basis.confidence),
        longest_outage_hours_quantiles=_quantiles(
            name_of(measure, "longest_outage_hours"), years.longest_hours, basis.confidence
        ),
        outages_year_quantiles=_quantiles(name_of(measure, "outages_year"), years.outages, basis.confidence),
        outages_seen=len(lengths),
    )


def _rate(seen: Observations, confidence: float) -> Interval:
    """Return outages an hour."""
    number, hours = int(seen.outages.sum()), float(seen.hours.sum())
    interval = ratio_interval(seen.outages, seen.hours, confidence)
    if number < FEW_OUTAGES:
        exact = poisson_rate_interval(number, hours, confidence)
        interval = interval.hull(exact) if number else exact
    return interval.within(0.0, np.inf)


def _mtbf(seen: Observations, confidence: float) -> Interval:
    """Return hours available per outage; what no outage was seen in is at least its length by the law of Poisson."""
    up = seen.hours - seen.down_hours
    number = int(seen.outages.sum())
    interval = ratio_interval(up, seen.outages, confidence)
    if number < FEW_OUTAGES and up.any():
        rate = poisson_rate_interval(number, float(up.sum()), confidence)
        exact = Interval(interval.value, 1 / rate.high, 1 / rate.low if rate.low > 0 else np.inf)
        interval = interval.hull(exact) if number else exact
    return interval.within(0.0, np.inf)


def _mttr(seen: Observations, lengths: NDArray[np.float64], confidence: float) -> Interval:
    """Return hours of outage per outage."""
    interval = ratio_interval(seen.down_hours, seen.outages, confidence)
    if len(lengths) < FEW_OUTAGES:
        alone = mean_interval(lengths, confidence) if len(lengths) else Interval(np.nan, -np.inf, np.inf)
        interval = interval.hull(alone)
    return interval.within(0.0, np.inf)


def _quantiles(name: str, values: NDArray[np.float64], confidence: float) -> tuple[tuple[float, Estimate], ...]:
    """Return quantiles with intervals by sections of the values in the order they were seen."""
    if not len(values):
        return ()
    sections = np.array_split(values, min(SECTIONS, max(1, len(values) // SECTIONS)))
    return _sectioned(name, lambda share: [float(np.quantile(each, share)) for each in (values, *sections)], confidence)


def _sectioned(
    name: str, of_share: Callable[[float], list[float]], confidence: float
) -> tuple[tuple[float, Estimate], ...]:
    """Return estimates of each quantile; `of_share` gives that of the whole, then those of the sections."""
    found = []
    for share in QUANTILES:
        whole, *parts = of_share(share)
        interval = section_interval(whole, parts, confidence).within(0.0, np.inf)
        full_name = f"{name}_p{share * 100:g}".replace(".", "")
        bounds = interval.value, interval.low, interval.high
        found.append((share, Estimate(full_name, *bounds, confidence, Method.SECTIONS, len(parts))))
    return tuple(found)


def estimate_staleness(
    model: Model, replications: Sequence[Replication], basis: Basis | None = None
) -> StalenessEstimates | None:
    """Return how old the data is that reads are served; None where a model does not tell fresh reads from reads."""
    basis = basis or Basis()
    if not {READS, FRESH_READS} <= {measure.name for measure in model.measures}:
        return None
    served, stale = served_and_stale_hours(replications, basis.warmup_hours)
    share = (
        ratio_interval(stale, served, basis.confidence).within(0.0, 1.0)
        if stale.any()
        else share_never_seen(len(replications), basis.confidence)
    )
    places = np.array_split(np.arange(len(replications)), min(SECTIONS, len(replications)))
    parts = [stale_service([replications[at] for at in each], basis.warmup_hours) for each in places]
    whole = stale_service(replications, basis.warmup_hours)
    fresh = [float((served - stale).sum()), *(float((served - stale)[each].sum()) for each in places)]

    def ages(with_fresh: bool) -> Callable[[float], list[float]]:
        return lambda quantile: [
            service.age_quantile(quantile, hours if with_fresh else 0.0) * 3600
            for service, hours in zip([whole, *parts], fresh, strict=True)
        ]

    bounds = share.value, share.low, share.high
    return StalenessEstimates(
        Estimate("staleness_share", *bounds, basis.confidence, Method.REPLICATIONS, len(replications)),
        _sectioned("staleness_seconds", ages(with_fresh=True), basis.confidence),
        _sectioned("stale_seconds", ages(with_fresh=False), basis.confidence) if whole.total_hours else (),
    )


def all_named(measures: Mapping[str, MeasureEstimates], staleness: StalenessEstimates | None) -> dict[str, Estimate]:
    """Return every estimate by its name."""
    found = {name: each for measure in measures.values() for name, each in measure.named().items()}
    return found | (staleness.named() if staleness is not None else {})
