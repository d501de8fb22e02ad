"""A replica applies exactly what a master wrote, and refuses every fault that can be planted in a log."""

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reference_node.errors import LogRefused
from reference_node.log.codec_writebatch import (
    Batch,
    Chain,
    decode,
    encode_batch,
    encode_epoch,
    encode_heartbeat,
    with_epoch,
)
from reference_node.log.interface import Record, StoredRecord
from reference_node.store.apply import Progress, advance
from reference_node.store.position import DIGESTS_KEPT, Position
from reference_node.writeset import encode_write_batch
from tests.reference_node.logs import Writes, steps, write_log


class Replica:
    """Applies records in memory, as a database would."""

    def __init__(self, position: Position = Position()) -> None:  # noqa: B008 - frozen
        self.progress = Progress(position)
        self.content: dict[bytes, bytes] = {}
        self.digests: dict[int, bytes] = {}

    def take(self, offset: int, record: Record) -> None:
        """Apply one record."""
        step = advance(self.progress, StoredRecord(offset, record), self.digests.get)
        for key, value in step.writes or ():
            if value is None:
                self.content.pop(key, None)
            else:
                self.content[key] = value
        self.progress = step.progress
        chain = self.progress.position.chain
        self.digests[chain.sequence] = chain.digest
        self.digests.pop(chain.sequence - DIGESTS_KEPT, None)

    def take_all(self, records: Sequence[Record]) -> list[dict[bytes, bytes]]:
        """Apply records in order; return the content after each one."""
        contents = []
        for offset, record in enumerate(records):
            self.take(offset, record)
            contents.append(dict(self.content))
        return contents


def make_log(committed: Sequence[Writes]) -> list[Record]:
    """Return the records of a master that committed these steps."""
    with TemporaryDirectory() as folder:
        return write_log(Path(folder) / "log.sqlite", Path(folder) / "datadir", committed)


def content_after(committed: Sequence[Writes]) -> list[dict[bytes, bytes]]:
    """Return what a database holds before the first and after each step."""
    contents: list[dict[bytes, bytes]] = [{}]
    for writes in committed:
        content = {**contents[-1], **{key: value for key, value in writes if value is not None}}
        contents.append({key: value for key, value in content.items() if (key, None) not in writes})
    return contents


quick = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
BATCHES: list[Writes] = [
    [(b"k", b"one"), (b"h" * 41, b"x" * 90)],
    [(b"k", None)],
    [],
    [(b"k", b"two"), (b"\x07" * 32, b"y" * 55)],
]
LOG = make_log(BATCHES)
"""Epoch, batches of three, one, one and three parts, with a heartbeat after the second and fourth batch."""


def offsets_of(sequence: int) -> list[int]:
    """Return where the parts of a batch are in LOG."""
    found = [decode(StoredRecord(offset, record)) for offset, record in enumerate(LOG)]
    return [item.offset for item in found if item.kind == b"batch" and item.sequence == sequence]


@quick
@given(steps)
def test_a_replica_holds_whole_steps_and_nothing_else(committed: list[Writes]) -> None:
    replica, expected = Replica(), content_after(committed)
    for offset, record in enumerate(make_log(committed)):
        replica.take(offset, record)
        assert replica.content == expected[replica.progress.position.chain.sequence]
    assert replica.progress.position.chain.sequence == len(committed)
    assert replica.progress.position.safe_hash == bytes([len(committed)]) * 32


