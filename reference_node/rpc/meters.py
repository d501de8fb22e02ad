"""Counts a server's requests and calls, in the event loop's thread alone, so without locks."""

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from reference_node.counters import CALL_SECONDS, Histogram
from reference_node.rpc.asgi import Send

UNKNOWN_METHOD = "unknown"
"""Stands for every method that is not offered: clients choose names, and each would be a time series for ever."""


class RpcMeters:
    """What a server has answered since it started."""

    __slots__ = ("_unknown", "calls", "errors", "statuses", "under_way")

    def __init__(self, methods: Iterable[str]) -> None:
        """Count calls of these methods by name, and any other under one name."""
        self._unknown = Histogram(CALL_SECONDS)
        self.calls = {name: Histogram(CALL_SECONDS) for name in methods} | {UNKNOWN_METHOD: self._unknown}
        """Seconds by method."""
        self.errors: dict[int, int] = {}
        """Errors by JSON-RPC code, of calls and of requests that hold none."""
        self.statuses: dict[int, int] = {200: 0}
        """HTTP answers by status."""
        self.under_way = 0
        """Requests whose answer is not sent yet."""

    def count_call(self, method: str, seconds: float, code: int) -> None:
        """Count a call; `code` is 0 for a good answer, else its error's."""
        histogram = self.calls.get(method, self._unknown)
        histogram.counts[bisect_left(CALL_SECONDS, seconds)] += 1  # `observe` by hand: this is done for every call
        histogram.total += seconds
        if code:
            self.count_error(code)

    def count_answer(self, code: int) -> None:
        """Count a good HTTP answer; `code` is the error of a request that holds no call, or 0."""
        self.statuses[200] += 1
        if code:
            self.count_error(code)

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
