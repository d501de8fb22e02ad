"""Whether durations look like drawn from the law that was fitted to them, and how sure the law's mean is.

Anderson and Darling's distance n ∫ (Fn - F)² / (F (1 - F)) dF between the fitted law F and the durations' own
distribution Fn (Kaplan and Meier's, where some are censored), up to the last duration that was seen (Pettitt & Stephens
1976). As the law was fitted to the same durations, the distance is compared with those of samples drawn from that law
and fitted anew: the parametric bootstrap (Stute, González Manteiga & Presedo Quindimil 1993). A drawn duration is
censored at a time drawn from the Kaplan-Meier distribution of the censoring times (Efron 1981).
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from simulation.calibration.fitting import Flags, Vector, fit, share_below
from simulation.laws import Law

BOOTSTRAPS = 199
VALUES_MAX = 2000
"""Of more durations a part is tested: with more, no law of two numbers is ever good enough."""
_EDGE = 1e-15


@dataclass(frozen=True, slots=True)
class Goodness:
    """How a fitted law stands the test."""

    distance: float
    """Anderson and Darling's."""
    p_value: float
    """Share of samples of the law itself that are at least as far from it; below 0.05 the law does not hold."""
    mean_low_hours: float
    mean_high_hours: float
    """Interval of the law's mean, by percentiles of the same samples."""
    samples: int
    """That could be drawn and fitted."""
    values: int
    """Durations that were tested."""


@dataclass(frozen=True, slots=True)
class Steps:
    """A distribution function that rises at some times: Kaplan and Meier's."""

    hours: Vector
    """Ascending, of the steps."""
    after: Vector
    """Value after each step."""


def kaplan_meier(hours: Vector, is_censored: Flags) -> Steps:
    """Return the distribution function of durations of which some were cut short; a cut comes after an end."""
    order = np.lexsort((is_censored, hours))
    ended = ~is_censored[order]
    at_risk = len(hours) - np.arange(len(hours))
    surviving: Vector = np.cumprod(1.0 - ended / at_risk, dtype=np.float64)
    return Steps(hours[order][ended], 1 - surviving[ended])


def anderson_darling(law: Law, hours: Vector, is_censored: Flags) -> float:
    """Return the distance of durations from a continuous law; piece by piece between steps the integral is known."""
    steps = kaplan_meier(hours, is_censored)
    last = float(hours.max())
    is_whole = last > steps.hours[-1] or steps.after[-1] < 1
    values = np.clip(share_below(law, steps.hours), _EDGE, 1 - _EDGE)
    end = float(np.clip(share_below(law, hours.max(keepdims=True))[0], _EDGE, 1 - _EDGE)) if is_whole else 1 - _EDGE
    edges = np.concatenate(([_EDGE], values, [end]))
    heights = np.concatenate(([0.0], steps.after))
    upper, lower = _integral(edges[1:], heights), _integral(edges[:-1], heights)
    return float(len(hours) * (upper - lower).sum())


def _integral(share: Vector, height: Vector) -> Vector:
    """Return the antiderivative of (height - u)² / (u (1 - u)) at u = share."""
    result: Vector = -share + height**2 * np.log(share) - (1 - height) ** 2 * np.log1p(-share)
    return result


def judge_fit(family: str, law: Law, hours: Vector, is_censored: Flags, rng: Generator, confidence: float) -> Goodness:
    """Test a law of a family that was fitted to durations.

    Args:
        family: its name.
        law: as it was fitted to these durations.
        hours: the durations.
        is_censored: which were not over yet.
        rng: drawn from; the same state gives the same answer.
        confidence: of the interval of the mean, such as 0.95.
    """
    size = len(hours)
    if size > VALUES_MAX:
        chosen = rng.choice(size, VALUES_MAX, replace=False)
        hours, is_censored = hours[chosen], is_censored[chosen]
        refitted = fit(family, hours, is_censored).law if not is_censored.all() else None
        tested = refitted if refitted is not None else law
    else:
        tested = law
    distance = anderson_darling(tested, hours, is_censored)
    distances, means = [], []
    for _ in range(BOOTSTRAPS):
        drawn, cut = _draw(tested, hours, is_censored, rng)
        again = fit(family, drawn, cut).law if not cut.all() else None
        if again is not None:
            distances.append(anderson_darling(again, drawn, cut))
            means.append(again.mean_hours)
    farther = sum(each >= distance for each in distances)
    low, high = np.quantile(means, [(1 - confidence) / 2, (1 + confidence) / 2]) if means else (0.0, math.inf)
    shrink = math.sqrt(len(hours) / size)  # of all durations the mean is known better than of a part
    mean, center = law.mean_hours, tested.mean_hours
    return Goodness(
        distance, (1 + farther) / (1 + len(distances)), mean + (float(low) - center) * shrink,
        mean + (float(high) - center) * shrink, len(distances), len(hours),
    )  # fmt: skip


def _draw(law: Law, hours: Vector, is_censored: Flags, rng: Generator) -> tuple[Vector, Flags]:
    """Return durations drawn from a law, cut as these were."""
    drawn = law.sample(rng, len(hours))
    if not is_censored.any():
        return drawn, is_censored
    cuts = kaplan_meier(hours, ~is_censored)
    place = np.searchsorted(cuts.after, rng.random(len(hours)), side="left")
    limits = np.append(cuts.hours, math.inf)[place]
    return np.minimum(drawn, limits), drawn > limits
