"""Follows a log into a replica's database, and says how far it has come."""

import threading
from dataclasses import replace

from reference_node.errors import EtherCattleError, LogError, LogRefused, StoreError
from reference_node.health import Facts, Head
from reference_node.log.interface import Log, StoredRecord
from reference_node.roles.ledger import check_no_outbox
from reference_node.store import schema
from reference_node.store.apply import Progress, advance
from reference_node.store.leveldb import Store
from reference_node.store.position import Position, digest_key, read_position
from reference_node.store.publish import Publisher, head_is_readable
from reference_node.store.view import View

RECORDS_READ_MAX = 256
"""Records that one read takes from the log at the most."""
READ_SECONDS = 0.2
"""How long a read waits at the end of the log, and so how long a stop may take."""


class Follower:
    """Applies a topic record by record; its views and health may be read from other threads."""

    def __init__(self, store: Store, log: Log, topic: str, start: int | None = None) -> None:
        """Go on from the database's position.

        Args:
            store: written by this follower alone from now on.
            log: where the topic is.
            topic: the topic's name.
            start: offset to read from instead of the one after the position, -1 for the oldest;
                records that the database already has are skipped if they are the same.

        Raises:
            StoreError: the database is a master's with unpublished batches, or was filled by something else.
            LogRefused: the topic is not the one the database came from, or lost what is needed.
            LogUnavailable: the log or the topic is not there.
        """
        check_no_outbox(store)
        self._store = store
        self._log = log
        self._topic = topic
        self._publisher = Publisher(store)
        position = read_position(store)
        if position.chain.sequence == 0 and store.get(schema.canonical_hash_key(0)) is not None:
            raise StoreError(f"{store.path} holds a chain that did not come from a log: start from an empty database")
        self._next = _first_offset(log, topic, position, start)
        self._progress = Progress(replace(position, topic_identity=log.identity(topic)))
        self._failure: Exception | None = None
        self._publisher.refresh(position)

    @property
    def view(self) -> View | None:
        """The newest whole view, or None before the first."""
        return self._publisher.view

    @property
    def position(self) -> Position:
        """Where the database stands."""
        return self._progress.position

    @property
    def failure(self) -> Exception | None:
        """What ended `run`, or None."""
        return self._failure

    def caught_up(self) -> bool:
        """Say whether the log holds nothing more to apply. Raises LogError where it can't be asked."""
        return self._next >= self._log.bounds(self._topic).end

    def follow(self, timeout_seconds: float = READ_SECONDS) -> int:
        """Apply the next records, waiting up to the timeout for the first; return how many there were.

        Raises:
            LogRefused: a record is not what has to come next; what came before it is applied.
            LogUnavailable: the log is not there.
        """
        found = self._log.read(self._topic, self._next, RECORDS_READ_MAX, timeout_seconds)
        for stored in found.records:
            self._apply(stored)
        self._next = found.next_offset
        return len(found.records)

    def run(self, stopping: threading.Event) -> None:
        """Follow until told to stop; what ends it otherwise is kept in `failure`, and `stopping` is set."""
        try:
            while not stopping.is_set():
                self.follow()
        except Exception as error:
            self._failure = error
            if not isinstance(error, EtherCattleError):
                raise
        finally:
            stopping.set()

    def facts(self) -> Facts:
        """Return where this node stands.

        The lag in records is an upper bound on Kafka: transaction markers take offsets too.
        """
        view, lag, log_away = self.view, None, ""
        try:
            lag = max(0, self._log.bounds(self._topic).end - self._next)
        except LogError as error:
            log_away = str(error)
        return Facts(
            caught_up=lag == 0,
            head=None if view is None else Head(view.head.number, view.head.hash, view.head.timestamp),
            head_readable=view is not None and head_is_readable(view),
            offset=self.position.offset,
            lag_records=lag,
            lag_blocks=None,
            epoch=self.position.epoch,
            failure=str(self._failure or ""),
            log_away=log_away,
        )

    def _apply(self, stored: StoredRecord) -> None:
        if stored.offset < self._next:  # holes are the log's affair: a lost batch shows in sequence and digest
            raise LogRefused(f"topic {self._topic!r} gives offset {stored.offset}, but offset {self._next} is next")
        step = advance(self._progress, stored, self._digest_of)
        if step.writes is not None or step.progress.position != self._progress.position:
            self._store.apply(step.writes or (), step.progress.position)
            self._publisher.refresh(step.progress.position)
        self._progress = step.progress
        self._next = stored.offset + 1

    def _digest_of(self, sequence: int) -> bytes | None:
        return self._store.get(digest_key(sequence))


def _first_offset(log: Log, topic: str, position: Position, start: int | None) -> int:
    """Return the offset to read from. Raises LogRefused where the topic can't give what is needed."""
    bounds, needed = log.bounds(topic), position.offset + 1
    if position.topic_identity not in {b"", log.identity(topic)}:
        raise LogRefused(f"topic {topic!r} was made anew: it is not the log this database follows")
    if start is not None and start > needed:
        raise LogRefused(f"topic {topic!r} was to be read from offset {start}, but offset {needed} is needed next")
    first = needed if start is None else max(bounds.start, start) if start < 0 else start
    if not bounds.start <= first <= bounds.end:
        held = f"offsets {bounds.start} to {bounds.end - 1}" if bounds.end > bounds.start else "no records"
        raise LogRefused(
            f"topic {topic!r} holds {held}, but offset {first} is needed: "
            f"start from a snapshot of a replica at offset {bounds.start - 1} or later"
            if first < bounds.start
            else f"topic {topic!r} holds {held}, but offset {first} is needed: it is not the log this database follows"
        )
    return first
