"""Runs of a master and of a replica that are killed over and over, on any log; what they leave has to be whole."""

from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from hypothesis import strategies as st

from fixtures.chain_files import find_chain
from fixtures.cluster import ETHERCATTLE, TOPIC, start_master, start_replica, wait_for_head
from fixtures.process import Child, start_child
from reference_node.chain.files import read_forkchoice
from reference_node.errors import LogUnavailable
from reference_node.log.codec_ethercattle import Commit, decode
from reference_node.log.interface import Log, StoredRecord
from reference_node.log.open import open_log
from tests.integration.databases import assert_same_content

CHAIN = find_chain("everyfork")
LAST_SEQUENCE = 97
"""Genesis, 80 blocks, 15 side blocks, and the fork choice."""
KILLS_A_RUN = 10
WAIT_SECONDS_MAX = 120.0
READ_RECORDS = 256

kill_points = st.lists(st.integers(1, LAST_SEQUENCE - 2), min_size=KILLS_A_RUN, max_size=KILLS_A_RUN, unique=True)


def sequence_of(stored: StoredRecord) -> int | None:
    """Return the sequence of a batch's record (of its commit, in the format ethercattle), else None."""
    headers = dict(stored.record.headers)
    if not headers:
        said = decode(stored.record.value)
        return int.from_bytes(said.batch_id[:8], "big") if isinstance(said, Commit) else None
    return int.from_bytes(headers["sequence"], "big") if headers["kind"] == b"batch" else None


class Probe:
    """Looks at the topic of a run from outside, and reads every record once."""

    def __init__(self, broker: str, topic: str = TOPIC) -> None:
        """Name the log; it is opened once it is there."""
        self.broker = broker
        self.topic = topic
        self._log: Log | None = None
        self._next = 0
        self._batches: list[int] = []

    def close(self) -> None:
        """Close the log."""
        if self._log is not None:
            self._log.close()

    def batches(self) -> list[int]:
        """Return the sequence of every batch record in the log, in order; none where there is no topic yet."""
        try:
            self._log = self._log or open_log(self.broker)
            end = self._log.bounds(self.topic).end
            while self._next < end:
                found = self._log.read(self.topic, self._next, READ_RECORDS, 1.0)
                self._batches += filter(None, map(sequence_of, found.records))
                self._next = found.next_offset
        except LogUnavailable:  # not there yet, or away for a moment
            pass
        return self._batches

    def wait_for(self, child: Child, sequence: int) -> None:
        """Wait until the log holds this batch."""
        wanted = f"batch {sequence}"
        child.wait_until(lambda: max(self.batches(), default=0) >= sequence, WAIT_SECONDS_MAX, wanted)


def kill_masters(
    broker: str, folder: Path, points: Sequence[int], topic: str = TOPIC, more_flags: Sequence[str] = ()
) -> None:
    """Kill the master as each batch gets into the log, and fail unless the log and a replica of it end up right."""
    flags = ["--kafka.topic", topic, *more_flags]
    with closing(Probe(broker, topic)) as probe:
        for point in sorted(points):
            paced = [*flags, "--period", "0.03"]
            master = start_master(CHAIN, folder / "master", broker, folder / "master.log", paced)
            probe.wait_for(master, point)
            master.kill()
        last = start_master(CHAIN, folder / "master", broker, folder / "master.log", [*flags, "--exit-when-done"])
        assert last.process.wait(WAIT_SECONDS_MAX) == 0, last.tail()
        assert probe.batches() == list(range(1, LAST_SEQUENCE + 1))
    sync_replica(folder / "replica", broker, folder / "replica.log", topic, more_flags)
    assert_same_content(folder / "master", folder / "replica")


def kill_replicas(
    broker: str, folder: Path, points: Sequence[int], topic: str = TOPIC, more_flags: Sequence[str] = ()
) -> None:
    """Kill the replica as each batch gets into the log, and fail unless it ends up equal to its master."""
    flags = ["--kafka.topic", topic, *more_flags]
    master = start_master(CHAIN, folder / "master", broker, folder / "master.log", [*flags, "--period", "0.15"])
    try:
        with closing(Probe(broker, topic)) as probe:
            probe.wait_for(master, 1)
            for point in sorted(points):
                replica = start_replica(folder / "replica", broker, folder / "replica.log", flags)
                try:
                    probe.wait_for(master, point)
                finally:
                    replica.child.kill()
            probe.wait_for(master, LAST_SEQUENCE)
        check_followed(broker, folder, topic, more_flags)
        assert master.stop() == 0, master.tail()
    finally:
        master.kill()
    assert_same_content(folder / "master", folder / "replica")


def check_followed(broker: str, folder: Path, topic: str = TOPIC, more_flags: Sequence[str] = ()) -> None:
    """Start the replica once more and fail unless it comes to the chain's head, and stops cleanly."""
    replica = start_replica(folder / "replica", broker, folder / "replica.log", ["--kafka.topic", topic, *more_flags])
    try:
        wait_for_head(replica, read_forkchoice(CHAIN.forkchoice).head)
    finally:
        assert replica.child.stop() == 0, replica.child.tail()


def sync_replica(
    datadir: Path, broker: str, log_path: Path, topic: str = TOPIC, more_flags: Sequence[str] = ()
) -> None:
    """Bring a replica's database up with its log."""
    command: list[str | Path] = [*ETHERCATTLE, "replica", "--datadir", datadir, "--kafka.broker", broker]
    child = start_child("replica", [*command, "--kafka.topic", topic, "--replica.syncshutdown", *more_flags], log_path)
    assert child.process.wait(WAIT_SECONDS_MAX) == 0, child.tail()
