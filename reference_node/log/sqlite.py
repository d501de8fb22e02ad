"""The embedded log: one SQLite file in WAL mode, for many processes on one machine.

Every append is one transaction with full synchronisation, so an acknowledged record survives a crash.
"""

import os
import secrets
import sqlite3
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import rlp

from reference_node.chain.types import encode_rlp
from reference_node.errors import Fenced, LogRefused, LogUnavailable
from reference_node.log.interface import Bounds, FencedWriter, ReadResult, Record, StoredRecord

T = TypeVar("T")
_Row = tuple[int, bytes, bytes, int]
"""Offset, value, headers and time of a record."""

APPLICATION_ID = 0x45434C47  # "ECLG": tells our files from other SQLite databases
BUSY_SECONDS_MAX = 30.0
POLL_SECONDS = 0.005
READ_BYTES_MAX = 8 * 2**20
"""Values that one read returns: no more are begun once there are this many bytes."""
IDENTITY_BYTES = 16
_TABLES = (
    """CREATE TABLE IF NOT EXISTS topics (
        id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, identity BLOB NOT NULL,
        first INTEGER NOT NULL DEFAULT 0, next INTEGER NOT NULL DEFAULT 0,
        epoch INTEGER NOT NULL DEFAULT 0, sequence INTEGER
    )""",
    """CREATE TABLE IF NOT EXISTS records (
        topic INTEGER NOT NULL, position INTEGER NOT NULL, value BLOB NOT NULL, headers BLOB NOT NULL,
        time_ms INTEGER NOT NULL DEFAULT 0, UNIQUE (topic, position)
    )""",
    """CREATE TABLE IF NOT EXISTS groups (
        topic TEXT NOT NULL, name TEXT NOT NULL, next INTEGER NOT NULL, PRIMARY KEY (topic, name)
    )""",
)


def wall_clock_ms() -> int:
    """Return the machine's clock, milliseconds since 1970."""
    return time.time_ns() // 1_000_000


