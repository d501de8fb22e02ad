"""Strategies of the methods about transactions and receipts."""

from collections.abc import Mapping

from hypothesis import strategies as st

from conformance.generate.facts import Facts
from conformance.generate.values import Params, choose, kinds_of, params


def strategies(facts: Facts) -> Mapping[str, Params]:
    """Return a strategy of parameters for each method."""
    kinds = kinds_of(facts)
    transaction, index = choose(kinds.transaction_hashes), choose(kinds.indices)
    by_number, by_hash = params(choose(kinds.numbers), index), params(choose(kinds.hashes), index)
    # Places that hold a transaction: by chance alone, a block and an index seldom do.
    places = facts.transactions
    if places:
        place = st.sampled_from(places)
        by_number = st.one_of(by_number, place.map(lambda fact: [hex(fact.block.number), hex(fact.index)]))
        by_hash = st.one_of(by_hash, place.map(lambda fact: [fact.block.hash, hex(fact.index)]))
    return {
        "eth_getTransactionByHash": params(transaction),
        "eth_getTransactionReceipt": params(transaction),
        "eth_getRawTransactionByHash": params(transaction),
        "eth_getTransactionByBlockNumberAndIndex": by_number,
        "eth_getTransactionByBlockHashAndIndex": by_hash,
        "eth_getRawTransactionByBlockNumberAndIndex": by_number,
        "eth_getRawTransactionByBlockHashAndIndex": by_hash,
    }
