"""Percentiles are those of the times that went in."""

from array import array

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadtests.percentiles import HIGHEST_US, add, merge, new_histogram, pack, read_latency
from loadtests.slices import MICROSECONDS

MICROS = st.lists(st.integers(0, 2**32 - 1)).map(lambda values: array(MICROSECONDS, values))


def test_a_latency_is_exact_to_three_digits() -> None:
    times = np.random.default_rng(1).lognormal(8, 1.5, 20_000).astype(int)
    histogram = new_histogram()
    add(histogram, pack(array(MICROSECONDS, times.tolist())))
    found = read_latency(histogram)
    assert found is not None
    assert found.count == 20_000
    for name, percentile in {"p50_ms": 50, "p90_ms": 90, "p99_ms": 99, "p99_9_ms": 99.9, "max_ms": 100}.items():
        exact = np.sort(times)[int(percentile * 200) - 1] / 1e3
        assert getattr(found, name) == pytest.approx(exact, rel=1.1e-3), name
    assert found.mean_ms == pytest.approx(times.mean() / 1e3, rel=1e-3)


def test_nothing_has_no_latency() -> None:
    assert read_latency(new_histogram()) is None
    assert pack().at(50) is None


@given(MICROS, MICROS)
def test_samples_merge_as_if_packed_together(one: "array[int]", other: "array[int]") -> None:
    merged, together = merge(pack(one), pack(other)), pack(one, other)
    assert merged.values_us.tolist() == together.values_us.tolist()
    assert merged.counts.tolist() == together.counts.tolist()
    assert merged.counts.sum() == len(one) + len(other)


@given(MICROS.filter(len), st.integers(0, 1000).map(lambda tenths: tenths / 10))
def test_a_percentile_is_the_least_that_so_many_reach_at_most(times: "array[int]", percentile: float) -> None:
    found = pack(times).at(percentile)
    assert found is not None
    wanted = round(percentile * 10) * len(times)
    assert sum(each <= found * 1e3 + 0.5 for each in times) * 1000 >= wanted
    assert sum(each < found * 1e3 - 0.5 for each in times) * 1000 < max(wanted, 1)


def test_longer_than_an_hour_counts_as_an_hour() -> None:
    histogram = new_histogram()
    add(histogram, pack(array(MICROSECONDS, [2**32 - 1])))
    found = read_latency(histogram)
    assert found is not None
    assert found.max_ms == pytest.approx(HIGHEST_US / 1e3, rel=1e-3)
