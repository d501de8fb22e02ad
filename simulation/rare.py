"""Rare events by importance sampling: an unavailability of 1e-12 in seconds, with an interval.

Balanced failure biasing with measure-specific dynamic importance sampling: the numerator of E[down hours of a cycle] /
E[hours of a cycle] comes from cycles in which failures are made likely until the measure fails, weighted by likelihood
ratios; the denominator from plain cycles. Sources: Shahabuddin, "Importance sampling for the simulation of highly
reliable Markovian systems" (1994); Goyal, Shahabuddin, Heidelberger, Nicola & Glynn, "A unified framework for
simulating Markovian models of highly dependable systems" (1992). One cycle in ten is plain, and all cycles are weighted
as draws from the mixture of both kinds (Hesterberg, 1995; Veach & Guibas, 1995): no weight exceeds 10, so the variance
is at most ten times that of plain simulation, whatever the model. Intervals are by the delta method on both strata.
"""

import math
import time
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from simulation.chain_states import check_markov
from simulation.compiled import expect_numba
from simulation.compiled_draws import begin_streams, stream_name
from simulation.errors import NotApplicable
from simulation.intervals import Interval
from simulation.kernel import begin_run
from simulation.laws import Exponential
from simulation.lowering import lower
from simulation.memory import Run, new_run, streams_of
from simulation.model import Measure, Model
from simulation.rare_cycles import (
    COLUMNS,
    DOWN_HOURS,
    FAILS,
    FAILURES,
    HOURS,
    HOURS_BEFORE,
    JUMPS_MAX,
    RATIO,
    run_cycles,
)

PLAIN_SHARE = 0.1
BATCH_CYCLES = 20_000
BIAS = 0.5
BALANCE = 0.5
FEW = 200
"""Below so many equally weighted failures an interval is not to be trusted."""
DOMINANT_SHARE = 0.05
"""Nor is it where one cycle makes up more than this share of a sum."""
ASTRAY = 4.0
"""Standard errors by which the mean weight may differ from 1."""
DOWN, FAILING, FAILED, WEIGHT, LENGTH, BEFORE = range(6)
"""Columns of what is summed: weighted down hours, failures, whether it failed; the weight; hours, hours before."""
Matrix = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class RareEstimate:
    """What is known of a measure that is hardly ever unavailable."""

    measure: str
    unavailability: Interval
    failures_an_hour: Interval
    mean_hours_to_failure: Interval
    """From all units up."""
    confidence: float
    cycles: int
    effective_failures: float
    """How many cycles of equal weight in which it fails would say as much."""
    warnings: tuple[str, ...]
    """Why the intervals are not to be trusted; empty where they are."""

    @property
    def relative_half_width(self) -> float:
        """Half of the width of the unavailability's interval, as a share of it."""
        interval = self.unavailability
        return (interval.high - interval.low) / 2 / interval.value if interval.value else math.inf


def estimate_rare(
    model: Model,
    measure: str,
    rel_error: float = 0.02,
    cycles_max: int = 1_000_000,
    seed: int = 0,
    confidence: float = 0.95,
    max_seconds: float = math.inf,
    balance: float = BALANCE,
) -> RareEstimate:
    """Estimate a measure's unavailability, until its interval is narrow enough or a bound is reached.

    Args:
        model: with exponential failures, and stages of exponential steps.
        measure: one of its names.
        rel_error: wanted half-width as a share of the unavailability; 0 uses all cycles.
        cycles_max: at most so many regenerative cycles.
        seed: the same one gives the same estimate, unless time ran out.
        confidence: of the intervals.
        max_seconds: no batch of cycles begins later.
        balance: share of choices between failures that are made as if all were equally likely.

    Raises:
        NotApplicable: numba is missing; a law has a memory; the measure is never, or all the time, unavailable.
    """
    expect_numba("rare events")
    chosen = next(each for each in model.measures if each.name == measure)
    part = _relevant_part(model, chosen)
    _check(part)
    start = time.monotonic()
    run, sums = _new_run(part, seed), _Sums()
    settings = np.array([BIAS, balance])
    luck = np.array([stream_name("rare", seed, measure)], dtype=np.uint64)
    while True:
        for biased in (False, True):
            share = 1 - PLAIN_SHARE if biased else PLAIN_SHARE
            found = np.zeros((max(2, round(min(BATCH_CYCLES, cycles_max) * share)), COLUMNS))
            if not run_cycles(run, 0, biased, settings, luck, found):
                raise NotApplicable(
                    f"rare events: all units are hardly ever up at once ({len(found)} times took more than {JUMPS_MAX} "
                    "changes of state), expected a model that is whole most of the time"
                )
            sums.add(biased, found)
        estimate = sums.estimate(measure, confidence)
        enough = estimate.relative_half_width <= rel_error and not estimate.warnings
        if enough or sums.cycles + BATCH_CYCLES > cycles_max or time.monotonic() - start >= max_seconds:
            return estimate


