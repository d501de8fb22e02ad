"""Master and replica meet in the format of existing builds: each step once, through crashes and promotions."""

from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reference_node.errors import Fenced, LogRefused, StoreError, UsageError
from reference_node.log import publish_ethercattle
from reference_node.log.codec_ethercattle import (
    Commit,
    Heartbeat,
    Operation,
    Write,
    decode,
    encode,
    encode_offset,
    offset_key,
)
from reference_node.log.interface import Log, Record
from reference_node.log.sqlite import SqliteLog
from reference_node.roles.follower import Follower
from reference_node.roles.ledger import ForkChoiceMove, Ledger
from reference_node.roles.record_formats import ETHERCATTLE, WRITEBATCH, RecordFormat, record_bytes_limit, record_format
from reference_node.store.leveldb import Store
from reference_node.store.position import OUTBOX_PREFIX, Position, read_position
from tests.reference_node.logs import TOPIC, Clock, Crash, CrashingLog, CrashingStore, Fuse, Writes, fuses, steps
from tests.reference_node.logs import public_content as content_of
from tests.reference_node.worlds import World

quick = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Log]:
    """Yield an empty log."""
    with closing(SqliteLog(tmp_path / "log.sqlite", create=True)) as log:
        yield log


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """Yield an empty database."""
    with closing(Store(tmp_path / "master")) as store:
        yield store


@pytest.fixture
def other(tmp_path: Path) -> Iterator[Store]:
    """Yield another empty database."""
    with closing(Store(tmp_path / "other")) as store:
        yield store


def open_ledger(store: Store, record_bytes_max: int | None = None) -> Ledger:
    """Return a ledger that writes the format of existing builds."""
    return Ledger(store, Clock(), record_bytes_max, ETHERCATTLE)


def connected(log: Log, store: Store, *, promote: bool = False) -> Ledger:
    """Return such a ledger once it is the log's only writer."""
    ledger = open_ledger(store)
    ledger.connect(log, TOPIC, promote)
    return ledger


def follow(log: Log, store: Store, start: int | None = None) -> Follower:
    """Apply all there is."""
    follower = Follower(store, log, TOPIC, start, record_format=ETHERCATTLE)
    while not follower.caught_up():
        assert follower.follow() > 0
    return follower


def operations(log: Log) -> list[Operation]:
    """Return what a log's records say."""
    return [decode(stored.record.value) for stored in log.read(TOPIC, 0, 10_000, 0).records]


def append(log: Log, *said: Operation) -> None:
    """Let somebody without an epoch write."""
    log.append(TOPIC, [Record(encode(operation)) for operation in said])


def sequences(log: Log) -> list[int]:
    """Return the sequences that the ids of committed batches carry."""
    return [int.from_bytes(found.batch_id[:8], "big") for found in operations(log) if isinstance(found, Commit)]


def test_a_step_is_members_and_a_commit(log: Log, store: Store) -> None:
    ledger = connected(log, store)
    ledger.commit({b"a": b"1", b"b": None}, 0, 0)
    ledger.publish()
    ledger.heartbeat()
    *members, commit, heartbeat = operations(log)
    assert isinstance(commit, Commit)
    assert members == [Write(b"a", b"1", commit.batch_id), Write(b"b", None, commit.batch_id)]
    assert heartbeat == Heartbeat()
    assert all(not stored.record.headers for stored in log.read(TOPIC, 0, 100, 0).records)


def test_a_step_without_writes_has_no_record_but_moves_safe(log: Log, store: Store, other: Store) -> None:
    ledger = connected(log, store)
    ledger.commit({b"a": b"1"}, 0, 0)
    ledger.commit({}, 0, 0, ForkChoiceMove(safe_hash=b"\x5a" * 32))
    ledger.commit({b"b": b"2"}, 1, 1)
    assert ledger.publish() == 2
    assert sequences(log) == [1, 2]
    assert read_position(store).safe_hash == b"\x5a" * 32
    assert follow(log, other).position.safe_hash is None


