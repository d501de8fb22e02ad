"""Geth's key layout (hash state scheme), and the few keys of our own.

Keys are told apart by exact length first: 32 bytes is always a trie node, whatever its first byte.
Source: geth v1.17.8, core/rawdb/schema.go.
"""

HEAD_HEADER = b"LastHeader"
HEAD_BLOCK = b"LastBlock"
HEAD_FAST_BLOCK = b"LastFast"
HEAD_FINALIZED = b"LastFinalized"
DATABASE_VERSION = b"DatabaseVersion"
TRANSACTION_INDEX_TAIL = b"TransactionIndexTail"

PRIVATE_PREFIX = b"ethercattle-"
"""Keys of a node's own book-keeping; all others are equal on a master and its replicas."""


def _number(number: int) -> bytes:
    return number.to_bytes(8, "big")


def header_key(number: int, block_hash: bytes) -> bytes:
    """Key of a header: `h` + number + hash (41 bytes)."""
    return b"h" + _number(number) + block_hash


def canonical_hash_key(number: int) -> bytes:
    """Key of the canonical hash at a number: `h` + number + `n` (10 bytes)."""
    return b"h" + _number(number) + b"n"


def header_number_key(block_hash: bytes) -> bytes:
    """Key of the number of a block hash: `H` + hash (33 bytes)."""
    return b"H" + block_hash


def body_key(number: int, block_hash: bytes) -> bytes:
    """Key of a body: `b` + number + hash (41 bytes)."""
    return b"b" + _number(number) + block_hash


def receipts_key(number: int, block_hash: bytes) -> bytes:
    """Key of the receipts in storage form: `r` + number + hash (41 bytes)."""
    return b"r" + _number(number) + block_hash


def transaction_lookup_key(transaction_hash: bytes) -> bytes:
    """Key of the block number a transaction is in: `l` + hash (33 bytes)."""
    return b"l" + transaction_hash


def code_key(code_hash: bytes) -> bytes:
    """Key of contract code: `c` + hash (33 bytes)."""
    return b"c" + code_hash


def chain_config_key(genesis_hash: bytes) -> bytes:
    """Key of the chain config as JSON."""
    return b"ethereum-config-" + genesis_hash


def genesis_state_key(genesis_hash: bytes) -> bytes:
    """Key of the genesis allocation as JSON."""
    return b"ethereum-genesis-" + genesis_hash


def is_private(key: bytes) -> bool:
    """Say whether a key is a node's own book-keeping (never a trie node, whatever its bytes)."""
    return key.startswith(PRIVATE_PREFIX) and len(key) != 32


def is_flat_state(key: bytes) -> bool:
    """Say whether a key belongs to geth's flat state, which is kept or dropped as a whole."""
    if len(key) == 32:
        return False
    if (len(key) == 33 and key[:1] == b"a") or (len(key) == 65 and key[:1] == b"o"):
        return True
    return key.startswith(b"Snapshot")
