"""Confidence intervals of means, ratios and rare sums, from independent samples.

Sources: Law, "Simulation Modeling and Analysis" (5th ed., 2015), ch. 9, for replications and regenerative ratios;
Fieller, "Some problems in interval estimation" (1954); Fay & Feuer, "Confidence intervals for directly standardized
rates" (1997), for sums of a few random events; Asmussen & Glynn, "Stochastic Simulation" (2007), III.5, for sectioning.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

Vector = NDArray[np.float64]
UNSEEN_FACTOR = 2.0


@dataclass(frozen=True, slots=True)
class Interval:
    """A best guess, and where the truth lies with some confidence; bounds are infinite where nothing is known."""

    value: float
    low: float
    high: float

    def within(self, least: float, most: float) -> "Interval":
        """Return the interval cut to what the quantity can be at all."""
        return Interval(self.value, min(max(self.low, least), most), max(min(self.high, most), least))

    def hull(self, other: "Interval") -> "Interval":
        """Return the widest bounds of both, around this one's value."""
        return Interval(self.value, min(self.low, other.low), max(self.high, other.high))

    def times(self, factor: float) -> "Interval":
        """Return the interval of a positive multiple of the quantity."""
        return Interval(self.value * factor, self.low * factor, self.high * factor)


def mean_interval(values: ArrayLike, confidence: float) -> Interval:
    """Return Student's interval of the mean of independent values; one value says nothing about its spread."""
    sample = np.asarray(values, dtype=np.float64)
    mean = float(sample.mean())
    if len(sample) < 2:
        return Interval(mean, -math.inf, math.inf)
    half = _student(confidence, len(sample)) * float(sample.std(ddof=1)) / math.sqrt(len(sample))
    return Interval(mean, mean - half, mean + half)


def ratio_interval(tops: ArrayLike, bottoms: ArrayLike, confidence: float) -> Interval:
    """Return the interval of E[top] / E[bottom] by the delta method.

    Args:
        tops: one number per independent sample (a replication, a regenerative cycle), such as its down hours.
        bottoms: as many, 0 or more, such as its hours.
        confidence: such as 0.95.
    """
    top, bottom = np.asarray(tops, dtype=np.float64), np.asarray(bottoms, dtype=np.float64)
    number, total = len(top), float(bottom.sum())
    if total <= 0:
        return Interval(math.inf if top.sum() > 0 else math.nan, -math.inf, math.inf)
    ratio = float(top.sum()) / total
    if number < 2:
        return Interval(ratio, -math.inf, math.inf)
    spread = math.sqrt(float(np.sum((top - ratio * bottom) ** 2)) / (number - 1))
    half = _student(confidence, number) * spread * math.sqrt(number) / total
    return Interval(ratio, ratio - half, ratio + half)


def fieller_interval(tops: ArrayLike, bottoms: ArrayLike, confidence: float) -> Interval:
    """Return the interval of E[top] / E[bottom] by Fieller's theorem: not symmetric, better where samples are few.

    Its bounds are infinite where the mean of the bottoms can't be told from 0.
    """
    top, bottom = np.asarray(tops, dtype=np.float64), np.asarray(bottoms, dtype=np.float64)
    number = len(top)
    if number < 2 or bottom.sum() <= 0:
        return ratio_interval(top, bottom, confidence)
    x, y = float(top.mean()), float(bottom.mean())
    (xx, xy), (_, yy) = (np.cov(top, bottom, ddof=1) * _student(confidence, number) ** 2 / number).tolist()
    a, b, c = y * y - yy, x * y - xy, x * x - xx
    root = b * b - a * c
    if a <= 0 or root < 0:
        return Interval(x / y, -math.inf, math.inf)
    return Interval(x / y, (b - math.sqrt(root)) / a, (b + math.sqrt(root)) / a)


def few_events_interval(sizes: ArrayLike, exposure: float, confidence: float) -> Interval:
    """Return the interval of sum(sizes) / exposure where events come rarely, each with a size (Fay & Feuer's gamma).

    Theirs takes the sizes as known; here the event that was not seen may be `UNSEEN_FACTOR` times the largest, without
    which intervals of 95 % over five events of exponential size hold the truth in 90 % only. No event at all says
    nothing about sizes: bounds 0 and infinity.
    """
    size = np.asarray(sizes, dtype=np.float64)
    total = float(size.sum())
    if total <= 0:
        return Interval(0.0, 0.0, math.inf)
    tail = (1 - confidence) / 2
    squares, largest = float(np.sum(size**2)), UNSEEN_FACTOR * float(size.max())
    low = squares / (2 * total) * float(stats.chi2.ppf(tail, 2 * total**2 / squares))
    wider, heavier = squares + largest**2, total + largest
    high = wider / (2 * heavier) * float(stats.chi2.ppf(1 - tail, 2 * heavier**2 / wider))
    return Interval(total, low, high).times(1 / exposure)


def poisson_rate_interval(events: int, exposure: float, confidence: float) -> Interval:
    """Return the exact interval of the rate of events that come without memory (Garwood, 1936)."""
    tail = (1 - confidence) / 2
    low = float(stats.chi2.ppf(tail, 2 * events)) / 2 if events else 0.0
    return Interval(float(events), low, float(stats.chi2.ppf(1 - tail, 2 * events + 2)) / 2).times(1 / exposure)


def share_never_seen(samples: int, confidence: float) -> Interval:
    """Return the interval of a mean share (0 to 1) that was 0 in every sample.

    The chance that a sample's share is not 0 is at least the mean share; were it above the bound, so many samples of 0
    would be less likely than 1 - confidence.
    """
    return Interval(0.0, 0.0, -math.expm1(math.log1p(-confidence) / samples))


def section_interval(whole: float, sections: Sequence[float], confidence: float) -> Interval:
    """Return the interval of a quantile or the like by sectioning.

    Args:
        whole: the statistic of all samples.
        sections: the statistic of each of some like parts of the samples.
        confidence: such as 0.95.
    """
    if len(sections) < 2:
        return Interval(whole, -math.inf, math.inf)
    spread = math.sqrt(math.fsum((section - whole) ** 2 for section in sections) / (len(sections) - 1))
    half = _student(confidence, len(sections)) * spread / math.sqrt(len(sections))
    return Interval(whole, whole - half, whole + half)


def _student(confidence: float, samples: int) -> float:
    return float(stats.t.ppf((1 + confidence) / 2, samples - 1))
