"""Laws fitted to durations by maximum likelihood; of a censored one only that it lasted at least so long is taken.

A duration that ended adds log f(t) to the likelihood, a censored one log (1 - F(t)). Sources: Rausand, Barros and
Høyland, "System Reliability Theory" (3rd ed., 2021), ch. 14; the Weibull law's profile equation, and the gamma law's
(ln a - ψ(a) is ln of the mean - mean of the ln) as in Johnson, Kotz and Balakrishnan, "Continuous Univariate
Distributions" 1 (1994).
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, special, stats

from simulation.law_tables import SHAPE_MAX, SIGMA_MAX
from simulation.laws import SHAPE_MIN, Deterministic, Exponential, Gamma, Law, Lognormal, Weibull
from simulation.tables import HOURS_MAX

Vector = NDArray[np.float64]
Flags = NDArray[np.bool_]
SAME_TOLERANCE = 1e-9
"""Durations that differ by a smaller share than this are one duration."""
GAMMA_SHAPE_MIN = 0.001
_LOG_SHAPES = (math.log(1e-3), math.log(1e6))
STEPS_MAX = 200
_TINY = 1e-290


@dataclass(frozen=True, slots=True)
class Fit:
    """A law fitted to durations, or why it can't be."""

    family: str
    """As scenarios name the law."""
    law: Law | None
    log_likelihood: float
    """Of hours; -inf where there is no law."""
    parameters: int
    why_not: str = ""

    @property
    def aic(self) -> float:
        """Akaike's criterion: the lower the better."""
        return 2 * self.parameters - 2 * self.log_likelihood


def fit(family: str, hours: Vector, is_censored: Flags) -> Fit:
    """Fit a law.

    Args:
        family: a key of FAMILIES.
        hours: durations, 0 or more; at least one is not censored.
        is_censored: which of them were not over yet.
    """
    parameters, fitter = FAMILIES[family]
    if family in _POSITIVE and not hours[~is_censored].min() > 0:
        return Fit(family, None, -math.inf, parameters, "one lasted 0")
    if family != "deterministic" and hours.sum() <= 0:
        return Fit(family, None, -math.inf, parameters, "all lasted 0")
    if family in _POSITIVE and are_same(hours[~is_censored]):
        return Fit(family, None, -math.inf, parameters, "all lasted the same")
    law, why_not = fitter(hours, is_censored)
    if law is not None and not law.mean_hours < HOURS_MAX:
        law, why_not = None, "its mean is too long"
    if law is None:
        return Fit(family, None, -math.inf, parameters, why_not)
    likelihood = log_likelihood(law, hours, is_censored)
    if not math.isfinite(likelihood):
        return Fit(family, None, -math.inf, parameters, "no likelihood can be told")
    return Fit(family, law, likelihood, parameters)


def are_same(hours: Vector) -> bool:
    """Say whether durations do not differ at all."""
    return bool(hours.max() - hours.min() <= SAME_TOLERANCE * hours.max())


def share_below(law: Law, hours: Vector) -> Vector:
    """Return the distribution function of a law that `fit` returns, at some hours."""
    match law:
        case Exponential(mean):
            shares = -np.expm1(-hours / mean)
        case Weibull(shape, scale):
            shares = -np.expm1(-((hours / scale) ** shape))
        case Lognormal(log_mean, log_sigma):
            with np.errstate(divide="ignore"):  # nothing lasts 0
                shares = special.ndtr((np.log(hours) - log_mean) / log_sigma)
        case Gamma(shape, mean):
            shares = special.gammainc(shape, hours * shape / mean)
        case _:
            shares = np.where(hours >= law.mean_hours * (1 - SAME_TOLERANCE), 1.0, 0.0)
    return np.asarray(shares, dtype=np.float64)


def log_likelihood(law: Law, hours: Vector, is_censored: Flags) -> float:
    """Return the logarithm of the likelihood; 0 for a deterministic law, which either holds or does not."""
    match law:
        case Exponential(mean):
            known: Any = stats.expon(scale=mean)
        case Weibull(shape, scale):
            known = stats.weibull_min(shape, scale=scale)
        case Lognormal(log_mean, log_sigma):
            known = stats.lognorm(log_sigma, scale=math.exp(log_mean))
        case Gamma(shape, mean):
            known = stats.gamma(shape, scale=mean / shape)
        case _:
            return 0.0
    late = hours[is_censored]
    later = _log_later(law.shape, late * law.shape / law.mean_hours) if isinstance(law, Gamma) else known.logsf(late)
    return float(known.logpdf(hours[~is_censored]).sum() + later.sum())


def _exponential(hours: Vector, is_censored: Flags) -> tuple[Law | None, str]:
    return Exponential(float(hours.sum() / np.count_nonzero(~is_censored))), ""


def _deterministic(hours: Vector, is_censored: Flags) -> tuple[Law | None, str]:
    ended = hours[~is_censored]
    if not are_same(ended):
        return None, "they differ"
    if hours[is_censored].max(initial=0.0) > ended.max():
        return None, "one took longer"
    return Deterministic(float(ended.mean())), ""