def test_ids_differ_by_all_that_came_before(log: Log, store: Store, other: Store, tmp_path: Path) -> None:
    with closing(SqliteLog(tmp_path / "second.sqlite", create=True)) as second:
        for place, database, first in ((log, store, b"1"), (second, other, b"2")):
            ledger = connected(place, database)
            ledger.commit({b"a": first}, 0, 0)
            ledger.commit({b"b": b"same"}, 1, 1)
            ledger.publish()
        ids = [{found.batch_id for found in operations(place) if isinstance(found, Commit)} for place in (log, second)]
    assert len(ids[0] | ids[1]) == 4


@quick
@given(steps, st.lists(fuses, max_size=5))
def test_a_master_that_dies_at_any_write_publishes_each_step_once(
    tmp_path_factory: pytest.TempPathFactory, committed: list[Writes], crashes: list[Fuse]
) -> None:
    folder = tmp_path_factory.mktemp("crashes")
    committed = [writes for writes in committed if writes]
    for fuse in [*crashes, Fuse(10_000, after=False)]:
        with (
            closing(CrashingLog(folder / "log.sqlite", fuse)) as log,
            closing(CrashingStore(folder / "master", fuse)) as store,
            suppress(Crash),
        ):
            ledger = connected(log, store)
            ledger.publish()
            for writes in committed[ledger.position.chain.sequence :]:
                ledger.commit(dict(writes), 0, 0)
                ledger.publish()
            ledger.heartbeat()
    with (
        closing(SqliteLog(folder / "log.sqlite", create=False)) as log,
        closing(Store(folder / "replica")) as replica,
        closing(Store(folder / "master")) as master,
    ):
        assert sequences(log) == list(range(1, len(committed) + 1))
        follow(log, replica)
        assert content_of(replica) == content_of(master)
        assert list(master.iterator(prefix=OUTBOX_PREFIX)) == []


@quick
@given(steps, st.lists(fuses, max_size=6))
def test_a_replica_that_dies_at_any_write_ends_equal_to_its_master(
    tmp_path_factory: pytest.TempPathFactory, committed: list[Writes], crashes: list[Fuse]
) -> None:
    folder = tmp_path_factory.mktemp("crashes")
    with closing(SqliteLog(folder / "log.sqlite", create=True)) as log, closing(Store(folder / "master")) as master:
        ledger = connected(log, master)
        for writes in committed:
            ledger.commit(dict(writes), 0, 0)
            ledger.heartbeat()
        for fuse in crashes:
            with closing(CrashingStore(folder / "replica", fuse)) as store, suppress(Crash):
                follow(log, store)
        with closing(Store(folder / "replica")) as replica:
            follow(log, replica)
            assert content_of(replica) == content_of(master)


def test_a_batch_torn_by_a_log_without_transactions_is_published_whole(log: Log, store: Store, other: Store) -> None:
    ledger = connected(log, store)
    ledger.commit({b"a": b"1"}, 0, 0)
    ledger.publish()
    ledger.commit({b"a": b"2", b"b": b"2", b"c": None}, 1, 1)
    torn = [key_and_value[1] for key_and_value in store.iterator(prefix=OUTBOX_PREFIX)]
    assert len(torn) == 4
    whole_id = ledger.position.chain.digest[:16]
    append(log, Write(b"a", b"2", whole_id), Write(b"b", b"2", whole_id))
    assert follow(log, other).position.chain.sequence == 1
    again = connected(log, store)
    assert again.publish() == 1
    assert sequences(log) == [1, 2]
    follow(log, other)
    assert content_of(other) == content_of(store) == {b"a": b"2", b"b": b"2"}


