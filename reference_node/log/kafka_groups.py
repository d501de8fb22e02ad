"""What consumer groups remember: how far a relay is, and how far each topic's newest master."""

import threading
import time
from dataclasses import dataclass

from confluent_kafka import KafkaError, KafkaException, TopicPartition

from reference_node.errors import LogRefused
from reference_node.log.kafka_cluster import ATTEMPT_SECONDS, Cluster
from reference_node.log.kafka_errors import NO_TOPIC, TIMED_OUT
from reference_node.log.kafka_settings import EPOCH_GROUP, SEQUENCE_GROUP, reader_properties

POLL_SECONDS = 0.001


class Group:
    """One consumer group, asked and told by a consumer that never joins it.

    (An AdminClient or a transaction could do the same, but those of librdkafka 2.16 wait for ever once the group's
    broker was away.)
    """

    def __init__(self, cluster: Cluster, name: str) -> None:
        self._cluster = cluster
        self._name = name
        self._lock = threading.Lock()
        self._told: list[tuple[KafkaError | None, list[TopicPartition]]] = []
        """What became of commits, in order."""
        told = {**reader_properties(cluster.properties), "group.id": name, "on_commit": self._take}
        self._consumer = cluster.consumer(told)

    def committed(self, topic: str) -> TopicPartition | None:
        """Return what the group has committed for a topic, or None. Raises LogUnavailable."""

        def ask() -> TopicPartition | None:
            (found,) = self._consumer.committed([TopicPartition(topic, 0)], ATTEMPT_SECONDS)
            if found.error is not None and found.error.code() not in NO_TOPIC:
                raise KafkaException(found.error)
            return found if found.offset >= 0 else None

        return self._cluster.ask(ask, f"say how far group {self._name!r} is")

    def commit(self, topic: str, offset: int, metadata: str = "") -> None:
        """Set where the group goes on. Raises LogUnavailable."""
        with self._lock:
            self._cluster.ask(
                lambda: self._commit(TopicPartition(topic, 0, offset, metadata)),
                f"commit offset {offset} of group {self._name!r}",
            )

    def close(self) -> None:
        """Close the consumer."""
        self._consumer.close()

    def _commit(self, wanted: TopicPartition) -> None:
        """Commit within a bound: librdkafka's own waiting has none."""
        self._told.clear()
        self._consumer.commit(offsets=[wanted], asynchronous=True)
        deadline = time.monotonic() + ATTEMPT_SECONDS
        while time.monotonic() < deadline:
            self._consumer.poll(POLL_SECONDS)
            for error, partitions in self._told:
                if error is not None:
                    raise KafkaException(error)
                if [(found.offset, found.metadata or "") for found in partitions] == [(wanted.offset, wanted.metadata)]:
                    return
        raise KafkaException(KafkaError(TIMED_OUT))

    def _take(self, error: KafkaError | None, partitions: list[TopicPartition]) -> None:
        self._told.append((error, partitions))


@dataclass(frozen=True, slots=True)
class Mark:
    """What a topic's newest master has left."""

    epoch: int = 0
    sequence: int | None = None
    """What the next append has to go on from; None where that is not known."""
    topic_identity: bytes = b""


class Marks:
    """The marks of one topic's masters, kept beside the log in two groups of their own.

    The epoch is written by whoever opens a writer, the sequence after each append: so a master that was fenced out
    between its last append and its mark can't set the epoch back. Neither is part of a transaction: the sequence may be
    behind, but never ahead, and a master looks at the log's tail as well.
    """

    def __init__(self, cluster: Cluster, topic: str) -> None:
        self._cluster = cluster
        self._topic = topic
        self._epochs = Group(cluster, EPOCH_GROUP)
        self._sequences = Group(cluster, SEQUENCE_GROUP)

    def read(self) -> Mark:
        """Return what is known. Raises LogRefused where something else stands there, LogUnavailable as usual."""
        identity = self._cluster.identity(self._topic)
        epoch = self._read(self._epochs, identity)
        if epoch is None:
            return Mark(topic_identity=identity)
        found = self._read(self._sequences, identity)
        return Mark(epoch[0], found[1] if found is not None and found[0] == epoch[0] else None, identity)

    def write_epoch(self, mark: Mark) -> None:
        """Keep a mark's epoch, and what the sequence is at its beginning. Raises LogUnavailable."""
        self._epochs.commit(self._topic, mark.epoch, f"{mark.epoch} {mark.topic_identity.hex()}")
        if mark.sequence is not None:
            self.write_sequence(mark)

    def write_sequence(self, mark: Mark) -> None:
        """Keep a mark's sequence. Raises LogUnavailable."""
        self._sequences.commit(self._topic, mark.sequence or 0, f"{mark.epoch} {mark.topic_identity.hex()}")

    def close(self) -> None:
        """Close the groups' consumers."""
        self._epochs.close()
        self._sequences.close()

    def _read(self, group: Group, identity: bytes) -> tuple[int, int] | None:
        """Return epoch and offset, or None where there are none for this very topic."""
        found = group.committed(self._topic)
        if found is None:
            return None
        try:
            epoch, of_topic = (found.metadata or "").split(" ")
            return (int(epoch), found.offset) if bytes.fromhex(of_topic) == identity else None
        except ValueError as error:
            text = f"topic {self._topic!r} is marked {found.metadata!r} in its masters' groups, which no master wrote"
            raise LogRefused(text) from error
