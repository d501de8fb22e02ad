"""Laws of random durations. Every duration is in hours; every law is positive and has a finite mean.

Sources: Weibull, lognormal and gamma as in Rausand, Barros & Høyland, "System Reliability Theory" (3rd ed., 2021),
ch. 5; an empirical law draws from measured values with replacement.
"""

import math
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from simulation.errors import ScenarioError

Samples = NDArray[np.float64]
SHAPE_MIN = 0.05
"""Of a Weibull law; below it the mean is more than 10^18 scales."""


class Law(Protocol):
    """A law of durations in hours."""

    @property
    def mean_hours(self) -> float:
        """The expected duration."""

    def sample(self, rng: Generator, size: int) -> Samples:
        """Draw `size` durations; the same generator state gives the same durations."""

    def scaled(self, factor: float) -> "Law":
        """Return the law of a duration `factor` times as long (positive)."""


def _expect_above_zero(law: Law, **numbers: float) -> None:
    """Raise ScenarioError, naming the first number of a law that is no positive finite one."""
    for name, number in numbers.items():
        if not 0 < number < math.inf:
            raise ScenarioError(f"{type(law).__name__.lower()} law: {name} is {number}, expected above 0")


@dataclass(frozen=True, slots=True)
class Exponential:
    """No memory: the rate is 1 / mean at any age."""

    mean_hours: float

    def __post_init__(self) -> None:
        _expect_above_zero(self, mean_hours=self.mean_hours)

    def sample(self, rng: Generator, size: int) -> Samples:
        """Draw durations."""
        return rng.exponential(self.mean_hours, size)

    def scaled(self, factor: float) -> Law:
        """Return the law of a longer or shorter duration."""
        return Exponential(self.mean_hours * factor)


@dataclass(frozen=True, slots=True)
class Weibull:
    """Rate falls with age where shape < 1 (early failures), rises where it is > 1 (wear)."""

    shape: float
    scale_hours: float

    def __post_init__(self) -> None:
        _expect_above_zero(self, shape=self.shape, scale_hours=self.scale_hours)

    @classmethod
    def of_mean(cls, shape: float, mean_hours: float) -> "Weibull":
        """Return the law of this shape and mean."""
        if not shape >= SHAPE_MIN:
            raise ScenarioError(f"weibull law: shape is {shape}, expected at least {SHAPE_MIN}")
        return cls(shape, mean_hours / math.gamma(1 + 1 / shape))

    @property
    def mean_hours(self) -> float:
        """The expected duration."""
        return self.scale_hours * math.gamma(1 + 1 / self.shape)

    def sample(self, rng: Generator, size: int) -> Samples:
        """Draw durations."""
        return self.scale_hours * rng.weibull(self.shape, size)

    def scaled(self, factor: float) -> Law:
        """Return the law of a longer or shorter duration."""
        return Weibull(self.shape, self.scale_hours * factor)


@dataclass(frozen=True, slots=True)
class Lognormal:
    """The logarithm is normal: most repairs are short, a few very long."""

    log_mean: float
    """Mean of the logarithm of the hours."""
    log_sigma: float

    def __post_init__(self) -> None:
        _expect_above_zero(self, log_sigma=self.log_sigma)
        if not math.isfinite(self.log_mean):
            raise ScenarioError(f"lognormal law: log_mean is {self.log_mean}, expected a number")

    @classmethod
    def of_mean(cls, mean_hours: float, log_sigma: float) -> "Lognormal":
        """Return the law of this mean and spread of the logarithm."""
        _expect_above_zero(cls(0.0, log_sigma), mean_hours=mean_hours)
        return cls(math.log(mean_hours) - log_sigma**2 / 2, log_sigma)

    @property
    def mean_hours(self) -> float:
        """The expected duration."""
        return math.exp(self.log_mean + self.log_sigma**2 / 2)

    def sample(self, rng: Generator, size: int) -> Samples:
        """Draw durations."""
        return rng.lognormal(self.log_mean, self.log_sigma, size)

    def scaled(self, factor: float) -> Law:
        """Return the law of a longer or shorter duration."""
        return Lognormal(self.log_mean + math.log(factor), self.log_sigma)


@dataclass(frozen=True, slots=True)
class Gamma:
    """A sum of `shape` exponential steps, where shape is whole."""

    shape: float
    mean_hours: float

    def __post_init__(self) -> None:
        _expect_above_zero(self, shape=self.shape, mean_hours=self.mean_hours)

    def sample(self, rng: Generator, size: int) -> Samples:
        """Draw durations."""
        return rng.gamma(self.shape, self.mean_hours / self.shape, size)

    def scaled(self, factor: float) -> Law:
        """Return the law of a longer or shorter duration."""
        return Gamma(self.shape, self.mean_hours * factor)


@dataclass(frozen=True, slots=True)
class Deterministic:
    """Always the same; 0 is allowed for a step that takes no time."""

    mean_hours: float

    def __post_init__(self) -> None:
        if not 0 <= self.mean_hours < math.inf:
            raise ScenarioError(f"deterministic law: mean_hours is {self.mean_hours}, expected 0 or more")

    def sample(self, rng: Generator, size: int) -> Samples:
        """Return the duration `size` times; the generator is left as it is."""
        del rng
        return np.full(size, self.mean_hours)

    def scaled(self, factor: float) -> Law:
        """Return the law of a longer or shorter duration."""
        return Deterministic(self.mean_hours * factor)


@dataclass(frozen=True, slots=True)
class Uniform:
    """Anything from low to high alike: the wait for the next tick of a clock, the age of the last snapshot."""

    low_hours: float
    high_hours: float

    def __post_init__(self) -> None:
        if not 0 <= self.low_hours < self.high_hours < math.inf:
            raise ScenarioError(
                f"uniform law: from {self.low_hours} to {self.high_hours} hours, expected 0 <= low < high"
            )

    @property
    def mean_hours(self) -> float:
        """The expected duration."""
        return (self.low_hours + self.high_hours) / 2

    def sample(self, rng: Generator, size: int) -> Samples:
        """Draw durations."""
        return rng.uniform(self.low_hours, self.high_hours, size)

    def scaled(self, factor: float) -> Law:
        """Return the law of a longer or shorter duration."""
        return Uniform(self.low_hours * factor, self.high_hours * factor)


@dataclass(frozen=True, slots=True)
class Empirical:
    """Measured durations, drawn with replacement."""

    values_hours: tuple[float, ...]

    def __post_init__(self) -> None:
        wrong = [value for value in self.values_hours if not 0 <= value < math.inf]
        if wrong or not self.values_hours:
            found = f"{wrong[0]} is" if wrong else "no duration is there"
            raise ScenarioError(f"empirical law: {found}, expected at least one duration, each 0 or more")

    @property
    def mean_hours(self) -> float:
        """The mean of the measured durations."""
        return math.fsum(self.values_hours) / len(self.values_hours)

    def sample(self, rng: Generator, size: int) -> Samples:
        """Draw durations."""
        return rng.choice(np.asarray(self.values_hours), size)

    def scaled(self, factor: float) -> Law:
        """Return the law of a longer or shorter duration."""
        return Empirical(tuple(value * factor for value in self.values_hours))


NOTHING = Deterministic(0.0)
"""A step that takes no time."""


def between(low_hours: float, high_hours: float) -> Law:
    """Return the law of anything from low to high alike, which may be the same."""
    return Uniform(low_hours, high_hours) if low_hours < high_hours else Deterministic(low_hours)
