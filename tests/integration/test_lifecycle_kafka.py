"""A master and a replica whose broker goes away: both go on with what they have, and meet again once it is back."""

import time
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from fixtures.chain_files import find_chain
from fixtures.kafka import Kafka, running_kafka
from fixtures.nodes import DevMaster, Replica, start_dev_master, start_replica
from reference_node.log.open import open_log
from reference_node.store.leveldb import Store
from reference_node.store.position import read_position
from tests.integration.databases import assert_same_content
from tests.integration.test_lifecycle import HEAD, WAIT_SECONDS_MAX, exit_of, health_of, status_of, trickle, wait_for
from tests.integration.test_refusals import run

pytestmark = [pytest.mark.slow, pytest.mark.real]

CHAIN = find_chain("everyfork")
MASTER_FLAGS = ("--period", "0.2", "--heartbeat", "0.5")


def start_master(folder: Path, kafka: Kafka, topic: str) -> DevMaster:
    return start_dev_master(CHAIN, folder / "master", kafka.bootstrap, folder / "master.log", MASTER_FLAGS, topic=topic)


def head_number(node: DevMaster | Replica) -> int:
    return int(httpx.post(node.url, json=HEAD, trust_env=False, timeout=30).json()["result"], 16)


def wait_equal(replica: Replica, kafka: Kafka, topic: str) -> None:
    """Wait until a replica has applied the last record of a log that nobody writes any more."""
    with closing(open_log(kafka.bootstrap)) as log:
        end = log.bounds(topic).end
    wait_for(replica, lambda: health_of(replica).json()["lag_records"] == 0, f"the log's end at {end}")


def test_a_broker_that_is_killed_for_a_while_ends_nobody(tmp_path: Path, kafka_program: str) -> None:
    with running_kafka() as kafka:
        topic = kafka.unique_topic()
        master = start_master(tmp_path, kafka, topic)
        replica = start_replica(
            tmp_path / "replica", kafka.bootstrap, tmp_path / "replica.log", ["--replica.offset.age=600"], topic=topic
        )
        try:
            wait_for(replica, lambda: status_of(replica) == 200, "ready")
            with trickle(replica) as client:
                kafka.brokers[0].kill()
                wait_for(replica, lambda: status_of(replica) == 429, "health to be degraded")
                assert health_of(replica).json()["lag_records"] is None
                made = head_number(master) + 2
                master.child.wait_until(lambda: head_number(master) >= made, WAIT_SECONDS_MAX, "a block meanwhile")
                kafka.brokers[0].start()
                back = time.monotonic()
                wait_for(replica, lambda: status_of(replica) == 200, "ready again")
                wait_for(replica, lambda: head_number(replica) >= made, "the blocks made meanwhile")
                print(f"both go on {time.monotonic() - back:.1f} s after the broker was started")
            assert client.failed == []
            assert master.child.stop() == 0, master.child.tail()
            wait_equal(replica, kafka, topic)
            assert replica.child.stop() == 0, replica.child.tail()
        finally:
            master.child.stop()
            replica.child.stop()
    assert_same_content(tmp_path / "master", tmp_path / "replica")


def test_a_broker_that_stays_away_ends_a_replica_by_the_masters_silence(tmp_path: Path, kafka_program: str) -> None:
    with running_kafka() as kafka:
        topic = kafka.unique_topic()
        master = start_master(tmp_path, kafka, topic)
        flags = ["--replica.offset.age=3", "--replica.drain=0.5"]
        replica = start_replica(tmp_path / "replica", kafka.bootstrap, tmp_path / "replica.log", flags, topic=topic)
        try:
            wait_for(replica, lambda: status_of(replica) == 200, "ready")
            kafka.brokers[0].kill()
            killed = time.monotonic()
            code, line = exit_of(replica.child)
            assert code == 4
            assert "--replica.offset.age allows 3 s" in line
            assert time.monotonic() - killed < 30
        finally:
            master.child.kill()
            replica.child.stop()


@pytest.mark.parametrize("moves", [True, False])
def test_syncshutdown_ends_on_a_topic(tmp_path: Path, kafka: Kafka, kafka_topic: str, moves: bool) -> None:
    master = start_master(tmp_path, kafka, kafka_topic)
    try:
        with closing(open_log(kafka.bootstrap)) as log:
            master.child.wait_until(lambda: log.bounds(kafka_topic).end > 30, WAIT_SECONDS_MAX, "some records")
            if not moves:
                assert master.child.stop() == 0, master.child.tail()
            end = log.bounds(kafka_topic).end
        words = ("replica", "--datadir", tmp_path / "copy", "--kafka.broker", kafka.bootstrap, "--kafka.topic")
        done = run(*words, kafka_topic, "--replica.syncshutdown")
        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout.startswith("replica caught up at block ")
    finally:
        master.child.stop()
    with closing(Store(tmp_path / "copy")) as store:
        assert read_position(store).offset >= end - 2, "all but the marker of the last transaction"
