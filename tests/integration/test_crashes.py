"""Master and replica are killed at any point, started again, and end with equal databases: nothing lost or doubled."""

from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fixtures.chain_files import find_chain
from fixtures.cluster import ETHERCATTLE, TOPIC, log_has_records, start_master, start_replica, wait_for_head
from fixtures.process import Child, start_child
from reference_node.chain.files import read_forkchoice
from reference_node.log.sqlite import SqliteLog
from tests.integration.databases import assert_same_content

CHAIN = find_chain("everyfork")
LAST_SEQUENCE = 97
"""Genesis, 80 blocks, 15 side blocks, and the fork choice."""
PERIOD_SECONDS = "0.03"
KILLS_A_RUN = 10
WAIT_SECONDS_MAX = 120.0

kill_points = st.lists(st.integers(1, LAST_SEQUENCE - 2), min_size=KILLS_A_RUN, max_size=KILLS_A_RUN, unique=True)


def records_in(path: Path) -> int:
    """Return how many records the log holds."""
    if not log_has_records(path):
        return 0
    log = SqliteLog(path, create=False)
    try:
        return log.bounds(TOPIC).end
    finally:
        log.close()


def batches_in(path: Path) -> list[bytes]:
    """Return the sequence of every batch record in the log, in order."""
    log = SqliteLog(path, create=False)
    try:
        headers = [dict(stored.record.headers) for stored in log.read(TOPIC, 0, 10**6, 0)]
    finally:
        log.close()
    return [found["sequence"] for found in headers if found["kind"] == b"batch"]


def wait_for_records(child: Child, path: Path, count: int) -> None:
    """Wait until the log holds this many records."""
    child.wait_until(lambda: records_in(path) >= count, WAIT_SECONDS_MAX, f"record {count}")


@pytest.mark.slow
@settings(max_examples=3, suppress_health_check=list(HealthCheck))
@given(kill_points)
def test_a_master_killed_at_any_point_publishes_every_batch_once(points: list[int]) -> None:
    with TemporaryDirectory() as name:
        folder = Path(name)
        broker, log_path = f"sqlite:///{folder}/log.sqlite", folder / "log.sqlite"
        for point in sorted(points):
            master = start_master(CHAIN, folder / "master", broker, folder / "master.log", ["--period", PERIOD_SECONDS])
            wait_for_records(master, log_path, point)
            master.kill()
        last = start_master(CHAIN, folder / "master", broker, folder / "master.log", ["--exit-when-done"])
        assert last.process.wait(WAIT_SECONDS_MAX) == 0, last.tail()
        sequences = [int.from_bytes(sequence, "big") for sequence in batches_in(log_path)]
        assert sequences == list(range(1, LAST_SEQUENCE + 1))
        sync_replica(folder / "replica", broker, folder / "replica.log")
        assert_same_content(folder / "master", folder / "replica")


@pytest.mark.slow
@settings(max_examples=3, suppress_health_check=list(HealthCheck))
@given(kill_points)
def test_a_replica_killed_at_any_point_ends_equal_to_its_master(points: list[int]) -> None:
    with TemporaryDirectory() as name, ExitStack() as stack:
        folder = Path(name)
        broker, log_path = f"sqlite:///{folder}/log.sqlite", folder / "log.sqlite"
        master = start_master(CHAIN, folder / "master", broker, folder / "master.log", ["--period", "0.15"])
        stack.callback(master.kill)
        wait_for_records(master, log_path, 1)
        for point in sorted(points):
            replica = start_replica(folder / "replica", broker, folder / "replica.log")
            try:
                wait_for_records(master, log_path, point)
            finally:
                replica.child.kill()
        wait_for_records(master, log_path, LAST_SEQUENCE + 1)
        replica = start_replica(folder / "replica", broker, folder / "replica.log")
        try:
            wait_for_head(replica, read_forkchoice(CHAIN.forkchoice).head)
        finally:
            assert replica.child.stop() == 0, replica.child.tail()
        assert master.stop() == 0, master.tail()
        assert_same_content(folder / "master", folder / "replica")


def sync_replica(datadir: Path, broker: str, log_path: Path) -> None:
    """Bring a replica's database up with its log."""
    command: list[str | Path] = [*ETHERCATTLE, "replica", "--datadir", datadir, "--kafka.broker", broker]
    child = start_child("replica", [*command, "--replica.syncshutdown"], log_path)
    assert child.process.wait(WAIT_SECONDS_MAX) == 0, child.tail()
