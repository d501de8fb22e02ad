"""A replica of the format `ethercattle` applies whole batches in the order of their commits, through any restart."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest
from eth_hash.auto import keccak
from hypothesis import given, settings
from hypothesis import strategies as st

from reference_node.errors import LogRefused
from reference_node.log.codec_ethercattle import (
    Ancient,
    Commit,
    Heartbeat,
    Look,
    Operation,
    Sync,
    Truncate,
    Write,
    encode,
)
from reference_node.log.interface import Record, StoredRecord
from reference_node.store import apply_ethercattle, schema
from reference_node.store.apply_ethercattle import advance, begin
from reference_node.store.position import EthercattlePosition, Position, encode_position, read_position
from tests.reference_node.worlds import MemoryStore

A, B = b"A" * 16, b"B" * 16
Content = dict[bytes, bytes]


@dataclass
class Database:
    """What a replica's disk has: it outlives the process."""

    content: Content = field(default_factory=dict)
    position: Position = field(default_factory=Position)


class Replica:
    """A replica's process: it has the database and what it holds of unfinished batches."""

    def __init__(self, database: Database | None = None) -> None:
        self.database = database or Database()
        self.progress = begin(self.database.position)

    @property
    def position(self) -> Position:
        """Where the replica stands."""
        return self.progress.position

    def take(self, offset: int, operation: Operation) -> bool:
        """Read one record; say whether anything was written to the database."""
        stored = StoredRecord(offset, Record(encode(operation)), 1_700_000_000_000 + offset)
        step = advance(self.progress, stored, self.database.content.get)
        is_written = step.writes is not None or step.progress.position != self.position
        if is_written:
            for key, value in step.writes or ():
                if value is None:
                    self.database.content.pop(key, None)
                else:
                    self.database.content[key] = value
            self.database.position = step.progress.position
        self.progress = step.progress
        return is_written

    def take_all(self, log: Sequence[Operation], start: int = 0) -> "Replica":
        """Read records up to the log's end."""
        for offset in range(start, len(log)):
            self.take(offset, log[offset])
        return self


def contents_of(log: Sequence[Operation]) -> list[Content]:
    """Return what a database holds after each record, by the plainest reading of the format."""
    content: Content = {}
    batches: dict[bytes, list[Write]] = {}
    found = []
    for operation in log:
        taking_effect: list[Write] = []
        if isinstance(operation, Write) and operation.batch_id is not None:
            batches.setdefault(operation.batch_id, []).append(operation)
        elif isinstance(operation, Write):
            taking_effect = [operation]
        elif isinstance(operation, Commit):
            taking_effect = batches.pop(operation.batch_id, [])
        for write in taking_effect:
            content = {key: value for key, value in content.items() if key != write.key}
            if write.value is not None:
                content[write.key] = write.value
        found.append(content)
    return found


keys = st.sampled_from([b"", b"k", b"LastBlock", b"\x07" * 32, b"ethercattle-looks-private-4567890"[:32]])
plain_writes = st.tuples(keys, st.none() | st.binary(max_size=4))
single = st.one_of(
    plain_writes.map(lambda write: Write(*write)),
    st.just(Heartbeat()),
    st.just(Sync()),
    st.builds(Look, keys, only_asks=st.booleans()),
)


@st.composite
def logs(draw: st.DrawFn) -> list[Operation]:
    """Logs of single records and of batches mixed with each other; an id is used again after its commit."""
    lanes: list[list[Operation]] = [draw(st.lists(single, max_size=6))]
    for batch_id in (A, B, b"C" * 16):
        lane: list[Operation] = []
        for writes in draw(st.lists(st.lists(plain_writes, max_size=4), max_size=3)):
            lane += [Write(key, value, batch_id) for key, value in writes]
            lane.append(Commit(batch_id))
        lanes.append(lane)
    log: list[Operation] = []
    while any(lanes):
        chosen = draw(st.sampled_from([index for index, left in enumerate(lanes) if left]))
        log.append(lanes[chosen].pop(0))
    return log


@given(logs())
def test_batches_take_effect_whole_and_in_the_order_of_their_commits(log: list[Operation]) -> None:
    replica, expected = Replica(), contents_of(log)
    for offset, operation in enumerate(log):
        replica.take(offset, operation)
        assert replica.database.content == expected[offset]
    assert replica.position.chain.sequence == sum(isinstance(operation, Commit) for operation in log)


