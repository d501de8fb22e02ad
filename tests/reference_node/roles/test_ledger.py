"""A ledger publishes each step once, goes on after any crash, and lets no other master in between."""

from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reference_node.errors import Fenced, LogRefused, StoreError
from reference_node.log.codec_writebatch import BATCH, EPOCH, HEARTBEAT, decode
from reference_node.log.interface import Log
from reference_node.log.sqlite import SqliteLog
from reference_node.roles.follower import Follower
from reference_node.roles.ledger import PUBLISHED_BATCHES_MAX, ForkChoiceMove, Ledger, check_no_outbox
from reference_node.store.leveldb import Store
from reference_node.store.position import OUTBOX_PREFIX, read_position
from tests.reference_node.logs import (
    TOPIC,
    Crash,
    CrashingLog,
    CrashingStore,
    Fuse,
    Writes,
    fuses,
    open_ledger,
    public_content,
    steps,
)


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


def kinds(log: Log) -> list[tuple[bytes, int, int]]:
    """Return kind, epoch and sequence of all records."""
    found = [decode(stored) for stored in log.read(TOPIC, 0, 10_000, 0).records]
    return [(item.kind, item.epoch, item.sequence) for item in found]


def outbox(store: Store) -> int:
    """Return how many records wait to be published."""
    return len(list(store.iterator(prefix=OUTBOX_PREFIX)))


def test_steps_are_published_in_order_and_leave_the_outbox(log: Log, store: Store) -> None:
    ledger = open_ledger(store)
    ledger.commit({b"a": b"1"}, 0, 0)
    ledger.connect(log, TOPIC, promote=False)
    ledger.commit({b"b": b"2"}, 1, 1)
    assert outbox(store) == 2
    assert ledger.publish() == 2
    ledger.heartbeat()
    assert ledger.publish() == 0
    assert kinds(log) == [(EPOCH, 1, 0), (BATCH, 1, 1), (BATCH, 1, 2), (HEARTBEAT, 1, 2)]
    assert outbox(store) == 0
    assert (store.get(b"a"), store.get(b"b")) == (b"1", b"2")
    assert read_position(store).offset == 3


def test_a_heartbeat_publishes_what_waits_first(log: Log, store: Store) -> None:
    ledger = open_ledger(store)
    ledger.connect(log, TOPIC, promote=False)
    ledger.commit({b"a": b"1"}, 0, 0)
    ledger.heartbeat()
    assert [kind for kind, _, _ in kinds(log)] == [EPOCH, BATCH, HEARTBEAT]


def test_a_long_outbox_goes_out_in_several_appends(log: Log, store: Store) -> None:
    ledger = open_ledger(store)
    ledger.connect(log, TOPIC, promote=False)
    count = 2 * PUBLISHED_BATCHES_MAX + 3
    for step in range(count):
        ledger.commit({b"k": b"%d" % step}, step, step)
    assert ledger.publish() == count
    assert [sequence for kind, _, sequence in kinds(log) if kind == BATCH] == list(range(1, count + 1))


def test_a_restart_keeps_the_epoch_and_goes_on(log: Log, store: Store) -> None:
    first = open_ledger(store)
    first.connect(log, TOPIC, promote=False)
    first.commit({b"a": b"1"}, 0, 0, ForkChoiceMove(b"\x01" * 32, b"\x02" * 32))
    first.publish()
    first.commit({b"b": b"2"}, 1, 1)
    second = open_ledger(store)
    assert second.position.safe_hash == b"\x01" * 32
    second.connect(log, TOPIC, promote=False)
    assert second.publish() == 1
    assert kinds(log) == [(EPOCH, 1, 0), (BATCH, 1, 1), (BATCH, 1, 2)]


def test_steps_the_log_already_has_are_not_published_again(log: Log, store: Store) -> None:
    first = open_ledger(store)
    first.connect(log, TOPIC, promote=False)
    first.commit({b"a": b"1"}, 0, 0)
    waiting = [(key, value) for key, value in store.iterator(prefix=OUTBOX_PREFIX)]
    first.publish()
    store.apply((), first.position, waiting)  # as after a crash between the append and the removal
    second = open_ledger(store)
    second.connect(log, TOPIC, promote=False)
    assert outbox(store) == 0
    assert second.publish() == 0
    assert len(kinds(log)) == 2


def test_a_promotion_raises_the_epoch_and_fences_the_old_master(log: Log, store: Store, tmp_path: Path) -> None:
    old = open_ledger(store)
    old.connect(log, TOPIC, promote=False)
    old.commit({b"a": b"1"}, 0, 0)
    old.publish()
    with closing(Store(tmp_path / "promoted")) as copy:
        copy.apply([], read_position(store), list(store.iterator(prefix=b"ethercattle-digest-")))
        new = open_ledger(copy)
        new.connect(log, TOPIC, promote=True)
        new.commit({b"b": b"2"}, 1, 1)
        new.publish()
    old.commit({b"b": b"zombie"}, 1, 1)
    with pytest.raises(Fenced, match="epoch 2"):
        old.publish()
    with pytest.raises(Fenced, match="epoch 2"):
        open_ledger(store).connect(log, TOPIC, promote=False)
    assert kinds(log) == [(EPOCH, 1, 0), (BATCH, 1, 1), (EPOCH, 2, 1), (BATCH, 2, 2)]


