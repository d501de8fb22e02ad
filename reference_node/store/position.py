"""Where a database stands in the log: kept in the database itself, written with the batch it belongs to."""

from dataclasses import dataclass, field, replace

import rlp

from reference_node.chain.types import RlpItem, encode_rlp, from_int, to_int
from reference_node.log.codec_writebatch import Chain
from reference_node.store.schema import PRIVATE_PREFIX
from reference_node.store.view import KeyValueReader

POSITION_KEY = PRIVATE_PREFIX + b"position"
DIGEST_PREFIX = PRIVATE_PREFIX + b"digest-"
OUTBOX_PREFIX = PRIVATE_PREFIX + b"outbox-"
DIGESTS_KEPT = 256
"""How many batches back a duplicate can still be told from a forgery."""


@dataclass(frozen=True, slots=True)
class EthercattlePosition:
    """What a position in a log of the format `ethercattle` holds beside the others."""

    resume: int | None = None
    """Where a restart reads on: the first offset of the oldest unfinished batch; None: after the position."""
    ancients: int = 0
    """How many blocks the master's freezer has, as far as the log said so."""
    given_up: tuple[bytes, ...] = ()
    """Ids of batches that were never committed in a long time, and are no longer waited for."""


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
    ethercattle: EthercattlePosition | None = None
    """There where the log is of the format `ethercattle`, else it is of the format `writebatch`."""

    @property
    def record_format(self) -> str:
        """The format of the log that filled the database."""
        return "writebatch" if self.ethercattle is None else "ethercattle"

    @property
    def is_begun(self) -> bool:
        """Whether the database has anything from a log."""
        return self.offset >= 0 or self.chain.sequence > 0

    @property
    def next_offset(self) -> int:
        """The offset that a restart reads on from."""
        resume = self.ethercattle.resume if self.ethercattle else None
        return self.offset + 1 if resume is None else resume

    def at(self, offset: int) -> "Position":
        """Return this position at another offset."""
        return replace(self, offset=offset)


def encode_position(position: Position) -> bytes:
    """Return the bytes stored under POSITION_KEY."""
    numbers = (position.offset + 1, position.epoch, position.chain.sequence, position.time_ms)
    hashes = (position.chain.digest, position.safe_hash or b"", position.finalized_hash or b"")
    more = [] if position.ethercattle is None else [_ethercattle_item(position.ethercattle)]
    return encode_rlp([*map(from_int, numbers), *hashes, position.topic_identity, *more])


def read_position(store: KeyValueReader) -> Position:
    """Return the stored position, or that of an empty database."""
    data = store.get(POSITION_KEY)
    if data is None:
        return Position()
    offset, epoch, sequence, time_ms, digest, safe, finalized, topic_identity, *more = rlp.decode(data)
    return Position(
        Chain(to_int(sequence), digest),
        to_int(offset) - 1,
        to_int(epoch),
        to_int(time_ms),
        safe or None,
        finalized or None,
        topic_identity,
        _ethercattle_position(*more[0]) if more else None,
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


def _ethercattle_item(at: EthercattlePosition) -> list[RlpItem]:
    resume = 0 if at.resume is None else at.resume + 1
    return [b"ethercattle", from_int(resume), from_int(at.ancients), list(at.given_up)]


def _ethercattle_position(_name: bytes, resume: bytes, ancients: bytes, given_up: list[bytes]) -> EthercattlePosition:
    return EthercattlePosition(to_int(resume) - 1 if resume else None, to_int(ancients), tuple(given_up))
