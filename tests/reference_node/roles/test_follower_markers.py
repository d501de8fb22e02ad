"""On Kafka a transaction's marker takes the offset after its records, and is passed only with what follows."""

import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from reference_node.log.interface import Bounds, ReadResult
from reference_node.log.sqlite import SqliteLog
from reference_node.roles.follower import Follower
from reference_node.roles.ledger import Ledger
from reference_node.roles.replica import _catch_up
from reference_node.store.leveldb import Store
from tests.reference_node.logs import TOPIC
from tests.reference_node.roles.following import wait_for
from tests.reference_node.worlds import World


class MarkedLog(SqliteLog):
    """A log in which every record has a marker after it."""

    before_read: Callable[[], object] = staticmethod(lambda: None)

    def bounds(self, topic: str) -> Bounds:
        """Return the range, markers included."""
        found = super().bounds(topic)
        return Bounds(2 * found.start, 2 * found.end)

    def read(self, topic: str, offset: int, limit: int, timeout_seconds: float) -> ReadResult:
        """Return records; the marker at the end is passed only where nothing follows it in time."""
        self.before_read()
        inner = (offset + 1) // 2
        found = super().read(topic, inner, limit, timeout_seconds)
        records = [replace(stored, offset=2 * stored.offset) for stored in found.records]
        return ReadResult(records, records[-1].offset + 1 if records else 2 * inner)


class Rig:
    """A master that makes a step before each read of its replica, where it is told to."""

    def __init__(self, log: MarkedLog, ledger: Ledger, store: Store) -> None:
        self.log, self.ledger = log, ledger
        self.steps = 0
        world = World()
        ledger.commit(dict(world.genesis.writes), 0, 0)
        ledger.publish()
        for _ in range(20):
            self.grow()
        self.follower = Follower(store, log, TOPIC)

    def grow(self) -> None:
        """Publish a step."""
        self.steps += 1
        self.ledger.commit({b"k": b"%d" % self.steps}, self.steps, self.steps)
        self.ledger.publish()


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    """Return a replica of a log with markers."""
    with (
        closing(SqliteLog(tmp_path / "log.sqlite", create=True)) as plain,
        closing(MarkedLog(tmp_path / "log.sqlite", create=False)) as log,
        closing(Store(tmp_path / "master")) as master,
        closing(Store(tmp_path / "replica")) as replica,
    ):
        ledger = Ledger(master)
        ledger.connect(plain, TOPIC, promote=False)
        yield Rig(log, ledger, replica)


@pytest.mark.parametrize("moves", [False, True])
def test_a_replica_becomes_ready_on_a_log_with_markers(rig: Rig, moves: bool) -> None:
    if moves:
        rig.log.before_read = rig.grow
    stopping = threading.Event()
    thread = threading.Thread(target=rig.follower.run, args=(stopping,))
    thread.start()
    try:
        wait_for(lambda: rig.follower.facts().caught_up)
    finally:
        stopping.set()
        thread.join()
    assert rig.follower.failure is None


@pytest.mark.parametrize("moves", [False, True])
def test_catching_up_ends_on_a_log_with_markers(rig: Rig, moves: bool) -> None:
    if moves:
        rig.log.before_read = rig.grow
    end = rig.follower.log_end()
    _catch_up(rig.follower, threading.Event())
    assert rig.follower.next_offset >= end


def test_a_log_that_rests_leaves_no_lag(rig: Rig) -> None:
    while not rig.follower.caught_up():
        rig.follower.follow(0)
    rig.follower.look()
    assert rig.follower.facts().lag_records == 0
    assert rig.follower.facts().offset == 2 * (rig.steps + 1)
