"""The block that a node without a pool would build next.

Geth builds its pending block from its pool at the time it is asked. A replica has no pool, so its pending block is the
empty one on the head: number, base fee, gas limit and blob fields are what any block there has to have. What geth gets
from executing it (the state root) is the head's here, and its extra data are geth's own: an allowance of the
conformance run.
"""

from dataclasses import replace
from hashlib import sha256
from typing import Any

from reference_node.chain.config import ChainConfig, Fork
from reference_node.chain.trie_update import EMPTY_ROOT
from reference_node.chain.types import Body, Header, encode_body, encode_header
from reference_node.evm.fees import next_base_fee, next_excess_blob_gas
from reference_node.rpc.encoding import block_json

GAS_CEILING = 60_000_000
"""The gas limit that geth's builder moves to (miner.gaslimit)."""
_GAS_LIMIT_BOUND_DIVISOR = 1024
_LIST_PREFIX_BYTES = 1
_NULL_FIELDS = ("hash", "miner", "nonce")


def pending_block(config: ChainConfig, head: Header, now_seconds: int) -> dict[str, Any]:
    """Return the JSON of the empty block on the head; it has no hash, miner or nonce yet."""
    header = pending_header(config, head, now_seconds)
    withdrawals = None if header.withdrawals_root is None else ()
    body = Body((), (), withdrawals, 0)
    body = replace(body, size=len(encode_body(body)) - _LIST_PREFIX_BYTES)
    # Geth leaves the beacon root out of its pending block, yet keeps its place in the RLP.
    beacon_root = None if header.requests_hash is None else b""
    header = replace(header, size=len(encode_header(replace(header, parent_beacon_block_root=beacon_root))))
    return block_json(header, body, []) | dict.fromkeys(_NULL_FIELDS)


def pending_header(config: ChainConfig, head: Header, now_seconds: int) -> Header:
    """Return the header of the empty block on the head; its hash and size are not its own."""
    timestamp = max(now_seconds, head.timestamp + 1)
    fork = config.fork_at(timestamp)
    has_blobs = fork >= Fork.CANCUN
    return replace(
        head,
        parent_hash=head.hash,
        coinbase=bytes(20),
        transactions_root=EMPTY_ROOT,
        receipts_root=EMPTY_ROOT,
        bloom=bytes(256),
        number=head.number + 1,
        gas_limit=next_gas_limit(head.gas_limit),
        gas_used=0,
        timestamp=timestamp,
        extra_data=b"",
        mix_hash=bytes(32),
        base_fee_per_gas=next_base_fee(head),
        withdrawals_root=EMPTY_ROOT if fork >= Fork.SHANGHAI else None,
        blob_gas_used=0 if has_blobs else None,
        excess_blob_gas=next_excess_blob_gas(config, head, timestamp) if has_blobs else None,
        parent_beacon_block_root=None,
        requests_hash=sha256().digest() if fork >= Fork.PRAGUE else None,
    )


def next_gas_limit(parent_gas_limit: int, ceiling: int = GAS_CEILING) -> int:
    """Return the gas limit one step from the parent's to the ceiling (geth's core.CalcGasLimit)."""
    step = parent_gas_limit // _GAS_LIMIT_BOUND_DIVISOR - 1
    if parent_gas_limit < ceiling:
        return min(parent_gas_limit + step, ceiling)
    return max(parent_gas_limit - step, ceiling)
