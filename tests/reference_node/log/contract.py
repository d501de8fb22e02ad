"""What every log has to do, whatever carries it: an implementation's test module subclasses `LogContract`."""

# ruff: noqa: D102 - the name of a test is its sentence

import threading
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, suppress

import pytest

from reference_node.errors import Fenced, LogRefused, LogUnavailable
from reference_node.log.interface import Bounds, Log, Record, StoredRecord
from reference_node.log.tail import read_backwards

PROMPT_SECONDS_MAX = 2.0
"""Far above what a waiting reader needs, and far below its timeout."""
WAIT_SECONDS = 30.0


def records(*values: bytes) -> list[Record]:
    """Return records with two headers each, one of them empty."""
    return [Record(value, (("name", value), ("empty", b""))) for value in values]


def read_all(log: Log, topic: str, start: int = 0) -> list[StoredRecord]:
    """Return all records of a topic from an offset on: one read may give fewer."""
    found, end = [], log.bounds(topic).end
    while start < end:
        result = log.read(topic, start, 1000, 0)
        assert result.next_offset > start
        found += result.records
        start = result.next_offset
    return found


class LogContract:
    """The suite; `log` and `second` are two handles on the same log, as two processes would hold them."""

    MARKERS = 0
    """Offsets that each append of a fenced writer takes beside those of its records."""

    @pytest.fixture
    def log(self) -> Iterator[Log]:
        """Yield a handle on a log without topics."""
        raise NotImplementedError

    def reopen(self) -> AbstractContextManager[Log]:
        """Return another handle on the log of this test."""
        raise NotImplementedError

    def test_records_come_back_in_order_with_their_headers(self, log: Log) -> None:
        written = [*records(b"one", b""), Record(bytes(range(256)) * 40)]
        assert log.append("t", written) == 3
        found = read_all(log, "t")
        assert [stored.offset for stored in found] == [0, 1, 2]
        assert [stored.record for stored in found] == written

    def test_a_read_starts_at_its_offset_and_ends_at_its_limit(self, log: Log) -> None:
        log.append("t", records(b"a", b"b", b"c", b"d"))
        assert [stored.record.value for stored in log.read("t", 1, 2, 0).records] == [b"b", b"c"]

    def test_topics_do_not_mix(self, log: Log) -> None:
        log.append("left", records(b"l"))
        log.append("right", records(b"r", b"s"))
        assert log.bounds("left") == Bounds(0, 1)
        assert log.bounds("right") == Bounds(0, 2)
        assert [stored.record.value for stored in read_all(log, "right")] == [b"r", b"s"]

    def test_a_topic_that_is_not_there_is_said_to_be_unavailable(self, log: Log) -> None:
        for action in (log.bounds, log.identity, lambda topic: log.read(topic, 0, 1, 0)):
            with pytest.raises(LogUnavailable, match="nowhere"):
                action("nowhere")

    def test_a_topic_keeps_its_identity_and_shares_it_with_none(self, log: Log) -> None:
        log.append("t", records(b"a"))
        log.append("other", records(b"a"))
        identity = log.identity("t")
        log.append("t", records(b"b"))
        with self.reopen() as second:
            assert second.identity("t") == identity
        assert log.identity("other") != identity

    def test_a_read_at_the_end_returns_nothing_once_its_time_is_up(self, log: Log) -> None:
        log.append("t", records(b"a"))
        started = time.monotonic()
        assert log.read("t", 1, 10, 0.05).records == []
        assert time.monotonic() - started >= 0.05

    def test_a_waiting_reader_is_given_a_record_as_soon_as_it_is_there(self, log: Log) -> None:
        log.append("t", records(b"a"))
        found: list[bytes] = []
        with self.reopen() as second:
            reader = threading.Thread(
                target=lambda: found.extend(
                    stored.record.value for stored in second.read("t", 1, 10, WAIT_SECONDS).records
                )
            )
            started = time.monotonic()
            reader.start()
            log.append("t", records(b"late"))
            reader.join(WAIT_SECONDS)
        assert found == [b"late"]
        assert time.monotonic() - started < PROMPT_SECONDS_MAX

    def test_offsets_outside_the_topic_are_refused(self, log: Log) -> None:
        log.append("t", records(b"a", b"b", b"c"))
        log.truncate("t", 2)
        for offset in (0, 1, 4):
            with pytest.raises(LogRefused, match=f"offset {offset} is needed"):
                log.read("t", offset, 10, 0)
        assert [stored.offset for stored in read_all(log, "t", 2)] == [2]

    def test_truncation_keeps_offsets_and_never_goes_back(self, log: Log) -> None:
        log.append("t", records(b"a", b"b", b"c"))
        log.truncate("t", 2)
        log.truncate("t", 1)
        assert log.bounds("t") == Bounds(2, 3)
        log.truncate("t", 99)
        assert log.bounds("t") == Bounds(3, 3)
        assert log.append("t", records(b"d")) == 4
        assert log.bounds("t") == Bounds(3, 4)

    def test_a_group_goes_on_where_it_committed(self, log: Log) -> None:
        log.append("t", records(b"a", b"b"))
        assert log.committed("t", "relay") is None
        log.commit("t", "relay", 1)
        log.commit("t", "other", 0)
        log.commit("t", "relay", 2)
        with self.reopen() as second:
            assert second.committed("t", "relay") == 2
            assert second.committed("t", "other") == 0
            assert second.committed("elsewhere", "relay") is None

    def test_opening_a_writer_makes_an_empty_topic(self, log: Log) -> None:
        writer = log.open_writer("t", 1)
        assert writer.epoch == 1
        assert log.bounds("t") == Bounds(0, 0)
        writer.close()

    def test_appends_that_go_on_from_each_other_are_taken(self, log: Log) -> None:
        writer = log.open_writer("t", 1)
        assert writer.append(records(b"a", b"b"), 0, 2) == 2
        assert writer.append(records(b"heartbeat"), 2, 2) == 3 + self.MARKERS
        assert writer.append(records(b"c"), 2, 3) == 4 + 2 * self.MARKERS
        assert log.bounds("t").end == 4 + 3 * self.MARKERS
        assert [stored.record.value for stored in read_all(log, "t")] == [b"a", b"b", b"heartbeat", b"c"]

    def test_an_append_of_nothing_moves_the_sequence_alone(self, log: Log) -> None:
        writer = log.open_writer("t", 1)
        writer.append([], 0, 7)
        assert log.bounds("t") == Bounds(0, 0)
        with pytest.raises(LogRefused, match="sequence 7"):
            writer.append(records(b"a"), 0, 1)
        assert writer.append(records(b"a"), 7, 8) == 1

    def test_appending_nothing_makes_the_topic(self, log: Log) -> None:
        assert log.append("t", ()) == 0
        assert log.bounds("t") == Bounds(0, 0)
        assert log.read("t", 0, 10, 0).records == []

    def test_a_read_says_where_to_go_on(self, log: Log) -> None:
        writer = log.open_writer("t", 1)
        after = writer.append(records(b"a"), 0, 1)
        end = log.bounds("t").end
        at_end = log.read("t", after, 10, 0)
        assert (at_end.records, at_end.next_offset) == ([], end)
        writer.append(records(b"b"), 1, 2)
        found = log.read("t", at_end.next_offset, 10, 0)
        assert [stored.record.value for stored in found.records] == [b"b"]
        assert end < found.next_offset <= log.bounds("t").end

    def test_the_newest_records_are_found_from_the_end(self, log: Log) -> None:
        writer = log.open_writer("t", 1)
        assert list(read_backwards(log, "t")) == []
        for count in range(30):
            writer.append(records(b"%d" % count), count, count + 1)
        assert [stored.record.value for stored in read_backwards(log, "t")] == [b"%d" % n for n in range(29, -1, -1)]
        log.truncate("t", log.bounds("t").end)
        assert list(read_backwards(log, "t")) == []

    def test_a_record_carries_the_clock_of_its_appender(self, log: Log) -> None:
        before_ms = time.time_ns() // 1_000_000
        log.append("t", records(b"a"))
        after_ms = time.time_ns() // 1_000_000
        assert before_ms <= read_all(log, "t")[0].time_ms <= after_ms

    def test_an_append_that_does_not_go_on_is_refused_whole(self, log: Log) -> None:
        writer = log.open_writer("t", 1)
        writer.append(records(b"a"), 0, 1)
        for first in (0, 2):
            with pytest.raises(LogRefused, match="sequence 1"):
                writer.append(records(b"x", b"y"), first, first + 2)
        assert log.bounds("t") == Bounds(0, 1 + self.MARKERS)

    def test_a_newer_epoch_fences_the_older_writer_out(self, log: Log) -> None:
        zombie = log.open_writer("t", 1)
        zombie.append(records(b"a"), 0, 1)
        with self.reopen() as second:
            writer = second.open_writer("t", 2)
            with pytest.raises(Fenced, match="epoch 2"):
                zombie.append(records(b"stale"), 1, 2)
            assert writer.append(records(b"b"), 1, 2) == 2 + self.MARKERS
        with pytest.raises(Fenced, match="epoch 2"):
            log.open_writer("t", 1)
        assert [stored.record.value for stored in read_all(log, "t")] == [b"a", b"b"]

    def test_of_two_writers_of_one_epoch_one_alone_goes_on(self, log: Log) -> None:
        first, taken = log.open_writer("t", 1), []
        with self.reopen() as second_log:
            second = second_log.open_writer("t", 1)
            for name, writer in ((b"first", first), (b"second", second)):
                with suppress(Fenced, LogRefused):
                    writer.append(records(name), 0, 1)
                    taken.append(name)
            assert len(taken) == 1
            (winner,) = [writer for name, writer in ((b"first", first), (b"second", second)) if name == taken[0]]
            winner.append(records(b"more"), 1, 2)
        assert [stored.record.value for stored in read_all(log, "t")] == [*taken, b"more"]

    def test_closing_twice_does_no_harm(self, log: Log) -> None:
        writer = log.open_writer("t", 1)
        writer.append(records(b"a"), 0, 1)
        for _ in range(2):
            writer.close()
        with self.reopen() as second:
            second.open_writer("t", 2)
            second.append("other", records(b"a"))
            second.close()

    def test_what_was_appended_is_there_after_opening_again(self, log: Log) -> None:
        log.open_writer("t", 3).append(records(b"a"), 0, 1)
        with self.reopen() as second:
            assert [stored.record for stored in read_all(second, "t")] == records(b"a")
            with pytest.raises(LogRefused):
                second.open_writer("t", 3).append(records(b"b"), 0, 1)

    def test_many_writers_at_once_lose_and_double_nothing(self, log: Log) -> None:
        log.append("t", records(b"first"))

        def write(name: int) -> None:
            with self.reopen() as handle:
                for count in range(20):
                    handle.append("t", records(b"%d-%d" % (name, count)))

        threads = [threading.Thread(target=write, args=(name,)) for name in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        found = read_all(log, "t")
        assert [stored.offset for stored in found] == list(range(81))
        values = [stored.record.value for stored in found]
        assert sorted(values[1:]) == sorted(b"%d-%d" % (name, count) for name in range(4) for count in range(20))
        for name in range(4):
            own = [value for value in values if value.startswith(b"%d-" % name)]
            assert own == [b"%d-%d" % (name, count) for count in range(20)]
