"""On chains that move and reorganise no right replica is blamed, and no wrong answer is called a match."""

import json
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from conformance.corpus import Question
from conformance.examine import Examiner
from conformance.settle import Patience
from conformance.subject import Reply
from conformance.verdict import Judgement, Verdict
from tests.conformance.moving_chain import CONSTANT, HOT, Node, View, World, digest

TRANSACTIONS = [digest("transaction", number) for number in range(1, 8)]


def asks(method: str, *params: Any) -> Question:
    """Return a question."""
    body = json.dumps({"jsonrpc": "2.0", "id": 7, "method": method, "params": params})
    return Question(f"{method}/case", method, "", body, "")


QUESTIONS = [
    asks("eth_chainId"),
    asks("eth_blockNumber"),
    asks("eth_gasPrice"),
    *(asks("eth_getBlockByNumber", name, False) for name in ("latest", "safe", "finalized", "0x3", "0x5", "0x6")),
    *(asks("eth_getBalance", HOT, name) for name in ("latest", "safe", "finalized", "earliest", "0x4", "0x5")),
    asks("eth_getBalance", HOT, {"blockNumber": "latest"}),
    asks("eth_getBalance", CONSTANT, "latest"),
    asks("eth_call", {"to": HOT}),
    asks("eth_call", {"to": HOT}, "safe"),
    *(asks(method, name) for name in TRANSACTIONS[3:6] for method in ("eth_getTransactionByHash",)),
    asks("eth_getTransactionReceipt", TRANSACTIONS[4]),
    asks("eth_getLogs", {"fromBlock": "0x2", "toBlock": "latest"}),
    asks("eth_getLogs", {"fromBlock": "0x2", "toBlock": "0x5"}),
    asks("eth_getLogs", {}),
    asks("eth_feeHistory", "0x1", "latest", []),
]
STEPS = ["stay", "stay", "extend", "fork", "long fork", "follow one", "follow"]
BACK_MAX = 5
"""Times that a head comes back; to blame a right replica it would have to do so six times, at the right moments."""


@st.composite
def schedules(draw: st.DrawFn) -> list[str]:
    """Draw what happens before each request."""
    steps = draw(st.lists(st.sampled_from(STEPS), max_size=60))
    for place in draw(st.lists(st.integers(0, len(steps)), max_size=BACK_MAX)):
        steps.insert(place, "back")
    return steps


def examine(world: World, asked: Question) -> Judgement:
    """Examine a question in a world."""
    patience = Patience(2.0, world.clock, world.pause)
    return Examiner(Node(world.reference), Node(world.replica), patience=patience).examine(asked)


WAS_WRONG: list[tuple[str, Any]] = [
    ("rubbish", lambda _view, _request, answer: {**answer, "result": {"wrong": True}}),
    ("error", lambda _v, _r, answer: {"jsonrpc": "2.0", "id": 7, "error": {"code": -1, "message": ""}}),
    ("wrong id", lambda _view, _request, answer: {**answer, "id": 8}),
]


@given(st.sampled_from(QUESTIONS), schedules(), st.booleans(), st.booleans())
@settings(max_examples=400, deadline=None)
@example(QUESTIONS[3], ["stay"] * 4 + ["extend", "follow"] * 20, False, True)
@example(QUESTIONS[3], ["extend", "stay", "back", "stay", "stay", "extend", "stay"] * 2, False, False)
def test_a_right_replica_is_never_blamed(
    asked: Question, schedule: list[str], tells_position: bool, catches_up: bool
) -> None:
    world = World(schedule, tells_position, catches_up)
    assert examine(world, asked).verdict is not Verdict.MISMATCH


@given(
    st.sampled_from(QUESTIONS),
    schedules(),
    st.booleans(),
    st.lists(st.booleans(), max_size=40),
    st.sampled_from([Reply(429, b"slow down"), Reply(0, b"", "gone")]),
)
@settings(max_examples=400, deadline=None)
@example(QUESTIONS[3], ["stay"] * 4 + ["extend"], False, [False] + [True] * 40, Reply(429, b"slow down"))
def test_a_right_replica_whose_head_can_not_always_be_seen_is_never_blamed(
    asked: Question, schedule: list[str], tells_position: bool, is_busy: list[bool], busy: Reply
) -> None:
    world = World(schedule, tells_position)
    turns = iter(is_busy)

    def candidate(each: Question) -> Reply:
        return busy if each.name.endswith("/head") and next(turns, False) else world.replica(each)

    patience = Patience(2.0, world.clock, world.pause)
    said = Examiner(Node(world.reference), Node(candidate), patience=patience).examine(asked)
    assert said.verdict is not Verdict.MISMATCH


@given(st.sampled_from(QUESTIONS), schedules(), st.booleans(), st.booleans(), st.sampled_from(WAS_WRONG))
@settings(max_examples=400, deadline=None)
def test_a_wrong_answer_is_never_a_match(
    asked: Question, schedule: list[str], tells_position: bool, catches_up: bool, wrong: tuple[str, Any]
) -> None:
    world = World(schedule, tells_position, catches_up, corrupt=wrong[1])
    assert examine(world, asked).verdict in {Verdict.MISMATCH, Verdict.INCONCLUSIVE}


@given(st.sampled_from(QUESTIONS), st.lists(st.sampled_from(STEPS), max_size=8), st.booleans())
@settings(max_examples=400, deadline=None)
def test_a_replica_that_catches_up_matches_once_the_chain_is_still(
    asked: Question, schedule: list[str], tells_position: bool
) -> None:
    assert examine(World(schedule, tells_position), asked).verdict is Verdict.MATCH


