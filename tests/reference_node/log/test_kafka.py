"""The log on a real Kafka keeps the contract."""

import secrets
import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, closing, suppress

import pytest
from confluent_kafka import KafkaException, Producer
from confluent_kafka.admin import AdminClient, ConfigResource, ResourceType

from fixtures.kafka import Kafka
from reference_node.errors import LogRefused, LogUnavailable
from reference_node.log.interface import Bounds, FencedWriter, Log, ReadResult, Record
from reference_node.log.kafka import KafkaLog
from reference_node.log.kafka_settings import EPOCH_GROUP, TOPIC_SETTINGS
from reference_node.log.tail import read_backwards
from tests.reference_node.log.contract import WAIT_SECONDS, LogContract, read_all

pytestmark = pytest.mark.real


class OwnNames:
    """A log whose topics and groups are no other test's on the same cluster."""

    def __init__(self, log: Log, prefix: str) -> None:
        self._log = log
        self._prefix = prefix

    def bounds(self, topic: str) -> Bounds:
        """See `Log`."""
        return self._log.bounds(self._prefix + topic)

    def identity(self, topic: str) -> bytes:
        """See `Log`."""
        return self._log.identity(self._prefix + topic)

    def read(self, topic: str, offset: int, limit: int, timeout_seconds: float) -> ReadResult:
        """See `Log`."""
        return self._log.read(self._prefix + topic, offset, limit, timeout_seconds)

    def open_writer(self, topic: str, epoch: int) -> FencedWriter:
        """See `Log`."""
        return self._log.open_writer(self._prefix + topic, epoch)

    def append(self, topic: str, records: Sequence[Record]) -> int:
        """See `Log`."""
        return self._log.append(self._prefix + topic, records)

    def committed(self, topic: str, group: str) -> int | None:
        """See `Log`."""
        return self._log.committed(self._prefix + topic, self._prefix + group)

    def commit(self, topic: str, group: str, offset: int) -> None:
        """See `Log`."""
        self._log.commit(self._prefix + topic, self._prefix + group, offset)

    def truncate(self, topic: str, start: int) -> None:
        """See `Log`."""
        self._log.truncate(self._prefix + topic, start)

    def close(self) -> None:
        """See `Log`."""
        self._log.close()


class TestKafkaLog(LogContract):
    """The contract, on a cluster."""

    MARKERS = 1
    bootstrap: str
    prefix: str

    @pytest.fixture
    def log(self, kafka: Kafka) -> Iterator[Log]:
        """Yield a handle with names of its own."""
        self.bootstrap, self.prefix = kafka.bootstrap, secrets.token_hex(4) + "-"
        with self.reopen() as log:
            yield log

    def reopen(self) -> AbstractContextManager[Log]:
        """Return another handle with the same names."""
        return closing(OwnNames(KafkaLog(self.bootstrap, {}), self.prefix))


@pytest.fixture
def log(kafka: Kafka) -> Iterator[KafkaLog]:
    """Yield a handle on the log."""
    with closing(KafkaLog(kafka.bootstrap, {})) as log:
        yield log


def test_what_a_master_has_not_committed_is_never_read(kafka: Kafka, kafka_topic: str, log: KafkaLog) -> None:
    dead = Producer({"bootstrap.servers": kafka.bootstrap, "transactional.id": f"ethercattle-{kafka_topic}"})
    dead.init_transactions(WAIT_SECONDS)
    dead.begin_transaction()
    dead.produce(kafka_topic, b"half", partition=0)
    assert dead.flush(WAIT_SECONDS) == 0
    assert log.bounds(kafka_topic) == Bounds(0, 0)
    assert log.read(kafka_topic, 0, 10, 0.2).records == []

    writer = log.open_writer(kafka_topic, 1)  # ends what was left open
    end = log.bounds(kafka_topic).end
    assert end == 2, "the aborted record and its marker"
    passed = log.read(kafka_topic, 0, 10, 0)
    assert (passed.records, passed.next_offset) == ([], end)
    assert list(read_backwards(log, kafka_topic)) == []
    writer.append([Record(b"whole")], 0, 1)
    assert [stored.record.value for stored in read_all(log, kafka_topic)] == [b"whole"]
    with pytest.raises(KafkaException, match="fenced"):
        dead.commit_transaction(WAIT_SECONDS)


def test_what_no_master_wrote_in_the_masters_groups_is_refused(kafka_topic: str, log: KafkaLog) -> None:
    log.commit(kafka_topic, EPOCH_GROUP, 7)
    with pytest.raises(LogRefused, match="which no master wrote"):
        log.open_writer(kafka_topic, 1)


def wait_until_gone(log: Log, topic: str) -> None:
    """Wait until the brokers have heard that a topic was deleted."""
    deadline = time.monotonic() + WAIT_SECONDS
    with suppress(LogUnavailable):
        while log.identity(topic):
            assert time.monotonic() < deadline, "the topic is still there"


def test_a_topic_made_anew_has_another_identity_and_no_masters(kafka: Kafka, kafka_topic: str, log: KafkaLog) -> None:
    identity = log.identity(kafka_topic)
    log.open_writer(kafka_topic, 5).append([Record(b"a")], 0, 9)
    kafka.administration.delete_topic(kafka_topic)
    wait_until_gone(log, kafka_topic)
    log.append(kafka_topic, ())  # makes it
    assert log.identity(kafka_topic) != identity
    with closing(KafkaLog(kafka.bootstrap, {})) as anew:
        anew.open_writer(kafka_topic, 1).append([Record(b"b")], 0, 1)
        assert [stored.record.value for stored in read_all(anew, kafka_topic)] == [b"b"]


def test_a_topic_that_we_make_has_the_guides_settings(kafka: Kafka, log: KafkaLog) -> None:
    topic = f"made-{secrets.token_hex(4)}"
    log.append(topic, ())
    resource = ConfigResource(ResourceType.TOPIC, topic)
    client = AdminClient({"bootstrap.servers": kafka.bootstrap})
    found = client.describe_configs([resource])[resource].result()
    assert {name: found[name].value for name in TOPIC_SETTINGS} == TOPIC_SETTINGS
