"""Targets of load tests: a server that answers every call at once, and can be told to freeze, close or count."""

import asyncio
import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

_ID = re.compile(rb'"id":(\d+)')


@dataclass(slots=True)
class Target:
    """A server in a thread of its own."""

    url: str = ""
    port: int = 0
    answered: int = 0
    methods: list[bytes] = field(default_factory=list)
    """The bodies it was asked, where it keeps them."""
    loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.new_event_loop)
    is_keeping: bool = False
    server: asyncio.Server | None = None
    transports: set[asyncio.Transport] = field(default_factory=set)

    def die(self) -> None:
        """Close all connections, and take no new ones."""
        self.loop.call_soon_threadsafe(self._close)

    def _close(self) -> None:
        assert self.server is not None
        self.server.close()
        for transport in list(self.transports):
            transport.abort()

    def freeze_in_every(self, seconds: float, of_seconds: float) -> None:
        """Answer nothing for a while, again and again; it begins with a while in which it answers."""

        def freeze() -> None:
            time.sleep(seconds)
            self.loop.call_later(of_seconds - seconds, freeze)

        self.loop.call_soon_threadsafe(self.loop.call_later, of_seconds - seconds, freeze)

    def freeze(self, seconds: float) -> None:
        """Answer nothing for a while, from now on."""
        self.loop.call_soon_threadsafe(time.sleep, seconds)

    def handle(self, body: bytes) -> bytes:
        """Return the answer to a body: a head of 1 for each call."""
        self.answered += 1
        if self.is_keeping:
            self.methods.append(body)
        answers = [b'{"jsonrpc":"2.0","id":%b,"result":"0x1"}' % found for found in _ID.findall(body)]
        return b"[%b]" % b",".join(answers) if body[:1] == b"[" else answers[0]


class _Protocol(asyncio.Protocol):
    """Answers whole requests; enough of HTTP for our own client and locust's."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self._data = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._target.transports.add(transport)

    def connection_lost(self, exc: Exception | None) -> None:
        del exc
        self._target.transports.discard(self._transport)

    def data_received(self, data: bytes) -> None:
        self._data += data
        while (end := self._data.find(b"\r\n\r\n")) >= 0:
            length = int(re.search(rb"content-length: *(\d+)", self._data[:end].lower())[1])  # type: ignore[index]
            whole = end + 4 + length
            if len(self._data) < whole:
                return
            body = self._target.handle(self._data[end + 4 : whole])
            self._data = self._data[whole:]
            self._transport.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body))


@contextmanager
def running_target() -> Iterator[Target]:
    """Serve until the end."""
    target = Target()

    async def start() -> asyncio.Server:
        return await target.loop.create_server(lambda: _Protocol(target), "127.0.0.1", 0)

    target.server = target.loop.run_until_complete(start())
    target.port = target.server.sockets[0].getsockname()[1]
    target.url = f"http://127.0.0.1:{target.port}"
    thread = threading.Thread(target=target.loop.run_forever, daemon=True)
    thread.start()

    async def stop() -> None:
        # A server that is closed first would leave those open that it is still accepting.
        while accepting := asyncio.all_tasks() - {asyncio.current_task()}:
            await asyncio.wait(accepting)
        assert target.server is not None
        target.server.close()
        for transport in list(target.transports):
            transport.abort()
        while target.transports:
            await asyncio.sleep(0.01)
        target.loop.stop()

    try:
        yield target
    finally:
        asyncio.run_coroutine_threadsafe(stop(), target.loop)
        thread.join(10)
        target.loop.close()
