"""A node for tests: answers each body as it is told, faults included, over real HTTP on loopback."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread


@dataclass(frozen=True, slots=True)
class Wire:
    """What goes over the wire as an answer."""

    body: bytes
    status: int = 200
    bytes_withheld: int = 0
    """Bytes that Content-Length promises, but that are never sent."""


Answerer = Callable[[str], Wire]


@contextmanager
def fake_node(answer: Answerer) -> Iterator[str]:
    """Serve on a free port and give the URL."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_POST(self) -> None:
            sent = self.rfile.read(int(self.headers["Content-Length"]))
            wire = answer(sent.decode())
            self.send_response(wire.status)
            self.send_header("Content-Length", str(len(wire.body)))
            self.end_headers()
            with suppress(ConnectionError):  # a client may leave before the end
                self.wfile.write(wire.body[: len(wire.body) - wire.bytes_withheld])
            self.close_connection = wire.bytes_withheld > 0

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.block_on_close = False
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
