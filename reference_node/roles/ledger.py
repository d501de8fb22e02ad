"""A master's database: every step goes in together with the records that will tell the replicas of it."""

import logging
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import takewhile
from typing import Any

import rlp

from reference_node.chain.types import encode_rlp
from reference_node.counters import PublishCounters
from reference_node.errors import Fenced, LogRefused, LogUnavailable, StoreError
from reference_node.log.codec_writebatch import Batch, Chain
from reference_node.log.interface import FencedWriter, Log, Record
from reference_node.log.tail import read_backwards
from reference_node.process_log import fields
from reference_node.roles.record_formats import ETHERCATTLE, WRITEBATCH, LogEnd, RecordFormat, check_format
from reference_node.store import schema
from reference_node.store.leveldb import Store
from reference_node.store.position import OUTBOX_PREFIX, EthercattlePosition, Position, digest_key, read_position
from reference_node.writeset import encode_write_batch

PUBLISHED_BATCHES_MAX = 64
"""Batches that one append carries at the most."""
_LOG = logging.getLogger(__name__)
Clock = Callable[[], int]
"""Returns milliseconds since 1970."""


def wall_clock_ms() -> int:
    """Return the machine's clock, milliseconds since 1970."""
    return time.time_ns() // 1_000_000


@dataclass(frozen=True, slots=True)
class ForkChoiceMove:
    """Which blocks became safe and finalized with a step."""

    safe_hash: bytes | None = None
    finalized_hash: bytes | None = None


NO_MOVE = ForkChoiceMove()


