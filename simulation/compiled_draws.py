"""Random streams and laws for compiled engines: the n-th number of a stream depends on its name and on n alone.

A stream is a counter that a 64-bit mixing function makes random (SplitMix64: Steele, Lea & Flood, "Fast splittable
pseudorandom number generators", 2014). Every duration takes one number of its stream, so that variants of a model stay
in step; laws that need more numbers (lognormal by Box and Muller; gamma by Marsaglia & Tsang, "A simple method for
generating gamma variables", 2000) take them from a stream that this one number begins.
"""

import math
from enum import IntEnum
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

from simulation.compiled import compiled

Words = NDArray[np.uint64]
Numbers = NDArray[np.float64]
STEP = np.uint64(0x9E3779B97F4A7C15)
_FIRST, _SECOND = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
_30, _27, _31, _11 = np.uint64(30), np.uint64(27), np.uint64(31), np.uint64(11)
_ULP = 2.0**-53


class Kind(IntEnum):
    """What the numbers of a lowered law mean."""

    DETERMINISTIC = 0
    """first: hours."""
    EXPONENTIAL = 1
    """first: mean hours."""
    WEIBULL = 2
    """first: scale in hours; second: 1 / shape."""
    LOGNORMAL = 3
    """first, second: mean and spread of the logarithm of the hours."""
    GAMMA = 4
    """first: scale in hours; second: shape."""
    UNIFORM = 5
    """first: low; second: width, in hours."""
    EMPIRICAL = 6
    """Values lie in the table of measured ones."""


_DETERMINISTIC, _EXPONENTIAL, _WEIBULL = int(Kind.DETERMINISTIC), int(Kind.EXPONENTIAL), int(Kind.WEIBULL)
_LOGNORMAL, _GAMMA, _UNIFORM = int(Kind.LOGNORMAL), int(Kind.GAMMA), int(Kind.UNIFORM)


def stream_name(name: str, unit: int, purpose: str) -> int:
    """Return the 64 bits that stand for a stream in every run."""
    return int.from_bytes(blake2b(f"{unit} {purpose} {name}".encode(), digest_size=8).digest(), "little")


@compiled
def mixed(word: np.uint64) -> np.uint64:
    """Return 64 bits of which each depends on each of the word's."""
    word = (word ^ (word >> _30)) * _FIRST
    word = (word ^ (word >> _27)) * _SECOND
    return word ^ (word >> _31)


@compiled
def begin_streams(names: Words, seed: np.uint64, replication: np.uint64, streams: Words) -> None:
    """Put all streams of a run at their beginnings."""
    root = mixed(mixed(seed + STEP) + replication * STEP)
    for place in range(len(names)):
        streams[place] = mixed(root ^ names[place])


@compiled
def next_word(streams: Words, stream: int) -> np.uint64:
    """Return the next 64 bits of a stream."""
    streams[stream] += STEP
    return mixed(streams[stream])


@compiled
def share(word: np.uint64) -> float:
    """Return a number between 0 and 1, neither of them ever."""
    return (float(word >> _11) + 0.5) * _ULP


@compiled
def hours(kind: int, first: float, second: float, values: Numbers, word: np.uint64) -> float:
    """Return the duration that 64 random bits stand for; `values` are an empirical law's."""
    if kind == _EXPONENTIAL:
        return -math.log(share(word)) * first
    if kind == _DETERMINISTIC:
        return first
    if kind == _UNIFORM:
        return first + second * share(word)
    if kind == _WEIBULL:
        return first * float((-math.log(share(word))) ** second)
    if kind == _LOGNORMAL:
        return math.exp(first + second * _normal(word, mixed(word + STEP)))
    if kind == _GAMMA:
        return first * _gamma(second, word)
    return float(values[int(share(word) * len(values))])


@compiled
def _normal(one: np.uint64, other: np.uint64) -> float:
    return math.sqrt(-2.0 * math.log(share(one))) * math.cos(2.0 * math.pi * share(other))


@compiled
def _gamma(shape: float, word: np.uint64) -> float:
    boost = 1.0
    if shape < 1.0:
        boost = share(word) ** (1.0 / shape)
        shape += 1.0
    third = shape - 1.0 / 3.0
    while True:  # each round ends it with a chance above 0.95
        one = mixed(word + STEP)
        other = mixed(word + STEP + STEP)
        word = word + STEP + STEP + STEP
        normal = _normal(one, other)
        cube = (1.0 + normal / math.sqrt(9.0 * third)) ** 3
        if cube > 0 and math.log(share(mixed(word))) < normal * normal / 2 + third - third * cube + third * math.log(
            cube
        ):
            return boost * third * cube
