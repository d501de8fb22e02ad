"""Follows a log into a replica's database, and says how far it has come."""

import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from itertools import islice
from typing import Any

from reference_node.errors import EtherCattleError, LogRefused, LogUnavailable
from reference_node.health import Facts, Head
from reference_node.lifecycle import Standing, block_age_ms, offset_age_ms
from reference_node.log.interface import Log, StoredRecord
from reference_node.log.tail import read_backwards
from reference_node.roles.ledger import check_no_outbox, wall_clock_ms
from reference_node.roles.patience import PAUSE_SECONDS_FIRST, next_pause
from reference_node.roles.record_formats import WRITEBATCH, RecordFormat
from reference_node.roles.start_offset import first_offset, opening_position
from reference_node.roles.witness import Witness
from reference_node.store.leveldb import Store
from reference_node.store.position import Position
from reference_node.store.publish import Publisher, head_is_readable
from reference_node.store.view import View

RECORDS_READ_MAX = 256
"""Records that one read takes from the log at the most."""
READ_SECONDS = 0.2
"""How long a read waits at the end of the log, and so how long a stop may take."""
LOOK_SECONDS = 0.25
"""How often the log is asked for its end."""
TAIL_SECONDS = 2.0
"""How often the log's last records are read by a replica that is far behind, to tell how many blocks that is."""
TAIL_RECORDS_MAX = 64
ANSWER_SECONDS_MAX = 10.0
"""After this long without an answer of the log, how far it goes on is not known any more."""


