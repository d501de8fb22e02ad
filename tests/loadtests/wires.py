"""Servers whose every byte a test decides, for clients that must take what comes."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

Talk = Callable[[socket.socket], None]
"""What is done with one accepted connection; it is closed afterwards."""
REQUEST_BYTES_MAX = 1 << 26


@contextmanager
def talking(*talks: Talk) -> Iterator[str]:
    """Serve as many connections as there are talks, one after the other; gives the URL."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            for talk in talks:
                with suppress(OSError):
                    accepted, _ = server.accept()
                    with accepted:
                        talk(accepted)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.getsockname()[1]}"
        finally:
            with suppress(OSError):
                server.shutdown(socket.SHUT_RDWR)
            thread.join(5)


def read_request(connection: socket.socket) -> bytes:
    """Return a request's head and body; empty where the client has gone."""
    data = b""
    while b"\r\n\r\n" not in data:
        more = connection.recv(1 << 16)
        if not more:
            return b""
        data += more
    head, _, body = data.partition(b"\r\n\r\n")
    length = next(int(line[15:]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:"))
    while len(body) < length:
        body += connection.recv(1 << 16)
    return head + b"\r\n\r\n" + body


def answer(body: bytes, status: str = "200 OK", headers: bytes = b"") -> bytes:
    """Return the bytes of an answer."""
    return b"HTTP/1.1 %b\r\nContent-Length: %d\r\n%b\r\n%b" % (status.encode(), len(body), headers, body)


def answering_with(*answers: bytes) -> Talk:
    """Answer as many requests, each with bytes of its own."""

    def talk(connection: socket.socket) -> None:
        for each in answers:
            if not read_request(connection):
                return
            connection.sendall(each)

    return talk
