"""The one interface between masters, replicas and relays, and whatever carries the log.

A log is named topics of records at growing offsets. Masters append under an epoch that fences older
masters out; readers start at any offset that is still retained; consumer groups remember how far they came.
Implementations: `sqlite` (embedded); Kafka follows. One contract suite runs on all of them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Record:
    """What is appended: bytes and headers, both opaque to the log."""

    value: bytes
    headers: tuple[tuple[str, bytes], ...] = ()


@dataclass(frozen=True, slots=True)
class StoredRecord:
    """A record as it is read back."""

    offset: int
    record: Record
    time_ms: int = 0
    """The appender's clock when it was appended, milliseconds since 1970; 0 where the log does not say."""


@dataclass(frozen=True, slots=True)
class ReadResult:
    """What one read returned."""

    records: list[StoredRecord]
    """At ascending offsets; there may be holes between them (Kafka's transaction markers take offsets)."""
    next_offset: int
    """Where to go on: after the last record, and after a hole that follows it once the log has passed it."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """Which offsets of a topic can be read: start ≤ offset < end. Some may be holes, also the last ones."""

    start: int
    end: int


class FencedWriter(Protocol):
    """A master's right to append to one topic, held until a newer epoch is opened."""

    @property
    def epoch(self) -> int:
        """The epoch this writer appends under."""

    def append(self, records: Sequence[Record], sequence_first: int, sequence_next: int) -> int:
        """Append all records or none, and return the offset after the last of them.

        `sequence_first` has to be what the last append left as `sequence_next`.

        Raises:
            Fenced: a newer epoch is open; nothing was written.
            LogRefused: the sequence does not continue the log's; nothing was written.
            LogUnavailable: the log did not answer; the records may or may not be there.
        """

    def close(self) -> None:
        """Give up the writer; the epoch stays."""


class Log(Protocol):
    """Topics of records."""

    def bounds(self, topic: str) -> Bounds:
        """Return the readable range of a topic. Raises LogUnavailable when the topic does not exist."""

    def identity(self, topic: str) -> bytes:
        """Return what tells this topic from another of the same name made later. Raises LogUnavailable as `bounds`."""

    def read(self, topic: str, offset: int, limit: int, timeout_seconds: float) -> ReadResult:
        """Return up to `limit` records from `offset` on, waiting up to the timeout for the first.

        There may be fewer where they are large; none are returned only at the end of the topic,
        and `next_offset` is the end then.

        Raises:
            LogRefused: the offset is below the topic's start or above its end.
            LogUnavailable: the log is not there.
        """

    def open_writer(self, topic: str, epoch: int) -> FencedWriter:
        """Make the topic if missing, and fence out every writer of an older epoch.

        Raises:
            Fenced: the log already knows a newer epoch.
        """

    def append(self, topic: str, records: Sequence[Record]) -> int:
        """Append without fencing (transactions), making the topic if missing; return the offset after the last."""

    def committed(self, topic: str, group: str) -> int | None:
        """Return the offset a consumer group goes on from, or None if it has never committed."""

    def commit(self, topic: str, group: str, offset: int) -> None:
        """Remember that a consumer group goes on from this offset."""

    def truncate(self, topic: str, start: int) -> None:
        """Drop all records below `start` (retention)."""

    def close(self) -> None:
        """Release what the log holds open."""
