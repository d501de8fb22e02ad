"""The seam between the roles and how records are written: what a format says to a master and to a replica."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

from reference_node.errors import StoreError, UsageError
from reference_node.log import codec_writebatch, publish_ethercattle
from reference_node.log.codec_writebatch import Batch, Chain
from reference_node.log.interface import Record, StoredRecord
from reference_node.store import apply, apply_ethercattle
from reference_node.store.apply import Progress, Step
from reference_node.store.apply_ethercattle import EthercattleProgress
from reference_node.store.position import Position, digest_key


class HasPosition(Protocol):
    """How far a replica is, in the terms of a format."""

    @property
    def position(self) -> Position:
        """The last record that is done with."""


P = TypeVar("P", bound=HasPosition)
EMBEDDED_RECORD_BYTES_MAX = 900_000_000
"""SQLite's own bound on a value is a thousand million bytes."""
Read = Callable[[bytes], bytes | None]
"""Gives what a database has under a key."""


@dataclass(frozen=True, slots=True)
class LogEnd:
    """What the end of a topic says of its last master."""

    chain: Chain
    """Where the chain of batches ends."""
    epoch: int
    """The epoch of the last record; 0 where the format does not say, or there is no record."""


@dataclass(frozen=True, slots=True)
class Writing:
    """How a master writes its steps."""

    record_bytes_max: int
    """Of a record's value, where nothing else is asked for."""
    encode_batch: Callable[[Batch, Chain, int], tuple[list[Record], Chain]]
    """Returns a batch's records (values up to this many bytes), without their epoch, and the chain that ends with it.

    Raises LogRefused where they can't be that small.
    """
    encode_heartbeat: Callable[[Chain, int, int | None], Record]
    """Takes the last batch, the clock (milliseconds) and the head's number."""
    encode_epoch: Callable[[Chain, int, int, int | None], list[Record]]
    """Returns what opens an epoch: takes the last batch, the clock, the epoch and the head's number."""
    with_epoch: Callable[[Record, int], Record]
    """Returns a record as a master of this epoch publishes it."""
    find_end: Callable[[Iterable[StoredRecord], Position], LogEnd | None]
    """Reads a topic from its end backwards, for a database at this position; None where it holds no batch or mark.

    Raises LogRefused where the records are not of the format, or tell nothing.
    """
    follows: Callable[[Sequence[Record], Chain], bool]
    """Says whether a batch, given by all its records, is what follows a point of the chain."""


@dataclass(frozen=True, slots=True)
class Reading(Generic[P]):
    """How a replica reads them."""

    begin: Callable[[Position], P]
    """Returns the progress of a replica that has just opened its database."""
    advance: Callable[[P, StoredRecord, Read], Step[P]]
    """Returns what the next record leads to. Raises LogRefused where it is not what has to come next."""
    newest_block: Callable[[StoredRecord], int | None]
    """Returns the number of the newest block that a record speaks of, or None where it speaks of none."""


@dataclass(frozen=True, slots=True)
class RecordFormat(Generic[P]):
    """A format of records."""

    name: str
    """As `--log.format` names it."""
    writing: Writing
    reading: Reading[P]


def _advance_writebatch(progress: Progress, stored: StoredRecord, get: Read) -> Step[Progress]:
    return apply.advance(progress, stored, lambda sequence: get(digest_key(sequence)))


def _end_of_writebatch(newest_first: Iterable[StoredRecord], _position: Position) -> LogEnd | None:
    last = next(iter(newest_first), None)
    return None if last is None else LogEnd(codec_writebatch.chain_at(last), codec_writebatch.decode(last).epoch)


def _follows_writebatch(records: Sequence[Record], before: Chain) -> bool:
    first = records[0]
    return dict(first.headers)["digest"] == codec_writebatch.record_digest(before.digest, first.headers, first.value)


def _end_of_ethercattle(newest_first: Iterable[StoredRecord], position: Position) -> LogEnd | None:
    chain = publish_ethercattle.find_end(newest_first, position.chain, position.offset)
    return None if chain is None else LogEnd(chain, 0)


WRITEBATCH: RecordFormat[Progress] = RecordFormat(
    "writebatch",
    Writing(
        record_bytes_max=codec_writebatch.PART_BYTES_MAX,
        encode_batch=codec_writebatch.encode_batch,
        encode_heartbeat=codec_writebatch.encode_heartbeat,
        encode_epoch=lambda *mark: [codec_writebatch.encode_epoch(*mark)],
        with_epoch=codec_writebatch.with_epoch,
        find_end=_end_of_writebatch,
        follows=_follows_writebatch,
    ),
    Reading(begin=Progress, advance=_advance_writebatch, newest_block=codec_writebatch.newest_block),
)
"""Our own: LevelDB write batches under sequences and digests (docs/format.md)."""

ETHERCATTLE: RecordFormat[EthercattleProgress] = RecordFormat(
    "ethercattle",
    Writing(
        record_bytes_max=publish_ethercattle.RECORD_BYTES_MAX,
        encode_batch=publish_ethercattle.encode_batch,
        encode_heartbeat=publish_ethercattle.encode_heartbeat,
        encode_epoch=lambda *_mark: [],  # the log alone knows of epochs
        with_epoch=lambda record, _epoch: record,
        find_end=_end_of_ethercattle,
        follows=publish_ethercattle.follows,
    ),
    Reading(
        begin=apply_ethercattle.begin, advance=apply_ethercattle.advance, newest_block=publish_ethercattle.newest_block
    ),
)
"""What existing builds speak (docs/format.md)."""

_FORMATS: dict[str, RecordFormat[Any]] = {found.name: found for found in (WRITEBATCH, ETHERCATTLE)}


def record_format(name: str) -> RecordFormat[Any]:
    """Return the format that `--log.format` names. Raises UsageError where there is none."""
    if name not in _FORMATS:
        raise UsageError(f"--log.format is {name!r}, expected one of {', '.join(_FORMATS)}")
    return _FORMATS[name]


def record_bytes_limit(wanted: RecordFormat[Any], broker: str, kafka_config: Mapping[str, str]) -> int:
    """Return how long a record's value may be: a format that can't cut its records needs all that the log takes.

    Args:
        wanted: the format.
        broker: what `--kafka.broker` says; the embedded log has no limit of its own.
        kafka_config: librdkafka properties; its `message.max.bytes` bounds what is sent.

    Raises:
        UsageError: that property is not a whole number, or leaves no room.
    """
    if wanted.name != ETHERCATTLE.name:
        return wanted.writing.record_bytes_max
    if broker.startswith("sqlite:"):
        return EMBEDDED_RECORD_BYTES_MAX
    text = kafka_config.get("message.max.bytes", "")
    if text and not (text.isdecimal() and int(text) > publish_ethercattle.OVERHEAD_BYTES):
        raise UsageError(
            f"--kafka.config message.max.bytes is {text!r}, "
            f"expected a number above {publish_ethercattle.OVERHEAD_BYTES}"
        )
    return int(text) - publish_ethercattle.OVERHEAD_BYTES if text else wanted.writing.record_bytes_max


def check_format(position: Position, wanted: RecordFormat[Any], where: object) -> None:
    """Raise StoreError where a database was filled in another format than the one wanted."""
    if position.is_begun and position.record_format != wanted.name:
        raise StoreError(
            f"{where} was filled by records of the format {position.record_format}, but --log.format is {wanted.name}"
        )