@pytest.mark.slow
@given(st.sampled_from(QUESTIONS), st.lists(st.sampled_from(STEPS), max_size=8), st.booleans())
@settings(max_examples=400, deadline=None)
def test_a_wrong_answer_is_blamed_once_the_chain_is_still(
    asked: Question, schedule: list[str], tells_position: bool
) -> None:
    for _, corrupt in WAS_WRONG:
        world = World(schedule, tells_position, corrupt=corrupt)
        assert examine(world, asked).verdict is Verdict.MISMATCH


@pytest.mark.parametrize("tells_position", [False, True])
@pytest.mark.parametrize("asked", QUESTIONS, ids=lambda asked: asked.body[30:])
def test_a_stale_answer_at_a_head_that_is_new_is_blamed(asked: Question, tells_position: bool) -> None:
    def stale(view: View, request: dict[str, Any], answer: dict[str, Any]) -> dict[str, Any]:
        parent = view.head.parent
        assert parent is not None
        before = World([], heads=[])
        before.heads[:] = [parent]
        found: dict[str, Any] = json.loads(before.reference(Question("", "", "", json.dumps(request), "")).body)
        return found

    right = examine(World([], tells_position), asked)
    assert right.verdict is Verdict.MATCH
    said = examine(World([], tells_position, corrupt=stale), asked)
    fresh, old = World([]), World([])
    old.heads[:] = [old.heads[0].parent or old.heads[0]]
    differs = fresh.reference(asked).body != old.reference(asked).body
    assert said.verdict is (Verdict.MISMATCH if differs else Verdict.MATCH)


LAGGING = {
    "eth_blockNumber": Verdict.LAG,
    "eth_gasPrice": Verdict.INCONCLUSIVE,  # nobody can be asked for the price at another block
}


@pytest.mark.parametrize("tells_position", [False, True])
@pytest.mark.parametrize("asked", QUESTIONS, ids=lambda asked: asked.body[30:])
def test_a_replica_that_stays_behind_lags(asked: Question, tells_position: bool) -> None:
    world = World(["extend", "extend", "extend"], tells_position, catches_up=False)
    for _ in range(3):
        world.move()
    said = examine(world, asked)
    if world.reference(asked).body == world.replica(asked).body:
        assert said.verdict is Verdict.MATCH
    else:
        assert said.verdict is LAGGING.get(asked.method, Verdict.LAG), said.problem
        assert said.verdict is not Verdict.LAG or said.lag_blocks in (1, 2, 3)


@pytest.mark.parametrize("asked", QUESTIONS, ids=lambda asked: asked.body[30:])
def test_of_several_replicas_behind_one_address_the_one_that_answers_is_judged_where_it_was(asked: Question) -> None:
    world = World(["extend", "extend"], tells_position=True, catches_up=False)

    def balanced(question: Question) -> Reply:
        newest = question.name.endswith("/head")  # those go to another replica, which is not behind
        return world.reference(question) if newest else world.replica(question)

    said = Examiner(Node(world.reference), Node(balanced), patience=Patience(0.0)).examine(asked)
    assert said.verdict is not Verdict.MISMATCH


@pytest.mark.parametrize("asked", QUESTIONS[1:8], ids=lambda asked: asked.body[30:])
def test_a_candidate_on_a_chain_of_its_own_is_blamed(asked: Question) -> None:
    reference, other = World([]), World([])
    other.heads[:] = [other.heads[0].at(2).child(99).child(99)]  # type: ignore[union-attr]
    said = Examiner(Node(reference.reference), Node(other.replica)).examine(asked)
    same = reference.reference(asked).body == other.replica(asked).body
    assert said.verdict is (Verdict.MATCH if same else Verdict.MISMATCH)


SIDE = World([]).heads[0].at(2).child(5)  # type: ignore[union-attr]


@pytest.mark.parametrize(
    "asked", [asks("eth_getBlockByHash", SIDE.hash, False), asks("eth_getBalance", HOT, {"blockHash": SIDE.hash})]
)
def test_a_node_need_not_know_what_is_beside_the_chain(asked: Question) -> None:
    def examine_with(*, knows_side: bool, corrupt: Any = None) -> Verdict:
        world = World([], knows_side=knows_side, corrupt=corrupt)
        world.heads.insert(0, SIDE)
        world.followed = 1
        return examine(world, asked).verdict

    assert examine_with(knows_side=True) is Verdict.MATCH
    assert examine_with(knows_side=False) is Verdict.INCONCLUSIVE
    for knows_side in (False, True):
        for _, corrupt in WAS_WRONG:
            assert examine_with(knows_side=knows_side, corrupt=corrupt) is Verdict.MISMATCH


def test_a_candidate_that_tells_no_head_is_blamed_all_the_same() -> None:
    world = World([], corrupt=lambda _view, _request, answer: {**answer, "result": "0x9"})

    def headless(asked: Question) -> Any:
        return world.replica(asked if not asked.name.endswith("/head") else QUESTIONS[0])

    said = Examiner(Node(world.reference), Node(headless)).examine(QUESTIONS[9])
    assert said.verdict is Verdict.MISMATCH


def test_a_tag_that_the_reference_does_not_have_excuses_nothing() -> None:
    def without(tag: str, world: World) -> Any:
        def answer(asked: Question) -> Any:
            if f'"{tag}"' in asked.body:
                none = {"jsonrpc": "2.0", "id": json.loads(asked.body)["id"], "result": None}
                return type(world.reference(asked))(200, json.dumps(none).encode())
            return world.reference(asked)

        return answer

    world = World([])
    said = Examiner(Node(without("safe", world)), Node(world.replica)).examine(asks("eth_getBalance", HOT, "safe"))
    assert said.verdict is Verdict.MISMATCH
