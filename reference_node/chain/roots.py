"""The roots and digests that a header holds of its block's lists.

Source: Yellow Paper 4.3, EIP-2718 (typed receipts), EIP-4895 (withdrawals), EIP-7685 (requests).
"""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from hashlib import sha256

from eth_hash.auto import keccak

from reference_node.chain.trie_update import MutableTrie
from reference_node.chain.types import Log, Receipt, Transaction, Withdrawal, encode_rlp, from_int

EMPTY_UNCLES_HASH = keccak(b"\xc0")
EMPTY_REQUESTS_HASH = sha256(b"").digest()
BLOOM_BYTES = 256


def list_root(items: Sequence[bytes]) -> bytes:
    """Return the root of a trie from RLP index to item; items are not empty."""
    trie = MutableTrie(_no_nodes)
    for index, item in enumerate(items):
        trie.set(encode_rlp(from_int(index)), item)
    return trie.commit()[0]


def transactions_root(transactions: Sequence[Transaction]) -> bytes:
    """Return the root of a body's transactions."""
    return list_root([transaction.raw for transaction in transactions])


def withdrawals_root(withdrawals: Sequence[Withdrawal]) -> bytes:
    """Return the root of a body's withdrawals."""
    return list_root(
        [
            encode_rlp([from_int(w.index), from_int(w.validator_index), w.address, from_int(w.amount_gwei)])
            for w in withdrawals
        ]
    )


def receipts_root(transactions: Sequence[Transaction], receipts: Sequence[Receipt]) -> bytes:
    """Return the root of a block's receipts; each one's type is its transaction's."""
    return list_root([encode_receipt(t.type, r) for t, r in zip(transactions, receipts, strict=True)])


def encode_receipt(transaction_type: int, receipt: Receipt) -> bytes:
    """Return the consensus bytes of a receipt: a type byte unless legacy, and its RLP with a bloom."""
    payload = encode_rlp(
        [
            from_int(receipt.status),
            from_int(receipt.cumulative_gas_used),
            logs_bloom(receipt.logs),
            [[log.address, list(log.topics), log.data] for log in receipt.logs],
        ]
    )
    return bytes((transaction_type,)) + payload if transaction_type else payload


def logs_bloom(logs: Iterable[Log]) -> bytes:
    """Return the 2048 bit bloom filter of logs: their addresses and topics."""
    bits = 0
    for log in logs:
        bits |= bloom_bits(log.address)
        for topic in log.topics:
            bits |= bloom_bits(topic)
    return bits.to_bytes(BLOOM_BYTES, "big")


def block_bloom(receipts: Iterable[Receipt]) -> bytes:
    """Return the bloom filter of all logs of a block."""
    return logs_bloom(log for receipt in receipts for log in receipt.logs)


def requests_hash(requests: Iterable[bytes]) -> bytes:
    """Return the EIP-7685 hash of requests (type byte and data); those without data are left out."""
    digest = sha256()
    for request in requests:
        if len(request) > 1:
            digest.update(sha256(request).digest())
    return digest.digest()


@lru_cache(maxsize=16384)
def bloom_bits(value: bytes) -> int:
    """Return the three bits of an address or a topic as one number."""
    digest = keccak(value)
    bits = 0
    for offset in (0, 2, 4):
        bits |= 1 << (int.from_bytes(digest[offset : offset + 2], "big") & 2047)
    return bits


def _no_nodes(node_hash: bytes) -> bytes:
    raise LookupError(f"the trie of a list is built from nothing, yet it wants node 0x{node_hash.hex()}")
