"""Facts are what the chain holds, hot things first; what is gone is not asked for."""

from collections.abc import Sequence
from typing import Any

import pytest

from conformance.generate.asking import Ask, Call, asking
from loadtests.facts import Facts, gather_facts
from reference_node.errors import CouldNotJudge
from tests.conformance.generate.chain import InMemory
from tests.reference_node.rpc.chains import LOGGER


def facts_without(is_gone: Any = lambda call: False) -> Facts:
    """Return facts of the small chain, of which an endpoint has lost some answers."""
    ask = asking(InMemory())

    def forgetful(calls: Sequence[Call]) -> list[Any]:
        return [None if is_gone(call) else found for call, found in zip(calls, ask(calls), strict=True)]

    return gather_facts(forgetful)


def test_facts_are_those_of_the_chain_newest_first() -> None:
    backend = InMemory().backend
    facts = facts_without()
    assert (facts.chain_id, facts.head, facts.first_block, facts.first_state) == (1337, 5, 0, 0)
    assert facts.genesis_hash == "0x" + backend.canonical_hash(0).hex()  # type: ignore[union-attr]
    assert [block.number for block in facts.blocks] == [5, 4, 3, 2, 1, 0]
    assert [fact.block.number for fact in facts.transactions] == [5, 5, 3, 2, 2, 1, 1]
    assert facts.logs[0].block.number == 5
    assert facts.has_old_state


def test_accounts_that_take_part_most_often_come_first() -> None:
    facts = facts_without()
    logger = "0x" + LOGGER.hex()
    assert facts.accounts[0] == logger
    assert facts.contracts[0] == logger
    assert len(set(facts.accounts)) == len(facts.accounts)


def test_what_was_asked_of_contracts_is_known_once() -> None:
    sent = facts_without().sent
    assert {each.to for each in sent} <= set(facts_without().contracts)
    assert len(set(sent)) == len(sent) > 1
    assert all(each.gas > 21_000 for each in sent)


def test_a_target_without_old_state_says_so() -> None:
    facts = facts_without(lambda call: call[0] == "eth_getBalance" and int(call[1][1], 16) < 4)
    assert (facts.first_state, facts.first_block) == (4, 0)
    assert not facts.has_old_state


def test_blocks_before_a_gap_are_not_asked_for() -> None:
    facts = facts_without(lambda call: call[0] == "eth_getBlockByNumber" and call[1][0] in ("0x0", "0x1", "0x2"))
    assert facts.first_block == 3
    assert {fact.block.number for fact in facts.transactions} == {3, 5}
    assert facts.genesis_hash == facts.blocks[-1].hash


def test_slots_that_are_zero_do_where_no_others_are_found() -> None:
    assert facts_without(lambda call: call[0] == "eth_getStorageAt").slots[0][0] == facts_without().contracts[0]


def test_a_target_without_a_head_is_not_loaded() -> None:
    nothing: Ask = lambda calls: [None] * len(calls)  # noqa: E731 - as short as that
    with pytest.raises(CouldNotJudge, match="neither its chain id nor its head"):
        gather_facts(nothing)
    with pytest.raises(CouldNotJudge, match="has no block 5, which it just named"):
        facts_without(lambda call: call[0] == "eth_getBlockByNumber" and call[1][1])
