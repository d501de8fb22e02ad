"""How a role bears a log that does not answer: pauses that grow, and a bound where it may not wait for ever."""

import threading
import time
from collections.abc import Callable
from typing import TypeVar

from reference_node.errors import LogUnavailable

T = TypeVar("T")

PAUSE_SECONDS_FIRST = 0.1
PAUSE_SECONDS_MAX = 5.0
START_TRIES_MAX = 5
START_SECONDS_MAX = 20.0
"""No new try is made once the tries have taken this long: one of them may wait for a broker's answer itself."""


def next_pause(pause_seconds: float) -> float:
    """Return how long to wait after a wait of this length was in vain."""
    return min(pause_seconds * 2, PAUSE_SECONDS_MAX)


def try_often(action: Callable[[], T], stopping: threading.Event) -> T:
    """Return what an action returns, trying again within a bound while the log is away.

    Raises:
        LogUnavailable: the log was away at each try, or the role was told to stop meanwhile.
    """
    pause_seconds, deadline = PAUSE_SECONDS_FIRST, time.monotonic() + START_SECONDS_MAX
    for _ in range(START_TRIES_MAX - 1):
        try:
            return action()
        except LogUnavailable:
            if time.monotonic() > deadline or stopping.wait(pause_seconds):
                raise
        pause_seconds = next_pause(pause_seconds)
    return action()