class Ledger:
    """Commits steps to the database and its outbox, and publishes the outbox in order.

    One thread may commit while another one connects and publishes.
    """

    def __init__(
        self,
        store: Store,
        clock: Clock = wall_clock_ms,
        record_bytes_max: int | None = None,
        record_format: RecordFormat[Any] = WRITEBATCH,
    ) -> None:
        """Go on from the database's position.

        Args:
            store: written by this ledger alone from now on.
            clock: gives milliseconds since 1970.
            record_bytes_max: of a record's value; None for what suits the format.
            record_format: how records are written.

        Raises:
            StoreError: the database's steps were written in another format.
        """
        self.store = store
        self._clock = clock
        self._writing = record_format.writing
        self._record_bytes_max = record_bytes_max or self._writing.record_bytes_max
        position = read_position(store)
        check_format(position, record_format, store.path)
        self._names_epochs = record_format.name == WRITEBATCH.name
        if record_format.name == ETHERCATTLE.name:
            position = replace(position, ethercattle=_afresh(position.ethercattle))
        self._position = position
        self._lock = threading.Lock()
        """Held while the position moves, in memory and in the database."""
        self._writer: FencedWriter | None = None
        self.counters = PublishCounters()
        """What was published since the start; may be read from other threads."""

    @property
    def position(self) -> Position:
        """The last step in the database."""
        return self._position

    def commit(
        self,
        writes: Mapping[bytes, bytes | None],
        source_first: int,
        source_last: int,
        move: ForkChoiceMove = NO_MOVE,
    ) -> None:
        """Write a step and its outbox records in one atomic batch, durably.

        Raises:
            LogRefused: the format has no records small enough for the step; nothing of it was written.
        """
        with self._lock:
            self._commit(writes, source_first, source_last, move)

    def connect(self, log: Log, topic: str, promote: bool) -> None:
        """Become the log's only writer, and drop from the outbox what the log already has.

        May be called again after the log was away: it is not known then which appends it has taken.

        Raises:
            Fenced: a newer epoch is open.
            LogRefused: the log does not continue into this database.
        """
        if self._writer is not None:
            self._writer.close()
            self._writer = None
        epoch = max(self._position.epoch, 1) + (1 if promote else 0)
        with suppress(LogUnavailable):  # where there is no topic yet, there is nothing to fit
            self._check_continues(log, topic, epoch)
        try:
            self._writer = log.open_writer(topic, epoch)
        except Fenced as error:
            # A replica of records that do not name their epoch learns only here which one it has to follow.
            if self._names_epochs or not promote or error.epoch is None:
                raise
            epoch = error.epoch + 1
            self._writer = log.open_writer(topic, epoch)
        end = self._check_continues(log, topic, epoch)  # once more: nobody older can write from here on
        in_log = end.chain
        identity = log.identity(topic)
        with self._lock:
            self._position = replace(self._position, topic_identity=identity)
        self._forget_published(in_log.sequence, log.bounds(topic).end - 1, epoch)
        opening = self._writing.encode_epoch(in_log, self._clock(), epoch, self._head()) if end.epoch < epoch else []
        if opening:
            next_offset = self._writer.append(opening, in_log.sequence, in_log.sequence)
            self._forget_published(in_log.sequence, next_offset - 1, epoch)
        if end.epoch < epoch:
            _LOG.info("epoch opened", extra=fields(epoch=epoch, epoch_before=end.epoch, topic=topic))

    def publish(self) -> int:
        """Append every outbox record to the log, and return how many batches that were."""
        return self._publish()[0]

    def _publish(self) -> tuple[int, Chain]:
        """Publish all there is; return how many batches that were, and where the log's chain of batches ends now."""
        assert self._writer is not None, "connect first"
        published = 0
        while True:
            with self._lock:  # another thread may commit the next step meanwhile
                entries, at = list(self._pending()), self._position.chain
            if not entries:
                return published, at
            first, last = entries[0][0], entries[-1][0]
            records = [self._writing.with_epoch(record, self._writer.epoch) for _, record in entries]
            started_seconds = time.perf_counter()
            end = self._writer.append(records, first - 1, last)
            self.counters.count(last - first + 1, (record.value for record in records), started_seconds)
            self._forget_published(last, end - 1, self._writer.epoch)
            published += last - first + 1

    def heartbeat(self) -> None:
        """Tell the replicas that the master is alive (after publishing all there is)."""
        assert self._writer is not None, "connect first"
        _, at = self._publish()
        heartbeat = self._writing.encode_heartbeat(at, self._clock(), self._head())
        record = self._writing.with_epoch(heartbeat, self._writer.epoch)
        end = self._writer.append([record], at.sequence, at.sequence)
        self.counters.heartbeats += 1
        self._forget_published(at.sequence, end - 1, self._writer.epoch)

    def _commit(
        self, writes: Mapping[bytes, bytes | None], source_first: int, source_last: int, move: ForkChoiceMove
    ) -> None:
        batch = Batch(
            encode_write_batch(writes.items()), source_first, source_last, self._clock(),
            move.safe_hash, move.finalized_hash,
        )  # fmt: skip
        records, chain = self._writing.encode_batch(batch, self._position.chain, self._record_bytes_max)
        moved = replace(
            self._position,
            chain=chain,
            time_ms=batch.time_ms,
            safe_hash=move.safe_hash or self._position.safe_hash,
            finalized_hash=move.finalized_hash or self._position.finalized_hash,
        )
        outbox = [(_outbox_key(chain.sequence, part), _encode_record(record)) for part, record in enumerate(records)]
        self.store.apply(writes.items(), moved, outbox, durable=True)
        self._position = moved

    def _pending(self, sequence_min: int = 0) -> Iterator[tuple[int, Record]]:
        """Yield (sequence, record) of the oldest whole batches in the outbox, from a sequence on."""
        first = None
        for key, value in self.store.iterator(prefix=OUTBOX_PREFIX):
            sequence = _sequence_of(key)
            if sequence < sequence_min:
                continue
            first = sequence if first is None else first
            if sequence - first >= PUBLISHED_BATCHES_MAX:
                return
            yield sequence, _decode_record(value)

    def _check_continues(self, log: Log, topic: str, epoch: int) -> LogEnd:
        """Return what the topic's end says; refuse a topic that does not fit."""
        end = self._writing.find_end(read_backwards(log, topic), self._position)
        if end is None and log.bounds(topic).start:
            raise LogRefused(f"topic {topic!r} holds no record from which to tell whether it fits this database")
        end = end or LogEnd(Chain(), 0)
        if end.epoch > epoch:
            raise Fenced(f"topic {topic!r} is at epoch {end.epoch}, but this master is at epoch {epoch}", end.epoch)
        in_log, own = end.chain, self._position.chain
        if in_log.sequence > own.sequence:
            raise LogRefused(
                f"topic {topic!r} is at sequence {in_log.sequence}, but this database at {own.sequence}: "
                "bring it up with `ethercattle replica --replica.syncshutdown` first"
            )
        oldest = next(self._pending(), None)
        needed = oldest[0] if oldest else own.sequence + 1
        if in_log.sequence + 1 < needed:
            raise LogRefused(
                f"topic {topic!r} ends at sequence {in_log.sequence}, but this master has published up to {needed - 1}"
            )
        if not self._is_own(in_log):
            raise LogRefused(
                f"topic {topic!r} has other content at sequence {in_log.sequence} than this database: "
                "another master wrote it, or the database belongs to another log"
            )
        return end

    def _is_own(self, in_log: Chain) -> bool:
        """Say whether the chain of batches in this database goes through a point of the log's."""
        if in_log.sequence == 0:
            return in_log == Chain()
        known = self.store.get(digest_key(in_log.sequence))
        if known is not None:
            return known == in_log.digest
        waiting = takewhile(lambda entry: entry[0] == in_log.sequence + 1, self._pending(in_log.sequence + 1))
        records = [record for _, record in waiting]
        return bool(records) and self._writing.follows(records, in_log)

    def _head(self) -> int | None:
        """Return the number of the canonical head, or None before there is one."""
        head_hash = self.store.get(schema.HEAD_BLOCK)
        number = None if head_hash is None else self.store.get(schema.header_number_key(head_hash))
        return None if number is None else int.from_bytes(number, "big")

    def _forget_published(self, sequence: int, offset: int, epoch: int) -> None:
        keys = (key for key, _ in self.store.iterator(prefix=OUTBOX_PREFIX))
        done = [(key, None) for key in takewhile(lambda key: _sequence_of(key) <= sequence, keys)]
        with self._lock:
            self._position = replace(self._position, offset=offset, epoch=epoch)
            self.store.apply((), self._position, done)
        self.counters.published_sequence = sequence


def _afresh(at: EthercattlePosition | None) -> EthercattlePosition:
    """Return what a master keeps of a replica's position: it waits for no batch."""
    return replace(at or EthercattlePosition(), resume=None)


def check_no_outbox(store: Store) -> None:
    """Raise StoreError where a master left batches unpublished, so that no replica takes its database over."""
    if next(iter(store.iterator(prefix=OUTBOX_PREFIX)), None) is not None:
        raise StoreError(
            f"{store.path} is a master's database with unpublished batches: start the master once more first"
        )


def _outbox_key(sequence: int, part: int) -> bytes:
    return OUTBOX_PREFIX + sequence.to_bytes(8, "big") + part.to_bytes(4, "big")


def _sequence_of(outbox_key: bytes) -> int:
    return int.from_bytes(outbox_key[len(OUTBOX_PREFIX) : -4], "big")


def _encode_record(record: Record) -> bytes:
    return encode_rlp([record.value, [[name.encode(), content] for name, content in record.headers]])


def _decode_record(data: bytes) -> Record:
    value, headers = rlp.decode(data)
    return Record(value, tuple((name.decode(), content) for name, content in headers))
