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


class Law(Protocol):
    """A law of durations in hours."""

    @property
    def mean_hours(self) -> float:
        """The expected duration."""

    def sample(self, rng: Generator, size: int) -> Samples:
        """Draw `size` durations; the same generator state gives the same durations."""

    def scaled(self, factor: float) -> "Law":
        """Return the law of a duration `factor` times as long (positive)."""


@dataclass(frozen=True, slots=True)
class Exponential:
    """No memory: the rate is 1 / mean at any age."""

    mean_hours: float

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

    @classmethod
    def of_mean(cls, shape: float, mean_hours: float) -> "Weibull":
        """Return the law of this shape and mean."""
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

    @classmethod
    def of_mean(cls, mean_hours: float, log_sigma: float) -> "Lognormal":
        """Return the law of this mean and spread of the logarithm."""
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
        if not self.values_hours or min(self.values_hours) < 0:
            raise ScenarioError("an empirical law needs at least one duration, none below 0")

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
