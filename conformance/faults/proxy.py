"""A proxy on loopback that plants faults in the answers of an endpoint behind it."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

from conformance.corpus import Question
from conformance.faults.subject import MutatingSubject

REQUEST_BYTES_MAX = 32 * 1024 * 1024
IDLE_SECONDS_MAX = 60.0
_POLL_SECONDS = 0.02
_BAD_GATEWAY, _LENGTH_REQUIRED, _TOO_LARGE, _NO_CONTENT = 502, 411, 413, 204


@contextmanager
def mutating_proxy(subject: MutatingSubject, port: int = 0) -> Iterator[str]:
    """Serve a subject's answers over HTTP, and give the URL.

    Args:
        subject: who is asked, and plants.
        port: on 127.0.0.1; 0 for any free one.

    Raises:
        OSError: the port is taken.
    """
    server = ThreadingHTTPServer(("127.0.0.1", port), _handler(subject))
    server.daemon_threads = True
    server.block_on_close = False
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": _POLL_SECONDS}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _handler(subject: MutatingSubject) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True
        timeout = IDLE_SECONDS_MAX

        def do_POST(self) -> None:
            length = self.headers.get("Content-Length", "")
            if not length.isdecimal() or int(length) > REQUEST_BYTES_MAX:
                self.close_connection = True
                self._send(_TOO_LARGE if length.isdecimal() else _LENGTH_REQUIRED, b"")
                return
            body = self.rfile.read(int(length)).decode(errors="surrogateescape")
            # Nothing but the body is sent on: who asks, and for what, is not this side's to know.
            reply = subject.ask(Question("proxied", "", "", body, ""))
            if reply.failure:
                self._send(_BAD_GATEWAY, reply.failure.encode(errors="replace"))
            else:
                self._send(reply.status, reply.body)

        def _send(self, status: int, body: bytes) -> None:
            with suppress(ConnectionError):  # a client may leave before the end
                self.send_response(status)
                if status != _NO_CONTENT:
                    self.send_header("Content-Type", "application/json")
                    self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                if status != _NO_CONTENT:
                    self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    return Handler
