"""The HTTP server: a raw ASGI application, as geth's behaves on the wire.

Source: geth v1.17.8, rpc/http.go and node/rpcstack.go.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Protocol

import orjson

from reference_node.backend import Backend
from reference_node.health import Health
from reference_node.rpc.dispatch import (
    Request,
    answer_request,
    not_ready_answer,
    parse_request,
    time_out_answer,
)
from reference_node.rpc.http import (
    BODY_BYTES_MAX,
    POSITION_HEADERS,
    Headers,
    Refusal,
    answer_headers,
    host_is_allowed,
    preflight_headers,
    refuse_length,
    refuse_request,
)
from reference_node.rpc.methods import METHODS
from reference_node.rpc.registry import Method
from reference_node.store.view import View

SLOW_THREADS = 4
SLOW_SECONDS_MAX = 29.9
"""How long a call may take; geth's HTTP write timeout less what it keeps for the answer."""
DEFAULT_APIS = ("eth", "net", "web3")
_JSON = (b"content-type", b"application/json")
_TEXT: Headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"x-content-type-options", b"nosniff")]
_HEALTH_PATHS = {"/", "/health/ready"}
_HEADER_NAMES = tuple(name.lower().encode() for name in POSITION_HEADERS)

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]


class Served(Protocol):
    """What a server serves; it changes as the log moves on."""

    def backend(self) -> Backend | None:
        """Return a backend pinned to the newest view, or None while there is none to serve."""

    def health(self) -> Health:
        """Return where the node stands."""


@dataclass(frozen=True, slots=True)
class HttpSettings:
    """What the `--http.*` flags say."""

    vhosts: tuple[str, ...] = ("localhost",)
    """Host names a request may be for, beside addresses; `*` for any."""
    cors_domains: tuple[str, ...] = ()
    """Origins a browser may ask from; `*` for any."""
    apis: tuple[str, ...] = DEFAULT_APIS
    """Namespaces that are offered."""


