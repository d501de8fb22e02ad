"""Laws of durations: their means are those of what they draw, and wrong numbers are refused."""

import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from simulation.errors import ScenarioError
from simulation.laws import (
    NOTHING,
    Deterministic,
    Empirical,
    Exponential,
    Gamma,
    Law,
    Lognormal,
    Uniform,
    Weibull,
    between,
)

LAWS: list[Law] = [
    Exponential(3.0),
    Weibull(0.7, 2.0),
    Weibull.of_mean(2.5, 7.0),
    Lognormal(1.0, 0.5),
    Lognormal.of_mean(4.0, 1.2),
    Gamma(0.5, 4.0),
    Gamma(3.0, 4.0),
    Deterministic(2.5),
    NOTHING,
    Uniform(1.0, 4.0),
    Empirical((0.0, 1.0, 1.0, 10.0)),
]
DRAWS = 40_000
FIVE_SIGMA = 5.0
"""A sample's mean is further off once in 1.7 million draws of a seed."""


@pytest.mark.parametrize("law", LAWS, ids=str)
def test_the_mean_is_that_of_samples(law: Law) -> None:
    drawn = law.sample(np.random.default_rng(1), DRAWS)
    error = float(np.std(drawn)) / math.sqrt(DRAWS)
    assert abs(float(np.mean(drawn)) - law.mean_hours) <= FIVE_SIGMA * error + 1e-12
    assert drawn.shape == (DRAWS,)
    assert np.all(drawn >= 0)


@pytest.mark.parametrize("law", LAWS, ids=str)
@given(factor=st.floats(0.001, 1000.0))
def test_a_scaled_law_draws_the_same_times_a_factor(law: Law, factor: float) -> None:
    plain = law.sample(np.random.default_rng(2), 50)
    scaled = law.scaled(factor).sample(np.random.default_rng(2), 50)
    assert np.allclose(scaled, plain * factor, rtol=1e-9)
    assert law.scaled(factor).mean_hours == pytest.approx(law.mean_hours * factor, rel=1e-9)


@pytest.mark.parametrize("law", LAWS, ids=str)
def test_the_same_seed_gives_the_same_durations(law: Law) -> None:
    assert np.array_equal(law.sample(np.random.default_rng(3), 9), law.sample(np.random.default_rng(3), 9))


@pytest.mark.parametrize(
    ("law", "distribution"),
    [
        (Exponential(3.0), stats.expon(scale=3.0)),
        (Weibull(0.7, 2.0), stats.weibull_min(0.7, scale=2.0)),
        (Lognormal(1.0, 0.5), stats.lognorm(0.5, scale=math.exp(1.0))),
        (Gamma(3.0, 4.0), stats.gamma(3.0, scale=4.0 / 3.0)),
        (Uniform(1.0, 4.0), stats.uniform(1.0, 3.0)),
    ],
    ids=lambda value: type(value).__name__,
)
def test_the_shape_is_the_one_of_textbooks(law: Law, distribution: "stats.rv_frozen") -> None:
    drawn = law.sample(np.random.default_rng(4), 5_000)
    assert stats.kstest(drawn, distribution.cdf).pvalue > 1e-4
    assert law.mean_hours == pytest.approx(float(distribution.mean()))


def test_another_shape_would_be_seen() -> None:
    drawn = Gamma(3.0, 4.0).sample(np.random.default_rng(4), 5_000)
    assert stats.kstest(drawn, stats.expon(scale=4.0).cdf).pvalue < 1e-4


@given(st.floats(0.2, 10.0), st.floats(0.001, 1e6))
def test_weibull_and_lognormal_of_a_mean_have_it(shape: float, mean: float) -> None:
    assert Weibull.of_mean(shape, mean).mean_hours == pytest.approx(mean)
    assert Lognormal.of_mean(mean, min(shape, 4.0)).mean_hours == pytest.approx(mean)


def test_between_the_same_is_fixed() -> None:
    assert between(2.0, 2.0) == Deterministic(2.0)
    assert between(2.0, 3.0) == Uniform(2.0, 3.0)


@pytest.mark.parametrize(
    "make",
    [
        lambda: Exponential(0.0),
        lambda: Exponential(-1.0),
        lambda: Exponential(math.nan),
        lambda: Exponential(math.inf),
        lambda: Weibull(0.0, 1.0),
        lambda: Weibull(1.0, -1.0),
        lambda: Weibull.of_mean(0.001, 1.0),
        lambda: Lognormal(math.nan, 1.0),
        lambda: Lognormal(0.0, 0.0),
        lambda: Lognormal.of_mean(0.0, 1.0),
        lambda: Gamma(-2.0, 1.0),
        lambda: Gamma(2.0, 0.0),
        lambda: Deterministic(-0.1),
        lambda: Deterministic(math.nan),
        lambda: Uniform(2.0, 2.0),
        lambda: Uniform(-1.0, 2.0),
        lambda: Uniform(1.0, math.inf),
        lambda: Empirical(()),
        lambda: Empirical((1.0, -1.0)),
        lambda: Empirical((math.nan,)),
    ],
)
def test_numbers_that_make_no_law_are_refused(make: Callable[[], Law]) -> None:
    with pytest.raises(ScenarioError, match="expected"):
        make()
