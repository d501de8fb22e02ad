"""The HTTP server: a raw ASGI application, as geth's behaves on the wire.

Source: geth v1.17.8, rpc/http.go and node/rpcstack.go.
"""

import asyncio
import threading
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

from reference_node.backend import Backend
from reference_node.health import Health
from reference_node.rpc.asgi import JSON_TYPE, Receive, Scope, Send, read_body, refuse, respond
from reference_node.rpc.compression import ACCEPT_ENCODING, compressing, gzipped, wants_gzip
from reference_node.rpc.dispatch import (
    Request,
    answer_request,
    not_reached,
    not_ready,
    parse_request,
    refuse_all,
)
from reference_node.rpc.health_http import HEALTH_PATHS, health_answer
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
from reference_node.rpc.meters import RpcMeters
from reference_node.rpc.methods import METHODS
from reference_node.rpc.min_block import MIN_BLOCK_NAME, WAIT_SECONDS, BlockWaiters, is_reached, parse_min_block
from reference_node.rpc.registry import Method, RpcError, offered_methods
from reference_node.rpc.time_limits import timed_out
from reference_node.store.view import View

SLOW_THREADS = 4
SLOW_SECONDS_MAX = 29.9
"""How long a call may take; geth's HTTP write timeout less what it keeps for the answer."""
DEFAULT_APIS = ("eth", "net", "web3")
_HEADER_NAMES = tuple(name.lower().encode() for name in POSITION_HEADERS)


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
    min_block_wait_seconds: float = WAIT_SECONDS
    """How long a request waits for the least block it names."""