def _weibull(hours: Vector, is_censored: Flags) -> tuple[Law | None, str]:
    """Solve Σ t^k ln t / Σ t^k - 1 / k = mean of ln t of the ended, which grows with k."""
    longest = float(hours.max())
    logs = np.log(hours[hours > 0] / longest)  # a censored 0 tells nothing
    ended = ~is_censored
    mean_log = float(np.log(hours[ended] / longest).mean())

    def excess(log_shape: float) -> float:
        shape = math.exp(log_shape)
        weights = np.exp(shape * logs)
        return float(weights @ logs / weights.sum()) - 1 / shape - mean_log

    log_shape = _root(excess)
    if log_shape is None or not SHAPE_MIN <= math.exp(log_shape) <= SHAPE_MAX:
        return None, f"its shape is not from {SHAPE_MIN:g} to {SHAPE_MAX:g}"
    shape = math.exp(log_shape)
    total = float(np.exp(shape * logs).sum()) / np.count_nonzero(ended)
    return Weibull(shape, longest * total ** (1 / shape)), ""


def _gamma(hours: Vector, is_censored: Flags) -> tuple[Law | None, str]:
    ended = hours[~is_censored]
    mean = float(ended.mean())
    spread = math.log(mean) - float(np.log(ended).mean())
    log_shape = _root(lambda each: spread - each + float(special.digamma(math.exp(each))))
    if log_shape is None:
        return None, f"its shape is not up to {SHAPE_MAX:g}"
    cut, log_sum = hours[is_censored], float(np.log(ended).sum())
    if len(cut):

        def loss(numbers: Vector) -> float:
            shape, scale = np.exp(numbers)
            densities = (shape - 1) * log_sum - ended.sum() / scale
            densities -= len(ended) * (special.gammaln(shape) + shape * numbers[1])
            return -float(densities + _log_later(shape, cut / scale).sum())

        log_shape, log_scale = _least(loss, np.array([0.0, math.log(hours.sum() / len(ended))]))  # from exponential
        mean = math.exp(log_shape + log_scale)
    shape = math.exp(log_shape)
    if not GAMMA_SHAPE_MIN <= shape <= SHAPE_MAX:
        return None, f"its shape is not from {GAMMA_SHAPE_MIN:g} to {SHAPE_MAX:g}"
    return Gamma(shape, mean), ""


def _lognormal(hours: Vector, is_censored: Flags) -> tuple[Law | None, str]:
    logs = np.log(hours[~is_censored])
    log_mean, log_sigma = float(logs.mean()), float(logs.std())
    late = np.log(hours[is_censored & (hours > 0)])
    if len(late):

        def loss(numbers: Vector) -> float:
            center, sigma = numbers[0], math.exp(numbers[1])
            squares = ((logs - center) / sigma) ** 2
            return float(squares.sum() / 2 + len(logs) * numbers[1] - special.log_ndtr((center - late) / sigma).sum())

        log_mean, log_of_sigma = _least(loss, np.array([log_mean, math.log(log_sigma)]))
        log_sigma = math.exp(log_of_sigma)
    if not 0 < log_sigma <= SIGMA_MAX:
        return None, f"its sigma is over {SIGMA_MAX:g}"
    return Lognormal(log_mean, log_sigma), ""


def _root(rising: Callable[[float], float]) -> float | None:
    """Return where a function of the logarithm of a shape is 0; None where it is not, among all shapes looked at."""
    low, high = _LOG_SHAPES
    if rising(low) > 0 or rising(high) < 0:
        return None
    return float(optimize.brentq(rising, low, high, xtol=1e-12))


def _least(loss: Callable[[Vector], float], start: Vector) -> tuple[float, float]:
    """Return where a smooth function of two numbers is least, both about 1 in size."""
    found = optimize.minimize(
        loss, start, method="Nelder-Mead", options={"xatol": 1e-8, "fatol": 1e-9, "maxiter": 2000}
    )
    return float(found.x[0]), float(found.x[1])


def _log_later(shape: float, times: Vector) -> Vector:
    """Return ln Γ(a, x) / Γ(a) at times x; where it rounds to 0, by the first terms for large x (Abramowitz 6.5.32)."""
    shares = special.gammaincc(shape, times)
    is_tiny = shares < _TINY
    far = np.where(is_tiny, np.maximum(times, shape + 1), shape + 1)
    tail = (shape - 1) * np.log(far) - far - special.gammaln(shape) - np.log1p(-(shape - 1) / far)
    result: Vector = np.where(is_tiny, tail, np.log(np.where(is_tiny, 1.0, shares)))
    return result


FAMILIES: dict[str, tuple[int, Callable[[Vector, Flags], tuple[Law | None, str]]]] = {
    "exponential": (1, _exponential),
    "weibull": (2, _weibull),
    "lognormal": (2, _lognormal),
    "gamma": (2, _gamma),
    "deterministic": (1, _deterministic),
}
"""Law's name to how many numbers it has, and what fits them; the simplest first."""
_POSITIVE = ("weibull", "lognormal", "gamma")
"""Laws of which nothing lasts 0."""
