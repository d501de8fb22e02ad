"""A small chain in memory behind a real HTTP server, with faults where a test wants some."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import orjson

from conformance.corpus import Question
from tests.conformance.generate.chain import InMemory

Alter = Callable[[dict[str, Any], dict[str, Any]], dict[str, Any]]
"""Makes of a request and its answer the answer that is sent."""


def as_it_is(_request: dict[str, Any], answer: dict[str, Any]) -> dict[str, Any]:
    """Change nothing."""
    return answer


def refusing(method: str, code: int, message: str = "no") -> Alter:
    """Answer a method with an error."""

    def alter(request: dict[str, Any], answer: dict[str, Any]) -> dict[str, Any]:
        if request["method"] != method:
            return answer
        return {"jsonrpc": "2.0", "id": request["id"], "error": {"code": code, "message": message}}

    return alter


@contextmanager
def serving(alter: Alter = as_it_is, subject: InMemory | None = None) -> Iterator[str]:
    """Serve until the end; gives the URL."""
    chain = subject or InMemory()

    def answer_one(request: dict[str, Any]) -> dict[str, Any]:
        reply = chain.ask(Question("load", "load", "", orjson.dumps(request).decode(), ""))
        return alter(request, orjson.loads(reply.body))

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = 1 << 16  # head and body in one packet: the second of two would wait for the first's ACK

        def do_POST(self) -> None:
            asked = orjson.loads(self.rfile.read(int(self.headers["Content-Length"])))
            found = [answer_one(each) for each in asked] if isinstance(asked, list) else answer_one(asked)
            body = orjson.dumps(found)
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_arguments: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)
