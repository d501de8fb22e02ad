"""Each kind of failure is told apart, and no error counts as a success."""

from typing import Any

import orjson
import pytest

from loadtests.calls import Arrival, Call
from loadtests.consistency import HeadWatch
from loadtests.judging import DECODED_BYTES_MAX, AnswerJudge, is_static, judge_batch, judge_single, looks_usual
from loadtests.outcomes import Kind, Outcome
from loadtests.seams import Reply

STALE_SECONDS = 2.0
NUMBER = b"x-ethercattle-block-number"


def call(method: str = "eth_getBalance", identity: int = 7, **fields: Any) -> Call:
    return Call(method, b"", identity, **fields)


def answer(result: Any = "0x1", **fields: Any) -> bytes:
    return orjson.dumps({"jsonrpc": "2.0", "id": 7, "result": result} | fields)


def error(code: Any, **fields: Any) -> bytes:
    return orjson.dumps({"jsonrpc": "2.0", "id": 7, "error": {"code": code, "message": "no"}} | fields)


LARGE = answer(["0x" + "ab" * 100] * 30)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (answer(), Outcome(Kind.RESULT)),
        (answer(False), Outcome(Kind.RESULT)),
        (answer([]), Outcome(Kind.RESULT)),
        (answer(None), Outcome(Kind.MISSING)),
        (error(-32000), Outcome(Kind.RPC, -32000)),
        (error(3, id=None), Outcome(Kind.RPC, 3)),
        (error("3"), Outcome(Kind.MALFORMED)),
        (error(-32000, id=8), Outcome(Kind.MALFORMED)),
        (error(-32000, result=None), Outcome(Kind.MALFORMED)),
        (answer(id=8), Outcome(Kind.MALFORMED)),
        (answer(id="7"), Outcome(Kind.MALFORMED)),
        (answer(id=7.0), Outcome(Kind.MALFORMED)),
        (answer(jsonrpc="1.0"), Outcome(Kind.MALFORMED)),
        (b'{"jsonrpc":"2.0","id":7}', Outcome(Kind.MALFORMED)),
        (b"[]", Outcome(Kind.MALFORMED)),
        (b"", Outcome(Kind.MALFORMED)),
        (b"<html>", Outcome(Kind.MALFORMED)),
        (answer()[:-1], Outcome(Kind.MALFORMED)),
        (LARGE, Outcome(Kind.RESULT)),
        (LARGE + b"\n", Outcome(Kind.RESULT)),
        (LARGE[:-2], Outcome(Kind.MALFORMED)),
        (LARGE[:-2] + b"}", Outcome(Kind.MALFORMED)),
        (LARGE.replace(b":7,", b":8,"), Outcome(Kind.MALFORMED)),
        (orjson.dumps({"result": ["0x0"] * 1000, "id": 7, "jsonrpc": "2.0"}), Outcome(Kind.RESULT)),
        (error(-32000, data="0x" + "00" * 2000), Outcome(Kind.RPC, -32000)),
    ],
)
def test_a_body_has_one_outcome(body: bytes, expected: Outcome) -> None:
    assert judge_single(call(), body) == (expected,)


def test_null_is_right_where_it_is_allowed() -> None:
    assert judge_single(call(allows_null=True), answer(None)) == (Outcome(Kind.NULL),)


def test_large_usual_answers_are_known_at_sight() -> None:
    assert len(LARGE) > DECODED_BYTES_MAX
    assert looks_usual(7, LARGE)
    assert not looks_usual(77, LARGE)


