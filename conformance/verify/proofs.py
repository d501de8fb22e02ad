"""Checks Merkle proofs: that a trie holds a value under a key, or nothing (EIP-1186; Yellow Paper, appendix D)."""

from collections.abc import Sequence
from typing import Any

from eth_hash.auto import keccak

from reference_node.chain.strict_rlp import decode_strictly
from reference_node.chain.trie_update import EMPTY_ROOT, to_nibbles

NODES_MAX = 130
"""Nodes that a proof may list: a path has 64 nibbles, and each of them at most a branch and an extension."""
_EMPTY_NODE = b"\x80"
_BRANCH_LENGTH, _VALUE_PLACE = 17, 16
_HASH_BYTES = 32


class BadProof(ValueError):
    """A list of nodes proves nothing; the text says why."""


def proven_value(root: bytes, key: bytes, proof: Sequence[bytes]) -> bytes | None:
    """Return what a proof shows to be under a hashed key: its value, or None where nothing can be there.

    Args:
        root: the trie's root hash.
        key: the hashed key, 32 bytes.
        proof: the RLP of the nodes from the root on, without those that stand in their parents.

    Raises:
        BadProof: the nodes don't lead from the root to the key's value, or to where it would have to be.
    """
    if len(proof) > NODES_MAX:
        raise BadProof(f"it has {len(proof)} nodes, expected at most {NODES_MAX}")
    if root == EMPTY_ROOT:
        if any(node != _EMPTY_NODE for node in proof):
            raise BadProof("it has nodes, but the trie is empty")
        return None
    path, place, used = to_nibbles(key), 0, 0
    child: Any = root
    while child:
        node = child
        if isinstance(child, bytes):
            node = _node(child, proof, used)
            used += 1
        if len(node) == _BRANCH_LENGTH:
            child = node[_VALUE_PLACE] if place == len(path) else node[path[place]]
            if place == len(path):
                return _ended(_value(child) or None, proof, used)
            place += 1
            continue
        nibbles, is_leaf, child = _short(node)
        if is_leaf:
            return _ended(_value(child) if path[place:] == nibbles else None, proof, used)
        if not nibbles or not path.startswith(nibbles, place):
            return _ended(None, proof, used)
        place += len(nibbles)
    return _ended(None, proof, used)


def _node(node_hash: bytes, proof: Sequence[bytes], place: int) -> list[Any]:
    if len(node_hash) != _HASH_BYTES:
        raise BadProof(f"a node refers to another by {len(node_hash)} bytes, expected {_HASH_BYTES}")
    if place >= len(proof):
        raise BadProof(f"it ends before the node with hash 0x{node_hash.hex()}")
    if keccak(proof[place]) != node_hash:
        raise BadProof(f"node {place} has hash 0x{keccak(proof[place]).hex()}, expected 0x{node_hash.hex()}")
    try:
        node = decode_strictly(proof[place])
    except ValueError as error:
        raise BadProof(f"node {place} is no RLP: {error}") from error
    if not isinstance(node, list) or len(node) not in {2, _BRANCH_LENGTH}:
        raise BadProof(f"node {place} is no node of a trie")
    return node


def _short(node: Any) -> tuple[bytes, bool, Any]:
    """Return the nibbles of a leaf or an extension, which of them it is, and what is behind it."""
    if not isinstance(node, list) or len(node) != 2 or not isinstance(node[0], bytes) or not node[0]:
        raise BadProof("a node that stands in its parent is no node of a trie")
    nibbles = to_nibbles(node[0])
    return nibbles[1 if nibbles[0] & 1 else 2 :], bool(nibbles[0] & 2), node[1]


def _value(item: Any) -> bytes:
    if not isinstance(item, bytes):
        raise BadProof("a value is a list")
    return item


def _ended(value: bytes | None, proof: Sequence[bytes], used: int) -> bytes | None:
    if used != len(proof):
        raise BadProof(f"{len(proof) - used} of its nodes are not on the way to the key")
    return value


def storage_number(value: bytes | None) -> int:
    """Return the number in a storage trie's value. Raises BadProof where it is none."""
    if value is None:
        return 0
    try:
        item = decode_strictly(value)
    except ValueError as error:
        raise BadProof(f"the value is no RLP: {error}") from error
    if not isinstance(item, bytes) or len(item) > _HASH_BYTES:
        raise BadProof("the value is no number")
    return int.from_bytes(item, "big")