class JsonRpcApp:
    """The ASGI application of a node."""

    def __init__(self, served: Served, settings: HttpSettings, methods: Mapping[str, Method] = METHODS) -> None:
        self._served = served
        self._origins = frozenset(origin.lower() for origin in settings.cors_domains)
        vhosts = frozenset(host.lower() for host in settings.vhosts)
        self._host_is_allowed = lru_cache(maxsize=256)(lambda host: host_is_allowed(host.decode("latin-1"), vhosts))
        self._methods = offered_methods(methods, settings.apis)
        self._threads = ThreadPoolExecutor(SLOW_THREADS, thread_name_prefix="rpc")
        self._headers: tuple[View | None, Headers] = (None, [])
        self._quick_head: tuple[View | None, bytes] = (None, b"")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one HTTP request."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        if scope["type"] != "http":
            return
        headers: dict[bytes, bytes] = dict(scope["headers"])
        if not self._host_is_allowed(headers.get(b"host", b"")):
            await _refuse(send, Refusal(403, "invalid host specified"))
            return
        method, path = scope["method"], scope["path"]
        cors: Headers = []
        if self._origins:
            origin = headers.get(b"origin", b"").decode("latin-1")
            asked = headers.get(b"access-control-request-method")
            if method == "OPTIONS" and asked:
                names = headers.get(b"access-control-request-headers", b"").decode("latin-1")
                found = preflight_headers(origin, asked.decode("latin-1"), names, self._origins)
                await _respond(send, 200, found, b"")
                return
            cors = answer_headers(origin, method, self._origins)
        if method in {"GET", "HEAD"} and path in _HEALTH_PATHS and not scope["query_string"]:
            await self._answer_health(send, cors)
        elif path == "/":
            await self._answer_post(method, headers, receive, send, cors)
        else:
            await _respond(send, 404, [], b"")

    def quick_answer(self, body: bytes, headers: dict[bytes, bytes]) -> bytes | None:
        """Return the whole HTTP answer to a POST that `refuse_request` takes, or None for the usual way.

        The usual way is for refused hosts, for origins other than this server's, for a node that is not ready and
        for calls that may take long.
        """
        if self._origins or not self._host_is_allowed(headers.get(b"host", b"")):
            return None
        backend = self._served.backend()
        if backend is None:
            return None
        request = parse_request(body)
        if request.is_slow(self._methods):
            return None
        answer = answer_request(request, backend, self._methods)
        return b"%b%d\r\n\r\n%b" % (self._answer_head(backend), len(answer), answer)

    def _answer_head(self, backend: Backend) -> bytes:
        """Return the head of a good answer, up to the number of its bytes."""
        view, head = self._quick_head
        if view is not backend.view:
            lines = [b"%b: %b\r\n" % header for header in (_JSON, *self._position_headers(backend))]
            head = b"HTTP/1.1 200 OK\r\n" + b"".join(lines) + b"content-length: "
            self._quick_head = (backend.view, head)
        return head

    async def _live(self, receive: Receive, send: Send) -> None:
        """Follow the server's start and end."""
        while True:
            message = await receive()
            await send({"type": f"{message['type']}.complete"})
            if message["type"] == "lifespan.shutdown":
                self._threads.shutdown(wait=False, cancel_futures=True)
                return

    async def _answer_health(self, send: Send, cors: Headers) -> None:
        health = self._served.health()
        headers = [_JSON, *cors, *self._position_headers(self._served.backend())]
        await _respond(send, health.http_status, headers, orjson.dumps(health.as_json()))

    async def _answer_post(
        self, method: str, headers: dict[bytes, bytes], receive: Receive, send: Send, cors: Headers
    ) -> None:
        refusal = refuse_request(method, headers)
        if refusal is not None:
            await _refuse(send, refusal, cors)
            return
        body = await _read_body(receive)
        if len(body) > BODY_BYTES_MAX:
            await _refuse(send, refuse_length(len(body)), cors)
            return
        request = parse_request(body)
        backend = self._served.backend()
        if backend is None:
            reason = self._served.health().reason
            await _respond(send, 503, [_JSON, *cors], not_ready_answer(request, reason))
            return
        if request.is_slow(self._methods):
            answer = await self._answer_slowly(request, backend)
        else:
            answer = answer_request(request, backend, self._methods)
        await _respond(send, 200, [_JSON, *cors, *self._position_headers(backend)], answer)

    async def _answer_slowly(self, request: Request, backend: Backend) -> bytes:
        """Answer in a worker thread, so that quick calls go on; the work itself can't be broken off."""
        loop = asyncio.get_running_loop()
        work = loop.run_in_executor(self._threads, answer_request, request, backend, self._methods)
        try:
            return await asyncio.wait_for(work, SLOW_SECONDS_MAX)
        except TimeoutError:
            return time_out_answer(request)

    def _position_headers(self, backend: Backend | None) -> Headers:
        if backend is None:
            return []
        view, headers = self._headers
        if view is not backend.view:
            view = backend.view
            values = (str(view.head.number), f"0x{view.head.hash.hex()}", str(view.position))
            headers = [(name, value.encode()) for name, value in zip(_HEADER_NAMES, values, strict=True)]
            self._headers = (view, headers)
        return headers


def offered_methods(methods: Mapping[str, Method], apis: tuple[str, ...]) -> dict[str, Method]:
    """Return the methods of some namespaces, and rpc_modules, which names them."""
    offered = {name: found for name, found in methods.items() if name.partition("_")[0] in apis}
    modules = dict.fromkeys(sorted({*apis, "rpc"}), "1.0")
    offered["rpc_modules"] = Method("rpc_modules", (), lambda _backend: modules, slow=False)
    return offered


async def _read_body(receive: Receive) -> bytes:
    """Return the whole body, or as much of it as shows that it is too long."""
    parts: list[bytes] = []
    size_bytes = 0
    while True:
        message = await receive()
        part: bytes = message.get("body", b"")
        size_bytes += len(part)
        parts.append(part)
        if not message.get("more_body") or size_bytes > BODY_BYTES_MAX:
            return b"".join(parts) if len(parts) > 1 else part


async def _refuse(send: Send, refusal: Refusal, cors: Headers | None = None) -> None:
    await _respond(send, refusal.status, [*_TEXT, *(cors or [])], refusal.text.encode() + b"\n")


async def _respond(send: Send, status: int, headers: Headers, body: bytes) -> None:
    length = (b"content-length", str(len(body)).encode())
    await send({"type": "http.response.start", "status": status, "headers": [*headers, length]})
    await send({"type": "http.response.body", "body": body})
