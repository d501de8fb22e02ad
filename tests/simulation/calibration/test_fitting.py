"""Fitted laws are those of greatest likelihood, with and without censored durations, and near the truth."""

import math
from dataclasses import astuple

import numpy as np
import pytest
from scipy import stats

from simulation.calibration.fitting import FAMILIES, Flags, Vector, fit, log_likelihood, share_below
from simulation.laws import Deterministic, Exponential, Gamma, Law, Lognormal, Weibull

TRUTHS: dict[str, Law] = {
    "exponential": Exponential(3.0),
    "weibull": Weibull(1.7, 5.0),
    "lognormal": Lognormal(1.2, 0.7),
    "gamma": Gamma(2.5, 4.0),
}
SCIPY = {"weibull": stats.weibull_min, "lognormal": stats.lognorm, "gamma": stats.gamma, "exponential": stats.expon}


def drawn(law: Law, size: int = 300, *, cut_hours: float | None = None, seed: int = 5) -> tuple[Vector, Flags]:
    """Return durations of a law, cut at times of their own about `cut_hours` where that is given."""
    rng = np.random.default_rng(seed)
    hours = law.sample(rng, size)
    cuts = rng.exponential(cut_hours, size) if cut_hours is not None else np.full(size, math.inf)
    return np.minimum(hours, cuts), hours > cuts


def numbers(law: Law) -> list[float]:
    """Return a law's numbers."""
    assert isinstance(law, Exponential | Weibull | Lognormal | Gamma)
    return list(astuple(law))


def nudged(law: Law) -> list[Law]:
    """Return laws with one number a little changed."""
    own = numbers(law)
    return [
        type(law)(*[value * factor if place == at else value for at, value in enumerate(own)])
        for place in range(len(own))
        for factor in (0.99, 1.01)
    ]


@pytest.mark.parametrize("cut_hours", [None, 6.0])
@pytest.mark.parametrize("family", list(TRUTHS))
def test_no_law_near_a_fitted_one_is_likelier(family: str, cut_hours: float | None) -> None:
    hours, is_censored = drawn(TRUTHS[family], cut_hours=cut_hours)
    assert is_censored.any() == (cut_hours is not None)
    found = fit(family, hours, is_censored)
    assert found.law is not None
    for other in nudged(found.law):
        assert log_likelihood(other, hours, is_censored) < found.log_likelihood


@pytest.mark.parametrize("cut_hours", [None, 6.0])
@pytest.mark.parametrize("family", list(TRUTHS))
def test_fits_agree_with_scipys(family: str, cut_hours: float | None) -> None:
    hours, is_censored = drawn(TRUTHS[family], 120, cut_hours=cut_hours)
    found = fit(family, hours, is_censored)
    assert found.law is not None
    theirs = SCIPY[family].fit(stats.CensoredData.right_censored(hours, is_censored), floc=0)
    known = SCIPY[family](*theirs)
    assert found.law.mean_hours == pytest.approx(known.mean(), rel=1e-3)
    grid = np.linspace(0.1, 15, 40)
    assert share_below(found.law, grid) == pytest.approx(known.cdf(grid), abs=1e-3)


@pytest.mark.parametrize("cut_hours", [None, 8.0])
@pytest.mark.parametrize("family", list(TRUTHS))
def test_many_durations_lead_back_to_the_law_they_come_from(family: str, cut_hours: float | None) -> None:
    found = fit(family, *drawn(TRUTHS[family], 20_000, cut_hours=cut_hours)).law
    assert found is not None
    assert numbers(found) == pytest.approx(numbers(TRUTHS[family]), rel=0.05)


def test_censored_durations_taken_for_ended_ones_would_be_seen() -> None:
    hours, is_censored = drawn(TRUTHS["weibull"], 20_000, cut_hours=8.0)
    wrong = fit("weibull", hours, np.zeros_like(is_censored)).law
    assert wrong is not None
    assert wrong.mean_hours < 0.8 * TRUTHS["weibull"].mean_hours


def test_the_exponential_mean_is_all_time_by_failures() -> None:
    hours, is_censored = np.array([1.0, 2.0, 3.0, 10.0]), np.array([False, False, True, True])
    assert fit("exponential", hours, is_censored).law == Exponential(8.0)


def test_what_always_lasts_the_same_is_deterministic_and_nothing_else_but_exponential() -> None:
    hours, ended = np.full(5, 0.25), np.zeros(5, dtype=np.bool_)
    assert fit("deterministic", hours, ended).law == Deterministic(0.25)
    assert {each: fit(each, hours, ended).why_not for each in ("weibull", "lognormal", "gamma")} == dict.fromkeys(
        ("weibull", "lognormal", "gamma"), "all lasted the same"
    )
    assert fit("deterministic", np.array([0.25, 0.5]), ended[:2]).why_not == "they differ"
    assert fit("deterministic", np.array([0.25, 0.5]), np.array([False, True])).why_not == "one took longer"
    assert fit("deterministic", np.array([0.25, 0.1]), np.array([False, True])).law == Deterministic(0.25)


def test_durations_of_0_leave_the_laws_that_can_last_0() -> None:
    hours, ended = np.array([0.0, 1.0, 2.0]), np.zeros(3, dtype=np.bool_)
    able = {family for family in FAMILIES if fit(family, hours, ended).law is not None}
    assert able == {"exponential"}
    nothing = {family for family in FAMILIES if fit(family, np.zeros(3), ended).law is not None}
    assert nothing == {"deterministic"}


@pytest.mark.parametrize("factor", [1e-9, 1e9])
@pytest.mark.parametrize("family", list(TRUTHS))
def test_the_unit_does_not_matter(family: str, factor: float) -> None:
    hours, is_censored = drawn(TRUTHS[family], 60, cut_hours=8.0)
    one, other = fit(family, hours, is_censored).law, fit(family, hours * factor, is_censored).law
    assert one is not None
    assert other is not None
    assert other.mean_hours / factor == pytest.approx(one.mean_hours, rel=1e-4)


def test_durations_that_hardly_differ_have_no_gamma_of_a_scenarios_shape() -> None:
    hours, ended = np.array([1.0, 1.0001, 0.9999, 1.0002]), np.zeros(4, dtype=np.bool_)
    assert "shape" in fit("gamma", hours, ended).why_not
    assert "shape" in fit("weibull", hours, ended).why_not
    assert fit("lognormal", hours, ended).law is not None
