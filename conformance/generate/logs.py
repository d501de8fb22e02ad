"""Strategies of eth_getLogs: ranges, addresses and topics that logs of the chain have, alone and together."""

from collections.abc import Mapping
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from conformance.generate.facts import Facts, LogFact
from conformance.generate.values import (
    WRONG,
    Params,
    Values,
    choose,
    flat,
    kinds_of,
    mixed,
    near_data,
    params,
    some_of,
)

_ABSENT: Any = object()


def strategies(facts: Facts) -> Mapping[str, Params]:
    """Return the strategy of eth_getLogs."""
    kinds = kinds_of(facts)
    topic = st.one_of(
        choose(kinds.topics), st.none(), st.lists(choose((*kinds.topics, None)), max_size=3), choose(WRONG)
    )
    topics = st.one_of(st.just(_ABSENT), st.lists(topic, max_size=5), choose(mixed((), (), WRONG)))
    by_place = st.tuples(_places(facts), _addresses(facts), topics).map(_filter)
    shapes = [by_place]
    if facts.logs:
        shapes.append(st.tuples(_places(facts), st.sampled_from(facts.logs), st.sampled_from(range(16))).map(_hit))
    return {"eth_getLogs": params(st.one_of(shapes))}


def _places(facts: Facts) -> SearchStrategy[dict[str, Any]]:
    """Return a strategy of ranges and of single blocks, as fields of a filter."""
    kinds = kinds_of(facts)
    head = facts.head.number
    ranges = [{"fromBlock": "earliest", "toBlock": "latest"}, {"fromBlock": "0x0", "toBlock": hex(head)}, {}]
    full = {hex(log.block.number) for log in some_of(facts.logs, 20)}
    ranges += [{"fromBlock": number, "toBlock": number} for number in sorted(full)]
    ranges += [{"fromBlock": hex(low.number), "toBlock": hex(min(low.number + 9, head))} for low in facts.blocks]
    ranges += [{"blockHash": block.hash} for block in (*facts.blocks, *facts.side)]
    near: list[dict[str, Any]] = [{"fromBlock": hex(head), "toBlock": "0x0"}, {"fromBlock": hex(head + 1)}]
    near += [{"toBlock": hex(head + 1)}, {"fromBlock": "pending"}, {"fromBlock": "latest", "toBlock": "earliest"}]
    near += [{"blockHash": facts.head.hash, "fromBlock": "0x0"}, {"BLOCKHASH": facts.head.hash}, {"fromBlock": None}]
    near += [{"blockHash": text} for text in flat(near_data, [facts.head.hash])]
    near += [{"blockHash": None, "fromBlock": hex(head), "toBlock": None}]
    ends = st.tuples(choose(kinds.numbers), choose(kinds.numbers)).map(lambda e: {"fromBlock": e[0], "toBlock": e[1]})
    return st.one_of(choose(mixed(ranges, near, [{"blockHash": value} for value in WRONG])), ends)


def _addresses(facts: Facts) -> SearchStrategy[Any]:
    kinds = kinds_of(facts)
    owners: Values = tuple(dict.fromkeys(log.address for log in facts.logs)) or facts.accounts
    address = choose((*mixed(owners), *kinds.accounts[:20]))
    return st.one_of(st.just(_ABSENT), address, st.lists(address, max_size=4))


def _filter(drawn: tuple[dict[str, Any], Any, Any]) -> dict[str, Any]:
    place, address, topics = drawn
    fields = (("address", address), ("topics", topics))
    return place | {name: value for name, value in fields if value is not _ABSENT}


def _hit(drawn: tuple[dict[str, Any], LogFact, int]) -> dict[str, Any]:
    """Return a filter that one log fits, but perhaps for its block: with or without address and each topic."""
    place, log, bits = drawn
    wanted: dict[str, Any] = {"address": log.address} if bits & 1 else {}
    topics = [topic if bits >> 1 + index % 3 & 1 else None for index, topic in enumerate(log.topics)]
    return place | wanted | ({"topics": topics} if bits & 14 else {})
