"""Answers of two targets are compared where they must be the same, and by the rules of conformance."""

from typing import Any

import orjson
import pytest

from loadtests.calls import Arrival, Call
from loadtests.comparing import (
    EXAMPLES_MAX,
    Example,
    PairCounts,
    compare,
    is_comparable,
    mark_mismatches,
    read_plain,
    to_plain,
)
from loadtests.outcomes import Kind, Outcome
from loadtests.seams import Reply
from loadtests.slices import Ending

HASH = b"x-ethercattle-block-hash"


def call(method: str = "eth_getBalance", identity: int = 1, **fields: Any) -> Call:
    body = orjson.dumps({"jsonrpc": "2.0", "id": identity, "method": method, "params": []})
    return Call(method, body, identity, **fields)


def one(*calls: Call) -> Arrival:
    return Arrival(0.0, 0, calls, is_batch=len(calls) > 1)


def reply(body: Any, block_hash: bytes | None = None) -> Reply:
    return Reply(200, {} if block_hash is None else {HASH: block_hash}, orjson.dumps(body))


def answered(result: Any, identity: int = 1) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": identity, "result": result}


@pytest.mark.parametrize(
    ("arrival", "hashes", "expected"),
    [
        (one(call(needs_block=3)), (None, None), True),
        (one(call()), (None, None), False),
        (one(call()), (b"0xa", b"0xa"), True),
        (one(call()), (b"0xa", b"0xb"), False),
        (one(call()), (b"0xa", None), False),
        (one(call("eth_chainId")), (None, None), True),
        (one(call("web3_clientVersion")), (b"0xa", b"0xa"), False),
        (one(call("net_peerCount")), (b"0xa", b"0xa"), False),
        (one(call(needs_block=3, allows_null=True)), (b"0xa", b"0xa"), False),
        (one(call(needs_block=3), call()), (None, None), False),
        (one(call(needs_block=3), call("eth_chainId")), (None, None), True),
    ],
)
def test_only_what_must_be_the_same_is_compared(
    arrival: Arrival, hashes: tuple[bytes | None, bytes | None], expected: bool
) -> None:
    assert is_comparable(arrival, reply({}, hashes[0]), reply({}, hashes[1])) is expected


def compared(arrival: Arrival, ours: Any, theirs: Any) -> tuple[tuple[int, ...], Example | None]:
    body = arrival.calls[0].body if not arrival.is_batch else b"[" + b",".join(c.body for c in arrival.calls) + b"]"
    return compare(arrival, body, reply(ours), reply(theirs))


def test_the_order_of_keys_is_no_difference() -> None:
    ours = {"result": {"a": 1, "b": 2}, "id": 1, "jsonrpc": "2.0"}
    assert compared(one(call()), ours, answered({"b": 2, "a": 1})) == ((), None)


def test_another_value_is_told_with_its_place() -> None:
    wrong, example = compared(one(call()), answered({"a": "0x1"}), answered({"a": "0x2"}))
    assert wrong == (0,)
    assert example is not None
    assert example.method == "eth_getBalance"
    assert example.problem == "$.result.a is '0x1', expected '0x2' (different)"
    assert orjson.loads(example.request)["method"] == "eth_getBalance"


def test_error_messages_may_differ_and_codes_may_not() -> None:
    def error(code: int, message: str) -> dict[str, Any]:
        return {"jsonrpc": "2.0", "id": 1, "error": {"code": code, "message": message}}

    assert compared(one(call()), error(-32000, "a"), error(-32000, "b")) == ((), None)
    assert compared(one(call()), error(-32000, "a"), error(-32001, "a"))[0] == (0,)


def test_items_of_a_batch_are_told_apart() -> None:
    arrival = one(*(call(identity=number) for number in (1, 2, 3)))
    ours = [answered("0x1", 1), answered("0x5", 2), answered("0x3", 3)]
    theirs = [answered(f"0x{number}", number) for number in (1, 2, 3)]
    wrong, example = compared(arrival, ours, theirs)
    assert wrong == (1,)
    assert example is not None
    assert b'"id":2' in example.request.encode()
    good = Outcome(Kind.RESULT)
    marked = mark_mismatches((good, good, good), wrong)
    assert [outcome.kind for outcome in marked] == [Kind.RESULT, Kind.MISMATCH, Kind.RESULT]


def test_a_body_that_is_no_json_is_a_mismatch_of_the_whole() -> None:
    arrival = one(call(identity=1), call(identity=2))
    wrong, example = compare(arrival, b"[]", Reply(200, {}, b"<html>"), reply([answered(1, 1), answered(2, 2)]))
    assert wrong == (0, 1)
    assert example is not None
    assert "can't be read" in example.problem


def some_counts() -> PairCounts:
    counts = PairCounts(compared=2, not_compared=1, mismatches=1)
    counts.services["eth_call"][0].extend([1, 2])
    counts.services["eth_call"][1].extend([3, 4])
    counts.endings[Ending("eth_call", Kind.RPC, -32000)] = 1
    counts.keep(Example("eth_call", "{}", "other"))
    return counts


def test_counts_travel_add_up_and_begin_anew() -> None:
    counts = some_counts()
    assert read_plain(orjson.loads(orjson.dumps(to_plain(counts)))) == counts
    taken = counts.take()
    assert taken == some_counts()
    assert counts == PairCounts()
    taken.add(some_counts())
    assert (taken.compared, list(taken.services["eth_call"][1])) == (4, [3, 4, 3, 4])
    for _ in range(EXAMPLES_MAX):
        taken.add(some_counts())
    assert len(taken.examples) == EXAMPLES_MAX
