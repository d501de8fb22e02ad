"""What consumer groups remember: how far a relay is, and in the writers' group what each topic's newest master did."""

from dataclasses import dataclass

from confluent_kafka import KafkaException, TopicPartition

from reference_node.errors import LogRefused
from reference_node.log.kafka_cluster import ATTEMPT_SECONDS, Cluster
from reference_node.log.kafka_errors import NO_TOPIC
from reference_node.log.kafka_settings import TRANSACTION_SECONDS_MAX, WRITER_GROUP, reader_properties


class Group:
    """One consumer group, asked and told by a consumer that never joins it.

    (An AdminClient could do the same, but that of librdkafka 2.16 no longer answers once its broker was away.)
    """

    def __init__(self, cluster: Cluster, name: str, *, settled: bool = True) -> None:
        """Prepare to ask.

        Args:
            cluster: where the group is.
            name: the group's id.
            settled: wait for open transactions that may move the group; else ignore them.
        """
        self._cluster = cluster
        self._name = name
        self._seconds_max = TRANSACTION_SECONDS_MAX + ATTEMPT_SECONDS if settled else 5 * ATTEMPT_SECONDS
        isolation = "read_committed" if settled else "read_uncommitted"
        told = {**reader_properties(cluster.properties), "group.id": name, "isolation.level": isolation}
        self._consumer = cluster.consumer(told)

    def committed(self, topic: str) -> TopicPartition | None:
        """Return what the group has committed for a topic, or None. Raises LogUnavailable."""

        def ask() -> TopicPartition | None:
            (found,) = self._consumer.committed([TopicPartition(topic, 0)], ATTEMPT_SECONDS)
            if found.error is not None and found.error.code() not in NO_TOPIC:
                raise KafkaException(found.error)
            return found if found.offset >= 0 else None

        return self._cluster.ask(ask, f"say how far group {self._name!r} is", self._seconds_max)

    def commit(self, topic: str, offset: int) -> None:
        """Set where the group goes on. Raises LogUnavailable."""

        def ask() -> None:
            offsets = [TopicPartition(topic, 0, offset)]
            for found in self._consumer.commit(offsets=offsets, asynchronous=False) or ():
                if found.error is not None:
                    raise KafkaException(found.error)

        self._cluster.ask(ask, f"commit offset {offset} of group {self._name!r}")

    def metadata(self) -> object:
        """Return what names the group to a transaction."""
        return self._consumer.consumer_group_metadata()

    def close(self) -> None:
        """Close the consumer."""
        self._consumer.close()


@dataclass(frozen=True, slots=True)
class Mark:
    """What a topic's newest master leaves in the writers' group, as part of each of its transactions."""

    epoch: int = 0
    sequence: int | None = None
    """What the next append has to go on from; None where nothing was appended."""
    topic_identity: bytes = b""

    def encode(self) -> str:
        """Return the text kept beside the group's offset."""
        return f"{self.epoch} {'-' if self.sequence is None else self.sequence} {self.topic_identity.hex()}"

    @staticmethod
    def decode(text: str) -> "Mark":
        """Read such a text. Raises ValueError where it is none."""
        epoch, sequence, identity = text.split(" ")
        return Mark(int(epoch), None if sequence == "-" else int(sequence), bytes.fromhex(identity))

    def partition(self, topic: str) -> TopicPartition:
        """Return the form in which a transaction commits it: the offset is the sequence, for tools that show it."""
        return TopicPartition(topic, 0, self.sequence or 0, self.encode())


def read_mark(cluster: Cluster, topic: str, *, settled: bool) -> Mark:
    """Return what the topic's newest master left, after open transactions have ended if `settled`.

    Raises:
        LogRefused: something else stands there.
        LogUnavailable: the cluster does not say.
    """
    group = Group(cluster, WRITER_GROUP, settled=settled)
    try:
        found = group.committed(topic)
    finally:
        group.close()
    none = Mark(topic_identity=cluster.identity(topic))
    if found is None or not found.metadata:
        return none
    try:
        mark = Mark.decode(found.metadata)
    except ValueError as error:
        raise LogRefused(f"group {WRITER_GROUP!r} holds {found.metadata!r}, which is no master's mark") from error
    return mark if mark.topic_identity == none.topic_identity else none  # else of a topic that is gone