def test_a_batch_that_is_in_the_log_already_is_not_published_again(log: Log, store: Store) -> None:
    ledger = connected(log, store)
    ledger.commit({b"a": b"1"}, 0, 0)
    waiting = list(store.iterator(prefix=OUTBOX_PREFIX))
    ledger.publish()
    ledger.heartbeat()
    store.apply((), ledger.position, waiting)  # as after a crash between the append and the removal
    assert connected(log, store).publish() == 0
    assert sequences(log) == [1]


def test_a_backlog_longer_than_the_kept_digests_is_published_after_a_crash(log: Log, store: Store) -> None:
    ledger = connected(log, store)
    ledger.commit({b"a": b"1"}, 0, 0)
    ledger.publish()
    for step in range(300):
        ledger.commit({b"a": b"%d" % step}, step, step)
    assert connected(log, store).publish() == 300
    assert sequences(log) == list(range(1, 302))


@pytest.mark.parametrize(
    "said", [(Write(b"k", b"v"),), (Write(b"k", b"v", b"x" * 16), Commit(b"x" * 16)), (Write(b"k", None), Heartbeat())]
)
def test_a_topic_that_another_master_wrote_to_is_refused(log: Log, store: Store, said: tuple[Operation, ...]) -> None:
    ledger = connected(log, store)
    ledger.commit({b"a": b"1"}, 0, 0)
    ledger.publish()
    append(log, *said)
    with pytest.raises(LogRefused, match=r"syncshutdown` first"):
        connected(log, store)


def test_a_topic_with_a_forged_batch_of_the_right_sequence_is_refused(log: Log, store: Store) -> None:
    ledger = connected(log, store)
    for step in range(2):
        ledger.commit({b"a": b"%d" % step}, step, step)
    ledger.publish()
    append(log, Commit((1).to_bytes(8, "big") + b"forged!!"))
    with pytest.raises(LogRefused, match="ends at sequence 1, but this master has published up to 2"):
        connected(log, store)
    append(log, Commit((2).to_bytes(8, "big") + b"forged!!"))
    with pytest.raises(LogRefused, match="other content at sequence 2"):
        connected(log, store)