@settings(max_examples=300)
@given(logs(), st.data())
def test_a_replica_killed_at_any_point_ends_as_if_it_never_was_and_never_goes_back(
    log: list[Operation], data: st.DataObject
) -> None:
    expected, database, furthest = contents_of(log), Database(), -1
    for _ in range(data.draw(st.integers(0, 5), "kills")):
        offset = database.position.next_offset
        replica = Replica(database)
        for _ in range(data.draw(st.integers(0, len(log)), "records before the kill")):
            if offset == len(log):
                break
            replica.take(offset, log[offset])
            furthest = max(furthest, offset)
            assert database.content == (expected[furthest] if furthest >= 0 else {})
            offset += 1
    Replica(database).take_all(log, database.position.next_offset)
    assert database == Replica().take_all(log).database


@given(logs())
def test_a_position_survives_its_bytes(log: list[Operation]) -> None:
    replica = Replica()
    for offset, operation in enumerate(log):
        replica.take(offset, operation)
        store = MemoryStore({b"ethercattle-position": encode_position(replica.position)})
        assert read_position(store) == replica.position
        assert replica.position.next_offset <= replica.position.offset + 1


def test_a_restart_reads_on_where_the_oldest_unfinished_batch_begins() -> None:
    log: list[Operation] = [
        Heartbeat(),
        Write(b"k", b"A", A),
        Write(b"k", b"B", B),
        Commit(B),
        Heartbeat(),
        Write(b"m", b"A", A),
        Commit(A),
    ]
    replica = Replica().take_all(log[:5])
    assert (replica.position.offset, replica.position.next_offset) == (4, 1)
    assert replica.database.content == {b"k": b"B"}
    restarted = Replica(replica.database).take_all(log[:6], 1)
    assert restarted.database.content == {b"k": b"B"}
    restarted.take(6, log[6])
    assert restarted.database.content == {b"k": b"A", b"m": b"A"}
    assert restarted.position.next_offset == 7


def test_members_twice_under_one_id_are_as_good_as_once() -> None:
    whole: list[Operation] = [
        Write(b"k", b"1", A),
        Write(b"k", None, A),
        Write(b"m", b"2", A),
        Write(b"n", b"3", A),
        Commit(A),
    ]
    for torn in range(len(whole)):
        log: list[Operation] = [Write(b"n", b"before"), *whole[:torn], *whole]
        assert Replica().take_all(log).database.content == {b"m": b"2", b"n": b"3"}, torn


def test_what_says_nothing_of_the_chain_writes_nothing() -> None:
    replica = Replica()
    assert not replica.take(0, Look(b"k", only_asks=False))
    assert not replica.take(1, Look(b"k", only_asks=True))
    assert not replica.take(2, Sync())
    assert not replica.take(3, Write(b"k", b"v", A))
    assert replica.take(4, Heartbeat())
    assert replica.position.time_ms == 1_700_000_000_004


def test_a_record_that_is_no_operation_is_refused_by_its_offset() -> None:
    for value in (b"", b"\x42", b"\x00\xc2\x80", b"\x02" + bytes(3)):
        with pytest.raises(LogRefused, match=r"^the record at offset 17 is not of the format ethercattle: it "):
            advance(begin(Position()), StoredRecord(17, Record(value)), lambda _: None)


@pytest.mark.parametrize("batch_id", [None, A])
@pytest.mark.parametrize("value", [None, b""])
def test_a_write_of_private_keys_is_refused(batch_id: bytes | None, value: bytes | None) -> None:
    with pytest.raises(LogRefused, match="offset 3 writes a key of a node's own book-keeping"):
        Replica().take(3, Write(b"ethercattle-position", value, batch_id))


def test_too_many_unfinished_batches_or_bytes_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(apply_ethercattle, "UNFINISHED_BATCHES_MAX", 2)
    replica = Replica().take_all([Write(b"k", b"", A), Write(b"k", b"", B)])
    with pytest.raises(LogRefused, match="offset 2 leaves 3 batches with 303 bytes unfinished, expected at most 2"):
        replica.take(2, Write(b"k", b"", b"C" * 16))
    monkeypatch.setattr(apply_ethercattle, "UNFINISHED_BYTES_MAX", 350)
    replica.take(2, Write(b"k", b"", B))
    with pytest.raises(LogRefused, match="offset 3 leaves 2 batches with 404 bytes unfinished"):
        replica.take(3, Write(b"k", b"", B))
    replica.take(3, Commit(B))
    replica.take(4, Write(b"k", b"", B))


