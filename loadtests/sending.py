"""Sends a schedule's requests over connections of its own, to each target in turn, and tells what became of them."""

import time
from dataclasses import dataclass

import gevent

from loadtests.address import Address
from loadtests.calls import Arrival
from loadtests.client import Connection, NotHttp, TimedOut, TransportFailure
from loadtests.outcomes import Kind, Outcome
from loadtests.recorder import Recorder
from loadtests.seams import Judge, Source, Watch


@dataclass(frozen=True, slots=True)
class Parts:
    """What all senders of a process share."""

    addresses: tuple[Address, ...]
    timeout_seconds: float
    begin: float
    """The run's begin on `time.monotonic`."""
    source: Source
    judge: Judge
    watch: Watch
    recorder: Recorder
    pause_seconds: float = 0.0
    """After a failure of the transport: a user who waits for answers would otherwise ask a dead target without end."""


class Sender:
    """Sends one request at a time; targets are taken in turn."""

    def __init__(self, number: int, parts: Parts) -> None:
        """Prepare; connections are opened when needed, and the first goes to the target whose turn the number says."""
        self._parts = parts
        self._target = number % len(parts.addresses)
        self._connections = [Connection(address, parts.timeout_seconds) for address in parts.addresses]

    @property
    def opened(self) -> int:
        """How many connections were opened so far."""
        return sum(connection.opened for connection in self._connections)

    def send(self, number: int, at_seconds: float, *, was_free: bool) -> None:
        """Send a request, and tell what became of it.

        Args:
            number: of the request, in the whole schedule.
            at_seconds: when it was meant to be sent, from the run's begin.
            was_free: whether this sender was free then, so that it is the generator's fault if it is late.
        """
        parts = self._parts
        arrival = parts.source(number, at_seconds)
        target = self._target
        self._target = (target + 1) % len(self._connections)
        body = batch_body(arrival) if arrival.is_batch else arrival.calls[0].body
        sent_seconds = time.monotonic() - parts.begin
        parts.recorder.send(at_seconds, sent_seconds - at_seconds if was_free else None)
        try:
            reply = self._connections[target].exchange(body)
        except TransportFailure as failure:
            ended_seconds = time.monotonic() - parts.begin
            outcomes = (failure_outcome(failure),) * len(arrival.calls)
            if parts.pause_seconds:
                gevent.sleep(parts.pause_seconds)
        else:
            ended_seconds = time.monotonic() - parts.begin
            outcomes = parts.judge(arrival, reply, sent_seconds)
            parts.watch.saw(arrival, target, reply, sent_seconds, ended_seconds)
        parts.recorder.end(arrival, outcomes, ended_seconds - at_seconds, ended_seconds - sent_seconds)


def batch_body(arrival: Arrival) -> bytes:
    """Return a batch's body."""
    return b"[" + b",".join(call.body for call in arrival.calls) + b"]"


def failure_outcome(failure: TransportFailure) -> Outcome:
    """Say what a failure of the transport is to each call."""
    if isinstance(failure, TimedOut):
        return Outcome(Kind.TIMEOUT)
    return Outcome(Kind.MALFORMED if isinstance(failure, NotHttp) else Kind.TRANSPORT)
