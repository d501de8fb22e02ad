"""Decides when a database shows a whole chain, and hands it out as a view.

Geth writes a block, a reorg or a set head in several batches. In between, LastBlock, the canonical hashes and the
blocks do not fit together; readers go on with the previous view until they do (invariant 1 of the design).
"""

import plyvel
import rlp

from reference_node.chain.trie_update import EMPTY_ROOT
from reference_node.chain.types import Header, decode_header
from reference_node.store import schema
from reference_node.store.leveldb import Store
from reference_node.store.position import Position
from reference_node.store.view import KeyValueReader, View


class Publisher:
    """Holds the view that requests are pinned to."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._view: View | None = None

    @property
    def view(self) -> View | None:
        """The newest whole view, or None before the first."""
        return self._view

    def refresh(self, position: Position) -> View | None:
        """Take a new view if the database is whole; return the one that holds now."""
        frozen = self._store.snapshot()
        head = whole_head(frozen)
        if head is not None:
            finalized = frozen.get(schema.HEAD_FINALIZED) or None
            self._view = View(frozen, head, position.safe_hash, finalized, position.offset)
        return self._view


def whole_head(store: KeyValueReader) -> Header | None:
    """Return the head's header if the chain in this database is whole, else None."""
    head_hash = store.get(schema.HEAD_BLOCK)
    if head_hash is None:
        return None
    number_bytes = store.get(schema.header_number_key(head_hash))
    if number_bytes is None:
        return None
    number = int.from_bytes(number_bytes, "big")
    if store.get(schema.canonical_hash_key(number)) != head_hash:
        return None
    if store.get(schema.canonical_hash_key(number + 1)) is not None:
        return None
    header_rlp = store.get(schema.header_key(number, head_hash))
    if header_rlp is None or store.get(schema.body_key(number, head_hash)) is None:
        return None
    if store.get(schema.receipts_key(number, head_hash)) is None:
        return None
    header = decode_header(header_rlp)
    state_is_there = header.state_root == EMPTY_ROOT or store.get(header.state_root) is not None
    return header if state_is_there else None


def head_is_readable(view: View) -> bool:
    """Say whether the head's header and its state's root can be read from the database just now."""
    head = view.head
    try:
        header_rlp = view.store.get(schema.header_key(head.number, head.hash))
        root = head.state_root == EMPTY_ROOT or view.store.get(head.state_root) is not None
        return root and header_rlp is not None and decode_header(header_rlp).hash == head.hash
    except (plyvel.Error, ValueError, rlp.DecodingError):
        return False
