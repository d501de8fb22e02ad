"""Strategies of the methods about blocks and headers."""

from collections.abc import Mapping

from conformance.generate.facts import Facts
from conformance.generate.values import Params, choose, kinds_of, params


def strategies(facts: Facts) -> Mapping[str, Params]:
    """Return a strategy of parameters for each method."""
    kinds = kinds_of(facts)
    number, block_hash, block = choose(kinds.numbers), choose(kinds.hashes), choose(kinds.blocks)
    full, index = choose(kinds.booleans), choose(kinds.indices)
    return {
        "eth_blockNumber": params(),
        "eth_getBlockByNumber": params(number, full),
        "eth_getBlockByHash": params(block_hash, full),
        "eth_getHeaderByNumber": params(number),
        "eth_getHeaderByHash": params(block_hash),
        "eth_getBlockReceipts": params(block),
        "eth_getBlockTransactionCountByNumber": params(number),
        "eth_getBlockTransactionCountByHash": params(block_hash),
        "eth_getUncleCountByBlockNumber": params(number),
        "eth_getUncleCountByBlockHash": params(block_hash),
        "eth_getUncleByBlockNumberAndIndex": params(number, index),
        "eth_getUncleByBlockHashAndIndex": params(block_hash, index),
    }
