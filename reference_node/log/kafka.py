"""The log on a Kafka cluster: masters write fenced transactions, readers see what is committed.

docs/kafka.md tells what is kept where, and which settings hold the promises of `Log`.
"""

import threading
from collections.abc import Mapping, Sequence

from confluent_kafka import TopicPartition

from reference_node.log.interface import Bounds, FencedWriter, ReadResult, Record
from reference_node.log.kafka_cluster import ATTEMPT_SECONDS, Cluster
from reference_node.log.kafka_groups import Group
from reference_node.log.kafka_reader import TopicReader
from reference_node.log.kafka_writer import PlainWriter, TransactionalWriter


class KafkaLog:
    """Topics of one partition on a Kafka cluster; safe to share between the threads of a process."""

    def __init__(self, addresses: str, config: Mapping[str, str]) -> None:
        """Connect to `host:port,host:port` with librdkafka's properties.

        Raises:
            UsageError: a property is unknown, wrong, or one that may not be set.
            LogRefused: the brokers do not let us in.
            LogUnavailable: no broker answers in time.
        """
        self._cluster = Cluster(addresses, config)
        self._lock = threading.Lock()
        self._readers: dict[str, TopicReader] = {}
        self._plain: PlainWriter | None = None
        self._writers: list[TransactionalWriter] = []
        self._groups: dict[str, Group] = {}

    def bounds(self, topic: str) -> Bounds:
        """Return the readable range of a topic."""
        return self._reader(topic).bounds()

    def identity(self, topic: str) -> bytes:
        """Return the topic's id."""
        return self._cluster.identity(topic)

    def read(self, topic: str, offset: int, limit: int, timeout_seconds: float) -> ReadResult:
        """Return up to `limit` records from `offset` on, waiting up to the timeout for the first."""
        return self._reader(topic).read(offset, limit, timeout_seconds)

    def open_writer(self, topic: str, epoch: int) -> FencedWriter:
        """Make the topic if missing, and fence out every other writer of it, unless its epoch is newer."""
        self._cluster.make_topic(topic)
        writer = TransactionalWriter(self._cluster, topic, epoch, self._reader(topic))
        with self._lock:
            self._writers.append(writer)
        return writer

    def append(self, topic: str, records: Sequence[Record]) -> int:
        """Append without fencing, making the topic if missing; return the offset after the last."""
        self._cluster.make_topic(topic)
        if not records:
            return self.bounds(topic).end
        with self._lock:
            if self._plain is None:
                self._plain = PlainWriter(self._cluster)
        return self._plain.append(topic, records)

    def committed(self, topic: str, group: str) -> int | None:
        """Return the offset a consumer group goes on from, or None if it has never committed."""
        found = self._group(group).committed(topic)
        return None if found is None else found.offset

    def commit(self, topic: str, group: str, offset: int) -> None:
        """Remember that a consumer group goes on from this offset."""
        self._group(group).commit(topic, offset)

    def truncate(self, topic: str, start: int) -> None:
        """Drop all records below `start`."""
        bounds = self.bounds(topic)
        kept = min(max(bounds.start, start), bounds.end)
        if kept == bounds.start:
            return
        partition = TopicPartition(topic, 0, kept)

        def ask() -> None:
            for future in self._cluster.admin.delete_records([partition], request_timeout=ATTEMPT_SECONDS).values():
                future.result()

        self._cluster.ask(ask, f"drop records of topic {topic!r}")

    def close(self) -> None:
        """Close all clients."""
        with self._lock:
            for writer in self._writers:
                writer.close()
            for reader in self._readers.values():
                reader.close()
            for group in self._groups.values():
                group.close()
            if self._plain is not None:
                self._plain.close()
            self._writers, self._readers, self._groups, self._plain = [], {}, {}, None

    def _reader(self, topic: str) -> TopicReader:
        with self._lock:
            if topic not in self._readers:
                self._readers[topic] = TopicReader(self._cluster, topic)
            return self._readers[topic]

    def _group(self, name: str) -> Group:
        with self._lock:
            if name not in self._groups:
                self._groups[name] = Group(self._cluster, name)
            return self._groups[name]
