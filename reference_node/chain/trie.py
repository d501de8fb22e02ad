"""Reads a stored trie and proves what is in it; decoded nodes are kept by their hash for whoever reads next.

What a hash names never changes, so one cache serves every state of every view.
Source: Yellow Paper, appendix D; geth v1.17.8, trie/proof.go, trie/errors.go.
"""

from typing import Any, Protocol

import rlp

from reference_node.chain.trie_update import EMPTY_ROOT, to_nibbles
from reference_node.errors import StoreError
from reference_node.store.view import KeyValueReader

_BRANCH_LENGTH = 17
_VALUE_PLACE = 16

DecodedNode = tuple[Any, ...]
"""A branch of sixteen children and a value, or (nibbles, is a leaf, child or value).

A child is the hash of a node, a decoded node where it is short enough to stand in its parent, or empty bytes.
"""


class NodeCache(Protocol):
    """Keeps decoded nodes by their hash; may forget any."""

    def get(self, key: bytes, /) -> DecodedNode | None:
        """Return a kept node, or None."""

    def __setitem__(self, key: bytes, value: DecodedNode, /) -> None:
        """Keep a node."""


class MissingNode(StoreError):
    """A node that a trie refers to is not in the store; the text is geth's."""

    def __init__(self, node_hash: bytes, path: bytes, owner: bytes = b"") -> None:
        where = f"(owner {owner.hex()}) " if owner else ""
        super().__init__(f"missing trie node {node_hash.hex()} {where}(path {path.hex()}) <nil>")


class TrieReader:
    """A trie with a root, read from a store."""

    __slots__ = ("_nodes", "_owner", "_root", "_store")

    def __init__(self, store: KeyValueReader, root: bytes, nodes: NodeCache, owner: bytes = b"") -> None:
        """Read the trie with a root hash; `owner` is the hashed address whose storage it is, for error texts."""
        self._store = store
        self._root = root
        self._nodes = nodes
        self._owner = owner

    def get(self, key: bytes) -> bytes | None:
        """Return the value of a key, or None. Raises MissingNode."""
        if self._root == EMPTY_ROOT:
            return None
        path = to_nibbles(key)
        place = 0
        child: Any = self._root
        while child:
            node = self._node(child, path[:place]) if isinstance(child, bytes) else child
            if len(node) == _BRANCH_LENGTH:
                if place == len(path):
                    return node[_VALUE_PLACE] or None
                child = node[path[place]]
                place += 1
                continue
            nibbles, is_leaf, child = node
            if is_leaf:
                return child if path[place:] == nibbles else None
            if not path.startswith(nibbles, place):
                return None
            place += len(nibbles)
        return None

    def prove(self, key: bytes) -> list[bytes]:
        """Return the RLP of the nodes on the way to a key, be it there or not; none for an empty trie.

        Nodes that stand in their parents are not listed by themselves.

        Raises:
            MissingNode: a node on the way is not in the store.
        """
        proof: list[bytes] = []
        if self._root == EMPTY_ROOT:
            return proof
        path = to_nibbles(key)
        place = 0
        child: Any = self._root
        while child:
            node = child
            if isinstance(child, bytes):
                data = self._read(child, path[:place])
                proof.append(data)
                node = decode_node(rlp.decode(data))
            if len(node) == _BRANCH_LENGTH:
                if place == len(path):
                    break
                child = node[path[place]]
                place += 1
                continue
            nibbles, is_leaf, child = node
            if is_leaf or not path.startswith(nibbles, place):
                break
            place += len(nibbles)
        return proof

    def _node(self, node_hash: bytes, path: bytes) -> DecodedNode:
        node = self._nodes.get(node_hash)
        if node is None:
            node = decode_node(rlp.decode(self._read(node_hash, path)))
            self._nodes[node_hash] = node
        return node

    def _read(self, node_hash: bytes, path: bytes) -> bytes:
        data = self._store.get(node_hash)
        if data is None:
            raise MissingNode(node_hash, path, self._owner)
        return data


def decode_node(item: Any) -> DecodedNode:
    """Return a node of its decoded RLP list, with the nodes that stand in it decoded as well."""
    if len(item) == _BRANCH_LENGTH:
        children = (child if isinstance(child, bytes) else decode_node(child) for child in item[:_VALUE_PLACE])
        return (*children, item[_VALUE_PLACE])
    nibbles = to_nibbles(item[0])
    is_leaf = bool(nibbles[0] & 2)
    child = item[1] if is_leaf or isinstance(item[1], bytes) else decode_node(item[1])
    return nibbles[1 if nibbles[0] & 1 else 2 :], is_leaf, child
