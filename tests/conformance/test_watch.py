"""Tags are judged by what they name over time: right ones are never blamed, and each kind of wrong one is."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conformance.corpus import Question
from conformance.heads import Side
from conformance.settle import Patience
from conformance.subject import Reply
from conformance.verdict import Verdict
from conformance.watch import Watch
from tests.conformance.moving_chain import World

STEPS = ["stay", "stay", "extend", "fork", "long fork", "follow one", "follow"]
GOOD = {Verdict.MATCH, Verdict.LAG, Verdict.INCONCLUSIVE}


def watch(world: World, candidate: Callable[[Question], Reply] | None = None) -> Watch:
    """Return a watch of a world."""
    patience = Patience(2.0, world.clock, world.pause)
    return Watch(Side(world.reference), Side(candidate or world.replica), patience)


def verdicts(watching: Watch) -> dict[str, Verdict]:
    """Return what is said by the name of each property."""
    return {said.question.name.partition("/")[2]: said.verdict for said in watching.judgements()}


@given(st.lists(st.sampled_from(STEPS), max_size=80), st.integers(0, 6), st.booleans())
@settings(max_examples=400, deadline=None)
def test_a_right_replica_is_never_blamed(schedule: list[str], looks: int, catches_up: bool) -> None:
    world = World(schedule, catches_up=catches_up)
    watching = watch(world)
    for _ in range(looks):
        watching.look()
    assert Verdict.MISMATCH not in verdicts(watching).values()


def test_on_a_still_chain_all_tags_match() -> None:
    assert set(verdicts(watch(World([]))).values()) == {Verdict.MATCH}


@pytest.mark.parametrize(
    "reply", [Reply(0, b"", "gone"), Reply(503, b"busy"), Reply(200, b'{"jsonrpc":"2.0","id":1,"result":null}')]
)
def test_of_who_tells_no_block_nothing_is_said(reply: Reply) -> None:
    asked: list[Question] = []

    def silent(question: Question) -> Reply:
        asked.append(question)
        return reply

    assert set(verdicts(watch(World([]), silent)).values()) == {Verdict.INCONCLUSIVE}
    assert len(asked) <= 2  # each may take as long as an answer may take


@pytest.mark.parametrize("reply", [Reply(0, b"", "gone"), Reply(200, b'{"jsonrpc":"2.0","id":1,"result":null}')])
def test_a_reference_that_goes_away_blames_nobody(reply: Reply) -> None:
    world = World([])
    patience = Patience(2.0, world.clock, world.pause)
    watching = Watch(Side(lambda _: reply), Side(world.replica), patience)
    assert Verdict.MISMATCH not in verdicts(watching).values()
    assert verdicts(watching)["tags-caught-up"] is Verdict.INCONCLUSIVE


def test_a_replica_that_stays_behind_lags() -> None:
    world = World([], catches_up=False)
    world.heads.append(world.heads[0].child(1))
    (said,) = [said for said in watch(world).judgements() if said.verdict is not Verdict.MATCH]
    assert (said.verdict, said.lag_blocks) == (Verdict.LAG, 1)


def test_a_tag_that_is_missing_behind_the_head_may_still_come() -> None:
    world = World([], catches_up=False)
    world.heads.append(world.heads[0].child(1))
    said = watch(world, lying(world, "finalized", lambda _: None)).judgements()
    assert {each.verdict for each in said} == {Verdict.MATCH, Verdict.LAG}


def test_a_head_that_goes_back_without_a_reorganisation_lags() -> None:
    world = World([])
    for salt in range(3):
        world.heads.append(world.heads[-1].child(salt))
    watching = watch(world)
    world.followed = 3
    watching.look()
    world.followed = 1
    watching.look()
    world.followed = 3
    said = {each.question.name: each for each in watching.judgements()}["eth_getBlockByNumber/latest-forward"]
    assert (said.verdict, said.lag_blocks) == (Verdict.LAG, 2)


def test_a_head_that_goes_back_with_the_reference_is_right() -> None:
    world = World([])
    long = world.heads[-1].child(1).child(1)
    world.heads.append(long)
    watching = watch(world)
    world.followed = 1
    watching.look()
    world.heads.append(long.parent.parent.child(2))  # type: ignore[union-attr]
    world.followed = 2
    watching.look()
    assert set(verdicts(watching).values()) == {Verdict.MATCH}


def lying(world: World, tag: str, result: Callable[[dict[str, Any]], Any]) -> Callable[[Question], Reply]:
    """Return a replica that gives another block for a tag."""

    def ask(asked: Question) -> Reply:
        reply = world.replica(asked)
        if f'"{tag}"' not in asked.body:
            return reply
        answer = json.loads(reply.body)
        return Reply(200, json.dumps({**answer, "result": result(answer["result"])}).encode())

    return ask


@pytest.mark.parametrize(
    ("tag", "result", "wrong"),
    [
        ("safe", lambda block: {**block, "number": "0x6"}, {"tags-known", "tags-in-order"}),
        ("safe", lambda block: {**block, "hash": "0x99"}, {"tags-known", "tags-in-order"}),
        ("latest", lambda block: {**block, "hash": "0x99"}, {"tags-known", "tags-in-order"}),
        ("finalized", lambda _: None, {"tags-caught-up"}),
    ],
)
def test_each_wrong_tag_is_blamed(tag: str, result: Callable[[dict[str, Any]], Any], wrong: set[str]) -> None:
    world = World([])
    world.heads[:] = [world.heads[0].child(1).child(1).child(1).child(1)]
    found = verdicts(watch(world, lying(world, tag, result)))
    assert {name for name, verdict in found.items() if verdict is Verdict.MISMATCH} == wrong


def test_a_tag_that_the_reference_does_not_have_is_blamed() -> None:
    world = World([])
    watching = Watch(Side(lying(world, "safe", lambda _: None)), Side(world.replica), Patience(0.0))
    assert verdicts(watching)["tags-caught-up"] is Verdict.MISMATCH


def test_it_looks_while_something_else_is_done() -> None:
    world = World([])
    watching = watch(world)
    with watching.running():
        pass
    assert Verdict.MISMATCH not in verdicts(watching).values()
