"""A hexary Merkle Patricia trie that is changed in memory and hashed once, when it is committed.

Nodes are read only where a change or a lookup leads, and only nodes that changed are encoded again. Keys are
whatever the caller gives: hashed ones for the state, RLP indexes for the lists of a block.
Source: Yellow Paper, appendix D.
"""

from collections.abc import Callable
from typing import Any

import rlp
from eth_hash.auto import keccak

from reference_node.chain.types import encode_rlp

EMPTY_ROOT = bytes.fromhex("56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421")

ReadNode = Callable[[bytes], bytes]
"""Returns a node's RLP by its hash; raises when it is not there."""

_Reference = Any  # what stands for a node in its parent: 32 bytes of hash, or the decoded node when it is short
_HASHED_FROM_BYTES = 32
_NIBBLE_OF_DIGIT = bytes.maketrans(b"0123456789abcdef", bytes(range(16)))


class _Leaf:
    """The end of a key: the nibbles left over, and the value."""

    __slots__ = ("path", "reference", "value")

    def __init__(self, path: bytes, value: bytes, reference: _Reference = None) -> None:
        self.path = path
        self.value = value
        self.reference = reference


class _Extension:
    """Nibbles that all keys below share."""

    __slots__ = ("child", "path", "reference")

    def __init__(self, path: bytes, child: "_Child", reference: _Reference = None) -> None:
        self.path = path
        self.child = child
        self.reference = reference


class _Branch:
    """Sixteen children; a value is kept for keys that end here."""

    __slots__ = ("children", "reference", "value")

    def __init__(self, children: "list[_Child]", value: bytes, reference: _Reference = None) -> None:
        self.children = children
        self.value = value
        self.reference = reference


_Node = _Leaf | _Extension | _Branch
_Child = _Node | bytes | None  # bytes: the hash of a node that has not been read


class MutableTrie:
    """A trie with pending changes."""

    def __init__(self, read_node: ReadNode, root_hash: bytes = EMPTY_ROOT) -> None:
        self._read_node = read_node
        self._root: _Child = None if root_hash == EMPTY_ROOT else root_hash

    def get(self, key: bytes) -> bytes | None:
        """Return the value of a key, pending changes included, or None."""
        path = to_nibbles(key)
        node: _Child = self._root
        parent: _Node | None = None
        slot = 0
        while node is not None:
            if isinstance(node, bytes):
                node = self._load(node)
                self._put_back(parent, slot, node)
            if isinstance(node, _Leaf):
                return node.value if node.path == path else None
            if isinstance(node, _Extension):
                if path[: len(node.path)] != node.path:
                    return None
                parent, path, node = node, path[len(node.path) :], node.child
            elif not path:
                return node.value or None
            else:
                parent, slot = node, path[0]
                node, path = node.children[slot], path[1:]
        return None

    def set(self, key: bytes, value: bytes) -> None:
        """Set a key to a value that is not empty."""
        self._root = self._insert(self._root, to_nibbles(key), value)

    def delete(self, key: bytes) -> None:
        """Remove a key; one that is not there changes nothing."""
        self._root = self._remove(self._root, to_nibbles(key))

    def commit(self) -> tuple[bytes, dict[bytes, bytes]]:
        """Return the root hash and the changed nodes: their RLP by hash."""
        nodes: dict[bytes, bytes] = {}
        if self._root is None:
            return EMPTY_ROOT, nodes
        reference = _encode(self._root, nodes)
        if not isinstance(reference, bytes):
            data = encode_rlp(reference)
            reference = keccak(data)
            nodes[reference] = data
        return reference, nodes

    def _put_back(self, parent: _Node | None, slot: int, node: _Node) -> None:
        if parent is None:
            self._root = node
        elif isinstance(parent, _Extension):
            parent.child = node
        elif isinstance(parent, _Branch):
            parent.children[slot] = node

    def _load(self, node_hash: bytes) -> _Node:
        return _decode(rlp.decode(self._read_node(node_hash)), node_hash)

    def _insert(self, child: _Child, path: bytes, value: bytes) -> _Node:
        if child is None:
            return _Leaf(path, value)
        node = self._load(child) if isinstance(child, bytes) else child
        if isinstance(node, _Branch):
            if path:
                node.children[path[0]] = self._insert(node.children[path[0]], path[1:], value)
            else:
                node.value = value
            node.reference = None
            return node
        if isinstance(node, _Leaf) and node.path == path:
            if node.value != value:
                node.value, node.reference = value, None
            return node
        shared = _shared_length(node.path, path)
        if isinstance(node, _Extension) and shared == len(node.path):
            node.child = self._insert(node.child, path[shared:], value)
            node.reference = None
            return node
        return _split(node, path, value, shared)

    def _remove(self, child: _Child, path: bytes) -> _Child:
        if child is None:
            return None
        node = self._load(child) if isinstance(child, bytes) else child
        if isinstance(node, _Leaf):
            return None if node.path == path else node
        if isinstance(node, _Extension):
            length = len(node.path)
            if path[:length] != node.path:
                return node
            below = self._remove(node.child, path[length:])
            if not _is_changed(below):
                node.child = below
                return node
            return _join(node.path, below)
        if path:
            if node.children[path[0]] is None:
                return node
            below = self._remove(node.children[path[0]], path[1:])
            node.children[path[0]] = below
            if not _is_changed(below):
                return node
        else:
            node.value = b""
        node.reference = None
        return self._shrink(node)

    def _shrink(self, node: _Branch) -> _Child:
        """Replace a branch by what is left of it, when that is one thing."""
        left = [slot for slot, child in enumerate(node.children) if child is not None]
        if node.value:
            return node if left else _Leaf(b"", node.value)
        if len(left) > 1:
            return node
        if not left:
            return None
        child = node.children[left[0]]
        return _join(bytes(left), self._load(child) if isinstance(child, bytes) else child)