def test_a_batch_whose_master_died_is_given_up_and_its_late_commit_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(apply_ethercattle, "GIVEN_UP_AFTER_OFFSETS", 3)
    log: list[Operation] = [Write(b"k", b"A", A), Heartbeat(), Heartbeat(), Heartbeat(), Heartbeat()]
    replica = Replica().take_all(log[:4])
    assert replica.position.next_offset == 0
    replica.take(4, log[4])
    assert (replica.position.next_offset, replica.position.ethercattle) == (5, EthercattlePosition(given_up=(A,)))
    for survivor in (replica, Replica(replica.database)):
        survivor.take(5, Write(b"m", b"A", A))
        with pytest.raises(LogRefused, match=f"offset 6 commits batch {A.hex()}, which began more than 3 offsets"):
            survivor.take(6, Commit(A))
    assert replica.database.content == {}


HEADERS = [b"header %d" % number for number in range(5)]
HASHES = [keccak(header) for header in HEADERS]


def ancient(number: int) -> Ancient:
    """Return a block of the freezer."""
    return Ancient(number, HASHES[number], HEADERS[number], b"\xc2\xc0\xc0", b"\xc0", b"\x01")


def rows(number: int) -> Content:
    """Return what a database holds of a block."""
    return {
        schema.header_key(number, HASHES[number]): HEADERS[number],
        schema.body_key(number, HASHES[number]): b"\xc2\xc0\xc0",
        schema.receipts_key(number, HASHES[number]): b"\xc0",
        schema.canonical_hash_key(number): HASHES[number],
        schema.header_number_key(HASHES[number]): number.to_bytes(8, "big"),
    }


def test_an_ancient_block_is_kept_as_all_blocks_are() -> None:
    replica = Replica().take_all([ancient(0), ancient(1), Sync()])
    assert replica.database.content == {**rows(0), **rows(1)}


def test_a_block_stays_when_the_master_drops_it_for_its_freezer() -> None:
    side = keccak(b"side")
    log: list[Operation] = [Write(key, value, A) for key, value in {**rows(0), **rows(1), **rows(2)}.items()]
    log += [Write(schema.header_key(1, side), b"side", A), Commit(A), ancient(0), ancient(1), Sync()]
    dropped = [key for number in (0, 1) for key in rows(number) if key[:1] != b"H"] + [schema.header_key(1, side)]
    log += [Write(key, None, B) for key in dropped]
    log += [Commit(B), Write(schema.body_key(2, HASHES[2]), None)]
    replica = Replica().take_all(log)
    left = rows(2)
    del left[schema.body_key(2, HASHES[2])]
    assert replica.database.content == {**rows(0), **rows(1), **left}


def test_a_truncated_freezer_loses_its_newest_blocks() -> None:
    log: list[Operation] = [*map(ancient, range(4)), Truncate(2), Truncate(3)]
    replica = Replica().take_all(log)
    assert replica.database.content == {**rows(0), **rows(1)}
    replica.take(6, ancient(2))
    assert replica.database.content == {**rows(0), **rows(1), **rows(2)}
    replica.take(7, Truncate(0))
    assert replica.database.content == {}


def test_a_restart_remembers_the_freezer() -> None:
    database = Replica().take_all([ancient(0), ancient(1)]).database
    restarted = Replica(database)
    restarted.take(0, Truncate(0))  # was done with before
    restarted.take(2, Write(schema.canonical_hash_key(1), None))
    assert database.content == {**rows(0), **rows(1)}
    restarted.take(3, Truncate(1))
    assert database.content == rows(0)


def test_a_block_that_the_freezer_can_not_have_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    replica = Replica().take_all([ancient(0), ancient(0)])
    with pytest.raises(LogRefused, match="offset 2 is ancient block 2, but block 1 is next"):
        replica.take(2, ancient(2))
    with pytest.raises(LogRefused, match="offset 2 is ancient block 1 with a header of another hash"):
        replica.take(2, Ancient(1, HASHES[1], b"other", b"", b"", b""))
    monkeypatch.setattr(apply_ethercattle, "TRUNCATED_BLOCKS_MAX", 0)
    with pytest.raises(LogRefused, match="offset 2 takes away 1 ancient blocks, expected at most 0"):
        replica.take(2, Truncate(0))