def test_the_last_commit_is_not_looked_for_without_end(log: Log, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(publish_ethercattle, "TAIL_RECORDS_MAX", 3)
    ledger = connected(log, store)
    ledger.commit({b"a": b"1"}, 0, 0)
    for _ in range(3):
        ledger.heartbeat()
    with pytest.raises(LogRefused, match="no batch is committed in the last 3 records, up to offset 1"):
        connected(log, store)
    log.truncate(TOPIC, 3)
    with pytest.raises(LogRefused, match="holds no record from which to tell"):
        connected(log, store)


def test_a_topic_in_the_other_format_is_refused(log: Log, store: Store, other: Store) -> None:
    plain = Ledger(store, Clock())
    plain.connect(log, TOPIC, promote=False)
    with pytest.raises(LogRefused, match=r"offset 0 is not of the format ethercattle: it is .* operation|RLP"):
        connected(log, other)
    follower = Follower(other, log, TOPIC, record_format=ETHERCATTLE)
    with pytest.raises(LogRefused, match="offset 0 is not of the format ethercattle"):
        follower.follow()


def test_a_database_in_the_other_format_is_refused(log: Log, store: Store, other: Store) -> None:
    ledger = connected(log, store)
    ledger.commit({b"a": b"1"}, 0, 0)
    ledger.publish()
    follow(log, other)
    for database in (store, other):
        with pytest.raises(StoreError, match=r"by records of the format ethercattle, but --log.format is writebatch"):
            Follower(database, log, TOPIC)
        with pytest.raises(StoreError, match=r"by records of the format ethercattle"):
            Ledger(database)


def test_a_database_of_our_own_format_is_refused(log: Log, store: Store) -> None:
    ledger = Ledger(store, Clock())
    ledger.commit({b"a": b"1"}, 0, 0)
    with pytest.raises(StoreError, match=r"by records of the format writebatch, but --log.format is ethercattle"):
        open_ledger(store)


def test_a_stopped_replica_takes_over_with_an_epoch_above_the_old_masters(log: Log, store: Store, other: Store) -> None:
    for promotions in range(3):
        old = connected(log, store, promote=promotions > 0)
    old.commit({b"a": b"1"}, 0, 0)
    old.heartbeat()
    follow(log, other)
    with pytest.raises(Fenced, match="is at epoch 3, but this master is at epoch 1"):
        connected(log, other)
    new = connected(log, other, promote=True)
    assert new.position.epoch == 4
    new.commit({b"b": b"2"}, 1, 1)
    assert new.publish() == 1
    old.commit({b"b": b"zombie"}, 1, 1)
    with pytest.raises(Fenced, match="epoch 4"):
        old.publish()
    assert sequences(log) == [1, 2]


def test_a_replica_that_lags_does_not_take_over(log: Log, store: Store, other: Store) -> None:
    old = connected(log, store)
    old.commit({b"a": b"1"}, 0, 0)
    old.publish()
    follow(log, other)
    old.commit({b"a": b"2"}, 1, 1)
    old.publish()
    with pytest.raises(LogRefused, match="at sequence 2, but this database at 1: bring it up"):
        connected(log, other, promote=True)
    old.commit({b"a": b"3"}, 2, 2)
    assert old.publish() == 1


def test_a_replica_of_an_existing_builds_log_takes_over(log: Log, other: Store, tmp_path: Path) -> None:
    batch_id = bytes.fromhex("9f1c6c0a3f0d4a5e8b7d2c1e0f9a8b7c")
    append(log, Write(b"a", b"1", batch_id), Commit(batch_id), Write(b"b", b"2"), Heartbeat())
    follow(log, other)
    new = connected(log, other, promote=True)
    new.commit({b"c": b"3"}, 1, 1)
    assert new.publish() == 1
    with closing(Store(tmp_path / "replica")) as replica:
        follow(log, replica)
        assert content_of(replica) == content_of(other) == {b"a": b"1", b"b": b"2", b"c": b"3"}


def test_a_write_over_the_limit_is_refused_before_anything_of_its_step(log: Log, store: Store) -> None:
    ledger = open_ledger(store, record_bytes_max=100)
    ledger.connect(log, TOPIC, promote=False)
    ledger.commit({b"a": b"v" * 77}, 0, 0)
    ledger.publish()
    before = (dict(store.iterator()), operations(log))
    expected = "the write of key 0x62 takes a record of 101 bytes, expected at most 100"
    with pytest.raises(LogRefused, match=expected):
        ledger.commit({b"a": b"2", b"b": b"v" * 78}, 1, 1)
    assert (dict(store.iterator()), operations(log)) == before
    ledger.commit({b"b": b"2"}, 1, 1)
    assert ledger.publish() == 1
    assert max(len(encode(found)) for found in operations(log)) == 100


LEGACY_LOG: tuple[Operation, ...] = (
    Write(b"a", b"1"),
    Write(b"k", b"A", b"A" * 16),
    Write(b"m", b"B", b"B" * 16),
    Commit(b"B" * 16),
    Write(b"n", b"A", b"A" * 16),
    Heartbeat(),
    Commit(b"A" * 16),
    Write(b"a", b"2"),
)


@pytest.mark.parametrize("offset", range(len(LEGACY_LOG)))
def test_a_database_of_an_existing_build_is_gone_on_with(log: Log, store: Store, other: Store, offset: int) -> None:
    append(log, *LEGACY_LOG[: offset + 1])
    follow(log, store)
    left_behind = content_of(store)
    other.apply([*left_behind.items(), (offset_key(TOPIC), encode_offset(offset, 1_558_732_378))], Position())
    other.apply((), Position(), [(b"ethercattle-position", None)])
    append(log, *LEGACY_LOG[offset + 1 :])
    follow(log, store)
    follow(log, other)
    assert {**content_of(other), offset_key(TOPIC): b""} == {**content_of(store), offset_key(TOPIC): b""}


def test_an_existing_build_whose_offset_is_gone_is_refused(log: Log, other: Store) -> None:
    append(log, *LEGACY_LOG)
    log.truncate(TOPIC, 4)
    other.apply([(offset_key(TOPIC), encode_offset(3, 0))], Position())
    with pytest.raises(LogRefused, match="holds offsets 4 to 7, but offset 3 is needed"):
        follow(log, other)
    other.apply([(offset_key(TOPIC), encode_offset(9, 0))], Position())
    with pytest.raises(LogRefused, match="but offset 9 is needed: it is not the log this database follows"):
        follow(log, other)
    other.apply([(offset_key(TOPIC), b"what")], Position())
    with pytest.raises(StoreError, match="the offset record has 4 bytes, expected 20"):
        follow(log, other)


def test_a_plain_geths_database_needs_a_word_on_where_the_topic_goes_on(log: Log, other: Store) -> None:
    append(log, *LEGACY_LOG)
    other.apply(World().genesis.writes.items(), Position())
    other.apply((), Position(), [(b"ethercattle-position", None)])
    with pytest.raises(StoreError, match=f"did not come from topic '{TOPIC}': start from .* --kafka.topic name:offset"):
        follow(log, other)
    assert follow(log, other, start=7).position.offset == 7
    assert (other.get(b"a"), other.get(b"k")) == (b"2", None)
    assert follow(log, other).position.offset == 7


def test_the_newest_block_is_told_by_either_format(log: Log, store: Store, other: Store) -> None:
    world = World()
    for form, database, topic in ((WRITEBATCH, store, "plain"), (ETHERCATTLE, other, "existing")):
        ledger = Ledger(database, Clock(), None, form)
        ledger.connect(log, topic, promote=False)
        ledger.commit(dict(world.genesis.writes), 0, 0)
        ledger.commit({b"h" + (7).to_bytes(8, "big") + b"n": b"\x07" * 32}, 7, 7)
        ledger.heartbeat()
        blocks = [form.reading.newest_block(stored) for stored in log.read(topic, 0, 10_000, 0).records]
        assert set(blocks) == {None, 0, 7}
        assert blocks[-1] == (0 if form is WRITEBATCH else None)
    for form, topic in ((WRITEBATCH, "existing"), (ETHERCATTLE, "plain")):
        foreign = log.read(topic, 0, 10_000, 0).records
        assert {form.reading.newest_block(stored) for stored in foreign} == {None}


def test_formats_are_named_as_the_flag_names_them() -> None:
    assert record_format("ethercattle") is ETHERCATTLE
    assert record_format("writebatch") is WRITEBATCH
    with pytest.raises(UsageError, match="'json', expected one of writebatch, ethercattle"):
        record_format("json")


@pytest.mark.parametrize(
    ("form", "broker", "config", "expected"),
    [
        (WRITEBATCH, "a:1", {"message.max.bytes": "5000012"}, 900_000),
        (ETHERCATTLE, "a:1", {}, 998_976),
        (ETHERCATTLE, "a:1", {"message.max.bytes": "5000012"}, 4_998_988),
        (ETHERCATTLE, "sqlite:///log", {}, 900_000_000),
    ],
)
def test_records_are_as_long_as_the_log_takes(
    form: RecordFormat[Any], broker: str, config: dict[str, str], expected: int
) -> None:
    assert record_bytes_limit(form, broker, config) == expected


@pytest.mark.parametrize("text", ["1024", "-1", "many", "1e6"])
def test_a_size_that_leaves_no_room_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match=rf"message\.max\.bytes is '{text}', expected a number above 1024"):
        record_bytes_limit(ETHERCATTLE, "a:1", {"message.max.bytes": text})
