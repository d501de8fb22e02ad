"""When work on an answer stops by itself, so that no worker thread goes on after its client was told of a time-out."""

from collections.abc import Iterable, Iterator
from time import monotonic
from typing import TypeVar

from reference_node.rpc.registry import RpcError

T = TypeVar("T")
TIMED_OUT = -32002
WORK_SECONDS_MAX = 24.5
"""After this a batch starts no further call, and a search looks in no further block.

What is under way then (a call runs for up to 5 s) still ends before the server tells its client of a time-out.
"""


def timed_out() -> RpcError:
    """Return the error of a request that took too long."""
    return RpcError(TIMED_OUT, "request timed out")


def within_time(items: Iterable[T], seconds_max: float = WORK_SECONDS_MAX) -> Iterator[T]:
    """Yield the items of a search. Raises RpcError where one is asked for later than this after the first."""
    deadline = monotonic() + seconds_max
    for item in items:
        if monotonic() > deadline:
            raise timed_out()
        yield item
