"""A short way through uvicorn for what clients send most: one whole, small JSON-RPC call on an open connection.

Such a call is answered as soon as its bytes are there, without a task, a scope or messages between them. Whatever is
not plainly that (parts of requests, pipelining, other methods and paths, slow calls, unusual headers) goes the usual
way, through uvicorn's own protocol and the ASGI application; both answer the same.

It also bounds what uvicorn does not, as Go's server does: how long a request and its head may be under way.
"""

import asyncio
import re
from functools import lru_cache
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from reference_node.rpc.http import refuse_request
from reference_node.rpc.server import JsonRpcApp

HEADS_KEPT = 512
"""How many distinct request heads are remembered as plain or not."""
HEAD_BYTES_MAX = 4096
"""A longer head goes the usual way."""
UNFINISHED_HEAD_BYTES_MAX = 2**20
"""A head that is not at its end after so many bytes is refused (net/http's DefaultMaxHeaderBytes)."""
READ_SECONDS_MAX = 30
"""How long a request may take to arrive, the first one from the connection's start (geth's --http ReadTimeout)."""
_REQUEST_LINE = b"POST / HTTP/1.1"
_HEADER_LINE = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([\x21-\x7e](?:[\x20-\x7e\t]*[\x21-\x7e])?)?[ \t]*")
_UNUSUAL = frozenset({b"transfer-encoding", b"expect", b"upgrade", b"te", b"trailer"})
_UPGRADE = re.compile(rb"\r\nupgrade[ \t]*:", re.IGNORECASE)
_HEAD_TOO_LARGE = (
    b"HTTP/1.1 431 Request Header Fields Too Large\r\ncontent-type: text/plain; charset=utf-8\r\n"
    b"content-length: 35\r\nconnection: close\r\n\r\n431 Request Header Fields Too Large"
)


class QuickProtocol(HttpToolsProtocol):
    """Uvicorn's HTTP protocol with the short way in front of it."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        app = self.config.loaded_app
        self._json_rpc = app if isinstance(app, JsonRpcApp) else None
        self._inside_message = False
        self._head_bytes: int | None = None
        """What has come of a head that is not at its end; None outside heads."""
        self._arrival: asyncio.TimerHandle | None = None
        """Ends the connection where a request does not arrive in time."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn's
        """Wait for the first request."""
        super().connection_made(transport)
        self._expect_request()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait for nothing more."""
        self._stop_expecting()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Answer a whole plain call at once; hand anything else on."""
        answer = self._quick_answer(data)
        if answer is None:
            self._receive_usually(data)
            return
        self._stop_expecting()
        self._unset_keepalive_if_required()
        self.transport.write(answer)
        self.server_state.total_requests += 1
        self.timeout_keep_alive_task = self.loop.call_later(self.timeout_keep_alive, self.timeout_keep_alive_handler)

    def on_message_begin(self) -> None:
        """Note that uvicorn's parser has the beginning of a request."""
        self._inside_message, self._head_bytes = True, 0
        self._expect_request()
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """Note that uvicorn's parser has the end of a head."""
        self._head_bytes = None
        super().on_headers_complete()
        if self.parser.should_upgrade() and self._get_upgrade() is not None:
            # `without_upgrade` did not see the header, as it came in pieces: the parser would not read the body.
            self.cycle.disconnected = True
            self.transport.close()

    def on_message_complete(self) -> None:
        """Note that uvicorn's parser has the end of a request."""
        self._inside_message = False
        self._stop_expecting()
        super().on_message_complete()

    def _receive_usually(self, data: bytes) -> None:
        is_body = self._inside_message and self._head_bytes is None
        super().data_received(data if is_body else without_upgrade(data))
        if self._head_bytes is not None:
            self._head_bytes += len(data)
            if self._head_bytes > UNFINISHED_HEAD_BYTES_MAX and not self.transport.is_closing():
                self.transport.write(_HEAD_TOO_LARGE)
                self.transport.close()

    def _expect_request(self) -> None:
        self._stop_expecting()
        self._arrival = self.loop.call_later(READ_SECONDS_MAX, self._give_up)

    def _stop_expecting(self) -> None:
        if self._arrival is not None:
            self._arrival.cancel()
            self._arrival = None

    def _give_up(self) -> None:
        is_known = self._inside_message and self._head_bytes is None
        earlier = bool(self.pipeline) if is_known else self.cycle is not None and not self.cycle.response_complete
        if earlier:  # what it waits behind is being answered, and nothing is read meanwhile
            self._expect_request()
        else:
            self.transport.close()

    def _quick_answer(self, data: bytes) -> bytes | None:
        """Return a whole HTTP answer, or None where the usual way has to be gone."""
        busy = self._inside_message or self.flow.write_paused or self.transport.is_closing()
        if self._json_rpc is None or busy or not (self.cycle is None or self.cycle.response_complete):
            return None
        head_bytes = data.find(b"\r\n\r\n")
        if not 0 < head_bytes <= HEAD_BYTES_MAX:
            return None
        found = plain_head(data[:head_bytes])
        if found is None or found[0] != len(data) - head_bytes - 4:
            return None
        return self._json_rpc.quick_answer(data[head_bytes + 4 :], found[1])


def without_upgrade(data: bytes) -> bytes:
    """Return a piece of a request whose head names no other protocol any more.

    Java's own client asks for HTTP/2 that way with every request. A server may ignore it; but the parser would take
    the body for the other protocol's bytes, and the call for an empty one.
    """
    head, end, rest = data.partition(b"\r\n\r\n")
    return _UPGRADE.sub(b"\r\nx-upgrade:", head) + end + rest


@lru_cache(maxsize=HEADS_KEPT)
def plain_head(head: bytes) -> tuple[int, dict[bytes, bytes]] | None:
    """Return the body's length and the headers of a plain POST of JSON that keeps its connection open, else None."""
    request_line, *lines = head.split(b"\r\n")
    if request_line != _REQUEST_LINE:
        return None
    headers: dict[bytes, bytes] = {}
    for line in lines:
        found = _HEADER_LINE.fullmatch(line)
        if found is None or found[1].lower() in headers:
            return None
        headers[found[1].lower()] = found[2] or b""
    length = headers.get(b"content-length", b"")
    if not length.isdigit() or headers.get(b"connection", b"keep-alive").lower() != b"keep-alive":
        return None
    if _UNUSUAL & headers.keys() or refuse_request("POST", headers) is not None:
        return None
    return int(length), headers
