"""Gathers what several threads ask at the same time into groups, which are sent as one."""

import threading
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from conformance.transport.reply import Reply

LINGER_SECONDS = 0.005
"""How long the first of a group waits for others to join."""


Item = TypeVar("Item")


class _Group(Generic[Item]):
    """Items that go together; who came first sends them."""

    def __init__(self) -> None:
        self.items: list[Item] = []
        self.replies: Sequence[Reply] = ()
        self.is_full = threading.Event()
        self.is_answered = threading.Event()


class Gatherer(Generic[Item]):
    """Puts items to a function that answers several at once."""

    def __init__(
        self, send: Callable[[Sequence[Item]], Sequence[Reply]], size_max: int, linger_seconds: float = LINGER_SECONDS
    ) -> None:
        """Send groups of so many items at the most.

        Args:
            send: returns a reply to each item.
            size_max: of a group.
            linger_seconds: how long a group waits until it is full.
        """
        self._send = send
        self._size_max = size_max
        self._linger_seconds = linger_seconds
        self._lock = threading.Lock()
        self._open: _Group[Item] | None = None

    def ask(self, item: Item) -> Reply:
        """Return the reply to an item, asked together with those that other threads ask now."""
        with self._lock:
            group = self._open
            leads = group is None
            if group is None:
                group = self._open = _Group()
            place = len(group.items)
            group.items.append(item)
            if len(group.items) >= self._size_max:
                self._open = None
                group.is_full.set()
        if leads:
            self._lead(group)
        else:
            group.is_answered.wait()
        return group.replies[place] if group.replies else Reply(0, b"", "it was not asked: its batch was given up")

    def _lead(self, group: _Group[Item]) -> None:
        """Wait for others, then send; whatever happens, those who joined are woken."""
        try:
            group.is_full.wait(self._linger_seconds)
            with self._lock:
                if self._open is group:
                    self._open = None
            group.replies = self._send(tuple(group.items))
        finally:
            with self._lock:
                if self._open is group:
                    self._open = None
            group.is_answered.set()
