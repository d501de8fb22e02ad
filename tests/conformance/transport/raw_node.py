"""A node for tests that sends whatever bytes a test wants over real TCP on loopback."""

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from threading import Event, Thread

END = b"\r\n\r\n"


@dataclass
class RawNode:
    """What a node has seen so far."""

    url: str = ""
    connections: int = 0
    requests: list[bytes] = field(default_factory=list)
    """Heads and bodies as they came."""
    stop: Event = field(default_factory=Event)

    def body(self, place: int) -> bytes:
        """Return the body of a request."""
        return self.requests[place].partition(END)[2]


Talk = Callable[[RawNode, socket.socket, bytes], bool]
"""Answers one request on a connection, and says whether to read another."""


@contextmanager
def raw_node(talk: Talk) -> Iterator[RawNode]:
    """Serve on a free port."""
    node = RawNode()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        node.url = f"http://127.0.0.1:{listener.getsockname()[1]}"

        def serve(connection: socket.socket) -> None:
            with connection, suppress(OSError):
                while (request := _read(connection)) is not None:
                    node.requests.append(request)
                    if not talk(node, connection, request):
                        return

        def accept() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                node.connections += 1
                Thread(target=serve, args=(connection,), daemon=True).start()

        thread = Thread(target=accept, daemon=True)
        thread.start()
        try:
            yield node
        finally:
            node.stop.set()
            listener.shutdown(socket.SHUT_RDWR)
    thread.join()


def sends(data: bytes, *, closes: bool = False) -> Talk:
    """Return a talk that answers every request with the same bytes."""

    def talk(_node: RawNode, connection: socket.socket, _request: bytes) -> bool:
        connection.sendall(data)
        return not closes

    return talk


def http(body: bytes, status: str = "200 OK", headers: str = "") -> bytes:
    """Return an HTTP answer with a length."""
    return f"HTTP/1.1 {status}\r\n{headers}Content-Length: {len(body)}\r\n\r\n".encode() + body


def _read(connection: socket.socket) -> bytes | None:
    data = b""
    while END not in data:
        part = connection.recv(65536)
        if not part:
            return None
        data += part
    head, _, body = data.partition(END)
    lines = head.lower().split(b"\r\n")
    lengths = [int(line.split(b":")[1]) for line in lines if line.startswith(b"content-length")]
    length = lengths[0] if lengths else 0
    while len(body) < length:
        part = connection.recv(65536)
        if not part:
            return None
        body += part
    return head + END + body
