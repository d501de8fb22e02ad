"""Endpoints on loopback that misbehave, one way each, for as long as somebody listens.

They speak through bare sockets, as no server would send what they send.
"""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from conformance.verdict import Verdict

CONNECTIONS_MAX = 64
REQUEST_BYTES_MAX = 1024 * 1024
SECONDS_MAX = 120.0
"""After this long an endpoint gives up by itself."""
_POLL_SECONDS = 0.05
_SEND_SECONDS_MAX = 5.0


@dataclass(frozen=True, slots=True)
class Listener:
    """One client, as a hostile endpoint sees it."""

    socket: socket.socket
    stopping: threading.Event

    def send(self, content: bytes) -> None:
        """Send bytes. Raises OSError where the client has left."""
        self.socket.sendall(content)

    def repeat(self, content: bytes, pause_seconds: float = 0.0) -> None:
        """Send the same bytes again and again. Raises OSError where the client has left."""
        while not self.stopping.wait(pause_seconds) if pause_seconds else not self.stopping.is_set():
            self.send(content)

    def hang(self) -> None:
        """Send nothing until the end."""
        self.stopping.wait(SECONDS_MAX)


Behave = Callable[[Listener], None]


@dataclass(frozen=True, slots=True)
class Hostile:
    """One way to misbehave."""

    name: str
    behave: Behave
    """What is done when a request has come in; then the connection is closed."""
    verdict: Verdict
    """What is said of a question put to it."""
    reason: str
    keeps_open: bool = False
    """Whether it waits for the next request on the same connection."""


@contextmanager
def hostile_endpoint(hostile: Hostile) -> Iterator[str]:
    """Misbehave towards everybody who connects, and give the URL."""
    stopping = threading.Event()
    with socket.create_server(("127.0.0.1", 0), backlog=CONNECTIONS_MAX) as server:
        server.settimeout(_POLL_SECONDS)
        thread = threading.Thread(target=_accept, args=(server, hostile, stopping), daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.getsockname()[1]}"
        finally:
            stopping.set()
            thread.join()


def _accept(server: socket.socket, hostile: Hostile, stopping: threading.Event) -> None:
    threads: list[threading.Thread] = []
    while not stopping.is_set():
        threads = [thread for thread in threads if thread.is_alive()]
        if len(threads) >= CONNECTIONS_MAX:
            stopping.wait(_POLL_SECONDS)
            continue
        with suppress(TimeoutError):
            client, _ = server.accept()
            threads.append(threading.Thread(target=_serve, args=(client, hostile, stopping), daemon=True))
            threads[-1].start()
    for thread in threads:
        thread.join()


def _serve(client: socket.socket, hostile: Hostile, stopping: threading.Event) -> None:
    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    client.settimeout(_SEND_SECONDS_MAX)
    with client, suppress(OSError):
        while _read_request(client, stopping):
            hostile.behave(Listener(client, stopping))
            if not hostile.keeps_open:
                return


def _read_request(client: socket.socket, stopping: threading.Event) -> bool:
    """Read a request with a Content-Length; return whether there was one."""
    content = b""
    while not stopping.is_set() and len(content) <= REQUEST_BYTES_MAX:
        head, found, body = content.partition(b"\r\n\r\n")
        length = next(
            (int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")), 0
        )
        if found and len(body) >= length:
            return True
        part = client.recv(65536)
        if not part:
            return False
        content += part
    return False
