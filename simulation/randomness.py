"""Random streams that belong to things, not to the order of calls: the basis of common random numbers.

Every (replication, name, unit, purpose) has a stream of its own, so a change in one part of a scenario leaves the draws
of all others as they were, and two variants can be compared on the same luck.
"""

from collections.abc import Iterator
from zlib import crc32

import numpy as np
from numpy.random import PCG64, Generator, SeedSequence

from simulation.laws import Law

BLOCK = 64
"""Durations drawn at a time: one by one is slow."""


def generator(seed: int, replication: int, name: str, unit: int, purpose: str) -> Generator:
    """Return the generator of one stream; the same arguments give the same numbers."""
    return Generator(PCG64(SeedSequence([seed, replication, crc32(name.encode()), unit, crc32(purpose.encode())])))


def durations(law: Law, rng: Generator) -> Iterator[float]:
    """Yield durations of a law, in hours, without end."""
    while True:
        yield from law.sample(rng, BLOCK).tolist()


def shares(rng: Generator) -> Iterator[float]:
    """Yield numbers from 0 up to 1, without end."""
    while True:
        yield from np.asarray(rng.random(BLOCK)).tolist()