@settings(max_examples=300, deadline=None)
@given(st.integers(0, len(LOG) - 1), st.data())
def test_a_flipped_bit_anywhere_is_refused(offset: int, data: st.DataObject) -> None:
    record = LOG[offset]
    fields = [record.value, *[content for _, content in record.headers]]
    place = data.draw(st.integers(0, len(fields) - 1).filter(lambda index: len(fields[index]) > 0))
    bit = data.draw(st.integers(0, 8 * len(fields[place]) - 1))
    flipped = bytearray(fields[place])
    flipped[bit // 8] ^= 1 << (bit % 8)
    fields[place] = bytes(flipped)
    names = [name for name, _ in record.headers]
    damaged = Record(fields[0], tuple(zip(names, fields[1:], strict=True)))
    replica = Replica()
    replica.take_all(LOG[:offset])
    before = (replica.progress, dict(replica.content))
    with pytest.raises(LogRefused, match=f"offset {offset} "):
        replica.take(offset, damaged)
    assert (replica.progress, replica.content) == before


@pytest.mark.parametrize("lost", [offset for sequence in range(1, 5) for offset in offsets_of(sequence)])
def test_a_missing_record_is_refused_by_the_next_one(lost: int) -> None:
    with pytest.raises(LogRefused, match=f"offset {lost} "):
        Replica().take_all([*LOG[:lost], *LOG[lost + 1 :]])


@pytest.mark.parametrize("first", range(len(LOG) - 1))
def test_a_swapped_pair_is_refused(first: int) -> None:
    swapped = [*LOG[:first], LOG[first + 1], LOG[first], *LOG[first + 2 :]]
    with pytest.raises(LogRefused, match=f"offset {first}|offset {first + 1}"):
        Replica().take_all(swapped)


@pytest.mark.parametrize("sequence", [1, 2, 3, 4])
def test_a_batch_published_twice_takes_effect_once(sequence: int) -> None:
    again = [LOG[offset] for offset in offsets_of(sequence)]
    doubled = [*LOG[: offsets_of(sequence)[-1] + 1], *again, *LOG[offsets_of(sequence)[-1] + 1 :]]
    once, twice = Replica(), Replica()
    once.take_all(LOG)
    twice.take_all(doubled)
    assert twice.content == once.content
    assert twice.progress.position == once.progress.position.at(len(doubled) - 1)


def test_an_old_batch_published_late_takes_no_effect() -> None:
    replica = Replica()
    replica.take_all([*LOG, *[LOG[offset] for offset in offsets_of(1)]])
    assert replica.content == content_after(BATCHES)[-1]


def test_a_used_sequence_with_other_content_is_refused() -> None:
    replica = Replica()
    replica.take_all(LOG)
    position = replica.progress.position
    forged, _ = encode_batch(Batch(encode_write_batch([(b"k", b"forged")]), 3, 3, 1), Chain(3, replica.digests[3]))
    with pytest.raises(LogRefused, match=f"offset {len(LOG)} repeats sequence 4 with other content"):
        replica.take(len(LOG), with_epoch(forged[0], position.epoch))


def test_reading_again_from_any_earlier_offset_changes_nothing() -> None:
    finished = Replica()
    finished.take_all(LOG)
    for start in range(len(LOG)):
        if start > 0 and not _starts_a_batch_or_mark(start):
            continue
        replica = Replica()
        replica.take_all(LOG)
        for offset in range(start, len(LOG)):
            replica.take(offset, LOG[offset])
        assert replica.progress.position == finished.progress.position, start
        assert replica.content == finished.content, start


def _starts_a_batch_or_mark(offset: int) -> bool:
    return decode(StoredRecord(offset, LOG[offset])).part == 0


def test_a_restart_between_parts_reads_them_again() -> None:
    parts = offsets_of(1)
    assert len(parts) == 4
    replica = Replica()
    replica.take_all(LOG[: parts[2]])
    assert replica.content == {}
    assert replica.progress.position.offset == parts[0] - 1
    restarted = Replica(replica.progress.position)
    for offset in range(parts[0], len(LOG)):
        restarted.take(offset, LOG[offset])
    assert restarted.content == content_after(BATCHES)[-1]


def test_a_batch_that_writes_private_keys_is_refused() -> None:
    records, _ = encode_batch(Batch(encode_write_batch([(b"ethercattle-position", b"")]), 0, 0, 1), Chain())
    with pytest.raises(LogRefused, match="own book-keeping"):
        Replica(Position(epoch=1)).take(0, with_epoch(records[0], 1))


def test_bytes_that_are_no_write_batch_are_refused() -> None:
    records, _ = encode_batch(Batch(b"not a batch, but long enough", 0, 0, 1), Chain())
    with pytest.raises(LogRefused, match="the batch that ends at offset 0 can't be read"):
        Replica(Position(epoch=1)).take(0, with_epoch(records[0], 1))


def test_epochs_only_grow() -> None:
    replica = Replica()
    replica.take_all(LOG)
    at, end = replica.progress.position.chain, len(LOG)
    replica.take(end, encode_epoch(at, 1, 3))
    for record in (
        encode_epoch(at, 1, 2),
        with_epoch(encode_heartbeat(at, 1), 1),
        with_epoch(encode_heartbeat(at, 1), 4),
    ):
        with pytest.raises(LogRefused, match=f"offset {end + 1} .* but epoch 3 is open"):
            replica.take(end + 1, record)
    replica.take(end + 1, with_epoch(encode_heartbeat(at, 5), 3))
    assert replica.progress.position.time_ms == 5


def test_a_mark_of_another_chain_is_refused() -> None:
    replica = Replica()
    replica.take_all(LOG)
    position = replica.progress.position
    for foreign in (Chain(4, b"\x01" * 32), Chain(3, position.chain.digest), Chain(5, position.chain.digest)):
        with pytest.raises(LogRefused, match=f"offset {len(LOG)} follows"):
            replica.take(len(LOG), with_epoch(encode_heartbeat(foreign, 1), position.epoch))


def test_a_duplicate_further_back_than_remembered_is_refused() -> None:
    long_log = make_log([[(b"k", b"%d" % count)] for count in range(DIGESTS_KEPT + 3)])
    replica = Replica()
    replica.take_all(long_log)
    with pytest.raises(LogRefused, match="repeats sequence 1, which is more than 256 batches back"):
        replica.take(len(long_log), long_log[1])
