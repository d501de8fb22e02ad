"""Users that send a schedule's requests: locust users, each with a connection of its own to every target."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import gevent
from gevent.hub import get_hub
from locust import User, task

from loadtests.address import Address
from loadtests.calls import Arrival
from loadtests.client import Connection, NotHttp, TimedOut, TransportFailure
from loadtests.outcomes import Kind, Outcome
from loadtests.recorder import Recorder
from loadtests.seams import Judge, Source, Watch

Take = Callable[["Worker"], "tuple[int, float, bool] | None"]
"""Gives a worker what to send next: number, intended time, and whether the worker was free then; or None: wait."""


@dataclass(frozen=True, slots=True)
class Parts:
    """What all workers of a process share."""

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


class Worker(User):
    """Sends one request at a time; targets are taken in turn."""

    abstract = True

    def __init__(self, environment: Any, number: int, parts: Parts, take: Take) -> None:
        """Prepare; connections are opened when needed."""
        super().__init__(environment)
        self.number = number
        self._parts = parts
        self._take = take
        self._target = number % len(parts.addresses)
        self._connections = [Connection(address, parts.timeout_seconds) for address in parts.addresses]
        self.greenlet_to_wake: Any = None

    @property
    def opened(self) -> int:
        """How many connections were opened for it."""
        return sum(connection.opened for connection in self._connections)

    @task
    def serve(self) -> None:
        """Send what is given until stopped; the one task of this user, which never returns."""
        hub = get_hub()
        self.greenlet_to_wake = self._greenlet
        while True:
            given = self._take(self)
            if given is None:
                hub.switch()
            else:
                self._send(*given)

    def _send(self, number: int, at_seconds: float, was_free: bool) -> None:
        parts = self._parts
        arrival = parts.source(number, at_seconds)
        target = self._target
        self._target = (target + 1) % len(self._connections)
        body = arrival.calls[0].body if not arrival.is_batch else batch_body(arrival)
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
