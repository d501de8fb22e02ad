"""The test of goodness holds its level where the law is right and refuses where it is wrong."""

import numpy as np
import pytest

from simulation.calibration import goodness
from simulation.calibration.fitting import Flags, Vector, fit, share_below
from simulation.calibration.goodness import Goodness, anderson_darling, judge_fit, kaplan_meier
from simulation.laws import Exponential, Lognormal, Weibull
from tests.simulation.calibration.test_fitting import drawn


def judged(family: str, hours: Vector, is_censored: Flags, seed: int = 1) -> Goodness:
    """Fit and test."""
    law = fit(family, hours, is_censored).law
    assert law is not None
    return judge_fit(family, law, hours, is_censored, np.random.default_rng(seed), 0.95)


def test_without_censoring_the_distance_is_the_well_known_one() -> None:
    hours, is_censored = drawn(Weibull(1.7, 5.0), 100)
    law = Weibull(1.5, 5.5)
    shares, places = np.sort(share_below(law, hours)), np.arange(1, 101)
    known = -100 - np.mean((2 * places - 1) * (np.log(shares) + np.log1p(-shares[::-1])))
    assert anderson_darling(law, hours, is_censored) == pytest.approx(known, rel=1e-9)


def test_kaplan_meier_of_a_known_example() -> None:
    steps = kaplan_meier(np.array([3.0, 1.0, 2.0, 2.0, 4.0]), np.array([False, False, False, True, True]))
    assert steps.hours.tolist() == [1.0, 2.0, 3.0]
    assert steps.after.tolist() == pytest.approx([0.2, 0.4, 0.7])


def test_with_censoring_the_distance_is_the_integral() -> None:
    hours, is_censored = drawn(Exponential(3.0), 40, cut_hours=4.0)
    law = Exponential(2.5)
    steps = kaplan_meier(hours, is_censored)
    end = hours.max() if is_censored[hours.argmax()] else np.inf
    grid = np.linspace(1e-9, min(float(-np.expm1(-end / 2.5)), 1 - 1e-9), 2_000_001)
    at = np.searchsorted(steps.hours, -2.5 * np.log1p(-grid), side="right")
    heights = np.concatenate(([0.0], steps.after))[at]
    known = 40 * np.trapezoid((heights - grid) ** 2 / (grid * (1 - grid)), grid)
    assert anderson_darling(law, hours, is_censored) == pytest.approx(known, rel=1e-3)


@pytest.mark.parametrize("cut_hours", [None, 6.0])
def test_the_right_law_is_seldom_refused_and_a_wrong_one_often(
    monkeypatch: pytest.MonkeyPatch, cut_hours: float | None
) -> None:
    monkeypatch.setattr(goodness, "BOOTSTRAPS", 19)
    right, wrong = [], []
    for seed in range(8):
        hours, is_censored = drawn(Lognormal(1.0, 0.5), 60, cut_hours=cut_hours, seed=seed)
        right.append(judged("lognormal", hours, is_censored, seed).p_value)
        wrong.append(judged("exponential", hours, is_censored, seed).p_value)
    assert sum(each <= 0.05 for each in right) <= 2  # of a binomial of 8 and 0.05: more in 0.6 % of all seeds
    assert np.mean(right) == pytest.approx(0.5, abs=0.3)
    assert sum(each <= 0.05 for each in wrong) >= 6


def test_the_means_interval_is_that_of_the_exponential_law() -> None:
    hours, is_censored = drawn(Exponential(3.0), 100)
    found = judged("exponential", hours, is_censored)
    mean = hours.mean()
    assert found.mean_low_hours == pytest.approx(mean * 0.81, rel=0.06)  # gamma(100) / 100 at 2.5 %
    assert found.mean_high_hours == pytest.approx(mean * 1.205, rel=0.06)


def test_the_same_seed_gives_the_same_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(goodness, "BOOTSTRAPS", 19)
    hours, is_censored = drawn(Weibull(1.7, 5.0), 20)
    assert judged("weibull", hours, is_censored, 3) == judged("weibull", hours, is_censored, 3)
    assert judged("weibull", hours, is_censored, 3) != judged("weibull", hours, is_censored, 4)


def test_of_very_many_durations_a_part_is_tested(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(goodness, "BOOTSTRAPS", 19)
    monkeypatch.setattr(goodness, "VALUES_MAX", 100)
    hours, is_censored = drawn(Exponential(3.0), 10_000)
    found = judged("exponential", hours, is_censored)
    assert found.values == 100
    assert found.mean_low_hours < hours.mean() < found.mean_high_hours
    assert found.mean_high_hours - found.mean_low_hours < 0.1 * hours.mean()  # as of 10,000, not of 100