def to_nibbles(key: bytes) -> bytes:
    """Return the nibbles of a key, one a byte."""
    return key.hex().encode().translate(_NIBBLE_OF_DIGIT)


def _is_changed(child: _Child) -> bool:
    return child is None or (not isinstance(child, bytes) and child.reference is None)


def _shared_length(left: bytes, right: bytes) -> int:
    limit = min(len(left), len(right))
    for index in range(limit):
        if left[index] != right[index]:
            return index
    return limit


def _split(node: _Leaf | _Extension, path: bytes, value: bytes, shared: int) -> _Node:
    """Put a branch where a new key leaves the path of a leaf or an extension."""
    branch = _Branch([None] * 16, b"")
    rest = node.path[shared:]
    if not rest:
        branch.value = node.value if isinstance(node, _Leaf) else b""
    elif isinstance(node, _Leaf):
        branch.children[rest[0]] = _Leaf(rest[1:], node.value)
    else:
        branch.children[rest[0]] = _Extension(rest[1:], node.child) if len(rest) > 1 else node.child
    if len(path) == shared:
        branch.value = value
    else:
        branch.children[path[shared]] = _Leaf(path[shared + 1 :], value)
    return _Extension(path[:shared], branch) if shared else branch


def _join(path: bytes, child: _Child) -> _Child:
    """Put a path in front of a node, as part of its own where that is possible."""
    if isinstance(child, _Leaf):
        return _Leaf(path + child.path, child.value)
    if isinstance(child, _Extension):
        return _Extension(path + child.path, child.child)
    return None if child is None else _Extension(path, child)


def _decode(item: Any, reference: _Reference) -> _Node:
    if len(item) == 17:
        return _Branch([_decode_child(child) for child in item[:16]], item[16], reference)
    path = to_nibbles(item[0])
    is_leaf, path = path[0] & 2, path[1:] if path[0] & 1 else path[2:]
    return _Leaf(path, item[1], reference) if is_leaf else _Extension(path, _decode_child(item[1]), reference)


def _decode_child(item: Any) -> _Child:
    if isinstance(item, bytes):
        return item or None
    return _decode(item, item)


def _encode(child: _Child, nodes: dict[bytes, bytes]) -> _Reference:
    """Return what stands for a node in its parent; add the RLP of changed nodes to `nodes`."""
    if child is None:
        return b""
    if isinstance(child, bytes):
        return child
    if child.reference is not None:
        return child.reference
    if isinstance(child, _Branch):
        item = [_encode(below, nodes) for below in child.children]
        item.append(child.value)
    elif isinstance(child, _Leaf):
        item = [_compact(child.path, 2), child.value]
    else:
        item = [_compact(child.path, 0), _encode(child.child, nodes)]
    data = encode_rlp(item)
    if len(data) < _HASHED_FROM_BYTES:
        child.reference = item
    else:
        child.reference = keccak(data)
        nodes[child.reference] = data
    return child.reference


def _compact(path: bytes, flag: int) -> bytes:
    """Return the hex-prefix encoding of nibbles."""
    padded = bytes((flag | 1,)) + path if len(path) & 1 else bytes((flag, 0)) + path
    return bytes(high << 4 | low for high, low in zip(padded[::2], padded[1::2], strict=True))
