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
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from simulation.compiled import expect_numba
from simulation.compiled_draws import begin_streams, stream_name
from simulation.errors import NotApplicable
from simulation.intervals import Interval
from simulation.kernel import begin_run
from simulation.lowering import lower
from simulation.memory import Run, new_run, streams_of
from simulation.model import Model
from simulation.rare_cycles import (
    COLUMNS,
    DOWN_HOURS,
    FAILS,
    FAILURES,
    HOURS,
    HOURS_BEFORE,
    JUMPS_A_CYCLE_MAX,
    RATIO,
    run_cycles,
)
from simulation.rare_part import check_rare, relevant_part

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
Vector = NDArray[np.float64]
Matrix = NDArray[np.float64]
Tell = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class RareEstimate:
    """What is known of a measure that is hardly ever unavailable."""

    measure: str
    unavailability: Interval
    failures_an_hour: Interval
    mean_hours_to_failure: Interval
    """From all units up."""
    mtbf_hours: Interval
    """From the end of an outage to the next one."""
    mttr_hours: Interval
    """Length of an outage."""
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
    progress: Tell | None = None,
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
        progress: told how many cycles are done, after each batch.

    Raises:
        NotApplicable: numba is missing; a law has a memory; the measure is never, or all the time, unavailable.
    """
    expect_numba("rare events")
    chosen = next(each for each in model.measures if each.name == measure)
    part = relevant_part(model, chosen)
    check_rare(part)
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
                    f"rare events: all units are hardly ever up at once (from one time to the next there are more than "
                    f"{JUMPS_A_CYCLE_MAX} changes of state), expected a model that is whole most of the time"
                )
            sums.add(biased, found)
        if progress is not None:
            progress(sums.cycles)
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
        means, covariances = self._means()
        down, failing, ever, length, before = (np.eye(6)[each] for each in (DOWN, FAILING, FAILED, LENGTH, BEFORE))

        def ratio(top: Vector, bottom: Vector) -> Interval:
            return _ratio(top, bottom, means, covariances, float(ndtri((1 + confidence) / 2)))

        return RareEstimate(
            measure,
            ratio(down, length),
            ratio(failing, length),
            _inverse(ratio(ever, before)),
            _inverse(ratio(failing, length - down)),
            ratio(down, failing),
            confidence,
            self.cycles,
            effective,
            self._warnings(effective),
        )

    def _means(self) -> tuple[Vector, Matrix]:
        """Return the means of what is summed and their covariances.

        What is weighted comes from all cycles, how long cycles last from the plain ones, which are a part of them.
        """
        counts = np.array(self._counts, dtype=np.float64)
        means = self._sums / counts[:, None]
        spreads = self._products / counts[:, None, None] - means[:, :, None] * means[:, None, :]
        spreads *= (counts / (counts - 1))[:, None, None]
        shares = np.zeros((2, 6))
        shares[:, :LENGTH] = (counts / counts.sum())[:, None]
        shares[0, LENGTH:] = 1.0
        covariances = (shares[:, :, None] * shares[:, None, :] * spreads / counts[:, None, None]).sum(axis=0)
        return (shares * means).sum(axis=0), covariances

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


def _ratio(top: Vector, bottom: Vector, means: Vector, covariances: Matrix, deviations: float) -> Interval:
    """Return the interval of a ratio of two sums of means (delta method), `deviations` to either side."""
    above, below = float(top @ means), float(bottom @ means)
    if above <= 0 or below <= 0:
        return Interval(0.0 if below > 0 else math.nan, 0.0, math.inf)
    value = above / below
    difference = top - value * bottom
    half = deviations * math.sqrt(max(float(difference @ covariances @ difference), 0.0)) / below
    return Interval(value, max(value - half, 0.0), value + half)


def _inverse(interval: Interval) -> Interval:
    """Return the interval of 1 over a quantity."""
    value, low, high = (1 / bound if bound else math.inf for bound in (interval.value, interval.high, interval.low))
    return Interval(value, low, high)


def _new_run(model: Model, seed: int) -> Run:
    plan = lower(model)
    run = new_run(plan, by_rates=True)
    begin_streams(plan.stream_names, np.uint64(seed % 2**64), np.uint64(0), streams_of(run))
    begin_run(run)
    return run
