"""Through a real Kafka: master, replica and broker are killed at any point, and nothing is lost or doubled."""

from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings

from fixtures.kafka import Kafka, running_kafka
from fixtures.nodes import start_master, start_replica, wait_for_head
from reference_node.chain.files import read_forkchoice
from tests.integration.crash_runs import (
    CHAIN,
    LAST_SEQUENCE,
    Probe,
    check_followed,
    kill_masters,
    kill_points,
    kill_replicas,
)
from tests.integration.databases import assert_same_content

pytestmark = pytest.mark.timeout(1800)  # thirty kills and starts of a real broker take minutes where cores are few
RUNS = settings(max_examples=3, suppress_health_check=list(HealthCheck))
PERIOD_SECONDS = "0.8"
"""So slow that blocks still come after ten kills."""


def kill_brokers(kafka: Kafka, folder: Path, points: list[int], victims: list[int]) -> None:
    """Kill a broker as each batch gets into the log and start it again, with a master and a replica at work."""
    topic = kafka.unique_topic()
    flags = ["--kafka.topic", topic]
    paced = [*flags, "--period", PERIOD_SECONDS]
    master = start_master(CHAIN, folder / "master", kafka.bootstrap, folder / "master.log", paced)
    replica = None
    try:
        with closing(Probe(kafka.bootstrap, topic)) as probe:
            probe.wait_for(master, 1)
            replica = start_replica(folder / "replica", kafka.bootstrap, folder / "replica.log", flags)
            for point, victim in zip(sorted(points), victims, strict=True):
                probe.wait_for(master, point)
                kafka.brokers[victim].kill()
                kafka.brokers[victim].start()
                kafka.wait_ready()
            probe.wait_for(master, LAST_SEQUENCE)
            assert probe.batches() == list(range(1, LAST_SEQUENCE + 1))
        wait_for_head(replica, read_forkchoice(CHAIN.forkchoice).head, [master])
        assert replica.child.stop() == 0, replica.child.tail()
        assert master.stop() == 0, master.tail()
    finally:
        master.kill()
        if replica is not None:
            replica.child.kill()
    check_followed(kafka.bootstrap, folder, topic)
    assert_same_content(folder / "master", folder / "replica")


@pytest.mark.real
@RUNS
@given(kill_points)
def test_a_master_killed_at_any_point_publishes_every_batch_once(kafka: Kafka, points: list[int]) -> None:
    with TemporaryDirectory() as name:
        kill_masters(kafka.bootstrap, Path(name), points, kafka.unique_topic())


@pytest.mark.real
@RUNS
@given(kill_points)
def test_a_replica_killed_at_any_point_ends_equal_to_its_master(kafka: Kafka, points: list[int]) -> None:
    with TemporaryDirectory() as name:
        kill_replicas(kafka.bootstrap, Path(name), points, kafka.unique_topic())


@pytest.mark.real
@RUNS
@given(kill_points)
def test_a_broker_killed_at_any_point_loses_and_doubles_nothing(kafka_program: None, points: list[int]) -> None:
    with running_kafka() as kafka, TemporaryDirectory() as name:
        kill_brokers(kafka, Path(name), points, [0] * len(points))


@pytest.mark.real
def test_one_of_three_brokers_may_be_killed_while_blocks_stream(kafka_cluster: Kafka, tmp_path: Path) -> None:
    kill_brokers(kafka_cluster, tmp_path, [10, 30, 50], [0, 1, 2])
