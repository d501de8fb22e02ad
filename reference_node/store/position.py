"""Where a database stands in the log: kept in the database itself, written with the batch it belongs to."""

from dataclasses import dataclass, field, replace

import rlp

from reference_node.chain.types import encode_rlp, from_int, to_int
from reference_node.log.codec_writebatch import Chain
from reference_node.store.schema import PRIVATE_PREFIX
from reference_node.store.view import KeyValueReader

POSITION_KEY = PRIVATE_PREFIX + b"position"
DIGEST_PREFIX = PRIVATE_PREFIX + b"digest-"
OUTBOX_PREFIX = PRIVATE_PREFIX + b"outbox-"
DIGESTS_KEPT = 256
"""How many batches back a duplicate can still be told from a forgery."""


@dataclass(frozen=True, slots=True)
class Position:
    """The last batch in a database, and what the log has said beside it."""

    chain: Chain = field(default_factory=Chain)
    offset: int = -1
    """Offset of the last record that is done with; -1 before the first."""
    epoch: int = 0
    time_ms: int = 0
    """The master's clock in the last record, milliseconds since 1970; 0 before the first."""
    safe_hash: bytes | None = None
    finalized_hash: bytes | None = None
    topic_identity: bytes = b""
    """What tells the topic followed from another of the same name made later; empty before the first record."""

    def at(self, offset: int) -> "Position":
        """Return this position at another offset."""
        return replace(self, offset=offset)


def encode_position(position: Position) -> bytes:
    """Return the bytes stored under POSITION_KEY."""
    numbers = (position.offset + 1, position.epoch, position.chain.sequence, position.time_ms)
    hashes = (position.chain.digest, position.safe_hash or b"", position.finalized_hash or b"")
    return encode_rlp([*map(from_int, numbers), *hashes, position.topic_identity])


def read_position(store: KeyValueReader) -> Position:
    """Return the stored position, or that of an empty database."""
    data = store.get(POSITION_KEY)
    if data is None:
        return Position()
    offset, epoch, sequence, time_ms, digest, safe, finalized, topic_identity = rlp.decode(data)
    return Position(
        Chain(to_int(sequence), digest),
        to_int(offset) - 1,
        to_int(epoch),
        to_int(time_ms),
        safe or None,
        finalized or None,
        topic_identity,
    )


def digest_key(sequence: int) -> bytes:
    """Key under which the digest of a batch is remembered."""
    return DIGEST_PREFIX + sequence.to_bytes(8, "big")


def position_writes(position: Position) -> list[tuple[bytes, bytes | None]]:
    """Return the writes that move a database to a position."""
    sequence = position.chain.sequence
    writes: list[tuple[bytes, bytes | None]] = [(POSITION_KEY, encode_position(position))]
    if sequence:
        writes.append((digest_key(sequence), position.chain.digest))
    if sequence > DIGESTS_KEPT:
        writes.append((digest_key(sequence - DIGESTS_KEPT), None))
    return writes
