"""Where a replica begins to read: from its own position, or from that of an existing build's database."""

from typing import Any

from reference_node.errors import LogRefused, StoreError
from reference_node.log.codec_ethercattle import decode_offset, offset_key
from reference_node.log.interface import Bounds, Log
from reference_node.roles.record_formats import ETHERCATTLE, RecordFormat, check_format
from reference_node.store import schema
from reference_node.store.apply_ethercattle import GIVEN_UP_AFTER_OFFSETS
from reference_node.store.leveldb import Store
from reference_node.store.position import EthercattlePosition, Position, read_position

OLDEST = -1
"""What stands for the oldest offset where a start is asked for."""


def opening_position(
    store: Store, topic: str, bounds: Bounds, start: int | None, record_format: RecordFormat[Any]
) -> Position:
    """Return where a database stands that a replica has just opened.

    Args:
        store: the database.
        topic: the topic's name.
        bounds: what the topic holds.
        start: the offset to read from that the user asks for, OLDEST, or None.
        record_format: how records are written.

    Raises:
        StoreError: the database was filled in another format, or by something else than a log.
    """
    position = read_position(store)
    check_format(position, record_format, store.path)
    is_ethercattle = record_format.name == ETHERCATTLE.name
    if position.chain.sequence or (is_ethercattle and position.is_begun):
        return position
    if is_ethercattle and (found := store.get(offset_key(topic))) is not None:
        return _position_of_existing_build(store, found, bounds)
    if store.get(schema.canonical_hash_key(0)) is None:
        return position
    if not is_ethercattle:
        raise StoreError(f"{store.path} holds a chain that did not come from a log: start from an empty database")
    if start is None:
        raise StoreError(
            f"{store.path} holds a chain that did not come from topic {topic!r}: start from an empty database, or say "
            "with --kafka.topic name:offset from where on the topic continues it"
        )
    return Position(offset=max(start, bounds.start) - 1, ethercattle=EthercattlePosition())


def first_offset(log: Log, topic: str, position: Position, start: int | None) -> int:
    """Return the offset to read from. Raises LogRefused where the topic can't give what is needed."""
    bounds, needed = log.bounds(topic), position.next_offset
    if position.topic_identity not in {b"", log.identity(topic)}:
        raise LogRefused(f"topic {topic!r} was made anew: it is not the log this database follows")
    if start is not None and start > needed:
        raise LogRefused(f"topic {topic!r} was to be read from offset {start}, but offset {needed} is needed next")
    first = needed if start is None else max(bounds.start, start) if start < 0 else start
    held = f"offsets {bounds.start} to {bounds.end - 1}" if bounds.end > bounds.start else "no records"
    if max(first, position.offset + 1) > bounds.end:
        above = max(first, position.offset + 1)
        raise LogRefused(
            f"topic {topic!r} holds {held}, but offset {above} is needed: it is not the log this database follows"
        )
    if first < bounds.start:
        raise LogRefused(
            f"topic {topic!r} holds {held}, but offset {first} is needed: "
            f"start from a snapshot of a replica at offset {bounds.start - 1} or later"
        )
    return first


def _position_of_existing_build(store: Store, found: bytes, bounds: Bounds) -> Position:
    """Return where an existing build's database stands.

    It names the last offset that was applied, members of unfinished batches included, which are not in the database.
    So the record there is applied once more, and reading begins as far back as an unfinished batch may reach.
    """
    try:
        offset, _time_s = decode_offset(found)
    except ValueError as error:
        raise StoreError(f"{store.path}: {error}") from error
    if offset < 0:
        raise StoreError(f"{store.path}: the offset record names offset {offset}, expected 0 or more")
    resume = min(offset, max(bounds.start, offset - GIVEN_UP_AFTER_OFFSETS))
    return Position(offset=offset - 1, ethercattle=EthercattlePosition(resume))
