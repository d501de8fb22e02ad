"""Facts are what the chain holds, bounded, and the same whenever they are asked."""

from collections.abc import Sequence
from typing import Any

import pytest

from conformance.generate.asking import CALLS_AT_ONCE, Call, asking
from conformance.generate.facts import BLOCKS_MAX, ENDS, _lasting, gather_facts, mapping_slot, sample_numbers
from conformance.subject import Reply
from reference_node.errors import CouldNotJudge
from tests.conformance.generate.chain import InMemory, small_facts
from tests.reference_node.rpc.chains import LOGGER, TOPICS


def test_facts_are_those_of_the_chain() -> None:
    subject = InMemory()
    facts = small_facts()
    head = subject.backend.view.head
    assert (facts.head.number, facts.head.hash) == (head.number, "0x" + head.hash.hex())
    assert [block.number for block in facts.blocks] == [0, 1, 2, 3, 4, 5]
    assert facts.tags == {"latest": 5, "safe": 1, "finalized": 1, "earliest": 0}
    assert {fact.type for fact in facts.transactions} == {0, 2, 3}
    assert "0x" + LOGGER.hex() in facts.contracts
    assert {topic for log in facts.logs for topic in log.topics} == {"0x" + topic.hex() for topic in TOPICS}
    assert all(log.block in facts.blocks for log in facts.logs)
    assert len(facts.raw_transactions) == len(set(facts.raw_transactions)) > 0


def test_an_endpoint_without_batches_tells_the_same() -> None:
    assert gather_facts(asking(InMemory(takes_batches=False))) == small_facts()


def test_blocks_beside_the_chain_are_facts_where_they_are_known_and_not_finalized() -> None:
    finalized, known = (small_facts().blocks[number].hash for number in (1, 3))
    facts = gather_facts(asking(InMemory()), [finalized, known, "0x" + "5e" * 32])
    assert [block.hash for block in facts.side] == [known]


def test_calls_are_put_so_many_at_a_time() -> None:
    subject = InMemory()
    calls: list[Call] = [("eth_chainId", ())] * (CALLS_AT_ONCE + 1)
    assert len(asking(subject)(calls)) == len(calls)
    assert len(subject.asked) == 2
    assert asking(subject)([]) == []


def test_an_error_is_no_answer() -> None:
    assert asking(InMemory())([("eth_getBlockByHash", ("0x",)), ("eth_nothing", ())]) == [None, None]


def test_an_endpoint_that_is_silent_or_has_no_head_is_not_judged() -> None:
    class Silent(InMemory):
        def ask(self, question: Any) -> Reply:
            return Reply(0, b"", "it hung up")

    with pytest.raises(CouldNotJudge, match="it hung up"):
        gather_facts(asking(Silent()))

    def nothing(calls: Sequence[Call]) -> list[Any]:
        return [None] * len(calls)

    with pytest.raises(CouldNotJudge, match="neither its chain id nor its head"):
        gather_facts(nothing)


@pytest.mark.parametrize("head", [0, 1, BLOCKS_MAX - 1, BLOCKS_MAX, 10_000, 25_000_000])
def test_a_chain_of_any_length_is_told_of_by_few_blocks(head: int) -> None:
    wanted = (head // 3, head, 0)
    numbers = sample_numbers(head, wanted)
    assert numbers == sorted(set(numbers))
    assert min(head + 1, 90) <= len(numbers) <= BLOCKS_MAX
    assert {0, head, *wanted} <= set(numbers)
    assert set(range(max(0, head - ENDS + 1), head + 1)) <= set(numbers)


def test_a_mapping_keeps_an_address_where_solidity_does() -> None:
    # Known: slot of 0x…00 in a mapping at slot 0.
    assert mapping_slot("0x" + "00" * 20, 0) == "0xad3228b676f7d3cd4284a5443f17f1962b36e491b30a40b2405849e597ba5fb5"


def test_side_blocks_that_stand_on_a_forgotten_one_are_forgotten_with_it() -> None:
    def block(number: int, name: str, parent: str) -> dict[str, str]:
        return {"number": hex(number), "hash": name, "parentHash": parent}

    side = [block(9, "c", "b"), block(8, "b", "a"), block(7, "a", "canonical"), block(8, "other", "canonical")]
    assert [found["hash"] for found in _lasting(side, 7)] == ["other"]
    assert [found["hash"] for found in _lasting(side, 6)] == ["c", "b", "a", "other"]
