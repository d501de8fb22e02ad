"""The same bytes to a real geth and to our server: what of HTTP and JSON-RPC has nothing to do with any chain."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest

from fixtures.chain_files import find_chain
from fixtures.geth import Program, initialise, running
from reference_node.backend import Backend
from reference_node.health import Health
from reference_node.rpc.serve import listen, serve, url_of
from reference_node.rpc.server import HttpSettings, JsonRpcApp
from tests.reference_node.rpc.served import backend_of, served_health
from tests.reference_node.worlds import World

pytestmark = pytest.mark.real

JSON = {"content-type": "application/json"}
CALL = b'{"jsonrpc":"2.0","id":1,"method":"eth_chainId"}'
OURS_ALONE = {
    "date", "connection", "access-control-expose-headers",
    "x-ethercattle-block-number", "x-ethercattle-block-hash", "x-ethercattle-offset",
}  # fmt: skip
"""Headers that geth has no reason to send, and those whose values are not ours to choose."""

BODIES = [
    b"", b" \n", b"{", b"[]", b"[1]", b"5", b"null", b"[null]", b'"x"', b"{}", b'{"id":1}', b'{"jsonrpc":"2.0","id":1}',
    b'{"jsonrpc":"2.0","id":{},"method":"eth_chainId"}', b'{"jsonrpc":"2.0","id":[1],"method":"eth_chainId"}',
    b'{"jsonrpc":"2.0","method":"eth_chainId"}', b'[{"jsonrpc":"2.0","method":"eth_chainId"}]',
    b'{"jsonrpc":"2.0","id":null,"method":"eth_chainId"}', b'{"jsonrpc":"2.0","id":1.50,"method":"eth_chainId"}',
    b'{"jsonrpc":"2.0","id":123456789012345678901234567890,"method":"eth_chainId"}',
    b'{"jsonrpc":"2.0","id":1e3,"method":"nope"}', b'{"jsonrpc":"2.0","id":true,"method":"eth_chainId"}',
    b'{"jsonrpc":"1.0","id":1,"method":"eth_chainId"}', b'{"id":1,"method":"eth_chainId"}',
    *(b'{"jsonrpc":"2.0","id":1,"method":"eth_chainId","params":%b}' % params
      for params in (b"{}", b"null", b"5", b'"x"', b"[]", b"[null]", b"[1]", b"[NaN]")),
    b'{"jsonrpc":"2.0","id":1,"method":5}', b'{"jsonrpc":"2.0","id":1,"result":5}',
    b'[{"jsonrpc":"2.0","id":1,"result":5},{"jsonrpc":"2.0","id":2,"method":"eth_chainId"},4]',
    CALL + b" x", CALL + b"\n ", b"\xff\xfe",
    *(b"[" + b",".join([item] * count) + b"]" for item, count in ((CALL, 1000), (CALL, 1001), (b"5", 1001))),
    b'{"jsonrpc":"2.0","id":1,"id":2,"method":"eth_chainId"}',
    *(b'{"jsonrpc":"2.0","id":1,"method":"%b","params":[1]}' % name
      for name in (b"eth_subscribe", b"eth_unsubscribe", b"x_unsubscribe", b"x_subscription", b"_", b"x" * 2049)),
    *(b'{"jsonrpc":"\\u0032.0","id":"\\u0031","m\\u0065thod":"%b","params":["%b"]}' % (name, text)
      for name in (b"w\\u0065b3_sha3", b"eth_getBlockReceipts", b"eth_getTransactionByHash", b"eth_chainId")
      for text in (b"0x\\u0030\\u0030", b"\\u0030x00", b"\\ud800", b"e\\u0061rliest")),
]  # fmt: skip

REQUESTS: list[tuple[str, str, dict[str, str], bytes]] = [
    ("GET", "/?x=1", {}, b""),
    ("PUT", "/", {}, b""),
    ("DELETE", "/", JSON, CALL),
    ("PATCH", "/", JSON, CALL),
    ("OPTIONS", "/", {}, b""),
    ("POST", "/", {}, CALL),
    ("POST", "/", {"content-type": "text/plain"}, CALL),
    ("POST", "/", {"content-type": "APPLICATION/JSON"}, CALL),
    ("POST", "/", {"content-type": "application/json; charset=utf-8"}, CALL),
    ("POST", "/", {"content-type": "application/json;"}, CALL),
    ("POST", "/", {"content-type": "application/json;;x"}, CALL),
    ("POST", "/", {"content-type": "application/jsonrequest"}, CALL),
    ("POST", "/x", JSON, CALL),
    ("GET", "/x", {}, b""),
    ("POST", "/", JSON | {"host": "evil.example"}, CALL),
    ("POST", "/", JSON | {"host": "LOCALHOST:1"}, CALL),
    ("POST", "/", JSON | {"host": "[::1]:1"}, CALL),
    ("POST", "/", JSON, b" " * (5 * 2**20 + 1)),
    ("POST", "/", JSON, CALL + b" " * (5 * 2**20 - len(CALL))),
    ("POST", "/", JSON | {"origin": "http://a.example"}, CALL),
]


def cross_origin_requests() -> Iterator[tuple[str, str, dict[str, str], bytes]]:
    """Yield calls and preflights from allowed origins, others and none."""
    for origin in ("http://a.example", "http://A.example", "http://b.example", "http://x.c.example", ""):
        headers = {"origin": origin} if origin else {}
        yield "POST", "/", JSON | headers, CALL
        yield "PATCH", "/", JSON | headers, CALL
        yield "PUT", "/", headers, b""
        yield "OPTIONS", "/", headers, b""
        for method in ("POST", "post", "PUT", "OPTIONS"):
            for asked in ("", "content-type", "Content-Type, X-foo_bar", "a,b , c"):
                preflight = {"access-control-request-method": method, "access-control-request-headers": asked}
                yield "OPTIONS", "/", headers | {name: value for name, value in preflight.items() if value}, b""


class Served:
    """A chain of geth's id, behind our server."""

    def __init__(self) -> None:
        self._backend = backend_of(World())

    def backend(self) -> Backend | None:
        """Return the one backend."""
        return self._backend

    def health(self) -> Health:
        """Return that all is well."""
        return served_health(self._backend)


