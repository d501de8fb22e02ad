"""What a server has answered is counted, whichever way it went, and under a bounded number of names."""

import asyncio
import json
from typing import Any

import httpx
import pytest

from reference_node.rpc import server
from reference_node.rpc.meters import UNKNOWN_METHOD, RpcMeters
from reference_node.rpc.methods import METHODS
from reference_node.rpc.registry import Method
from reference_node.rpc.server import HttpSettings, JsonRpcApp
from tests.reference_node.rpc.served import backend_of
from tests.reference_node.rpc.test_server import Fixed
from tests.reference_node.worlds import World

NUMBER = {"jsonrpc": "2.0", "id": 1, "method": "eth_blockNumber"}
SLOW = NUMBER | {"method": "eth_slow"}
HEADERS = {b"host": b"127.0.0.1"}


@pytest.fixture
def app() -> JsonRpcApp:
    methods = {**METHODS, "eth_slow": Method("eth_slow", (), lambda _: "slow", slow=True)}
    return JsonRpcApp(Fixed(backend_of(World())), HttpSettings(), methods, metered=True)


def meters_of(app: JsonRpcApp) -> RpcMeters:
    assert app.meters is not None
    return app.meters


def request(app: JsonRpcApp, method: str, path: str = "/", **arguments: Any) -> httpx.Response:
    async def send() -> httpx.Response:
        transport = httpx.ASGITransport(app=app)  # type: ignore[arg-type]
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
            return await client.request(method, path, **arguments)

    return asyncio.run(send())


def counts(app: JsonRpcApp) -> dict[str, int]:
    return {name: sum(seconds.counts) for name, seconds in meters_of(app).calls.items() if any(seconds.counts)}


def test_calls_are_counted_by_method_whichever_way_they_go(app: JsonRpcApp) -> None:
    assert app.quick_answer(json.dumps(NUMBER).encode(), HEADERS)
    request(app, "POST", json=NUMBER)
    request(app, "POST", json=[NUMBER, SLOW, SLOW, NUMBER | {"method": "eth_no1"}, NUMBER | {"method": "eth_no2"}])
    assert counts(app) == {"eth_blockNumber": 3, "eth_slow": 2, UNKNOWN_METHOD: 2}
    assert meters_of(app).errors == {-32601: 2}
    assert meters_of(app).by_status() == {200: 3}


def test_errors_and_refusals_are_counted(app: JsonRpcApp) -> None:
    request(app, "POST", content=b"{", headers={"content-type": "application/json"})
    assert app.quick_answer(b"{", HEADERS)
    request(app, "PUT")
    request(app, "GET", "/nowhere")
    request(app, "GET", "/health/ready")
    assert meters_of(app).errors == {-32700: 2}
    assert meters_of(app).by_status() == {200: 3, 405: 1, 404: 1}
    assert meters_of(app).under_way == 0


def test_a_node_that_is_not_ready_counts_an_error_for_each_call() -> None:
    app = JsonRpcApp(Fixed(None), HttpSettings(), metered=True)
    request(app, "POST", json=[NUMBER, NUMBER])
    assert (meters_of(app).errors, meters_of(app).by_status()[503]) == ({-32000: 2}, 1)


def test_what_is_given_up_is_an_error(app: JsonRpcApp, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "SLOW_SECONDS_MAX", 0)
    request(app, "POST", json=SLOW)
    assert meters_of(app).errors == {-32002: 1}


def test_a_request_is_under_way_until_it_is_answered(app: JsonRpcApp) -> None:
    meters = meters_of(app)

    async def run() -> None:
        sent: list[int] = []

        async def receive() -> dict[str, Any]:
            sent.append(meters.under_way)
            return {"body": b""}

        async def send(_message: dict[str, Any]) -> None:
            raise ConnectionError

        scope = {"type": "http", "method": "POST", "path": "/", "headers": [(b"content-type", b"application/json")]}
        with pytest.raises(ConnectionError):
            await app(scope, receive, send)
        assert sent == [1]

    asyncio.run(run())
    assert meters.under_way == 0


def test_without_meters_nothing_is_counted() -> None:
    assert JsonRpcApp(Fixed(None), HttpSettings()).meters is None