class _Sums:
    """Sums over plain and over biased cycles, and of products of what is summed."""

    def __init__(self) -> None:
        self.cycles = 0
        self._counts = [0, 0]
        self._sums = np.zeros((2, 6))
        self._products = np.zeros((2, 6, 6))
        self._largest = 0.0

    def add(self, biased: bool, found: Matrix) -> None:
        """Add cycles of one kind."""
        ratio = found[:, RATIO]
        weight = ratio / (PLAIN_SHARE * ratio + (1 - PLAIN_SHARE))
        columns = [weight * found[:, column] for column in (DOWN_HOURS, FAILURES, FAILS)]
        rows = np.stack([*columns, weight, found[:, HOURS], found[:, HOURS_BEFORE]], axis=1)
        self.cycles += len(found)
        self._counts[biased] += len(found)
        self._sums[int(biased)] += rows.sum(axis=0)
        self._products[int(biased)] += rows.T @ rows
        self._largest = max(self._largest, float(rows[:, DOWN].max()))

    def estimate(self, measure: str, confidence: float) -> RareEstimate:
        """Return what the cycles so far say."""
        failed, squares = self._sums[:, FAILED].sum(), self._products[:, FAILED, FAILED].sum()
        effective = float(failed**2 / squares) if squares else 0.0
        hours_to_failure = self._ratio(FAILED, BEFORE, confidence)
        return RareEstimate(
            measure,
            self._ratio(DOWN, LENGTH, confidence),
            self._ratio(FAILING, LENGTH, confidence),
            _inverse(hours_to_failure),
            confidence,
            self.cycles,
            effective,
            self._warnings(effective),
        )

    def _ratio(self, top: int, bottom: int, confidence: float) -> Interval:
        """Return the interval of a weighted mean over all cycles by a mean over the plain ones (delta method)."""
        counts = np.array(self._counts, dtype=np.float64)
        means = self._sums / counts[:, None]
        spreads = self._products / counts[:, None, None] - means[:, :, None] * means[:, None, :]
        spreads *= (counts / (counts - 1))[:, None, None]
        total = counts.sum()
        value = float(self._sums[:, top].sum() / total / means[0, bottom])
        variance = (counts * spreads[:, top, top]).sum() / total**2
        variance += value**2 * spreads[0, bottom, bottom] / counts[0] - 2 * value * spreads[0, top, bottom] / total
        half = float(ndtri((1 + confidence) / 2)) * math.sqrt(max(variance, 0.0)) / float(means[0, bottom])
        if value == 0:
            return Interval(0.0, 0.0, math.inf)
        return Interval(value, max(value - half, 0.0), value + half)

    def _warnings(self, effective: float) -> tuple[str, ...]:
        found = []
        if effective < FEW:
            found.append(f"weights degenerate: {effective:.0f} effective failures, expected at least {FEW}")
        down = self._sums[:, DOWN].sum()
        if down and self._largest / down > DOMINANT_SHARE:
            found.append(f"weights degenerate: one cycle makes up {self._largest / down:.0%} of all down time")
        counts = np.array(self._counts, dtype=np.float64)
        means = self._sums[:, WEIGHT] / counts
        spreads = self._products[:, WEIGHT, WEIGHT] / counts - means**2
        mean = float(self._sums[:, WEIGHT].sum() / self.cycles)
        error = math.sqrt(float((counts * spreads).sum())) / self.cycles
        if abs(mean - 1) > ASTRAY * error + 1e-9:
            found.append(f"likelihood ratios have a mean of {mean:.3g}, expected 1 within {ASTRAY * error:.2g}")
        return tuple(found)


def _inverse(interval: Interval) -> Interval:
    """Return the interval of 1 over a quantity."""
    value, low, high = (1 / bound if bound else math.inf for bound in (interval.value, interval.high, interval.low))
    return Interval(value, low, high)


def _relevant_part(model: Model, measure: Measure) -> Model:
    """Return what a measure depends on: the groups it names, those that share crews with them, and their shocks."""
    names = set(measure.expression.names)
    while True:
        crews = {group.crew for group in model.groups if group.name in names} - {None}
        more = {group.name for group in model.groups if group.crew in crews}
        if more <= names:
            break
        names |= more
    shocks = [replace(shock, groups=tuple(name for name in shock.groups if name in names)) for shock in model.shocks]
    return replace(
        model,
        groups=tuple(group for group in model.groups if group.name in names),
        shocks=tuple(shock for shock in shocks if shock.groups),
        measures=(measure,),
    )


def _check(model: Model) -> None:
    """Raise NotApplicable where a model is no Markov chain that begins anew whenever all units are up."""
    try:
        check_markov(model)
    except NotApplicable as error:
        raise NotApplicable(str(error).replace("exact chain", "rare events")) from error
    for group in model.groups:
        if not isinstance(group.failure, Exponential):
            law = type(group.failure).__name__.lower()
            raise NotApplicable(f"rare events: failure of {group.name!r} has law {law}, expected exponential")
    counts = {group.name: group.count for group in model.groups}
    (measure,) = model.measures
    if not measure.expression.holds(counts):
        raise NotApplicable(f"rare events: {measure.name} is not available even with every unit up")


def _new_run(model: Model, seed: int) -> Run:
    plan = lower(model)
    run = new_run(plan, by_rates=True)
    begin_streams(plan.stream_names, np.uint64(seed % 2**64), np.uint64(0), streams_of(run))
    begin_run(run)
    return run