@contextmanager
def our_server(settings: HttpSettings) -> Iterator[str]:
    stopping, listener = threading.Event(), listen("127.0.0.1", 0)
    thread = threading.Thread(target=serve, args=(JsonRpcApp(Served(), settings), listener, stopping))
    thread.start()
    try:
        yield url_of(listener)
    finally:
        stopping.set()
        thread.join(20)
        listener.close()


@pytest.fixture(scope="module")
def datadir(geth_program: Program, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("geth")
    initialise(geth_program, find_chain("everyfork"), folder)
    return folder


def seen(
    client: httpx.Client, url: str, method: str, path: str, headers: dict[str, str], body: bytes,
    encoding: str = "identity",
) -> Any:  # fmt: skip
    """Return what a client can tell of an answer: status, headers, and content as JSON where it is some."""
    sent = headers | {"accept-encoding": encoding}
    answer = client.request(method, url + path, headers=sent, content=body or None)
    content: Any = answer.content
    kept = {name: value for name, value in answer.headers.items() if name not in OURS_ALONE}
    if kept.get("content-type") == "application/json" and content:
        content = orjson.loads(content)
        kept.pop("content-length", None)  # Go writes `>` in six bytes
    return answer.status_code, kept, content


def test_bodies_and_requests_are_answered_alike(geth_program: Program, datadir: Path) -> None:
    cases = [*REQUESTS, *(("POST", "/", JSON, body) for body in BODIES)]
    with running(geth_program, datadir) as geth, our_server(HttpSettings()) as ours, httpx.Client(timeout=60) as client:
        for case in cases:
            expected = seen(client, geth.url, *case)
            assert expected == seen(client, ours, *case), f"{case[0]} {case[1]} {case[2]} {case[3][:80]!r}"


@pytest.mark.parametrize("domains", ["*", "http://a.example,http://*.c.example"])
def test_origins_are_treated_alike(geth_program: Program, datadir: Path, domains: str) -> None:
    settings = HttpSettings(cors_domains=tuple(domains.split(",")))
    with (
        running(geth_program, datadir, ("--http.corsdomain", domains)) as geth,
        our_server(settings) as ours,
        httpx.Client(timeout=60) as client,
    ):
        for case in cross_origin_requests():
            expected = seen(client, geth.url, *case)
            assert expected == seen(client, ours, *case), f"{case[0]} {case[1]} {case[2]}"


@pytest.mark.parametrize("encoding", ["gzip", "br, gzip;q=0.5", "deflate", "GZIP", "xgzipx"])
def test_answers_are_compressed_for_the_same_clients(geth_program: Program, datadir: Path, encoding: str) -> None:
    cases = [*REQUESTS, *(("POST", "/", JSON, body) for body in BODIES)]
    with running(geth_program, datadir) as geth, our_server(HttpSettings()) as ours, httpx.Client(timeout=60) as client:
        for case in cases:
            (status, headers, content), (our_status, our_headers, our_content) = (
                seen(client, url, *case, encoding=encoding) for url in (geth.url, ours)
            )
            named = (headers.get("content-encoding"), our_headers.get("content-encoding"))
            assert (status, content, named[0]) == (our_status, our_content, named[1]), (case[:3], case[3][:80])
