"""Master and replica in the format of existing builds: every recorded answer, any kill, and a stock geth afterwards."""

import json
import re
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
import rlp
from click.testing import CliRunner
from confluent_kafka import Consumer, TopicPartition
from hypothesis import HealthCheck, given, settings

from conformance.cli import conform
from conformance.corpus import answers_folder
from fixtures.chain_files import DEFAULT_CHAIN, find_chain
from fixtures.geth import Program, running
from fixtures.kafka import Kafka
from fixtures.nodes import Replica, start_master, start_replica, wait_for_head
from reference_node.chain.files import read_forkchoice
from reference_node.errors import Fenced
from reference_node.log.open import open_log
from reference_node.roles.follower import Follower
from reference_node.roles.ledger import Ledger
from reference_node.roles.record_formats import ETHERCATTLE
from reference_node.store.leveldb import Store
from tests.integration.crash_runs import kill_masters, kill_points, kill_replicas
from tests.integration.databases import assert_same_content, content_of

CHAIN = find_chain(DEFAULT_CHAIN)
HEAD = read_forkchoice(CHAIN.forkchoice).head
EXISTING_BUILDS = ("--log.format", "ethercattle")
WAIT_SECONDS_MAX = 120.0


@pytest.fixture(scope="module")
def replica(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Replica]:
    """Yield a replica that has followed the whole chain in the format of existing builds."""
    folder = tmp_path_factory.mktemp("existing-builds")
    broker = f"sqlite:///{folder}/log.sqlite"
    with ExitStack() as stack:
        master = start_master(
            CHAIN, folder / "master", broker, folder / "master.log", [*EXISTING_BUILDS, "--exit-when-done"]
        )
        stack.callback(master.kill)
        assert master.process.wait(WAIT_SECONDS_MAX) == 0, master.tail()
        replica = start_replica(folder / "replica", broker, folder / "replica.log", EXISTING_BUILDS)
        stack.callback(replica.child.stop)
        wait_for_head(replica, HEAD)
        yield replica


def asks_for_safe(case: str) -> bool:
    """Say whether a recorded case asks for the safe block, which the format does not carry."""
    return '"safe"' in (answers_folder(DEFAULT_CHAIN) / f"{case}.io").read_text()


def verdicts(url: str) -> dict[str, dict[str, Any]]:
    """Return what `conform` says of each recorded case."""
    result = CliRunner().invoke(conform, ["--candidate", url, "--strict-messages", "--json", "-"])
    assert result.stdout, result.output
    return {case["case"]: case for case in json.loads(result.stdout)["cases"]}


def test_every_recorded_case_matches_but_those_of_the_safe_block(replica: Replica) -> None:
    found = verdicts(replica.url)
    wrong = {name: case for name, case in found.items() if case["verdict"] != "match" and not asks_for_safe(name)}
    assert wrong == {}
    safe = [name for name in found if asks_for_safe(name)]
    assert len(found) > 10 * len(safe) > 0
    refused = re.compile("safe (block|header) not found")
    assert {name for name in safe if not refused.search(json.dumps(found[name]))} == set()


def test_master_and_replica_are_equal_and_their_records_have_no_headers(replica: Replica, tmp_path: Path) -> None:
    folder = replica.datadir.parent
    for name in ("master", "replica"):
        shutil.copytree(folder / name, tmp_path / name, ignore=shutil.ignore_patterns("LOCK"))
    assert_same_content(tmp_path / "master", tmp_path / "replica")
    log = open_log(f"sqlite:///{folder}/log.sqlite")
    try:
        assert not any(stored.record.headers for stored in log.read("geth", 0, 10**6, 0).records)
    finally:
        log.close()


@pytest.mark.real
def test_a_stock_geth_opens_the_database(replica: Replica, geth_program: Program, tmp_path: Path) -> None:
    shutil.copytree(replica.datadir, tmp_path / "promoted", ignore=shutil.ignore_patterns("LOCK"))
    with running(geth_program, tmp_path / "promoted") as promoted:
        assert promoted.rpc.call("eth_getBlockByNumber", "latest", False)["hash"] == "0x" + HEAD.hex()


