"""A generator draws the same requests whatever the count of processes, and asks for what its clients were shown."""

from typing import Any

import orjson

from loadtests.calls import Arrival, Call
from loadtests.mixed import open_mix
from loadtests.sampling import Group, Template, plan_of
from loadtests.seams import Reply
from loadtests.shapes import Segment
from loadtests.task import Task, read_task

TEMPLATES = [Template("eth_getBlockByNumber", 1, "[<block>]"), Template("eth_chainId", 1, "[]")]
TABLES = {"block": [Group(0.5, ['"@seen"']), Group(0.5, ['"0x1"', '"0x2"'], [1, 2])]}


def make_task(process: int = 0, processes: int = 1, **spec: Any) -> Task:
    plan = plan_of(TEMPLATES, TABLES)
    plain = {"kind": "mix", **plan, "skew": 1.0, "batch": 1, "clients": 4, "stale_seconds": 1.0, "sender": None, **spec}
    task = Task((), (Segment(0, 1, 1, 1),), process=process, processes=processes, seed=5, requests=plain)
    return read_task(task.to_line())


def test_requests_are_the_same_whichever_process_sends_them() -> None:
    one = open_mix(make_task()).source
    two = [open_mix(make_task(process, 2)).source for process in (0, 1)]
    assert [one(number, 0.5) for number in range(100)] == [two[number % 2](number, 0.5) for number in range(100)]


def test_requests_are_numbered_and_belong_to_clients_in_turn() -> None:
    source = open_mix(make_task(batch=3)).source
    arrivals = [source(number, number / 10) for number in range(8)]
    assert [arrival.client for arrival in arrivals] == [0, 1, 2, 3, 0, 1, 2, 3]
    assert [arrival.at_seconds for arrival in arrivals] == [number / 10 for number in range(8)]
    calls = [call for arrival in arrivals for call in arrival.calls]
    assert [call.id for call in calls] == list(range(1, 25))
    assert all(arrival.is_batch for arrival in arrivals)
    for call in calls:
        request = orjson.loads(call.body)
        assert (request["jsonrpc"], request["id"], request["method"]) == ("2.0", call.id, call.method)


def test_a_client_asks_for_the_block_it_was_shown() -> None:
    opened = open_mix(make_task())
    shown = Reply(200, {b"x-ethercattle-block-number": b"171"}, b"")
    opened.watch.saw(Arrival(0.0, 2, (Call("eth_chainId", b"", 1),)), 0, shown, 0.0, 0.1)
    calls = [(number % 4, opened.source(number, 1.0).calls[0]) for number in range(200)]
    asked = {(client, call.needs_block) for client, call in calls if call.method == "eth_getBlockByNumber"}
    assert asked == {(client, block) for client in range(4) for block in (1, 2, 171 if client == 2 else None)}
    assert all(b'"0xab"' in call.body for _, call in calls if call.needs_block == 171)
    assert all(b'"latest"' in call.body for _, call in calls if call.method[4:7] == "get" and call.needs_block is None)
