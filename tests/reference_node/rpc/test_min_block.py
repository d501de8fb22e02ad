"""A request that names a block is answered at it or later, or told that it is not there; waiting costs little."""

import asyncio
import time
from typing import Any

import httpx
import pytest

from reference_node.backend import Backend
from reference_node.health import Health
from reference_node.rpc import min_block
from reference_node.rpc.http import Refusal
from reference_node.rpc.min_block import MIN_BLOCK_HEADER, BlockWaiters, is_reached, parse_min_block
from reference_node.rpc.server import HttpSettings, JsonRpcApp
from tests.reference_node.rpc.served import backend_of, served_health
from tests.reference_node.worlds import World

NUMBER = {"jsonrpc": "2.0", "id": 1, "method": "eth_blockNumber"}
PATIENT_SECONDS = 20.0


class Growing:
    """A node whose head moves when a test says so."""

    def __init__(self) -> None:
        self.world = World()
        self.served: Backend | None = backend_of(self.world)
        self.looks = 0

    def grow(self) -> None:
        """Take one more block."""
        self.world.add()
        self.served = backend_of(self.world)

    def backend(self) -> Backend | None:
        """Return the newest view."""
        return self.served

    def health(self) -> Health:
        """Return where the node stands."""
        return served_health(self.served)


@pytest.mark.parametrize(
    ("value", "number"), [(b"0", 0), (b"18", 18), (b"007", 7), (b"0x12", 18), (b"0XfF", 255), (b"9" * 19, 10**19 - 1)]
)
def test_a_block_number_is_decimal_or_hex(value: bytes, number: int) -> None:
    assert parse_min_block(value) == number
    assert is_reached(value, number)
    assert not is_reached(value, number - 1)


@pytest.mark.parametrize("value", [b"", b"latest", b"-1", b"+1", b"1.5", b"0x", b"1_0", b"9" * 20, b"0x" + b"f" * 17])
def test_anything_else_is_refused(value: bytes) -> None:
    found = parse_min_block(value)
    assert isinstance(found, Refusal)
    assert found.status == 400
    assert repr(value.decode()) in found.text
    assert not is_reached(value, 10**30)


def asked(app: JsonRpcApp, wanted: str, body: Any = NUMBER) -> httpx.Response:
    return asyncio.run(asking(app, wanted, body))


async def asking(app: JsonRpcApp, wanted: str, body: Any = NUMBER) -> httpx.Response:
    transport = httpx.ASGITransport(app=app)  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
        return await client.post("/", json=body, headers={MIN_BLOCK_HEADER: wanted})


def test_a_block_that_is_there_is_answered_at_once() -> None:
    node = Growing()
    node.grow()
    app = JsonRpcApp(node, HttpSettings(min_block_wait_seconds=PATIENT_SECONDS))
    for wanted in ("0", "1", "0x1"):
        assert asked(app, wanted).json()["result"] == "0x1"
    assert app.quick_answer(b'{"jsonrpc":"2.0","id":1,"method":"eth_blockNumber"}', {b"x-ethercattle-min-block": b"1"})


def test_a_request_waits_for_its_block_and_is_pinned_to_what_came() -> None:
    node = Growing()
    app = JsonRpcApp(node, HttpSettings(min_block_wait_seconds=PATIENT_SECONDS))

    async def run() -> httpx.Response:
        answer = asyncio.create_task(asking(app, "2", [NUMBER, NUMBER | {"id": 2}]))
        for _ in range(2):
            await asyncio.sleep(2 * min_block.CHECK_SECONDS)
            assert not answer.done()
            node.grow()
        return await asyncio.wait_for(answer, PATIENT_SECONDS / 2)

    found = asyncio.run(run())
    assert [item["result"] for item in found.json()] == ["0x2", "0x2"]
    assert found.headers["x-ethercattle-block-number"] == "2"


def test_a_block_that_does_not_come_is_an_error_for_each_call_and_a_reason_to_ask_elsewhere() -> None:
    app = JsonRpcApp(Growing(), HttpSettings(min_block_wait_seconds=0.02))
    error = {
        "code": -32010,
        "message": "block 7 is not reached yet: the head is block 0",
        "data": {"minBlock": "0x7", "headBlock": "0x0"},
    }
    found = asked(app, "7", [NUMBER, {"jsonrpc": "2.0", "method": "eth_blockNumber"}, NUMBER | {"id": "b"}])
    assert found.status_code == 503
    assert found.json() == [{"jsonrpc": "2.0", "id": name, "error": error} for name in (1, "b")]
    assert found.headers["x-ethercattle-block-number"] == "0"
    assert asked(app, "7").json() == {"jsonrpc": "2.0", "id": 1, "error": error}
    assert app.quick_answer(b"{}", {b"x-ethercattle-min-block": b"7"}) is None


def test_a_malformed_number_is_one_line_and_400() -> None:
    found = asked(JsonRpcApp(Growing(), HttpSettings()), "soon")
    assert (found.status_code, found.text) == (
        400, "X-EtherCattle-Min-Block is 'soon', expected a block number, decimal or in hex after 0x\n",
    )  # fmt: skip


def test_a_node_that_serves_no_more_answers_those_who_wait() -> None:
    node = Growing()
    app = JsonRpcApp(node, HttpSettings(min_block_wait_seconds=PATIENT_SECONDS))

    async def run() -> httpx.Response:
        answer = asyncio.create_task(asking(app, "2"))
        await asyncio.sleep(2 * min_block.CHECK_SECONDS)
        node.served = None
        return await asyncio.wait_for(answer, PATIENT_SECONDS / 2)

    assert asyncio.run(run()).status_code == 503


def test_one_look_serves_all_who_wait_and_nobody_looks_when_none_do() -> None:
    node = Growing()

    def head_number() -> int:
        node.looks += 1
        return node.world.head.number

    waiters = BlockWaiters(head_number)

    async def run() -> int:
        started = time.monotonic()
        waits = [asyncio.create_task(waiters.wait(1, PATIENT_SECONDS)) for _ in range(200)]
        while node.looks < 5:
            await asyncio.sleep(min_block.CHECK_SECONDS)
        assert node.looks <= (time.monotonic() - started) / min_block.CHECK_SECONDS + 1
        node.grow()
        await asyncio.gather(*waits)
        assert waiters._ticker
        await waiters._ticker
        after = node.looks
        await asyncio.sleep(5 * min_block.CHECK_SECONDS)
        return node.looks - after

    assert asyncio.run(run()) == 0


def test_more_than_may_wait_are_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(min_block, "WAITERS_MAX", 1)
    waiters = BlockWaiters(lambda: 0)

    async def run() -> float:
        first = asyncio.create_task(waiters.wait(1, PATIENT_SECONDS))
        await asyncio.sleep(0)
        started = time.monotonic()
        await waiters.wait(1, PATIENT_SECONDS)
        first.cancel()
        return time.monotonic() - started

    assert asyncio.run(run()) < PATIENT_SECONDS / 2