class SqliteLog:
    """A log in one file; safe to share between the threads of a process."""

    def __init__(self, path: Path, create: bool, clock_ms: Callable[[], int] = wall_clock_ms) -> None:
        """Open the file. Raises LogUnavailable where it is missing (unless `create`) or is not such a log."""
        self._path = path = path.absolute()
        self._clock_ms = clock_ms
        self._lock = threading.Lock()
        try:
            self._connection = sqlite3.connect(
                f"{path.as_uri()}?mode={'rwc' if create else 'rw'}",
                uri=True,
                timeout=BUSY_SECONDS_MAX,
                isolation_level=None,
                check_same_thread=False,
            )
        except sqlite3.Error as error:
            expected = "a folder that can be written to" if create else "a log that a master has made"
            raise LogUnavailable(f"sqlite:///{path} can't be opened, expected {expected}: {error}") from error
        try:
            self._file_number = path.stat().st_ino
            self._prepare(create)
        except BaseException:
            self._connection.close()
            raise

    def bounds(self, topic: str) -> Bounds:
        """Return the readable range of a topic."""
        return self._run(lambda: self._topic(topic))[2]

    def identity(self, topic: str) -> bytes:
        """Return the random bytes that the topic was made with."""
        return self._run(lambda: self._topic(topic))[1]

    def read(self, topic: str, offset: int, limit: int, timeout_seconds: float) -> ReadResult:
        """Return up to `limit` records from `offset` on, waiting up to the timeout for the first."""
        deadline = time.monotonic() + timeout_seconds
        while True:
            bounds, rows = self._run(lambda: self._rows(topic, offset, limit))
            if not bounds.start <= offset <= bounds.end:
                held = f"offsets {bounds.start} to {bounds.end - 1}" if bounds.end > bounds.start else "no records"
                raise LogRefused(f"topic {topic!r} holds {held}, but offset {offset} is needed")
            if offset < bounds.end:
                break
            if time.monotonic() >= deadline:
                return ReadResult([], offset)
            time.sleep(POLL_SECONDS)
        if not rows or rows[0][0] != offset:
            raise LogRefused(f"topic {topic!r} has lost the record at offset {offset}")
        return ReadResult([_stored_record(*row) for row in rows], rows[-1][0] + 1)

    def open_writer(self, topic: str, epoch: int) -> FencedWriter:
        """Make the topic if missing, and fence out every writer of an older epoch."""
        with self._transaction():
            self._make_topic(topic)
            known, sequence = self._connection.execute(
                "SELECT epoch, sequence FROM topics WHERE name = ?", (topic,)
            ).fetchone()
            if epoch < known:
                raise Fenced(f"topic {topic!r} is at epoch {known}, but this master is at epoch {epoch}", known)
            self._connection.execute("UPDATE topics SET epoch = ? WHERE name = ?", (epoch, topic))
        return _SqliteWriter(self, topic, epoch, sequence)

    def append(self, topic: str, records: Sequence[Record]) -> int:
        """Append without fencing, making the topic if missing; return its end."""
        with self._transaction():
            self._make_topic(topic)
            return self._insert(topic, records)

    def append_fenced(
        self, topic: str, epoch: int, records: Sequence[Record], sequence_first: int, sequence_next: int
    ) -> int:
        """Append if the epoch is still the newest and the sequence goes on; return the topic's end."""
        with self._transaction():
            known, sequence = self._connection.execute(
                "SELECT epoch, sequence FROM topics WHERE name = ?", (topic,)
            ).fetchone() or (0, None)
            if known != epoch:
                raise Fenced(f"topic {topic!r} is at epoch {known}, but this master is at epoch {epoch}")
            if sequence is not None and sequence != sequence_first:
                raise LogRefused(
                    f"topic {topic!r} goes on at sequence {sequence}, but this master would write {sequence_first}"
                )
            self._connection.execute("UPDATE topics SET sequence = ? WHERE name = ?", (sequence_next, topic))
            return self._insert(topic, records)

    def committed(self, topic: str, group: str) -> int | None:
        """Return the offset a consumer group goes on from, or None if it has never committed."""
        row = self._run(
            lambda: self._connection.execute(
                "SELECT next FROM groups WHERE topic = ? AND name = ?", (topic, group)
            ).fetchone()
        )
        return None if row is None else int(row[0])

    def commit(self, topic: str, group: str, offset: int) -> None:
        """Remember that a consumer group goes on from this offset."""
        with self._transaction():
            self._connection.execute("REPLACE INTO groups VALUES (?, ?, ?)", (topic, group, offset))

    def truncate(self, topic: str, start: int) -> None:
        """Drop all records below `start`."""
        with self._transaction():
            key, _, bounds = self._topic(topic)
            kept = min(max(bounds.start, start), bounds.end)
            self._connection.execute("DELETE FROM records WHERE topic = ? AND position < ?", (key, kept))
            self._connection.execute("UPDATE topics SET first = ? WHERE id = ?", (kept, key))

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._connection.close()

    def _prepare(self, create: bool) -> None:
        with self._transaction("IMMEDIATE" if create else "DEFERRED"):
            found = self._connection.execute("PRAGMA application_id").fetchone()[0]
            tables = self._connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
            if found != APPLICATION_ID and (tables or not create):
                raise LogUnavailable(f"sqlite:///{self._path} is not an ethercattle log")
            if create:
                self._connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
                for table in _TABLES:
                    self._connection.execute(table)
            self._add_time()
        if create:
            self._run(self._use_write_ahead_log)
        self._run(lambda: self._connection.execute("PRAGMA synchronous = FULL"))

    def _add_time(self) -> None:
        """Bring a log of an earlier version up to date: its records have no time."""
        if not any(row[1] == "time_ms" for row in self._connection.execute("PRAGMA table_info(records)")):
            self._connection.execute("ALTER TABLE records ADD COLUMN time_ms INTEGER NOT NULL DEFAULT 0")

    def _use_write_ahead_log(self) -> None:
        """Switch to WAL mode; SQLite does not wait by itself while another process does the same."""
        deadline = time.monotonic() + BUSY_SECONDS_MAX
        while True:
            try:
                self._connection.execute("PRAGMA journal_mode = WAL").fetchone()
            except sqlite3.OperationalError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(POLL_SECONDS)
            else:
                return

    def _topic(self, topic: str) -> tuple[int, bytes, Bounds]:
        row = self._connection.execute(
            "SELECT id, identity, first, next FROM topics WHERE name = ?", (topic,)
        ).fetchone()
        if row is None:
            raise LogUnavailable(f"sqlite:///{self._path} has no topic {topic!r}")
        return row[0], bytes(row[1]), Bounds(row[2], row[3])

    def _rows(self, topic: str, offset: int, limit: int) -> tuple[Bounds, list[_Row]]:
        """Return the topic's range and records that belong together, whatever is dropped meanwhile."""
        self._connection.execute("BEGIN")
        try:
            key, _, bounds = self._topic(topic)
            rows = self._connection.execute(
                "SELECT position, value, headers, time_ms FROM records WHERE topic = ? AND position >= ?"
                " ORDER BY position LIMIT ?",
                (key, offset, limit),
            )
            return bounds, _take(rows) if bounds.start <= offset < bounds.end else []
        finally:
            self._connection.execute("ROLLBACK")

    def _make_topic(self, topic: str) -> None:
        self._connection.execute(
            "INSERT OR IGNORE INTO topics (name, identity) VALUES (?, ?)", (topic, secrets.token_bytes(IDENTITY_BYTES))
        )

    def _insert(self, topic: str, records: Sequence[Record]) -> int:
        key, _, bounds = self._topic(topic)
        end, now_ms = bounds.end + len(records), self._clock_ms()
        self._connection.executemany(
            "INSERT INTO records (topic, position, value, headers, time_ms) VALUES (?, ?, ?, ?, ?)",
            [(key, at, r.value, _encode_headers(r.headers), now_ms) for at, r in enumerate(records, bounds.end)],
        )
        self._connection.execute("UPDATE topics SET next = ? WHERE id = ?", (end, key))
        return end

    @contextmanager
    def _transaction(self, kind: str = "IMMEDIATE") -> Iterator[None]:
        with self._lock:
            self._check_file()
            self._translate(lambda: self._connection.execute(f"BEGIN {kind}"))
            try:
                yield
                self._translate(lambda: self._connection.execute("COMMIT"))
            except BaseException as error:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                if isinstance(error, sqlite3.Error):
                    raise LogUnavailable(f"sqlite:///{self._path} can't be used as a log: {error}") from error
                raise

    def _run(self, action: Callable[[], T]) -> T:
        with self._lock:
            self._check_file()
            return self._translate(action)

    def _check_file(self) -> None:
        """Raise LogUnavailable where the file is gone, LogRefused where another has its place.

        SQLite itself would go on with the old one.
        """
        try:
            found = os.stat(self._path).st_ino
        except OSError as error:
            raise LogUnavailable(f"sqlite:///{self._path} is gone: {error.strerror}") from error
        if found != self._file_number:
            raise LogRefused(f"sqlite:///{self._path} was replaced by another file")

    def _translate(self, action: Callable[[], T]) -> T:
        try:
            return action()
        except sqlite3.Error as error:
            raise LogUnavailable(f"sqlite:///{self._path} can't be used as a log: {error}") from error


