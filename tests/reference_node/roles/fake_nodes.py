"""Nodes that take transactions, for the relay's tests: as a value, behind HTTP, and behind a Unix socket."""

import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from reference_node.chain.types import decode_transaction
from reference_node.roles.endpoint import HttpRefusal, NodeAway

Answer = dict[str, Any]
Fault = Callable[[], Answer | None]
"""Raises, or returns an error to answer with; None lets the call through."""


def error(code: int, message: str) -> Answer:
    """Return the error part of an answer."""
    return {"error": {"code": code, "message": message}}


def away() -> None:
    """Fail as a node that is not there."""
    raise NodeAway("Connection refused")


def busy() -> None:
    """Fail as a server with too much to do."""
    raise HttpRefusal(503, "try later")


@dataclass
class FakeNode:
    """Takes transactions, each once; an endpoint itself."""

    refusals: dict[bytes, str] = field(default_factory=dict)
    """Text of the refusal, by raw transaction."""
    used_nonces: set[bytes] = field(default_factory=set)
    """Raw transactions whose nonce is used up by another one."""
    faults: list[Fault] = field(default_factory=list)
    """What befalls the next sends, in order."""
    accepted: list[bytes] = field(default_factory=list)
    sends: list[bytes] = field(default_factory=list)
    """Every raw transaction that reached it."""
    asked: int = 0
    silence: Answer = field(default_factory=dict)
    """What it answers instead where it is asked for a transaction."""
    mined: set[bytes] = field(default_factory=set)
    """Taken ones that are in a block: sent again, their nonce is too low."""

    def call(self, method: str, *params: object) -> Answer:
        """Answer a call."""
        if method == "eth_getTransactionByHash":
            self.asked += 1
            if self.silence:
                return self.silence
            known = {"0x" + decode_transaction(raw).hash.hex() for raw in self.accepted}
            return {"result": {"hash": params[0]} if params[0] in known else None}
        if method != "eth_sendRawTransaction":
            return error(-32601, f"the method {method} does not exist/is not available")
        if self.faults and (answer := self.faults.pop(0)()) is not None:
            return answer
        raw = bytes.fromhex(str(params[0])[2:])
        self.sends.append(raw)
        if raw in self.refusals:
            return error(-32000, self.refusals[raw])
        if raw in self.used_nonces | self.mined:
            return error(-32000, "nonce too low: next nonce 5, tx nonce 0")
        if raw in self.accepted:
            return error(-32000, "already known")
        self.accepted.append(raw)
        return {"result": "0x" + decode_transaction(raw).hash.hex()}

    def close(self) -> None:
        """Nothing is open."""

    def answer(self, body: bytes) -> bytes:
        """Answer a JSON-RPC request."""
        request = json.loads(body)
        return json.dumps(
            {"jsonrpc": "2.0", "id": request["id"], **self.call(request["method"], *request["params"])}
        ).encode()


@contextmanager
def http_node(respond: Callable[[bytes], tuple[int, bytes]]) -> Iterator[str]:
    """Serve HTTP POSTs on a free port and yield the URL."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1  # head and body leave in one piece

        def do_POST(self) -> None:
            status, body = respond(self.rfile.read(int(self.headers["content-length"])))
            self.send_response(status)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *arguments: object) -> None:
            """Stay quiet."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()


@contextmanager
def ipc_node(path: Path, respond: Callable[[bytes], list[bytes]]) -> Iterator[None]:
    """Serve one connection after another on a Unix socket; `respond` gives the pieces to write for a request."""
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listener.bind(str(path))
    listener.listen()
    connections: list[socket.socket] = []

    def serve() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            connections.append(connection)
            with connection, connection.makefile("rb") as lines:
                for line in lines:
                    pieces = respond(line)
                    for piece in pieces:
                        connection.sendall(piece)
                    if not pieces:
                        break

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        for connection in connections:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        thread.join(5)
        path.unlink(missing_ok=True)
