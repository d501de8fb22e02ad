"""A right chain holds to every claim; each fault, planted alone in a right node, breaks the claim that is about it."""

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from conformance.subject import Reply
from conformance.verify.ask import Asker
from conformance.verify.chain import SAMPLE_BLOCKS, Plan, choose_blocks, choose_ranges, verify_chain
from conformance.verify.checks import CHECKS
from conformance.verify.values import State
from tests.conformance.verify.chain import HEAD, LOG_BLOCK, Mutation, Node, right_answer, verify
from tests.conformance.verify.faults import BLOCK, BOTH, FAULTS, PROOF, at, put


def test_a_right_chain_holds_to_every_claim() -> None:
    outcomes = verify()
    wrong = [outcome for outcome in outcomes if outcome.state is not State.HOLDS]
    assert not wrong
    counts = Counter(outcome.claim for outcome in outcomes)
    assert all(counts[check.claim] == HEAD + 1 for check in CHECKS)
    assert {"head-number", "head", "unknown", "logs-split"} <= counts.keys()


@pytest.mark.parametrize(("claim", "fault", "mutation"), FAULTS, ids=[f"{c}: {f}" for c, f, _ in FAULTS])
def test_a_planted_fault_is_found(claim: str, fault: str, mutation: Mutation) -> None:
    broken = {outcome.claim for outcome in verify(mutation) if outcome.state is State.BROKEN}
    assert claim in broken


def test_every_claim_has_a_fault_that_breaks_it() -> None:
    assert {check.claim for check in CHECKS} <= {claim for claim, _, _ in FAULTS}


def test_a_finding_names_the_place_what_was_found_and_what_was_expected() -> None:
    outcomes = verify(at(LOG_BLOCK, BOTH, put("transactions.0.from", "0x" + "55" * 20)))
    finding = next(outcome for outcome in outcomes if outcome.claim == "transactions" and outcome.findings).findings[0]
    assert (finding.endpoint, finding.method, finding.place) == ("node", BLOCK, "$.result.transactions[0].from")
    assert finding.found == '"0x' + "55" * 20 + '"'
    assert finding.expected.startswith('"0x')
    assert hex(LOG_BLOCK) in finding.request


@pytest.mark.parametrize(
    "body",
    [
        b"", b"<html>busy</html>", b"[]", b"null", b"{}", b'{"jsonrpc":"2.0","id":2,"result":"0x6"}',
        b'{"jsonrpc":"2.0","id":1}', b'{"jsonrpc":"2.0","id":1,"error":7}',
        b'{"jsonrpc":"2.0","id":true,"result":"0x6"}',
        b'{"jsonrpc":"2.0","id":1,"result":"0x6","error":null}', b"[" * 100_000, b'{"id":1,"result":"0x6"}', b"\xff",
    ],
)  # fmt: skip
def test_what_is_no_answer_is_broken(body: bytes) -> None:
    outcomes = list(verify_chain(Asker(Always(Reply(200, body))), Plan()))
    assert [outcome.state for outcome in outcomes] == [State.BROKEN]
    assert "a JSON-RPC answer" in outcomes[0].findings[0].expected


@pytest.mark.parametrize("reply", [Reply(0, b"", "it hung"), Reply(503, b""), Reply(200, b'{"jsonrpc":"2.0","id":1,'
                                   b'"error":{"code":-32601,"message":"no such method"}}')])  # fmt: skip
def test_what_is_not_answered_is_not_checked(reply: Reply) -> None:
    outcomes = list(verify_chain(Asker(Always(reply)), Plan()))
    assert [outcome.state for outcome in outcomes] == [State.UNCHECKED]
    assert outcomes[0].reason


def test_methods_that_are_not_there_leave_their_claims_unchecked() -> None:
    def ask(question: Any) -> Reply:
        if question.method == PROOF:
            return Reply(200, b'{"jsonrpc":"2.0","id":1,"error":{"code":-32601,"message":"no such method"}}')
        return Node().ask(question)

    states = {
        (item.claim, item.state) for item in verify_chain(Asker(Asking(ask)), Plan()) if item.state != State.HOLDS
    }
    assert states == {("proof", State.UNCHECKED), ("account", State.UNCHECKED)}


def test_an_endpoint_that_falls_silent_is_not_asked_for_ever() -> None:
    asked: list[str] = []

    def ask(question: Any) -> Reply:
        asked.append(question.method)
        return Node().ask(question) if len(asked) < 20 else Reply(0, b"", "it hung")

    outcomes = list(verify_chain(Asker(Asking(ask)), Plan()))
    assert len(asked) == 24
    assert State.BROKEN not in {outcome.state for outcome in outcomes}
    assert State.UNCHECKED in {outcome.state for outcome in outcomes}


def test_time_is_bounded() -> None:
    moments = iter(range(10_000))
    node = Node()
    outcomes = list(verify_chain(Asker(node, 30, lambda: float(next(moments))), Plan()))
    assert node.asked <= 30
    assert State.BROKEN not in {outcome.state for outcome in outcomes}
    assert State.UNCHECKED in {outcome.state for outcome in outcomes}


def test_a_block_that_becomes_another_one_meanwhile_is_not_blamed() -> None:
    asked = 0

    def ask(question: Any) -> Reply:
        nonlocal asked
        asked += 1
        return Reply(200, right_answer(question.body, 5 if asked < 60 else 6))

    outcomes = list(verify_chain(Asker(Asking(ask)), Plan()))
    broken = [outcome for outcome in outcomes if outcome.state is State.BROKEN]
    assert not broken, [str(outcome.findings[0]) for outcome in broken]
    assert any("became another one" in outcome.reason for outcome in outcomes)


def test_the_same_seed_asks_the_same() -> None:
    def asked(seed: int) -> list[str]:
        bodies: list[str] = []

        def ask(question: Any) -> Reply:
            bodies.append(question.body)
            return Node().ask(question)

        list(verify_chain(Asker(Asking(ask)), Plan(blocks=3, seed=seed)))
        return bodies

    assert asked(1) == asked(1) != asked(2)


@pytest.mark.parametrize(
    ("head", "blocks", "count"),
    [
        (6, None, 7), (6, 3, 3), (6, 100, 7), (10**9, None, SAMPLE_BLOCKS), (10**18, 5, 5), (0, None, 1), (0, 1, 1),
        (3, 3, 3),
    ],
)  # fmt: skip
def test_blocks_are_chosen_once_each_the_head_among_them(head: int, blocks: int | None, count: int) -> None:
    chosen = choose_blocks(head, Plan(blocks))
    assert len(set(chosen)) == count
    assert head in chosen
    assert all(0 <= number <= head for number in chosen)
    assert list(chosen) == sorted(chosen)


@pytest.mark.parametrize(("head", "blocks"), [(0, None), (1, None), (80, None), (80, 5), (10**9, None)])
def test_ranges_have_two_blocks_or_more_where_there_are(head: int, blocks: int | None) -> None:
    ranges = choose_ranges(head, Plan(blocks))
    assert bool(ranges) == (head > 0)
    assert all(0 <= first <= last <= head and last - first < 8 for first, last in ranges)


class Always:
    """Gives one reply to everything."""

    name = "always"
    version = "Always/v1"

    def __init__(self, reply: Reply) -> None:
        self._reply = reply

    def ask(self, question: Any) -> Reply:
        """Return the reply."""
        return self._reply


class Asking:
    """Answers by a function."""

    name = "asking"
    version = "Asking/v1"

    def __init__(self, answer: Callable[[Any], Reply]) -> None:
        self.ask = answer
