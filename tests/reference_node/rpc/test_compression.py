"""Who asks for gzip gets it, by either way and for any length; nobody else pays for it."""

import asyncio
import gzip
import threading
from typing import Any

import httpx
import orjson
import pytest

from reference_node.backend import Backend
from reference_node.rpc import compression
from reference_node.rpc.compression import QUICK_BYTES_MAX, SHORT_BYTES_MAX, gzipped, wants_gzip
from reference_node.rpc.methods import METHODS
from reference_node.rpc.registry import Method
from reference_node.rpc.server import HttpSettings, JsonRpcApp
from tests.reference_node.rpc.served import backend_of
from tests.reference_node.rpc.test_server import Fixed
from tests.reference_node.worlds import World

CHAIN_ID = {"jsonrpc": "2.0", "id": 1, "method": "eth_chainId"}
GZIP = {b"host": b"127.0.0.1", b"accept-encoding": b"gzip, deflate"}


@pytest.fixture(scope="module")
def backend() -> Backend:
    return backend_of(World())


@pytest.mark.parametrize("size", [1, SHORT_BYTES_MAX, SHORT_BYTES_MAX + 1, 5 * QUICK_BYTES_MAX])
def test_a_stream_gives_the_body_again(size: int) -> None:
    body = bytes(range(256)) * (size // 256 + 1)
    assert gzip.decompress(gzipped(body[:size])) == body[:size]


@pytest.mark.parametrize(
    ("value", "wanted"),
    [(b"gzip", True), (b"br, gzip;q=0", True), (b"", False), (b"GZIP", False), (b"identity", False)],
)
def test_the_header_is_read_as_geth_reads_it(value: bytes, wanted: bool) -> None:
    assert wants_gzip({b"accept-encoding": value}) is wanted
    assert not wants_gzip({})


def request(app: JsonRpcApp, body: bytes, encoding: str, path: str = "/", method: str = "POST") -> httpx.Response:
    async def send() -> httpx.Response:
        transport = httpx.ASGITransport(app=app)  # type: ignore[arg-type]
        headers = {"accept-encoding": encoding, "content-type": "application/json"}
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
            return await client.request(method, path, content=body, headers=headers)

    return asyncio.run(send())


def test_both_ways_compress(backend: Backend) -> None:
    app, body = JsonRpcApp(Fixed(backend), HttpSettings()), orjson.dumps(CHAIN_ID)
    plain, packed = request(app, body, "identity"), request(app, body, "gzip")
    assert "content-encoding" not in plain.headers
    assert packed.headers["content-encoding"] == "gzip"
    assert plain.content == packed.content
    quick = app.quick_answer(body, GZIP)
    assert quick
    head, content = quick.split(b"\r\n\r\n", 1)
    assert b"\r\ncontent-encoding: gzip\r\ncontent-length: %d" % len(content) in head
    assert gzip.decompress(content) == plain.content


@pytest.mark.parametrize("body", [b"{", b"[]", b" ", b'{"jsonrpc":"2.0","method":"eth_chainId"}'])
def test_what_holds_no_call_is_answered_plainly(backend: Backend, body: bytes) -> None:
    app = JsonRpcApp(Fixed(backend), HttpSettings())
    found = request(app, body, "gzip")
    assert "content-encoding" not in found.headers
    assert found.headers["content-length"] == str(len(found.content))
    quick = app.quick_answer(body, GZIP)
    assert quick
    assert quick.endswith(b"\r\n\r\n" + found.content)
    assert b"content-encoding" not in quick


def test_health_and_refusals_are_compressed_too(backend: Backend) -> None:
    app = JsonRpcApp(Fixed(backend), HttpSettings())
    for path, method in (("/health", "GET"), ("/", "PUT")):
        found = request(app, b"", "gzip", path, method)
        assert found.headers["content-encoding"] == "gzip"
        assert found.content


def test_a_long_answer_is_compressed_in_another_thread(backend: Backend, monkeypatch: pytest.MonkeyPatch) -> None:
    long = "0x" + "ab" * QUICK_BYTES_MAX
    methods = {**METHODS, "eth_long": Method("eth_long", (), lambda _: long, slow=True)}
    used: list[Any] = []

    def noted(body: bytes) -> bytes:
        used.append(threading.current_thread() is threading.main_thread())
        return gzipped(body)

    monkeypatch.setattr(compression, "gzipped", noted)
    app = JsonRpcApp(Fixed(backend), HttpSettings(), methods)
    found = request(app, orjson.dumps(CHAIN_ID | {"method": "eth_long"}), "gzip")
    assert found.json()["result"] == long
    assert used == [False]
    assert request(app, orjson.dumps(CHAIN_ID), "gzip").status_code == 200
    assert used == [False, True]
