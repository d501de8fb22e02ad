"""What becomes of the database when another block becomes the head: canonical hashes, lookups, head markers.

Source: geth v1.17.8, core/blockchain.go (reorg, writeHeadBlock, SetFinalized), core/txindexer.go.
"""

from reference_node.chain.types import Body, Header, decode_body, decode_header, from_int
from reference_node.errors import StoreError
from reference_node.store import schema
from reference_node.store.view import KeyValueReader


def switch_head(store: KeyValueReader, new_head: Header) -> dict[bytes, bytes | None]:
    """Return the writes (None: delete) that make a stored block the head, be it by a reorg.

    The block and its ancestors are in the store. Lookups of transactions that only the old chain holds and
    canonical hashes above the new head go away.

    Raises:
        StoreError: an ancestor of the old or the new head is missing.
    """
    old_head = head_of(store)
    dropped, added = _branches(store, old_head, new_head)
    writes: dict[bytes, bytes | None] = {}
    for header in dropped:
        writes.update((schema.transaction_lookup_key(t.hash), None) for t in _body(store, header).transactions)
        if header.number > new_head.number:
            writes[schema.canonical_hash_key(header.number)] = None
    for header in reversed(added):
        number = from_int(header.number)
        writes[schema.canonical_hash_key(header.number)] = header.hash
        writes.update((schema.transaction_lookup_key(t.hash), number) for t in _body(store, header).transactions)
    if new_head.number > 0 and store.get(schema.TRANSACTION_INDEX_TAIL) is None:
        writes[schema.TRANSACTION_INDEX_TAIL] = bytes(8)
    for key in (schema.HEAD_HEADER, schema.HEAD_FAST_BLOCK, schema.HEAD_BLOCK):
        writes[key] = new_head.hash
    return writes


def finalize_writes(block_hash: bytes) -> dict[bytes, bytes]:
    """Return the writes that make a block the finalized one."""
    return {schema.HEAD_FINALIZED: block_hash}


def head_of(store: KeyValueReader) -> Header:
    """Return the header of the head block. Raises StoreError if there is none."""
    block_hash = store.get(schema.HEAD_BLOCK)
    if block_hash is None:
        raise StoreError("the database has no head block, expected at least a genesis")
    number = store.get(schema.header_number_key(block_hash))
    if number is None:
        raise StoreError(f"the database has no number for its head block 0x{block_hash.hex()}")
    return stored_header(store, int.from_bytes(number, "big"), block_hash)


def stored_header(store: KeyValueReader, number: int, block_hash: bytes) -> Header:
    """Return a stored header. Raises StoreError if it is missing."""
    data = store.get(schema.header_key(number, block_hash))
    if data is None:
        raise StoreError(f"the database has no header of block {number} 0x{block_hash.hex()}")
    return decode_header(data)


def _branches(store: KeyValueReader, old: Header, new: Header) -> tuple[list[Header], list[Header]]:
    """Return what only the old and only the new chain holds, newest first."""
    dropped: list[Header] = []
    added: list[Header] = []
    while old.hash != new.hash:
        if old.number == new.number == 0:
            raise StoreError(f"block 0x{new.hash.hex()} starts another chain than 0x{old.hash.hex()}")
        step_old, step_new = old.number >= new.number, new.number >= old.number
        if step_old:
            dropped.append(old)
            old = stored_header(store, old.number - 1, old.parent_hash)
        if step_new:
            added.append(new)
            new = stored_header(store, new.number - 1, new.parent_hash)
    return dropped, added


def _body(store: KeyValueReader, header: Header) -> Body:
    data = store.get(schema.body_key(header.number, header.hash))
    if data is None:
        raise StoreError(f"the database has no body of block {header.number} 0x{header.hash.hex()}")
    return decode_body(data)
