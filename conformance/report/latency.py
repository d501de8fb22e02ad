"""How long each side took to answer: percentiles over the questions it was asked."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass

from conformance.verdict import Judgement


@dataclass(frozen=True, slots=True)
class Latency:
    """Times of one side's answers, in seconds; None where there are none, as of a record."""

    answers: int
    """How many were timed."""
    p50_seconds: float | None
    p99_seconds: float | None

    def as_json(self) -> dict[str, int | float | None]:
        """Return the figures by their names."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Latencies:
    """Both sides' times."""

    reference: Latency
    candidate: Latency


def measure(judgements: Iterable[Judgement]) -> Latencies:
    """Return how long both sides took for some judgements."""
    every = [judgement.timing for judgement in judgements]
    return Latencies(
        _latency([timing.reference_seconds for timing in every]),
        _latency([timing.candidate_seconds for timing in every]),
    )


def percentile(ascending: Sequence[float], percent: float) -> float:
    """Return the smallest value that so many percent of values don't exceed (nearest rank)."""
    return ascending[max(0, math.ceil(percent / 100 * len(ascending)) - 1)]


def show_seconds(seconds: float | None) -> str:
    """Return a time for a reader: `0.42 ms`, `12 ms`, `3.1 s`; empty where there is none."""
    if seconds is None:
        return ""
    if seconds >= 1:
        return f"{seconds:.1f} s"
    milliseconds = seconds * 1000
    return f"{milliseconds:.2f} ms" if milliseconds < 10 else f"{milliseconds:.0f} ms"


def _latency(seconds: Iterable[float | None]) -> Latency:
    ascending = sorted(value for value in seconds if value is not None)
    if not ascending:
        return Latency(0, None, None)
    return Latency(
        len(ascending), round(percentile(ascending, 50), 6), round(percentile(ascending, 99), 6)
    )  # fmt: skip