def test_a_promotion_that_does_not_fit_leaves_the_master_in_place(log: Log, store: Store, tmp_path: Path) -> None:
    rightful = open_ledger(store)
    rightful.connect(log, TOPIC, promote=False)
    rightful.commit({b"a": b"1"}, 0, 0)
    rightful.publish()
    with closing(Store(tmp_path / "stranger")) as other, pytest.raises(LogRefused):
        open_ledger(other).connect(log, TOPIC, promote=True)
    rightful.commit({b"b": b"2"}, 1, 1)
    assert rightful.publish() == 1


def test_a_second_master_with_the_same_database_is_refused(log: Log, store: Store, tmp_path: Path) -> None:
    first = open_ledger(store)
    first.connect(log, TOPIC, promote=False)
    first.commit({b"a": b"1"}, 0, 0)
    first.publish()
    with closing(Store(tmp_path / "copy")) as copied:
        copied.apply([(b"a", b"1")], read_position(store), list(store.iterator(prefix=b"ethercattle-digest-")))
        second = open_ledger(copied)
        second.connect(log, TOPIC, promote=False)
        first.commit({b"b": b"first"}, 1, 1)
        second.commit({b"b": b"second"}, 1, 1)
        first.publish()
        with pytest.raises(LogRefused, match="goes on at sequence 2, but this master would write 1"):
            second.publish()
        with pytest.raises(LogRefused, match="other content at sequence 2"):
            open_ledger(copied).connect(log, TOPIC, promote=False)
    assert [sequence for _, _, sequence in kinds(log)] == [0, 1, 2]


def test_a_new_master_on_a_used_log_is_refused(log: Log, store: Store, tmp_path: Path) -> None:
    first = open_ledger(store)
    first.connect(log, TOPIC, promote=False)
    for step in range(3):
        first.commit({b"a": b"%d" % step}, step, step)
    first.publish()
    with closing(Store(tmp_path / "fresh")) as fresh, pytest.raises(LogRefused, match=r"syncshutdown"):
        open_ledger(fresh).connect(log, TOPIC, promote=False)


def test_a_master_whose_log_was_made_anew_is_refused(log: Log, store: Store, tmp_path: Path) -> None:
    ledger = open_ledger(store)
    ledger.connect(log, TOPIC, promote=False)
    ledger.commit({b"a": b"1"}, 0, 0)
    ledger.publish()
    with (
        closing(SqliteLog(tmp_path / "anew.sqlite", create=True)) as anew,
        pytest.raises(LogRefused, match="ends at sequence 0, but this master has published up to 1"),
    ):
        open_ledger(store).connect(anew, TOPIC, promote=False)


def test_a_master_of_a_truncated_log_goes_on(log: Log, store: Store) -> None:
    ledger = open_ledger(store)
    ledger.connect(log, TOPIC, promote=False)
    ledger.commit({b"a": b"1"}, 0, 0)
    ledger.publish()
    log.truncate(TOPIC, 1)
    again = open_ledger(store)
    again.connect(log, TOPIC, promote=False)
    log.truncate(TOPIC, 99)
    with pytest.raises(LogRefused, match="no record from which to tell"):
        open_ledger(store).connect(log, TOPIC, promote=False)


def test_a_backlog_longer_than_the_kept_digests_is_published_after_a_crash(log: Log, store: Store) -> None:
    ledger = open_ledger(store)
    ledger.connect(log, TOPIC, promote=False)
    ledger.commit({b"a": b"1"}, 0, 0)
    ledger.publish()
    for step in range(300):
        ledger.commit({b"a": b"%d" % step}, step, step)
    again = Ledger(store)
    again.connect(log, TOPIC, promote=False)
    assert again.publish() == 300


def test_a_database_with_an_outbox_is_not_followed_into(log: Log, store: Store) -> None:
    ledger = open_ledger(store)
    ledger.connect(log, TOPIC, promote=False)
    ledger.commit({b"a": b"1"}, 0, 0)
    with pytest.raises(StoreError, match="unpublished batches"):
        check_no_outbox(store)
    ledger.publish()
    check_no_outbox(store)


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps, st.lists(fuses, max_size=5))
def test_a_master_that_dies_at_any_write_publishes_each_step_once(
    tmp_path_factory: pytest.TempPathFactory, committed: list[Writes], crashes: list[Fuse]
) -> None:
    folder = tmp_path_factory.mktemp("crashes")
    for fuse in [*crashes, Fuse(10_000, after=False)]:
        with (
            closing(CrashingLog(folder / "log.sqlite", fuse)) as log,
            closing(CrashingStore(folder / "master", fuse)) as store,
            suppress(Crash),
        ):
            ledger = open_ledger(store)
            ledger.connect(log, TOPIC, promote=False)
            ledger.publish()
            for writes in committed[ledger.position.chain.sequence :]:
                ledger.commit(dict(writes), 0, 0)
                ledger.publish()
            ledger.heartbeat()
    with closing(SqliteLog(folder / "log.sqlite", create=False)) as log:
        assert _sequences(log) == list(range(1, len(committed) + 1))
        with closing(Store(folder / "replica")) as replica, closing(Store(folder / "master")) as master:
            follower = Follower(replica, log, TOPIC)
            while not follower.caught_up():
                follower.follow()
            assert public_content(replica) == public_content(master)
            assert outbox(master) == 0


def _sequences(log: Log) -> list[int]:
    """Return the sequences of a log's batches, one for all parts."""
    found = [decode(stored) for stored in log.read(TOPIC, 0, 10_000, 0).records]
    return [item.sequence for item in found if item.kind == BATCH and item.part == 0]