class Follower:
    """Applies a topic record by record; its views and health may be read from other threads."""

    def __init__(
        self,
        store: Store,
        log: Log,
        topic: str,
        start: int | None = None,
        clock: Callable[[], int] = wall_clock_ms,
        record_format: RecordFormat[Any] = WRITEBATCH,
    ) -> None:
        """Go on from the database's position.

        Args:
            store: written by this follower alone from now on.
            log: where the topic is.
            topic: the topic's name.
            start: offset to read from instead of the one after the position, -1 for the oldest;
                records that the database already has are skipped if they are the same.
            clock: gives milliseconds since 1970, for ages.
            record_format: how the topic's records are written.

        Raises:
            StoreError: the database is a master's with unpublished batches, or was filled by something else or in
                another format.
            LogRefused: the topic is not the one the database came from, or lost what is needed.
            LogUnavailable: the log or the topic is not there.
        """
        check_no_outbox(store)
        self._store = store
        self._log = log
        self._topic = topic
        self._publisher = Publisher(store)
        self.witness = Witness()
        """Has counted what was applied since the start."""
        self._reading = record_format.reading
        position = opening_position(store, topic, log.bounds(topic), start, record_format)
        self._next = first_offset(log, topic, position, start)
        self._progress = self._reading.begin(replace(position, topic_identity=log.identity(topic)))
        self._failure: Exception | None = None
        self._publisher.refresh(position)
        self._clock = clock
        self._arrived_ms = clock()
        self._heartbeat_ms: int | None = None
        self._has_caught_up = False
        self._end: int | None = None
        self._newest_block: int | None = None
        self._log_away = ""
        self._looked_at = self._tail_read_at = -float("inf")
        """When the log last answered, and when its tail was last read: by the monotonic clock, in seconds."""

    @property
    def view(self) -> View | None:
        """The newest whole view, or None before the first."""
        return self._publisher.view

    @property
    def position(self) -> Position:
        """Where the database stands."""
        position: Position = self._progress.position
        return position

    @property
    def failure(self) -> Exception | None:
        """What ended `run`, or None."""
        return self._failure

    @property
    def next_offset(self) -> int:
        """The offset that is read next."""
        return self._next

    def log_end(self) -> int:
        """Return the log's end as it is now. Raises LogError where it can't be asked."""
        return self._log.bounds(self._topic).end

    def caught_up(self) -> bool:
        """Say whether the log holds nothing more to apply. Raises LogError where it can't be asked."""
        return self._next >= self.log_end()

    def look(self) -> None:
        """Ask the log for its end. Raises LogUnavailable where it does not answer."""
        self._end = self.log_end()
        self._looked_at = time.monotonic()
        self._note_caught_up()
        if self._end - self._next > RECORDS_READ_MAX and self._looked_at >= self._tail_read_at + TAIL_SECONDS:
            self._tail_read_at = self._looked_at
            self._note_newest(islice(read_backwards(self._log, self._topic), TAIL_RECORDS_MAX))

    def follow(self, timeout_seconds: float = READ_SECONDS) -> int:
        """Apply the next records, waiting up to the timeout for the first; return how many there were.

        Raises:
            LogRefused: a record is not what has to come next; what came before it is applied.
            LogUnavailable: the log is not there.
        """
        found = self._log.read(self._topic, self._next, RECORDS_READ_MAX, timeout_seconds)
        if found.records:
            self._arrived_ms = self._clock()
            if self._end is None or found.next_offset >= self._end:
                self._note_newest(found.records)
        for stored in found.records:
            self._apply(stored)
        self._next = found.next_offset
        self._note_caught_up()
        return len(found.records)

    def run(self, stopping: threading.Event) -> None:
        """Follow until told to stop, also while the log is away; what ends it otherwise is kept in `failure`.

        An error that is none of ours is raised as well.
        """
        pause_seconds = PAUSE_SECONDS_FIRST
        try:
            while not stopping.is_set():
                try:
                    self._follow_on()
                except LogUnavailable as error:
                    if not self._log_away:
                        self.witness.log_went_away(str(error))
                    self._log_away = str(error)
                    stopping.wait(pause_seconds)
                    pause_seconds = next_pause(pause_seconds)
                else:
                    pause_seconds = PAUSE_SECONDS_FIRST
        except Exception as error:
            self._failure = error
            if not isinstance(error, EtherCattleError):
                raise

    def standing(self) -> Standing:
        """Return where this node stands in time."""
        view = self.view
        return Standing(
            now_ms=self._clock(),
            caught_up=self._has_caught_up,
            arrived_ms=self._arrived_ms,
            told_ms=self.position.time_ms or None,
            head_timestamp=None if view is None else view.head.timestamp,
        )

    def facts(self) -> Facts:
        """Return where this node stands, from what its own thread has seen last: nothing is asked here.

        The lag in records is an upper bound on Kafka: transaction markers take offsets too.
        """
        view, position, standing = self.view, self.position, self.standing()
        log_away = self._log_away or self._why_unanswered()
        lag = None if log_away or self._end is None else max(0, self._end - self._next)
        return Facts(
            caught_up=standing.caught_up,
            head=None if view is None else Head(view.head.number, view.head.hash, view.head.timestamp),
            head_readable=view is not None and head_is_readable(view),
            block_age_seconds=_seconds(block_age_ms(standing)),
            offset=position.offset,
            offset_age_seconds=_seconds(offset_age_ms(standing)),
            lag_records=lag,
            lag_blocks=self._lag_blocks(view, lag),
            epoch=position.epoch,
            last_heartbeat_ms=self._heartbeat_ms,
            failure=str(self._failure or ""),
            log_away=log_away,
        )

    def _follow_on(self) -> None:
        """Do one round: look for the log's end where that is due, and apply what comes next."""
        if self._log_away:
            self._check_log()
            self._log_away = ""
            self.witness.log_came_back()
        is_at_known_end = self._end is None or self._next >= self._end
        if time.monotonic() >= self._looked_at + LOOK_SECONDS or (is_at_known_end and not self._has_caught_up):
            self.look()
        self.follow()

    def _note_caught_up(self) -> None:
        """Note that all is applied that the log held when it was last looked at.

        Its end of this very moment may never be met where records keep coming: what takes its last offsets on Kafka,
        transaction markers, is only passed with the record that follows.
        """
        if self._end is not None and self._next >= self._end and not self._has_caught_up and self.view is not None:
            self._has_caught_up = True
            self.witness.caught_up(self.view)

    def _check_log(self) -> None:
        """Raise LogRefused where the log that answers after an outage is not the one followed before."""
        position = replace(self.position, offset=self._next - 1, ethercattle=None)
        first_offset(self._log, self._topic, position, None)

    def _why_unanswered(self) -> str:
        waited_seconds = time.monotonic() - self._looked_at
        if self._end is None or waited_seconds <= ANSWER_SECONDS_MAX:
            return ""
        return f"the log has not answered for {waited_seconds:.0f} s"

    def _lag_blocks(self, view: View | None, lag_records: int | None) -> int | None:
        if view is None or lag_records is None:
            return None
        if lag_records == 0:
            return 0
        return None if self._newest_block is None else max(0, self._newest_block - view.head.number)

    def _note_newest(self, found: Iterable[StoredRecord]) -> None:
        """Remember the highest block that these records speak of: a side block may be the last one."""
        blocks = (self._reading.newest_block(stored) for stored in found)
        self._newest_block = max((number for number in blocks if number is not None), default=self._newest_block)

    def _apply(self, stored: StoredRecord) -> None:
        if stored.offset < self._next:  # holes are the log's affair: a lost batch shows in sequence and digest
            raise LogRefused(f"topic {self._topic!r} gives offset {stored.offset}, but offset {self._next} is next")
        before, view, started_seconds = self.position, self.view, time.perf_counter()
        step = self._reading.advance(self._progress, stored, self._store.get)
        if step.writes is not None or step.progress.position != before:
            self._store.apply(step.writes or (), step.progress.position)
            self._publisher.refresh(step.progress.position)
        if step.writes is None and step.progress.position.time_ms != before.time_ms:
            self._heartbeat_ms = step.progress.position.time_ms
        self._progress = step.progress
        self._next = stored.offset + 1
        self.witness.record_taken(stored, step.writes, time.perf_counter() - started_seconds)
        self.witness.epoch_moved(before.epoch, step.progress.position.epoch)
        self.witness.view_taken(view, self.view)


def _seconds(milliseconds: int | None) -> float | None:
    return None if milliseconds is None else milliseconds / 1000
