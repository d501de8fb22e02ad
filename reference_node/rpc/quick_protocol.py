"""A short way through uvicorn for what clients send most: one whole, small JSON-RPC call on an open connection.

Such a call is answered as soon as its bytes are there, without a task, a scope or messages between them. Whatever is
not plainly that (parts of requests, pipelining, other methods and paths, slow calls, unusual headers) goes the usual
way, through uvicorn's own protocol and the ASGI application; both answer the same.
"""

import re
from functools import lru_cache
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from reference_node.rpc.http import refuse_request
from reference_node.rpc.server import JsonRpcApp

HEADS_KEPT = 512
"""How many distinct request heads are remembered as plain or not."""
HEAD_BYTES_MAX = 4096
_REQUEST_LINE = b"POST / HTTP/1.1"
_HEADER_LINE = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([\x21-\x7e](?:[\x20-\x7e\t]*[\x21-\x7e])?)?[ \t]*")
_UNUSUAL = frozenset({b"transfer-encoding", b"expect", b"upgrade", b"te", b"trailer"})


class QuickProtocol(HttpToolsProtocol):
    """Uvicorn's HTTP protocol with the short way in front of it."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        app = self.config.loaded_app
        self._json_rpc = app if isinstance(app, JsonRpcApp) else None
        self._inside_message = False

    def data_received(self, data: bytes) -> None:
        """Answer a whole plain call at once; hand anything else on."""
        answer = self._quick_answer(data)
        if answer is None:
            super().data_received(data)
            return
        self._unset_keepalive_if_required()
        self.transport.write(answer)
        self.server_state.total_requests += 1
        self.timeout_keep_alive_task = self.loop.call_later(self.timeout_keep_alive, self.timeout_keep_alive_handler)

    def on_message_begin(self) -> None:
        """Note that uvicorn's parser has the beginning of a request."""
        self._inside_message = True
        super().on_message_begin()

    def on_message_complete(self) -> None:
        """Note that uvicorn's parser has the end of a request."""
        self._inside_message = False
        super().on_message_complete()

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
