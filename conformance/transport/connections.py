"""Connections to one endpoint: kept for the next question, no more of them at a time than agreed."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from queue import SimpleQueue
from typing import Protocol

from conformance.transport.reply import Reply, Unanswered


class Connection(Protocol):
    """Asks one question after the other; for one thread at a time."""

    def is_alive(self) -> bool:
        """Say whether it can be used again."""

    def send(self, body: bytes) -> None:
        """Send a body; raises Unanswered where that is not possible."""

    def receive(self) -> Reply:
        """Return the reply to what was sent; raises Unanswered where no whole one comes in time."""

    def close(self) -> None:
        """Close it."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A body that was sent, and whose reply has not been taken yet."""

    connection: Connection
    body: bytes
    was_kept: bool
    """Whether the connection had been used before: its node may have ended it meanwhile."""


class Connections:
    """Asks for several threads at a time, each on a connection of its own."""

    def __init__(self, connect: Callable[[], Connection], in_flight_max: int) -> None:
        """Ask on what `connect` opens, so many at a time."""
        self._connect = connect
        # Threading's own semaphore is written in Python, and takes as long as all of asking that is not a system call.
        self._free_places = SimpleQueue[None]()
        for _ in range(in_flight_max):
            self._free_places.put(None)
        self._lock = threading.Lock()
        self._idle: list[Connection] = []
        self._is_closed = False

    def ask(self, body: bytes) -> Reply:
        """Return the reply to a body, asked on an idle connection or else a new one.

        One that was kept may have been ended by the node meanwhile: where it brings not one byte, a new one is tried.

        Raises:
            Unanswered: there is no whole reply.
        """
        return self.finish(self.begin(body))

    def begin(self, body: bytes) -> Asked:
        """Send a body; `finish` has to follow. Raises Unanswered."""
        self._free_places.get()
        try:
            kept = self._take_idle()
            if kept is not None:
                try:
                    return Asked(self._sent(kept, body), body, was_kept=True)
                except Unanswered as error:
                    if not error.never_began:
                        raise
            return Asked(self._sent(self._connect(), body), body, was_kept=False)
        except BaseException:
            self._free_places.put(None)
            raise

    def finish(self, asked: Asked) -> Reply:
        """Return the reply to a body that was sent. Raises Unanswered."""
        try:
            try:
                return self._received(asked.connection)
            except Unanswered as error:
                if not (asked.was_kept and error.never_began):
                    raise
            return self._received(self._sent(self._connect(), asked.body))
        finally:
            self._free_places.put(None)

    def close(self) -> None:
        """Close those that are idle; the others are closed when they come back."""
        with self._lock:
            self._is_closed = True
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()

    def _take_idle(self) -> Connection | None:
        while True:
            with self._lock:
                connection = self._idle.pop() if self._idle else None
            if connection is None or connection.is_alive():
                return connection
            connection.close()

    def _sent(self, connection: Connection, body: bytes) -> Connection:
        try:
            connection.send(body)
        except BaseException:
            self._put_back(connection)
            raise
        return connection

    def _received(self, connection: Connection) -> Reply:
        try:
            return connection.receive()
        finally:
            self._put_back(connection)

    def _put_back(self, connection: Connection) -> None:
        with self._lock:
            if connection.is_alive() and not self._is_closed:
                self._idle.append(connection)
                return
        connection.close()