def test_items_of_a_batch_are_judged_one_by_one() -> None:
    calls = [call(identity=number) for number in (1, 2, 3, 4, 5)]
    found = [
        {"jsonrpc": "2.0", "id": 3, "result": None},
        {"jsonrpc": "2.0", "id": 1, "result": "0x1"},
        {"jsonrpc": "2.0", "id": 2, "error": {"code": -32601, "message": ""}},
        {"jsonrpc": "2.0", "id": 5, "result": "0x1"},
        {"jsonrpc": "2.0", "id": 5, "result": "0x2"},
        "no answer",
    ]
    outcomes = judge_batch(calls, orjson.dumps(found))
    assert [outcome.kind for outcome in outcomes] == [
        Kind.RESULT, Kind.RPC, Kind.MISSING, Kind.MALFORMED, Kind.MALFORMED,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("body", "expected"),
    [(b"{", Kind.MALFORMED), (b'"text"', Kind.MALFORMED), (b"{}", Kind.MALFORMED), (error(-32600), Kind.RPC)],
)
def test_a_batch_that_is_answered_as_a_whole_fails_as_a_whole(body: bytes, expected: Kind) -> None:
    assert [outcome.kind for outcome in judge_batch([call(), call()], body)] == [expected, expected]


def make_judge() -> tuple[AnswerJudge, HeadWatch]:
    watch = HeadWatch()
    return AnswerJudge(watch, STALE_SECONDS), watch


def show(watch: HeadWatch, head: int, ended: float, client: int = 0) -> None:
    watch.saw(Arrival(0.0, client, (call(),)), 0, Reply(200, {NUMBER: b"%d" % head}, b""), ended - 0.1, ended)


def test_a_status_is_a_failure_of_every_call() -> None:
    judge, _ = make_judge()
    arrival = Arrival(0.0, 0, (call(), call()), is_batch=True)
    assert judge(arrival, Reply(503, {}, answer()), 1.0) == (Outcome(Kind.HTTP, 503),) * 2


def test_an_answer_about_a_head_left_behind_for_long_is_stale() -> None:
    judge, watch = make_judge()
    show(watch, 10, 1.0)
    show(watch, 11, 2.0)
    old = Reply(200, {NUMBER: b"10"}, answer())
    for sent_seconds, kind in ((3.9, Kind.RESULT), (4.1, Kind.STALE)):
        assert [each.kind for each in judge(Arrival(0.0, 1, (call(),)), old, sent_seconds)] == [kind]
    (pinned,) = judge(Arrival(0.0, 1, (call(needs_block=3),)), old, 4.1)
    (static,) = judge(Arrival(0.0, 1, (call("eth_chainId"),)), old, 4.1)
    assert (pinned.kind, static.kind) == (Kind.RESULT, Kind.RESULT)
    assert watch.take()["stale_answers"] == 1


def test_a_block_that_was_shown_must_be_there() -> None:
    judge, watch = make_judge()
    show(watch, 10, 1.0)
    behind = {NUMBER: b"9"}
    shown = Arrival(0.0, 0, (call(needs_block=10),))
    assert judge(shown, Reply(200, behind, answer(None)), 1.5) == (Outcome(Kind.STALE),)
    assert judge(shown, Reply(200, {NUMBER: b"10"}, answer(None)), 1.5) == (Outcome(Kind.MISSING),)
    assert judge(shown, Reply(200, behind, error(-32000)), 1.5) == (Outcome(Kind.RPC, -32000),)
    assert judge(shown, Reply(200, {NUMBER: b"10"}, answer()), 1.5) == (Outcome(Kind.RESULT),)
    counts = watch.take()
    assert (counts["own_block_calls"], counts["read_your_block_failures"]) == (4, 3)


def test_nobody_was_shown_a_later_block() -> None:
    judge, watch = make_judge()
    show(watch, 10, 1.0)
    later = Arrival(0.0, 0, (call(needs_block=11),))
    assert judge(later, Reply(200, {}, answer(None)), 1.5) == (Outcome(Kind.MISSING),)
    stranger = Arrival(0.0, 9, (call(needs_block=10),))
    assert judge(stranger, Reply(200, {}, answer(None)), 1.5) == (Outcome(Kind.MISSING),)
    assert "own_block_calls" not in watch.take()


def test_static_methods_are_known() -> None:
    assert is_static("net_version")
    assert not is_static("eth_blockNumber")
