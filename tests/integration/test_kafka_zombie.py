"""A master that was paused and replaced can't write to Kafka when it goes on; the replicas follow the new one alone."""

import shutil
import signal
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

import pytest

from fixtures.chain_files import find_chain
from fixtures.jsonrpc import JsonRpc
from fixtures.kafka import Kafka
from fixtures.nodes import ETHERCATTLE, DevMaster, Replica, start_dev_master, start_replica, wait_for_head
from fixtures.process import start_child
from reference_node.log.codec_writebatch import decode
from reference_node.log.kafka import KafkaLog
from reference_node.log.tail import read_backwards
from tests.integration.databases import assert_same_content

pytestmark = pytest.mark.real

CHAIN = find_chain("everyfork")
END_SECONDS_MAX = 60.0


@contextmanager
def dev_master(folder: Path, name: str, broker: str, topic: str, *extra: str) -> Iterator[DevMaster]:
    """Run a dev master that makes a block only when told, and end it, frozen or not."""
    arguments = ("--period", "3600", "--heartbeat", "0.5", *extra)
    master = start_dev_master(CHAIN, folder / name, broker, folder / f"{name}.log", arguments, topic=topic)
    try:
        yield master
    finally:
        master.child.process.send_signal(signal.SIGCONT)
        master.child.stop()


def mine(master: DevMaster, count: int) -> bytes:
    """Make blocks, and return the head's hash."""
    with closing(JsonRpc(master.url)) as rpc:
        return bytes.fromhex(str(rpc.call("dev_mine", hex(count)))[2:])


def wait_for(replica: Replica, head: bytes, master: DevMaster) -> None:
    """Wait until the replica serves a master's head."""
    wait_for_head(replica, head, (master.child,))


def catch_up(folder: Path, name: str, broker: str, topic: str) -> None:
    """Bring a database up to the log's end, as the guide prepares a master."""
    words: list[str | Path] = ["replica", "--datadir", folder / name, "--kafka.broker", broker, "--kafka.topic", topic]
    child = start_child("catch-up", [*ETHERCATTLE, *words, "--replica.syncshutdown"], folder / "catch-up.log")
    assert child.process.wait(END_SECONDS_MAX) == 0, child.tail()


def epochs_in(broker: str, topic: str) -> list[int]:
    """Return the epoch of every record of a topic, the oldest first."""
    with closing(KafkaLog(broker, {})) as log:
        return [decode(stored).epoch for stored in read_backwards(log, topic)][::-1]


def test_a_master_that_was_paused_and_replaced_can_not_write(kafka: Kafka, kafka_topic: str, tmp_path: Path) -> None:
    broker = kafka.bootstrap
    with ExitStack() as stack:
        zombie = stack.enter_context(dev_master(tmp_path, "zombie", broker, kafka_topic))
        replica = start_replica(tmp_path / "replica", broker, tmp_path / "replica.log", topic=kafka_topic)
        stack.callback(replica.child.stop)
        wait_for(replica, mine(zombie, 3), zombie)
        zombie.child.process.send_signal(signal.SIGSTOP)

        catch_up(tmp_path, "new", broker, kafka_topic)
        new = stack.enter_context(dev_master(tmp_path, "new", broker, kafka_topic, "--promote"))
        wait_for(replica, mine(new, 2), new)

        zombie.child.process.send_signal(signal.SIGCONT)  # its next heartbeat is its first write
        assert zombie.child.process.wait(END_SECONDS_MAX) == 5, zombie.child.tail()
        assert f"topic '{kafka_topic}' is at epoch 2, but this master is at epoch 1" in zombie.child.tail()

        wait_for(replica, mine(new, 2), new)
        assert replica.child.stop() == 0, replica.child.tail()
        assert new.child.stop() == 0, new.child.tail()
    epochs = epochs_in(broker, kafka_topic)
    assert epochs == sorted(epochs), "a record of the old epoch came after the new epoch was opened"
    assert set(epochs) == {1, 2}
    assert_same_content(tmp_path / "new", tmp_path / "replica")


def test_of_two_masters_with_one_database_only_the_later_goes_on(
    kafka: Kafka, kafka_topic: str, tmp_path: Path
) -> None:
    broker = kafka.bootstrap
    with ExitStack() as stack:
        first = stack.enter_context(dev_master(tmp_path, "first", broker, kafka_topic))
        mine(first, 1)
        first.child.process.send_signal(signal.SIGSTOP)
        shutil.copytree(tmp_path / "first", tmp_path / "second")
        second = stack.enter_context(dev_master(tmp_path, "second", broker, kafka_topic))
        first.child.process.send_signal(signal.SIGCONT)
        assert first.child.process.wait(END_SECONDS_MAX) == 5, first.child.tail()
        assert f"topic '{kafka_topic}' has been opened by another master of epoch 1" in first.child.tail()
        mine(second, 1)
        assert second.child.stop() == 0, second.child.tail()
    catch_up(tmp_path, "replica", broker, kafka_topic)
    assert_same_content(tmp_path / "second", tmp_path / "replica")
