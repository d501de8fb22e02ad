"""Lets the readable engine draw what the compiled one draws, so that their runs can be compared event by event."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pytest

from simulation import processes
from simulation.compiled_draws import begin_streams, hours, next_word, share, stream_name
from simulation.laws import Law
from simulation.lowering import law_row


@dataclass
class Stream:
    """In the place of a numpy generator."""

    words: np.ndarray

    def share(self) -> float:
        """Draw a number between 0 and 1."""
        return share(np.uint64(next_word(self.words, 0)))

    def exponential(self, mean: float) -> float:
        """Draw a duration."""
        return float(-np.log(self.share()) * mean)


def stream(seed: int, replication: int, name: str, unit: int, purpose: str) -> Stream:
    words = np.zeros(1, dtype=np.uint64)
    names = np.array([stream_name(name, unit, purpose)], dtype=np.uint64)
    begin_streams(names, np.uint64(seed), np.uint64(replication), words)
    return Stream(words)


def shares(source: Stream) -> Iterator[float]:
    while True:
        yield source.share()


def durations(law: Law, source: Stream) -> Iterator[float]:
    kind, first, second = law_row(law)
    values = np.array(getattr(law, "values_hours", ()), dtype=np.float64)
    while True:
        word = np.uint64(next_word(source.words, 0) if kind else 0)
        yield hours(int(kind), first, second, values, word)


def share_luck(patch: pytest.MonkeyPatch) -> None:
    """Make `processes` draw from the compiled engine's streams."""
    patch.setattr(processes, "generator", stream)
    patch.setattr(processes, "durations", durations)
    patch.setattr(processes, "shares", shares)
