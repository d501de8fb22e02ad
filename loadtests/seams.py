"""What the parts of a generator take from each other: whence requests come, who judges answers, who watches heads."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from loadtests.calls import Arrival
from loadtests.outcomes import Outcome


@dataclass(frozen=True, slots=True)
class Reply:
    """One whole HTTP answer."""

    status: int
    headers: Mapping[bytes, bytes]
    """By name in lower case."""
    body: bytes


Source = Callable[[int, float], Arrival]
"""Makes the n-th request of the whole schedule, meant to be sent at so many seconds.

A function of the seed and the number alone: each process asks for its own numbers, in rising order, and whatever the
count of processes, the same are sent."""

Judge = Callable[[Arrival, Reply, float], tuple[Outcome, ...]]
"""Says what became of each call of an arrival sent at so many seconds of the run: an outcome each, in order."""


class Watch(Protocol):
    """Sees every answer in the order in which they come, and counts what does not fit together."""

    def saw(self, arrival: Arrival, target: int, reply: Reply, sent_seconds: float, ended_seconds: float) -> None:
        """Take note of an answer; `target` is its number, times are seconds since the run's begin."""

    def take(self) -> dict[str, int]:
        """Return what was counted since it was asked last, by name."""

    def heads(self) -> dict[int, int]:
        """Return the highest head that each target has shown."""


class Opened(NamedTuple):
    """What a generator sends, and how it looks at answers."""

    source: Source
    judge: Judge
    watch: Watch
