"""Sends each request to two targets, one right after the other, so that what slows a moment down slows both."""

import time
from dataclasses import dataclass

import gevent

from loadtests.address import Address, read_address
from loadtests.calls import Arrival
from loadtests.client import Connection, TransportFailure
from loadtests.comparing import PairCounts, compare, is_comparable, mark_mismatches
from loadtests.opening import open_requests
from loadtests.outcomes import GOOD, Outcome
from loadtests.recorder import BATCH
from loadtests.seams import Judge, Reply, Watch
from loadtests.sending import Parts, batch_body, failure_outcome
from loadtests.slices import MICROSECONDS_MAX, Ending
from loadtests.task import Task


@dataclass(frozen=True, slots=True)
class Other:
    """The second target, and what is kept about it."""

    address: Address
    judge: Judge
    watch: Watch
    """Sees its answers only."""
    counts: PairCounts
    warmup_seconds: float
    processes: int


@dataclass(frozen=True, slots=True)
class Half:
    """What one of the two answered."""

    reply: Reply | None
    outcomes: tuple[Outcome, ...]
    service_seconds: float


def open_other(task: Task) -> Other:
    """Return a task's second target, judged and watched by itself."""
    opened = open_requests(task)
    return Other(
        read_address(task.compare), opened.judge, opened.watch, PairCounts(), task.warmup_seconds, task.processes
    )


class PairSender:
    """Sends one pair of requests at a time; which target is asked first alternates. Stands in for a `Sender`."""

    def __init__(self, parts: Parts, other: Other) -> None:
        """Prepare; connections are opened when needed. The first target is the first of `parts`."""
        self._parts = parts
        self._other = other
        self._ours = Connection(parts.addresses[0], parts.timeout_seconds)
        self._theirs = Connection(other.address, parts.timeout_seconds)

    @property
    def opened(self) -> int:
        """How many connections were opened so far."""
        return self._ours.opened + self._theirs.opened

    def send(self, number: int, at_seconds: float, *, was_free: bool) -> None:
        """Send a request to both, and tell what became of it; the run's own figures are the first target's.

        Its response time is the time until the pair was begun and its own service time: that it had to wait for the
        other target is none of its making.
        """
        parts, other = self._parts, self._other
        arrival = parts.source(number, at_seconds)
        body = batch_body(arrival) if arrival.is_batch else arrival.calls[0].body
        begun_seconds = time.monotonic() - parts.begin
        late_seconds = begun_seconds - at_seconds
        parts.recorder.send(at_seconds, late_seconds if was_free else None)
        if (number // other.processes) % 2 == 0:
            ours = self._ask(self._ours, arrival, body, parts.judge, parts.watch)
            theirs = self._ask(self._theirs, arrival, body, other.judge, other.watch)
        else:
            theirs = self._ask(self._theirs, arrival, body, other.judge, other.watch)
            ours = self._ask(self._ours, arrival, body, parts.judge, parts.watch)
        if parts.pause_seconds and (ours.reply is None or theirs.reply is None):
            gevent.sleep(parts.pause_seconds)
        outcomes = ours.outcomes
        if at_seconds >= other.warmup_seconds:
            outcomes = count_pair(other.counts, arrival, body, ours, theirs)
        parts.recorder.end(arrival, outcomes, late_seconds + ours.service_seconds, ours.service_seconds)

    def _ask(self, connection: Connection, arrival: Arrival, body: bytes, judge: Judge, watch: Watch) -> Half:
        sent_seconds = time.monotonic() - self._parts.begin
        try:
            reply = connection.exchange(body)
        except TransportFailure as failure:
            ended_seconds = time.monotonic() - self._parts.begin
            outcomes = (failure_outcome(failure),) * len(arrival.calls)
            return Half(None, outcomes, ended_seconds - sent_seconds)
        ended_seconds = time.monotonic() - self._parts.begin
        outcomes = judge(arrival, reply, sent_seconds)
        watch.saw(arrival, 0, reply, sent_seconds, ended_seconds)
        return Half(reply, outcomes, ended_seconds - sent_seconds)


def count_pair(counts: PairCounts, arrival: Arrival, body: bytes, ours: Half, theirs: Half) -> tuple[Outcome, ...]:
    """Count a pair, and return the first target's outcomes with its mismatches."""
    for call, outcome in zip(arrival.calls, theirs.outcomes, strict=True):
        counts.endings[Ending(call.method, outcome.kind, outcome.code)] += 1
    if all(outcome.kind in GOOD for outcome in (*ours.outcomes, *theirs.outcomes)):
        services = counts.services[BATCH if arrival.is_batch else arrival.calls[0].method]
        services[0].append(min(int(ours.service_seconds * 1e6), MICROSECONDS_MAX))
        services[1].append(min(int(theirs.service_seconds * 1e6), MICROSECONDS_MAX))
    if ours.reply is None or theirs.reply is None or not is_comparable(arrival, ours.reply, theirs.reply):
        counts.not_compared += 1
        return ours.outcomes
    counts.compared += 1
    wrong, example = compare(arrival, body, ours.reply, theirs.reply)
    if example is None:
        return ours.outcomes
    counts.mismatches += len(wrong)
    counts.keep(example)
    return mark_mismatches(ours.outcomes, wrong)
