"""Questions of a batch get their own answers back, sign by sign, and what is wrong with a batch is said."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.answers import decode_answer
from conformance.transport.batch import Part, as_part, join_batch, split_batch
from conformance.transport.reply import Position, Reply

BODIES = [
    '{"jsonrpc":"2.0","id":1,"method":"one"}',
    '{ "method" : "two", "params" : [1.50, {"id": 7}], "id" : "x\\u0041" , "jsonrpc":"2.0"}',
    '{"jsonrpc":"2.0","id":1,"method":"three"}',
]
POSITION = Position(7, "0xab")


def parts_of(bodies: list[str]) -> list[Part]:
    """Return bodies that can all be part of a batch."""
    parts = [part for body in bodies if (part := as_part(body)) is not None]
    assert len(parts) == len(bodies)
    return parts


def right_answers(batch: bytes) -> list[dict[str, Any]]:
    """Return what a good node answers to a batch: the method's name."""
    return [{"jsonrpc": "2.0", "id": asked["id"], "result": asked["method"]} for asked in json.loads(batch)]


def split(change: Callable[[list[Any]], Any]) -> list[Reply]:
    """Return the replies to BODIES from a batch's right answers with one change made to them."""
    parts = parts_of(BODIES)
    answers = right_answers(join_batch(parts))
    changed = change(answers)
    body = changed if isinstance(changed, bytes) else json.dumps(changed).encode()
    return split_batch(parts, Reply(200, body, "", 0.5, POSITION))


def test_each_question_has_an_id_of_its_own_and_is_else_as_it_was() -> None:
    sent = join_batch(parts_of(BODIES)).decode()
    assert [asked["id"] for asked in json.loads(sent)] == [1, 2, 3]
    assert '{ "method" : "two", "params" : [1.50, {"id": 7}], "id" : 2 , "jsonrpc":"2.0"}' in sent


def test_each_answer_has_the_id_that_was_asked_with_and_is_else_as_it_came() -> None:
    body = b' [ {"result": 1.50, "id":1,"jsonrpc":"2.0"} ,{"id" : 2,"result":{"id":2}},\n{"id":3,"x":"\\u0041"}]\n'
    replies = split_batch(parts_of(BODIES), Reply(200, body, "", 0.5, POSITION))
    assert [reply.body for reply in replies] == [
        b'{"result": 1.50, "id":1,"jsonrpc":"2.0"}',
        b'{"id" : "x\\u0041","result":{"id":2}}',
        b'{"id":1,"x":"\\u0041"}',
    ]
    assert all((reply.status, reply.flaw, reply.failure) == (200, "", "") for reply in replies)
    assert all((reply.position, reply.seconds) == (POSITION, 0.5) for reply in replies)


@pytest.mark.parametrize(
    "body",
    [
        "", "text", "[]", "1", "null", '[{"id":1,"method":"x"}]', '{"method":"notification"}', '{"id":1}',
        '{"id":null,"method":"x"}', '{"id":1.5,"method":"x"}', '{"id":-1,"method":"x"}', '{"id":{},"method":"x"}',
        '{"id":1,"id":2,"method":"x"}', '{"id":1,"method":"x"} {}', '{"id":1,"method":"x"',
        '{"id":1,"method":"x","params":' + "[" * 200 + "]" * 200 + "}",
    ],
)  # fmt: skip
def test_what_is_no_single_request_with_an_answer_is_sent_alone(body: str) -> None:
    assert as_part(body) is None


@pytest.mark.parametrize(
    ("change", "flaws"),
    [
        (lambda a: [a[0], a[2], a[1]], ["", "that of question 2 of 3 is number 3", "that of question 3 of 3"]),
        (lambda a: a[:2], ["", "", "no answers in the batch have its id"]),
        (lambda a: [a[0], a[1], a[1]], ["", "2 answers", "no answers"]),
        (lambda a: [a[0], {**a[1], "id": 99}, a[2]], ["", "no answers", ""]),
        (lambda a: [a[0], {**a[1], "id": "2"}, a[2]], ["", "no answers", ""]),
        (lambda a: [a[0], {**a[1], "id": None}, a[2]], ["", "no answers", ""]),
        (lambda a: [a[0], 5, a[2]], ["", "no answers", ""]),
        (lambda a: [*a, a[0]], ["got 4 answers"] * 3),
        (lambda a: [], ["no answers"] * 3),
    ],
)
def test_what_is_wrong_with_an_answer_in_a_batch_is_said(change: Callable[[list[Any]], Any], flaws: list[str]) -> None:
    replies = split(change)
    assert [bool(reply.flaw) for reply in replies] == [bool(flaw) for flaw in flaws]
    assert all(flaw in reply.flaw for flaw, reply in zip(flaws, replies, strict=True))
    assert not any(reply.failure for reply in replies)


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b'{"jsonrpc":"2.0","id":null,"error":{"code":-32600,"message":"batch too large"}}', "one answer for all"),
        (b'[{"jsonrpc":"2.0","id":1,"error":{"code":-32600,"message":"batch too large"}}]', "one answer for all"),
        (b"<html>", "no JSON array; it begins '<html>'"),
        (b'[{"id":1}', "no JSON array"),
        (b'[{"id":1}] more', "no JSON array"),
        (b"\xff", "no JSON array"),
        (b"", "no JSON array"),
        (b"[" * 200 + b"]" * 200, "nested deeper"),
        (b"[" + b"[]," * 2_000_000 + b"[]]", "more than 2000000 values"),
    ],
)
def test_a_batch_that_fails_as_a_whole_tells_nothing_of_its_questions(body: bytes, why: str) -> None:
    for reply in split(lambda _: body):
        assert reply.failure.startswith("the batch of 3 failed as a whole: ")
        assert why in reply.failure
        assert (reply.status, reply.body) == (0, b"")


@pytest.mark.parametrize("status", [204, 413, 500, 502])
def test_the_status_of_a_batch_is_no_answer_to_its_questions(status: int) -> None:
    assert "HTTP status" in split_batch(parts_of(BODIES), Reply(status, b""))[0].failure


@pytest.mark.parametrize("code", [-32002, -32003])
def test_a_batch_that_was_cut_tells_nothing_of_what_was_cut_off(code: int) -> None:
    replies = split(lambda a: [a[0], a[1], {"jsonrpc": "2.0", "id": 3, "error": {"code": code, "message": "cut"}}])
    assert [bool(reply.failure) for reply in replies] == [False, False, True]
    assert f"error {code}" in replies[2].failure


def test_a_failure_of_the_transport_is_that_of_every_question() -> None:
    assert [reply.failure for reply in split_batch(parts_of(BODIES), Reply(0, b"", "it hangs"))] == [
        "the batch of 3 failed as a whole: it hangs"
    ] * 3


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3),
    max_leaves=5,
)


@given(st.lists(st.dictionaries(st.text(max_size=5), json_values, max_size=4), min_size=1, max_size=5), st.booleans())
def test_any_answers_come_back_as_they_were_sent(results: list[dict[str, Any]], ascii_only: bool) -> None:
    bodies = [json.dumps({"id": f"q{place}", "method": "x"}) for place in range(len(results))]
    parts = parts_of(bodies)
    answers = [{"id": place, "result": result} for place, result in enumerate(results, start=1)]
    body = json.dumps(answers, ensure_ascii=ascii_only).encode(errors="surrogatepass")
    try:
        body.decode()
    except UnicodeDecodeError:
        return
    replies = split_batch(parts, Reply(200, body))
    assert [decode_answer(reply.body) for reply in replies] == [
        {"id": f"q{place}", "result": result} for place, result in enumerate(results)
    ]
