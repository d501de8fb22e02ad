"""A TCP proxy on loopback that can be cut and slowed while connections go through it.

One thread and one event loop serve all proxies of a run. A cut is silent: what was sent is held, new connections are
taken and get no answer, and all of it goes on where the cut ends, as after a cable was put back.
"""

import asyncio
import threading
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import TypeVar, cast

import uvloop

HELD_BYTES_MAX = 1 << 20
"""Delayed in one direction of a connection; its sender waits then."""
CONNECTIONS_MAX = 4096
CONNECT_SECONDS_MAX = 5.0
STOP_SECONDS_MAX = 10.0
Found = TypeVar("Found")


@dataclass(slots=True)
class _State:
    """What holds at the moment for all connections of one proxy, in its loop's thread only."""

    cuts: int = 0
    """By how many faults it is cut."""
    delay_seconds: float = 0.0
    """Of what comes from the target."""


class _Direction:
    """What flows one way through a connection: held while cut, and passed on late while slow, in order."""

    def __init__(self, loop: asyncio.AbstractEventLoop, state: _State, *, is_delayed: bool) -> None:
        self._loop = loop
        self._state = state
        self._is_delayed = is_delayed
        self._held: deque[tuple[float, bytes]] = deque()
        self._held_bytes = 0
        self._timer: asyncio.TimerHandle | None = None
        self._is_ended = False
        self._is_sink_full = False
        self.source: asyncio.Transport | None = None
        self.sink: asyncio.Transport | None = None

    def take(self, data: bytes) -> None:
        """Pass bytes on, now or when they are due."""
        delay = self._state.delay_seconds if self._is_delayed else 0.0
        if not self._held and not delay and not self._state.cuts and self.sink is not None:
            self.sink.write(data)
            return
        due = self._loop.time() + delay
        self._held.append((max(due, self._held[-1][0]) if self._held else due, data))
        self._held_bytes += len(data)
        self.flow()

    def end(self) -> None:
        """Take note that nothing more comes: the sink is closed once all is passed on."""
        self._is_ended = True
        self.flow()

    def fill(self, *, is_full: bool) -> None:
        """Take note that the sink takes no more for now, or does again."""
        self._is_sink_full = is_full
        self.flow()

    def flow(self) -> None:
        """Pass on what is due, and let more come or not."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if not self._state.cuts and self.sink is not None:
            self._pass_on(self.sink)
        if self.source is None or self.source.is_closing():
            return
        if self._state.cuts or self._is_sink_full or self.sink is None or self._held_bytes >= HELD_BYTES_MAX:
            self.source.pause_reading()
        else:
            self.source.resume_reading()

    def _pass_on(self, sink: asyncio.Transport) -> None:
        if sink.is_closing():
            self._held.clear()
            self._held_bytes = 0
        now = self._loop.time()
        while self._held and self._held[0][0] <= now:
            _, data = self._held.popleft()
            self._held_bytes -= len(data)
            sink.write(data)
        if self._held:
            self._timer = self._loop.call_at(self._held[0][0], self.flow)
        elif self._is_ended:
            sink.close()


class _End(asyncio.Protocol):
    """One end of a connection: reads into one direction, and is what the other one writes to."""

    def __init__(self, reads: _Direction, writes: _Direction, made: Callable[["_End"], None]) -> None:
        self._reads, self._writes, self._made = reads, writes, made

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._reads.source = self._writes.sink = cast("asyncio.Transport", transport)
        self._reads.flow()
        self._writes.flow()
        self._made(self)

    def data_received(self, data: bytes) -> None:
        self._reads.take(data)

    def connection_lost(self, _error: Exception | None) -> None:
        self._reads.end()
        self._writes.end()

    def pause_writing(self) -> None:
        self._writes.fill(is_full=True)

    def resume_writing(self) -> None:
        self._writes.fill(is_full=False)


class Proxy:
    """A port of loopback that leads to another one. Made by `Proxies`; what it does takes effect before it returns."""

    def __init__(self, proxies: "Proxies", port: int, target: tuple[str, int]) -> None:
        self._proxies = proxies
        self._state = _State()
        self._target = target
        self._directions: set[_Direction] = set()
        self._connecting: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None
        self.port = port

    @property
    def url(self) -> str:
        """What an HTTP client calls."""
        return f"http://127.0.0.1:{self.port}"

    def cut(self) -> None:
        """Let nothing pass. Each cut is to be healed."""
        self._proxies.run(lambda: self._cut(1))

    def heal(self) -> None:
        """Let all pass again, if nobody else has cut it."""
        self._proxies.run(lambda: self._cut(-1))

    def slow(self, delay_seconds: float) -> None:
        """Let what comes from the target be late by so much; 0 ends it."""
        self._proxies.run(lambda: self._slow(delay_seconds))

    async def serve(self, loop: asyncio.AbstractEventLoop) -> None:
        """Listen. Raises OSError: the port is taken."""
        self._server = await loop.create_server(lambda: self._accept(loop), "127.0.0.1", self.port, backlog=1024)

    def close(self) -> None:
        """Listen no more, and drop all connections."""
        if self._server is not None:
            self._server.close()
        for task in self._connecting:
            task.cancel()
        for direction in list(self._directions):
            for transport in (direction.source, direction.sink):
                if transport is not None:
                    transport.abort()

    def _accept(self, loop: asyncio.AbstractEventLoop) -> _End:
        there, back = _Direction(loop, self._state, is_delayed=False), _Direction(loop, self._state, is_delayed=True)

        def accepted(_end: _End) -> None:
            if len(self._directions) >= 2 * CONNECTIONS_MAX:
                self._forget_ended()
            if len(self._directions) >= 2 * CONNECTIONS_MAX:
                assert there.source is not None
                there.source.abort()
                return
            self._directions |= {there, back}
            task = loop.create_task(self._connect(loop, there, back))
            self._connecting.add(task)
            task.add_done_callback(self._connecting.discard)

        return _End(there, back, accepted)

    async def _connect(self, loop: asyncio.AbstractEventLoop, there: _Direction, back: _Direction) -> None:
        host, port = self._target
        try:
            async with asyncio.timeout(CONNECT_SECONDS_MAX):
                await loop.create_connection(lambda: _End(back, there, lambda _end: None), host, port)
        except (OSError, TimeoutError):
            if there.source is not None:
                there.source.abort()

    def _cut(self, more: int) -> None:
        self._state.cuts += more
        self._flow()

    def _slow(self, delay_seconds: float) -> None:
        self._state.delay_seconds = delay_seconds

    def _forget_ended(self) -> None:
        self._directions = {each for each in self._directions if _is_open(each)}

    def _flow(self) -> None:
        self._forget_ended()
        for direction in self._directions:
            direction.flow()


def _is_open(direction: _Direction) -> bool:
    return any(end is not None and not end.is_closing() for end in (direction.source, direction.sink))


class Proxies:
    """The thread that all proxies of a run live in."""

    def __init__(self) -> None:
        """Start it."""
        self._loop = uvloop.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True, name="proxies")
        self._thread.start()
        self._all: list[Proxy] = []

    def open(self, port: int, host: str, target_port: int) -> Proxy:
        """Return a proxy that listens on a loopback port. Raises OSError: the port is taken."""
        proxy = Proxy(self, port, (host, target_port))
        asyncio.run_coroutine_threadsafe(proxy.serve(self._loop), self._loop).result(STOP_SECONDS_MAX)
        self._all.append(proxy)
        return proxy

    def run(self, step: Callable[[], Found]) -> Found:
        """Do something in the thread, and return when it is done."""

        async def stepping() -> Found:
            return step()

        return asyncio.run_coroutine_threadsafe(stepping(), self._loop).result(STOP_SECONDS_MAX)

    def close(self) -> None:
        """Drop all connections and end the thread."""
        with suppress(TimeoutError):
            self.run(self._close)
            asyncio.run_coroutine_threadsafe(asyncio.sleep(0), self._loop).result(STOP_SECONDS_MAX)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(STOP_SECONDS_MAX)
        if not self._thread.is_alive():
            self._loop.close()

    def _close(self) -> None:
        for proxy in self._all:
            proxy.close()
