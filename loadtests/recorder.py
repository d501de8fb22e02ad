"""Counts what happens in a generator, at so little cost that counting does not become the load."""

from array import array
from collections import defaultdict
from dataclasses import dataclass, field, replace

from loadtests.calls import Arrival
from loadtests.outcomes import Outcome
from loadtests.slices import MICROSECONDS, MICROSECONDS_MAX, Ending, Slice, Times

BATCH = "batch"
"""What times of batches are under, as they belong to no one method."""


def _new_times() -> Times:
    return Times(array(MICROSECONDS), array(MICROSECONDS))


@dataclass(slots=True)
class Counts:
    """What is being counted of one second."""

    sent: int = 0
    answered: int = 0
    endings: "defaultdict[Ending, int]" = field(default_factory=lambda: defaultdict(int))
    times: "defaultdict[str, Times]" = field(default_factory=lambda: defaultdict(_new_times))
    late: "array[int]" = field(default_factory=lambda: array(MICROSECONDS))
    unsent: "array[int]" = field(default_factory=lambda: array(MICROSECONDS))


@dataclass(frozen=True, slots=True)
class Load:
    """How the generator itself is doing, at a second's end."""

    offered: int
    """Requests that came due in it."""
    in_flight: int
    waiting: int
    connections: int
    loop_lag_us: int
    cpu_share: float
    cpu_wait_share: float


class Recorder:
    """Counts one process's requests; those meant for the warm-up are kept apart."""

    def __init__(self, process: int, warmup_seconds: float) -> None:
        """Begin with nothing."""
        self._process = process
        self._warmup_seconds = warmup_seconds
        self._warmup = Counts()
        self._measured = Counts()

    def send(self, at_seconds: float, late_seconds: float | None) -> None:
        """Count a request that is being sent; how late, where a connection was free for it."""
        counts = self._of(at_seconds)
        counts.sent += 1
        if late_seconds is not None:
            counts.late.append(_microseconds(late_seconds))

    def end(
        self, arrival: Arrival, outcomes: tuple[Outcome, ...], response_seconds: float, service_seconds: float
    ) -> None:
        """Count a request that ended, in whatever way."""
        counts = self._of(arrival.at_seconds)
        counts.answered += 1
        for call, outcome in zip(arrival.calls, outcomes, strict=True):
            counts.endings[Ending(call.method, outcome.kind, outcome.code)] += 1
        times = counts.times[BATCH if arrival.is_batch else arrival.calls[0].method]
        times.response.append(_microseconds(response_seconds))
        times.service.append(_microseconds(service_seconds))

    def give_up(self, due_seconds: list[float], now_seconds: float) -> None:
        """Count requests that were due and will not be sent."""
        for at_seconds in due_seconds:
            self._of(at_seconds).unsent.append(_microseconds(now_seconds - at_seconds))

    def take(self, second: int, load: Load, consistency: dict[str, int], heads: dict[int, int]) -> list[Slice]:
        """Return what was counted since the last time, and begin anew.

        The second's own slice comes first. What was meant for the warm-up and ended later has one of its own, and so
        has what was measured in the second in which the warm-up ended.
        """
        measured, self._measured = self._measured, Counts()
        warmup, self._warmup = self._warmup, Counts()
        is_warmup = second < self._warmup_seconds
        own, other = (warmup, measured) if is_warmup else (measured, warmup)
        taken = [self._slice(second, own, load, consistency, heads, is_warmup=is_warmup)]
        if other.sent or other.answered or other.unsent:
            taken.append(self._slice(second, other, replace(load, offered=0), {}, {}, is_warmup=not is_warmup))
        return taken

    def _of(self, at_seconds: float) -> Counts:
        return self._measured if at_seconds >= self._warmup_seconds else self._warmup

    def _slice(
        self, second: int, counts: Counts, load: Load, consistency: dict[str, int], heads: dict[int, int], *,
        is_warmup: bool,
    ) -> Slice:  # fmt: skip
        return Slice(
            self._process, second, is_warmup,
            offered=load.offered, sent=counts.sent, answered=counts.answered,
            in_flight=load.in_flight, waiting=load.waiting, connections=load.connections,
            endings=counts.endings, times=counts.times, late=counts.late, unsent=counts.unsent,
            consistency=consistency, heads=heads,
            loop_lag_us=load.loop_lag_us, cpu_share=load.cpu_share, cpu_wait_share=load.cpu_wait_share,
        )  # fmt: skip


def _microseconds(seconds: float) -> int:
    return min(max(int(seconds * 1e6), 0), MICROSECONDS_MAX)
