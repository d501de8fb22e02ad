"""Knows of two endpoints whether a head moved while a question was put to them, without looking each time before.

What was seen last is remembered. A ticket taken before a question says which look that was; a look after it that shows
the same heads then brackets the question. Nothing but a head that left and came back between the two escapes that.
"""

import threading
import time
from collections.abc import Callable

from conformance.heads import Heads, Side, is_seen
from conformance.pin import LATEST, TAGS

TRUSTED_SECONDS = 1.0
"""So old a look may be where heads have moved before: the older, the more can have come and gone since."""


class Steady:
    """Remembers the heads of both sides; for use from several threads."""

    def __init__(self, reference: Side, candidate: Side, clock: Callable[[], float] = time.monotonic) -> None:
        """Name both sides; nothing is asked yet."""
        self._sides = (reference, candidate)
        self._clock = clock
        self._lock = threading.Lock()
        self._seen: tuple[Heads, Heads] | None = None
        self._seen_at = 0.0
        self._changes = 0

    def ticket(self) -> int:
        """Return what to show after a question that is asked now; the first call looks at both sides."""
        if self._seen is None:
            with self._lock:
                if self._seen is None:
                    self._look()
        has_moved = self._changes > 1
        return 0 if has_moved and self._clock() - self._seen_at > TRUSTED_SECONDS else self._changes

    def stood_still_since(self, ticket: int) -> bool:
        """Look at both sides, and say whether no head moved since a ticket was taken; False where that isn't known."""
        with self._lock:
            self._look()
            return self._changes == ticket

    def _look(self) -> None:
        reference, candidate = self._sides
        seen = (_heads(reference), _heads(candidate))
        if seen != self._seen:
            self._seen = seen
            self._changes += 1
        self._seen_at = self._clock()


def _heads(side: Side) -> Heads:
    newest = side.heads([LATEST])
    # Who tells no newest block is not asked for more: it may be one that hangs.
    return {**side.heads([tag for tag in TAGS if tag != LATEST]), **newest} if is_seen(newest[LATEST]) else newest
