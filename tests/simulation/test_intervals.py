"""Intervals: known values, and that they hold the truth as often as they say."""

import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulation.intervals import (
    Interval,
    few_events_interval,
    fieller_interval,
    mean_interval,
    poisson_rate_interval,
    ratio_interval,
    section_interval,
    share_never_seen,
)

REPEATS = 1500
Make = Callable[[np.random.Generator], tuple[Interval, float]]


def coverage(make: Make) -> float:
    """The share of many intervals that hold the truth."""
    rng = np.random.default_rng(20)
    held = 0
    for _ in range(REPEATS):
        interval, truth = make(rng)
        held += interval.low <= truth <= interval.high
    return held / REPEATS


def of_mean(rng: np.random.Generator) -> tuple[Interval, float]:
    return mean_interval(rng.gamma(4.0, 1.0, 12), 0.95), 4.0


def ratio_of(rng: np.random.Generator, size: int, interval: Callable[..., Interval]) -> tuple[Interval, float]:
    """Downs of mean 1 in cycles of mean 11."""
    down = rng.exponential(1.0, size)
    return interval(down, down + rng.exponential(10.0, size), 0.95), 1 / 11


def of_few(rng: np.random.Generator) -> tuple[Interval, float]:
    """About five events, each of a random size of mean 2."""
    sizes = rng.exponential(2.0, max(1, rng.poisson(5.0)))
    return few_events_interval(sizes, 100.0, 0.95), 0.1


@pytest.mark.parametrize(
    ("make", "least", "most"),
    [
        (of_mean, 0.92, 0.98),
        (lambda rng: ratio_of(rng, 100, ratio_interval), 0.92, 0.98),
        (lambda rng: ratio_of(rng, 100, fieller_interval), 0.92, 0.98),
        (of_few, 0.92, 1.0),
        (lambda rng: (poisson_rate_interval(int(rng.poisson(3.0)), 10.0, 0.95), 0.3), 0.94, 1.0),
    ],
    ids=["mean", "ratio", "fieller", "few events", "poisson"],
)
def test_intervals_of_95_percent_hold_the_truth_so_often(make: Make, least: float, most: float) -> None:
    assert least <= coverage(make) <= most


def test_the_check_of_coverage_sees_an_interval_that_is_too_narrow() -> None:
    def narrow(rng: np.random.Generator) -> tuple[Interval, float]:
        found, truth = of_mean(rng)
        return Interval(found.value, (found.low + found.value) / 2, (found.high + found.value) / 2), truth

    assert coverage(narrow) < 0.8


def test_students_interval_of_known_numbers() -> None:
    """Mean 3, deviation sqrt(2.5), t(4, 0.975) = 2.776445."""
    found = mean_interval([1, 2, 3, 4, 5], 0.95)
    assert found.value == 3
    assert found.high - 3 == pytest.approx(2.776445105 * math.sqrt(2.5 / 5), rel=1e-9)
    assert found.low == pytest.approx(6 - found.high)


def test_one_sample_says_nothing_about_its_spread() -> None:
    unknown = Interval(3.0, -math.inf, math.inf)
    assert mean_interval([3.0], 0.95) == unknown
    assert ratio_interval([6.0], [2.0], 0.95) == fieller_interval([6.0], [2.0], 0.95) == unknown
    assert section_interval(3.0, [2.5], 0.95) == unknown
    assert unknown.within(0.0, 1.0) == Interval(3.0, 0.0, 1.0)


def test_ratios_over_nothing_are_not_known() -> None:
    assert math.isnan(ratio_interval([0.0, 0.0], [0.0, 0.0], 0.95).value)
    assert ratio_interval([1.0, 1.0], [0.0, 0.0], 0.95).value == math.inf
    assert fieller_interval([1.0, 2.0], [1.0, -0.9], 0.95).high == math.inf


def test_poissons_rate_is_garwoods() -> None:
    """5 events: 1.6235 to 11.6683 (Garwood's table); none: 3.6889 at most."""
    found = poisson_rate_interval(5, 2.0, 0.95)
    assert [found.low * 2, found.high * 2] == pytest.approx([1.6235, 11.6683], abs=1e-4)
    none = poisson_rate_interval(0, 1.0, 0.95)
    assert [none.low, none.high] == pytest.approx([0.0, 3.688879], abs=1e-6)
    wider = few_events_interval([1.0] * 5, 2.0, 0.95)
    assert wider.low == pytest.approx(found.low)
    assert found.high < wider.high < 2 * found.high


def test_a_share_never_seen_is_bounded_by_the_rule_of_three() -> None:
    assert share_never_seen(100, 0.95).high == pytest.approx(1 - 0.05 ** (1 / 100), rel=1e-12)
    assert share_never_seen(1000, 0.95).high == pytest.approx(3 / 1000, rel=0.01)
    assert few_events_interval([], 5.0, 0.95) == Interval(0.0, 0.0, math.inf)


@given(st.lists(st.tuples(st.floats(0.0, 10.0), st.floats(0.1, 100.0)), min_size=2, max_size=20))
def test_more_confidence_is_wider_and_every_interval_holds_its_value(pairs: list[tuple[float, float]]) -> None:
    tops, bottoms = zip(*pairs, strict=True)
    for interval in (ratio_interval, fieller_interval):
        narrow, wide = interval(tops, bottoms, 0.8), interval(tops, bottoms, 0.99)
        assert wide.low <= narrow.low + 1e-9
        assert narrow.high <= wide.high + 1e-9
        assert wide.low - 1e-9 <= wide.value <= wide.high + 1e-9
