"""The HTTP server: a raw ASGI application, as geth's behaves on the wire.

Source: geth v1.17.8, rpc/http.go and node/rpcstack.go (virtual hosts, CORS).
"""

import asyncio
import ipaddress
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Protocol

import orjson

from reference_node.backend import Backend
from reference_node.health import Health
from reference_node.rpc.dispatch import answer_request, parse_request
from reference_node.rpc.registry import METHODS, Method

BODY_BYTES_MAX = 5 * 1024 * 1024
SLOW_THREADS = 4
DEFAULT_APIS = ("eth", "net", "web3")
_CONTENT_TYPES = {"application/json", "application/json-rpc", "application/jsonrequest"}
_JSON = (b"content-type", b"application/json")
_TEXT = (b"content-type", b"text/plain; charset=utf-8")
_HEALTH_PATHS = {"/", "/health/ready"}
_PREFLIGHT_SECONDS = b"600"

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]
Headers = list[tuple[bytes, bytes]]


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
        self._settings = settings
        self._methods = {name: found for name, found in methods.items() if name.split("_")[0] in settings.apis}
        self._threads = ThreadPoolExecutor(SLOW_THREADS, thread_name_prefix="rpc")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one HTTP request."""
        if scope["type"] != "http":
            return
        headers: dict[bytes, bytes] = dict(scope["headers"])
        if not self._host_is_allowed(headers.get(b"host", b"").decode("latin-1")):
            await _respond(send, 403, [_TEXT], b"invalid host specified\n")
            return
        cors = self._cors_headers(headers)
        if scope["method"] == "OPTIONS" and b"access-control-request-method" in headers:
            await _respond(send, 204, cors, b"")
        elif scope["method"] in {"GET", "HEAD"} and scope["path"] in _HEALTH_PATHS and not scope["query_string"]:
            await self._answer_health(send, cors)
        else:
            await self._answer_call(scope, receive, send, headers, cors)

    async def _answer_health(self, send: Send, cors: Headers) -> None:
        health = self._served.health()
        headers = [_JSON, *cors, *_position_headers(self._served.backend())]
        await _respond(send, 200 if health.ready else 503, headers, orjson.dumps(health.as_json()))

    async def _answer_call(
        self, scope: Scope, receive: Receive, send: Send, headers: dict[bytes, bytes], cors: Headers
    ) -> None:
        refused = _refusal(scope["method"], headers)
        body = b"" if refused else await _read_body(receive)
        if body is None:
            refused = (413, f"content length too large (>{BODY_BYTES_MAX})")
        if refused or body is None:
            status, text = refused or (400, "")
            await _respond(send, status, [_TEXT, *cors], text.encode() + b"\n")
            return
        backend = self._served.backend()
        if backend is None:
            error = {"code": -32000, "message": f"not ready: {self._served.health().reason or 'no block yet'}"}
            answer = orjson.dumps({"jsonrpc": "2.0", "id": None, "error": error})
            await _respond(send, 503, [_JSON, *cors], answer)
            return
        request = parse_request(body)
        if request.is_slow:
            loop = asyncio.get_running_loop()
            answer = await loop.run_in_executor(self._threads, answer_request, request, backend, self._methods)
        else:
            answer = answer_request(request, backend, self._methods)
        await _respond(send, 200, [_JSON, *cors, *_position_headers(backend)], answer)

    def _host_is_allowed(self, host: str) -> bool:
        if not host or "*" in self._settings.vhosts:
            return True
        name = host.rsplit(":", 1)[0] if not host.endswith("]") else host
        name = name.strip("[]").lower()
        try:
            ipaddress.ip_address(name)
        except ValueError:
            return name in self._settings.vhosts
        return True

    def _cors_headers(self, headers: dict[bytes, bytes]) -> Headers:
        origin = headers.get(b"origin")
        if origin is None or not self._settings.cors_domains:
            return []
        any_origin = "*" in self._settings.cors_domains
        if not any_origin and origin.decode("latin-1") not in self._settings.cors_domains:
            return [(b"vary", b"Origin")]
        allowed = [(b"vary", b"Origin"), (b"access-control-allow-origin", b"*" if any_origin else origin)]
        if b"access-control-request-method" in headers:
            asked = headers.get(b"access-control-request-headers", b"")
            allowed += [
                (b"access-control-allow-methods", headers[b"access-control-request-method"]),
                (b"access-control-max-age", _PREFLIGHT_SECONDS),
            ]
            allowed += [(b"access-control-allow-headers", asked)] if asked else []
        return allowed


def _refusal(method: str, headers: dict[bytes, bytes]) -> tuple[int, str] | None:
    """Return the status and text for a request that is not a JSON-RPC call at all."""
    if method in {"PUT", "DELETE"}:
        return 405, "method not allowed"
    length = headers.get(b"content-length", b"0")
    if length.isdigit() and int(length) > BODY_BYTES_MAX:
        return 413, f"content length too large ({int(length)}>{BODY_BYTES_MAX})"
    if method == "OPTIONS":
        return None
    kind = headers.get(b"content-type", b"").decode("latin-1").split(";")[0].strip().lower()
    if kind not in _CONTENT_TYPES:
        return 415, "invalid content type, only application/json is supported"
    return None


def _position_headers(backend: Backend | None) -> Headers:
    if backend is None:
        return []
    view = backend.view
    return [
        (b"x-ethercattle-block-number", str(view.head.number).encode()),
        (b"x-ethercattle-block-hash", b"0x" + view.head.hash.hex().encode()),
        (b"x-ethercattle-offset", str(view.position).encode()),
    ]


async def _read_body(receive: Receive) -> bytes | None:
    """Return the whole body, or None where it is longer than allowed."""
    parts: list[bytes] = []
    size_bytes = 0
    while True:
        message = await receive()
        part = message.get("body", b"")
        size_bytes += len(part)
        if size_bytes > BODY_BYTES_MAX:
            return None
        parts.append(part)
        if not message.get("more_body"):
            return b"".join(parts) if len(parts) > 1 else part


async def _respond(send: Send, status: int, headers: Headers, body: bytes) -> None:
    length = (b"content-length", str(len(body)).encode())
    await send({"type": "http.response.start", "status": status, "headers": [*headers, length]})
    await send({"type": "http.response.body", "body": body})
