"""Endpoints that answer now so, now so, while no head moves: nobody else is blamed for it, and it is not forgotten."""

import itertools
import json
from collections.abc import Callable, Iterable
from typing import Any

import pytest

from conformance.contradiction import ASKED_AGAIN_MAX, BLAMED_MAX, is_wavering, reference_wavers
from conformance.corpus import Question
from conformance.examine import Examiner
from conformance.settle import CONFIRMATIONS
from conformance.subject import Reply
from conformance.verdict import Judgement, Verdict, judge
from tests.conformance.moving_chain import HOT, Node, World
from tests.conformance.questions import answer, error_answer, question

BALANCE, PRICE, CHAIN_ID = "eth_getBalance", "eth_gasPrice", "eth_chainId"
PARAMS = {BALANCE: [HOT, "latest"], PRICE: [], CHAIN_ID: []}
OTHER = "0xbad"


def asks(method: str) -> Question:
    """Return a question."""
    body = json.dumps({"jsonrpc": "2.0", "id": 7, "method": method, "params": PARAMS[method]})
    return Question(f"{method}/case", method, "", body, "")


def now_and_then(ask: Callable[[Question], Reply], turns: Iterable[bool], other: str = OTHER) -> Node:
    """Return an endpoint that answers a question otherwise where it is that answer's turn; its heads are right."""
    turn = iter(turns)

    def answered(asked: Question) -> Reply:
        reply = ask(asked)
        if asked.name.endswith("/head") or not next(turn, False):
            return reply
        return Reply(200, json.dumps({**json.loads(reply.body), "result": other}).encode())

    return Node(answered)


def examine(reference: Node, candidate: Node, method: str = BALANCE) -> Judgement:
    """Examine a question."""
    return Examiner(reference, candidate).examine(asks(method))


@pytest.mark.parametrize("method", [BALANCE, PRICE])
def test_a_wrong_answer_that_is_right_when_asked_again_is_no_match(method: str) -> None:
    world = World([])
    said = examine(Node(world.reference), now_and_then(world.replica, [True]), method)
    assert said.verdict is Verdict.INCONCLUSIVE
    assert said.problem.startswith("the candidate contradicts itself: 1 of its ")
    assert [difference.path for difference in said.differences] == [("result",)]


@pytest.mark.parametrize("method", [BALANCE, PRICE, CHAIN_ID])
@pytest.mark.parametrize("period", [1, 2, 3])
def test_a_candidate_that_is_often_wrong_is_blamed(method: str, period: int) -> None:
    world = World([])
    turns = itertools.cycle([True] + [False] * (period - 1))
    said = examine(Node(world.reference), now_and_then(world.replica, turns), method)
    assert said.verdict is Verdict.MISMATCH
    if period > 1 and method != CHAIN_ID:
        assert said.problem.startswith(f"the candidate contradicts itself: {CONFIRMATIONS + 1} of its ")


@pytest.mark.parametrize("method", [BALANCE, PRICE, CHAIN_ID])
@pytest.mark.parametrize("turns", [[True], [True, False, True], [True] * 4, [False] * 5 + [True], [True] * 9])
def test_a_reference_that_contradicts_itself_blames_nobody(method: str, turns: list[bool]) -> None:
    world = World([])
    reference = now_and_then(world.reference, itertools.chain(turns, itertools.repeat(False)))
    said = examine(reference, Node(world.replica), method)
    is_blamed = method == CHAIN_ID and len(turns) > ASKED_AGAIN_MAX + 1  # it never wavered while it was asked
    if turns[0] and not is_blamed:
        assert said.verdict is Verdict.INCONCLUSIVE
        assert said.problem.startswith("the reference contradicts itself: ")
        assert said.problem.endswith("the candidate's is one of them")
    else:
        assert said.verdict is (Verdict.MISMATCH if is_blamed else Verdict.MATCH)


def test_it_is_said_where_the_candidate_says_neither() -> None:
    world = World([])
    reference = now_and_then(world.reference, itertools.cycle([True, False]))
    wrong = now_and_then(world.replica, itertools.repeat(True), "0xdead")
    said = examine(reference, wrong)
    assert said.verdict is Verdict.INCONCLUSIVE
    assert said.problem.endswith("the candidate's is none of them")


def test_a_reference_that_stands_by_its_word_does_not_excuse_a_candidate() -> None:
    world = World([])
    asked: list[str] = []

    def reference(each: Question) -> Reply:
        asked.append(each.name)
        return world.reference(each)

    examiner = Examiner(Node(reference), now_and_then(world.replica, itertools.repeat(True)))
    said = [examiner.examine(asks(CHAIN_ID)).verdict for _ in range(BLAMED_MAX + 10)]
    assert set(said) == {Verdict.MISMATCH}
    # The first ones are asked again each, later ones no more.
    assert asked.count(f"{CHAIN_ID}/case") >= BLAMED_MAX * (ASKED_AGAIN_MAX + 1) + 10


def test_what_moved_explains_answers_that_are_not_the_same() -> None:
    schedule = ["stay"] * 20 + ["extend", "follow"] + ["stay"] * 20
    for moves in range(len(schedule)):
        world = World(schedule[moves:])
        assert examine(Node(world.reference), Node(world.replica)).verdict is Verdict.MATCH


REPLY, ELSE, GONE = Reply(200, answer("0x1").encode()), Reply(200, answer("0x2").encode()), Reply(0, b"", "gone")
BUSY, HTML = Reply(503, b"busy"), Reply(200, b"<html>")


@pytest.mark.parametrize(
    ("replies", "expected"),
    [
        ([REPLY], False),
        ([REPLY, REPLY], False),
        ([REPLY, Reply(200, answer("0x1").replace(":", " : ").encode())], False),
        ([REPLY, REPLY, ELSE], True),
        ([ELSE, REPLY], True),
        ([REPLY, GONE, BUSY], False),
        ([GONE, GONE], False),
        ([Reply(200, error_answer(-32002, "request timed out").encode()), REPLY], False),
        ([REPLY, Reply(200, error_answer(-32000, "execution aborted (timeout = 5s)").encode())], False),
        ([REPLY, Reply(200, error_answer(-32000, "out of gas").encode())], True),
        ([Reply(200, b'{"error":'), REPLY], True),
        ([REPLY, HTML], True),
        ([HTML, REPLY], True),
        ([HTML, HTML], False),
        ([REPLY, Reply(200, REPLY.body, flaw="reordered")], True),
    ],
)
def test_replies_waver_where_they_are_whole_and_not_the_same(replies: list[Reply], expected: bool) -> None:
    assert is_wavering(question(), replies, judge) is expected


def test_what_is_allowed_is_no_contradiction() -> None:
    versions: list[Any] = [Reply(200, answer(name).encode()) for name in ("Geth/v1", "Geth/v2")]
    assert not is_wavering(question("web3_clientVersion"), versions, judge)
    assert reference_wavers(question("web3_clientVersion"), versions, versions[0], judge) is None
