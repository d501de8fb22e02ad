"""Counts a server's requests and calls, in the event loop's thread alone, so without locks."""

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from reference_node.counters import CALL_SECONDS, Histogram
from reference_node.rpc.asgi import Send

UNKNOWN_METHOD = "unknown"
"""Stands for every method that is not offered: clients choose names, and each would be a time series for ever."""


class RpcMeters:
    """What a server has answered since it started."""

    __slots__ = ("calls", "count_call", "errors", "quick_answers", "statuses", "under_way")

    def __init__(self, methods: Iterable[str]) -> None:
        """Count calls of these methods by name, and any other under one name."""
        self.calls = {name: Histogram(CALL_SECONDS) for name in (*methods, UNKNOWN_METHOD)}
        """Seconds by method."""
        self.errors: dict[int, int] = {}
        """Errors by JSON-RPC code, of calls and of requests that hold none."""
        self.statuses: dict[int, int] = {}
        """HTTP answers of the usual way by status."""
        self.quick_answers = 0
        """HTTP answers of the quick way, all of status 200."""
        self.under_way = 0
        """Requests whose answer is not sent yet."""
        self.count_call = _call_counter(self.calls, self.errors)
        """Counts a call: its method, its seconds, and its error's code or 0."""

    def by_status(self) -> dict[int, int]:
        """Return HTTP answers by status, whichever way they went."""
        return {**self.statuses, 200: self.statuses.get(200, 0) + self.quick_answers}

    def count_error(self, code: int) -> None:
        """Count an error answer."""
        self.errors[code] = self.errors.get(code, 0) + 1

    def count_status(self, status: int) -> None:
        """Count an HTTP answer."""
        self.statuses[status] = self.statuses.get(status, 0) + 1

    @contextmanager
    def request_under_way(self) -> Iterator[None]:
        """Count a request as under way until it is left."""
        self.under_way += 1
        try:
            yield
        finally:
            self.under_way -= 1

    def counted(self, send: Send) -> Send:
        """Return `send` so that it counts an answer by its status."""

        async def sending(message: dict[str, Any]) -> None:
            if message["type"] == "http.response.start":
                self.count_status(message["status"])
            await send(message)

        return sending


def _call_counter(calls: dict[str, Histogram], errors: dict[int, int]) -> Callable[[str, float, int], None]:
    """Return a function that counts a call; it is called for each, and so looks nothing up that can be had before."""
    find, unknown = calls.get, calls[UNKNOWN_METHOD]

    def count_call(method: str, seconds: float, code: int) -> None:
        histogram = find(method, unknown)
        histogram.counts[bisect_left(CALL_SECONDS, seconds)] += 1
        histogram.total += seconds
        if code:
            errors[code] = errors.get(code, 0) + 1

    return count_call