class JsonRpcApp:
    """The ASGI application of a node."""

    def __init__(
        self, served: Served, settings: HttpSettings, methods: Mapping[str, Method] = METHODS, metered: bool = False
    ) -> None:
        """Serve these methods; `metered` counts what is answered in `meters`."""
        self._served = served
        self._origins = frozenset(origin.lower() for origin in settings.cors_domains)
        vhosts = frozenset(host.lower() for host in settings.vhosts)
        self._host_is_allowed = lru_cache(maxsize=256)(lambda host: host_is_allowed(host.decode("latin-1"), vhosts))
        self._methods = offered_methods(methods, settings.apis)
        self.meters = RpcMeters(self._methods) if metered else None
        self._meter = self.meters.count_call if self.meters else None
        self._threads = ThreadPoolExecutor(SLOW_THREADS, thread_name_prefix="rpc")
        self._headers: tuple[View | None, Headers] = (None, [])
        self._quick_head: tuple[View | None, bytes] = (None, b"")
        self._waiters = BlockWaiters(self._head_number)
        self._min_block_wait_seconds = settings.min_block_wait_seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one HTTP request."""
        if scope["type"] != "http":
            return
        if self.meters is None:
            await self._answer(scope, receive, send)
        else:
            with self.meters.request_under_way():
                await self._answer(scope, receive, self.meters.counted(send))

    def quick_answer(self, body: bytes, headers: dict[bytes, bytes]) -> bytes | None:
        """Return the whole HTTP answer to a POST that `refuse_request` takes, or None for the usual way.

        The usual way is for refused hosts, for origins other than this server's, for a node that is not ready or
        not at the least block that is named, and for calls that may take long.
        """
        if self._origins or not self._host_is_allowed(headers.get(b"host", b"")):
            return None
        backend = self._served.backend()
        if backend is None:
            return None
        if MIN_BLOCK_NAME in headers and not is_reached(headers[MIN_BLOCK_NAME], backend.view.head.number):
            return None
        request = parse_request(body)
        if request.is_slow(self._methods):
            return None
        answer = answer_request(request, backend, self._methods, self._meter)
        if self.meters is not None:
            self.meters.quick_answers += 1
            if request.error_code:
                self.meters.count_error(request.error_code)
        head = self._answer_head(backend)
        if ACCEPT_ENCODING in headers and request.error is None and answer and wants_gzip(headers):
            answer, head = gzipped(answer), b"%bcontent-encoding: gzip\r\n" % head
        return b"%bcontent-length: %d\r\n\r\n%b" % (head, len(answer), answer)

    def close(self) -> None:
        """Start no more work in threads; what is under way there ends by itself."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _answer_head(self, backend: Backend) -> bytes:
        """Return the head of a good answer, up to what depends on its body."""
        view, head = self._quick_head
        if view is not backend.view:
            lines = [b"%b: %b\r\n" % header for header in (JSON_TYPE, *self._position_headers(backend))]
            head = b"HTTP/1.1 200 OK\r\n" + b"".join(lines)
            self._quick_head = (backend.view, head)
        return head

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers: dict[bytes, bytes] = dict(scope["headers"])
        if wants_gzip(headers):
            send = compressing(send)
        if not self._host_is_allowed(headers.get(b"host", b"")):
            await refuse(send, Refusal(403, "invalid host specified"))
            return
        method, path = scope["method"], scope["path"]
        cors: Headers = []
        if self._origins:
            origin = headers.get(b"origin", b"").decode("latin-1")
            asked = headers.get(b"access-control-request-method")
            if method == "OPTIONS" and asked:
                names = headers.get(b"access-control-request-headers", b"").decode("latin-1")
                found = preflight_headers(origin, asked.decode("latin-1"), names, self._origins)
                await respond(send, 200, found, b"")
                return
            cors = answer_headers(origin, method, self._origins)
        if method in {"GET", "HEAD"} and path in HEALTH_PATHS and not scope["query_string"]:
            await self._answer_health(path, send, cors)
        elif path == "/":
            await self._answer_post(method, headers, receive, send, cors)
        else:
            await respond(send, 404, [], b"")

    async def _answer_health(self, path: str, send: Send, cors: Headers) -> None:
        status, body = health_answer(path, self._served.health())
        await respond(send, status, [JSON_TYPE, *cors, *self._position_headers(self._served.backend())], body)

    async def _answer_post(
        self, method: str, headers: dict[bytes, bytes], receive: Receive, send: Send, cors: Headers
    ) -> None:
        wanted = parse_min_block(headers[MIN_BLOCK_NAME]) if MIN_BLOCK_NAME in headers else None
        refusal = refuse_request(method, headers) or (wanted if isinstance(wanted, Refusal) else None)
        if refusal is not None:
            await refuse(send, refusal, cors)
            return
        body = await read_body(receive)
        if len(body) > BODY_BYTES_MAX:
            await refuse(send, refuse_length(len(body)), cors)
            return
        request = parse_request(body)
        if self.meters is not None and request.error_code:
            self.meters.count_error(request.error_code)
        if isinstance(wanted, int):
            await self._reach(wanted)
        backend = self._served.backend()
        if backend is None:
            answer = self._refuse_all(request, not_ready(self._served.health().reason))
            await respond(send, 503, [JSON_TYPE, *cors], answer)
            return
        if isinstance(wanted, int) and backend.view.head.number < wanted:
            # A balancer takes this status for a reason to ask another replica; a client still gets the whole error.
            answer = self._refuse_all(request, not_reached(wanted, backend.view.head.number))
            await respond(send, 503, [JSON_TYPE, *cors, *self._position_headers(backend)], answer)
            return
        if request.is_slow(self._methods):
            answer = await self._answer_slowly(request, backend)
        else:
            answer = answer_request(request, backend, self._methods, self._meter)
        headers_sent = [JSON_TYPE, *cors, *self._position_headers(backend)]
        await respond(send, 200, headers_sent, answer, plain=request.error is not None)

    async def _reach(self, number: int) -> None:
        """Wait a while for the head to be at a block, if it is not there and there is a head at all."""
        head = self._head_number()
        if head is not None and head < number:
            await self._waiters.wait(number, self._min_block_wait_seconds)

    def _head_number(self) -> int | None:
        backend = self._served.backend()
        return None if backend is None else backend.view.head.number

    async def _answer_slowly(self, request: Request, backend: Backend) -> bytes:
        """Answer in a worker thread, so that quick calls go on; the call under way there can't be broken off."""
        loop = asyncio.get_running_loop()
        told: list[tuple[str, float, int]] = []
        meter = None if self._meter is None else lambda *call: told.append(call)
        given_up = threading.Event()
        work = loop.run_in_executor(
            self._threads, answer_request, request, backend, self._methods, meter, given_up.is_set
        )
        try:
            answer = await asyncio.wait_for(work, SLOW_SECONDS_MAX)
        except (TimeoutError, asyncio.CancelledError):  # cancelled is what the server's stop leaves unanswered
            given_up.set()
            return self._refuse_all(request, timed_out())
        if self._meter is not None:  # here, as meters are counted up by the loop's thread alone
            for call in told:
                self._meter(*call)
        return answer

    def _refuse_all(self, request: Request, error: RpcError) -> bytes:
        if self.meters is not None:
            for _ in range(request.call_count()):
                self.meters.count_error(error.code)
        return refuse_all(request, error)

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
