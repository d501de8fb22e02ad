"""Strategies of the methods that read accounts, and of proofs."""

from collections.abc import Mapping

from hypothesis import strategies as st

from conformance.generate.facts import Facts
from conformance.generate.values import Params, choose, kinds_of, mixed, params


def strategies(facts: Facts) -> Mapping[str, Params]:
    """Return a strategy of parameters for each method that reads one value."""
    kinds = kinds_of(facts)
    account, block, slot = choose(kinds.accounts), choose(kinds.blocks), choose(kinds.slots)
    storage = params(account, slot, block)
    if facts.slots:
        known = st.tuples(st.sampled_from(facts.slots), block).map(lambda drawn: [*drawn[0], drawn[1]])
        storage = st.one_of(storage, known)
    return {
        "eth_getBalance": params(account, block),
        "eth_getTransactionCount": params(account, block),
        "eth_getCode": params(st.one_of(account, choose(mixed(facts.contracts or facts.accounts))), block),
        "eth_getStorageAt": storage,
    }


def proof_strategies(facts: Facts) -> Mapping[str, Params]:
    """Return the strategy of eth_getProof: several slots, of contracts that have some."""
    kinds = kinds_of(facts)
    block, slot = choose(kinds.blocks), choose(kinds.slots)
    owners = mixed(tuple(dict.fromkeys(contract for contract, _ in facts.slots)) or facts.accounts)
    account = st.one_of(choose(kinds.accounts), choose(owners))
    return {
        "eth_getProof": st.one_of(
            params(account, st.lists(slot, max_size=5), block),
            params(account, choose(kinds.slots), block),
        )
    }
