"""Histograms of times, and what is read from them: three digits are exact, from a microsecond to an hour."""

from array import array
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from math import ceil

import numpy as np
from hdrh.histogram import HdrHistogram
from numpy.typing import NDArray

HIGHEST_US = 3_600_000_000
DIGITS = 3
PERCENTILES: Mapping[str, float] = {
    "p50_ms": 50.0, "p90_ms": 90.0, "p95_ms": 95.0, "p99_ms": 99.0, "p99_9_ms": 99.9, "p99_99_ms": 99.99,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Latency:
    """A distribution of times, in milliseconds."""

    count: int
    mean_ms: float
    min_ms: float
    p50_ms: float
    p90_ms: float
    p95_ms: float
    p99_ms: float
    p99_9_ms: float
    p99_99_ms: float
    max_ms: float


@dataclass(frozen=True, slots=True)
class Sample:
    """Times packed: each different one, and how often it came."""

    values_us: NDArray[np.int64]
    """In rising order."""
    counts: NDArray[np.int64]

    def at(self, percentile: float) -> float | None:
        """Return the least time that so many per cent of all reach at most, in milliseconds; None where none is."""
        if not len(self.values_us):
            return None
        reached = np.cumsum(self.counts)
        wanted = max(1, ceil(Fraction(str(percentile)) * int(reached[-1]) / 100))
        return float(self.values_us[np.searchsorted(reached, wanted)]) / 1e3


def pack(*times: "array[int]") -> Sample:
    """Return a sample of all of some times in microseconds."""
    joined = np.concatenate([np.asarray(each, dtype=np.int64) for each in times]) if times else np.empty(0, np.int64)
    values, counts = np.unique(joined, return_counts=True)
    return Sample(values, counts)


def merge(*samples: Sample) -> Sample:
    """Return a sample of all that some samples hold."""
    values = np.concatenate([each.values_us for each in samples]) if samples else np.empty(0, np.int64)
    counts = np.concatenate([each.counts for each in samples]) if samples else np.empty(0, np.int64)
    merged, where = np.unique(values, return_inverse=True)
    return Sample(merged, np.bincount(where, weights=counts, minlength=len(merged)).astype(np.int64))


def new_histogram() -> HdrHistogram:
    """Return an empty histogram of microseconds."""
    return HdrHistogram(1, HIGHEST_US, DIGITS)


def add(histogram: HdrHistogram, sample: Sample) -> None:
    """Add a sample; what is longer than an hour counts as an hour."""
    for value, count in zip(sample.values_us.tolist(), sample.counts.tolist(), strict=True):
        histogram.record_value(min(max(value, 1), HIGHEST_US), count)


def read_latency(histogram: HdrHistogram) -> Latency | None:
    """Return what people ask of a histogram, or None where it is empty."""
    if not histogram.total_count:
        return None
    found = histogram.get_percentile_to_value_dict(list(PERCENTILES.values()))
    return Latency(
        count=histogram.total_count,
        mean_ms=histogram.get_mean_value() / 1e3,
        min_ms=histogram.get_min_value() / 1e3,
        max_ms=histogram.get_max_value() / 1e3,
        **{name: found[percentile] / 1e3 for name, percentile in PERCENTILES.items()},
    )