class _SqliteWriter:
    """The right to append to one topic under one epoch."""

    def __init__(self, log: SqliteLog, topic: str, epoch: int, sequence: int | None) -> None:
        self._log = log
        self._topic = topic
        self._epoch = epoch
        self._sequence = sequence

    @property
    def epoch(self) -> int:
        return self._epoch

    def append(self, records: Sequence[Record], sequence_first: int, sequence_next: int) -> int:
        return self._log.append_fenced(self._topic, self._epoch, records, sequence_first, sequence_next)

    def close(self) -> None:
        """Nothing is held open: the file belongs to the log."""


def _encode_headers(headers: tuple[tuple[str, bytes], ...]) -> bytes:
    return encode_rlp([[name.encode(), value] for name, value in headers])


def _take(rows: Iterable[_Row]) -> list[_Row]:
    """Return rows until one is missing or they are many bytes: a reader is given the rest next time."""
    taken: list[_Row] = []
    taken_bytes = 0
    for row in rows:
        if taken and row[0] != taken[-1][0] + 1:
            break
        taken.append(row)
        taken_bytes += len(row[1])
        if taken_bytes >= READ_BYTES_MAX:
            break
    return taken


def _stored_record(offset: int, value: object, headers: object, time_ms: int) -> StoredRecord:
    if not isinstance(value, bytes):
        raise LogRefused(f"the record at offset {offset} is damaged: its value is not a blob")
    try:
        named = tuple((name.decode(), bytes(content)) for name, content in rlp.decode(headers))
    except (rlp.DecodingError, ValueError, TypeError, AttributeError) as error:
        raise LogRefused(f"the record at offset {offset} is damaged: {error}") from error
    return StoredRecord(offset, Record(value, named), time_ms)