@pytest.mark.real
def test_a_reader_of_another_build_follows_our_master_through_kafka(
    kafka: Kafka, kafka_topic: str, tmp_path: Path
) -> None:
    flags = [*EXISTING_BUILDS, "--kafka.topic", kafka_topic]
    log_path = tmp_path / "master.log"
    master = start_master(CHAIN, tmp_path / "master", kafka.bootstrap, log_path, [*flags, "--exit-when-done"])
    try:
        assert master.process.wait(WAIT_SECONDS_MAX) == 0, master.tail()
    finally:
        master.kill()
    assert plainly_read(kafka, kafka_topic) == content_of(tmp_path / "master")
    replica = start_replica(tmp_path / "replica", kafka.bootstrap, tmp_path / "replica.log", flags)
    try:
        wait_for_head(replica, HEAD)
        found = verdicts(replica.url)
    finally:
        assert replica.child.stop() == 0, replica.child.tail()
    assert [name for name, case in found.items() if case["verdict"] != "match" and not asks_for_safe(name)] == []
    assert_same_content(tmp_path / "master", tmp_path / "replica")


@pytest.mark.real
def test_a_stopped_replica_takes_over_on_kafka_and_learns_the_epoch_from_it(
    kafka: Kafka, kafka_topic: str, tmp_path: Path
) -> None:
    with (
        closing(open_log(kafka.bootstrap)) as log,
        closing(Store(tmp_path / "old")) as store,
        closing(Store(tmp_path / "new")) as other,
    ):
        old = Ledger(store, record_format=ETHERCATTLE)
        for _ in range(3):
            old.connect(log, kafka_topic, promote=True)
        old.commit({b"a": b"1"}, 0, 0)
        old.heartbeat()
        follower = Follower(other, log, kafka_topic, record_format=ETHERCATTLE)
        while not follower.caught_up():
            follower.follow()
        new = Ledger(other, record_format=ETHERCATTLE)
        new.connect(log, kafka_topic, promote=True)
        assert new.position.epoch == old.position.epoch + 1 == 5
        new.commit({b"b": b"2"}, 1, 1)
        assert new.publish() == 1
        old.commit({b"b": b"zombie"}, 1, 1)
        with pytest.raises(Fenced):
            old.publish()
    assert plainly_read(kafka, kafka_topic) == {b"a": b"1", b"b": b"2"}


def plainly_read(kafka: Kafka, topic: str) -> dict[bytes, bytes]:
    """Return what a reader makes of a topic that knows the format from its description alone, and nothing of ours."""
    consumer = Consumer(
        {"bootstrap.servers": kafka.bootstrap, "group.id": topic, "isolation.level": "read_uncommitted"}
    )
    content: dict[bytes, bytes | None] = {}
    batches: dict[bytes, list[tuple[bytes, bytes | None]]] = {}
    try:
        _, end = consumer.get_watermark_offsets(TopicPartition(topic, 0), WAIT_SECONDS_MAX)
        consumer.assign([TopicPartition(topic, 0, 0)])
        while consumer.position([TopicPartition(topic, 0)])[0].offset < end:
            for message in consumer.consume(1000, 1.0):
                assert message.error() is None, message.error()
                value = message.value() or b""
                assert (message.key(), message.headers()) == (None, None)
                if value[0] == 0xFF:
                    key, put = rlp.decode(value[18:]) if value[1] == 0 else (value[18:], None)
                    batches.setdefault(value[2:18], []).append((key, put))
                elif value[0] == 2:
                    content.update(batches.pop(value[1:]))
                else:
                    assert value == b"\x03", value
    finally:
        consumer.close()
    assert batches == {}
    return {key: value for key, value in content.items() if value is not None}


@pytest.mark.slow
@settings(max_examples=1, suppress_health_check=list(HealthCheck))
@given(kill_points)
def test_a_master_killed_at_any_point_publishes_every_batch_once(points: list[int]) -> None:
    with TemporaryDirectory() as name:
        kill_masters(f"sqlite:///{name}/log.sqlite", Path(name), points, more_flags=EXISTING_BUILDS)


@pytest.mark.slow
@settings(max_examples=1, suppress_health_check=list(HealthCheck))
@given(kill_points)
def test_a_replica_killed_at_any_point_ends_equal_to_its_master(points: list[int]) -> None:
    with TemporaryDirectory() as name:
        kill_replicas(f"sqlite:///{name}/log.sqlite", Path(name), points, more_flags=EXISTING_BUILDS)
