"""What librdkafka is told: properties that hold the promises of the log, and defaults that a user may change."""

from collections.abc import Mapping
from typing import NoReturn

from confluent_kafka import KafkaException

from reference_node.errors import UsageError

READER_GROUP = "ethercattle-reader"
"""Named because librdkafka wants a group; no reader ever joins or commits it."""
EPOCH_GROUP = "ethercattle-epoch"
"""Holds, per topic, the epoch of its newest master as offset, and in its metadata the topic's id."""
SEQUENCE_GROUP = "ethercattle-sequence"
"""Holds, per topic, the sequence after its newest master's last append."""
TRANSACTION_SECONDS_MAX = 60
"""A transaction that its master leaves open this long is aborted by the cluster."""
TOPIC_SETTINGS = {
    "cleanup.policy": "delete",
    "compression.type": "snappy",
    "max.message.bytes": str(4 * 2**20),
    "retention.ms": str(7 * 24 * 3600 * 1000),
}
"""Of topics that we make (seed 000); min.insync.replicas comes with three brokers."""
REPLICAS_MAX = 3
IN_SYNC_MIN = 2

_OWN_READER = {
    "allow.auto.create.topics": "false",
    "auto.offset.reset": "error",
    "enable.auto.commit": "false",
    "enable.auto.offset.store": "false",
    "enable.partition.eof": "true",
    "group.id": READER_GROUP,
    "isolation.level": "read_committed",
}
_OWN_PRODUCER = {"acks": "all", "enable.idempotence": "true"}
_OWN = {
    **_OWN_READER,
    **_OWN_PRODUCER,
    "bootstrap.servers": "what --kafka.broker says",
    "metadata.broker.list": "what --kafka.broker says",
    "auto.commit.enable": "false",
    "request.required.acks": "all",
    "group.instance.id": "none",
    "group.protocol": "none",
    "transactional.id": "ethercattle- and the topic",
    "log.queue": "what our own log lines need",
}
"""Properties that may not be set, and what they are; aliases too."""

_CLIENT = {
    "client.id": "ethercattle",
    "reconnect.backoff.max.ms": "1000",
    "socket.nagle.disable": "true",
    "topic.metadata.refresh.interval.ms": "60000",
}
_READER = {
    "fetch.message.max.bytes": str(4 * 2**20),
    "fetch.queue.backoff.ms": "5",
    "fetch.wait.max.ms": "50",
    "queued.max.messages.kbytes": str(16 * 2**10),
}
"""One reader holds at most some 20 MiB; at the end it asks 20 times a second, and so knows the end that soon."""
_PRODUCER = {
    "compression.type": "snappy",
    "linger.ms": "5",
    "message.max.bytes": str(64 * 2**20),
    "message.timeout.ms": str(TRANSACTION_SECONDS_MAX * 1000),
    "queue.buffering.max.kbytes": str(64 * 2**10),
    "retry.backoff.ms": "10",
}
"""The topic, not the client, says how large a record may be. An append is flushed, so that nothing lingers."""


def client_properties(addresses: str, config: Mapping[str, str]) -> dict[str, object]:
    """Return what every client is told. Raises UsageError where `config` sets what is not for the user to set."""
    for name, value in config.items():
        if name in _OWN:
            raise UsageError(f"--kafka.config sets {name} to {value!r}, but it is always {_OWN[name]}")
        if name.endswith("_cb") or name in {"logger", "on_commit", "on_delivery", "default.topic.config"}:
            raise UsageError(f"--kafka.config sets {name!r}, which is no property of librdkafka")
    return {**_CLIENT, **config, "bootstrap.servers": addresses}


def reader_properties(client: Mapping[str, object]) -> dict[str, object]:
    """Return what a consumer is told."""
    return {**_READER, **client, **_OWN_READER}


def producer_properties(client: Mapping[str, object]) -> dict[str, object]:
    """Return what a producer without transactions is told."""
    return {**_PRODUCER, **client, **_OWN_PRODUCER}


def writer_properties(client: Mapping[str, object], topic: str) -> dict[str, object]:
    """Return what a master's producer is told: whoever comes later with the same transactional id fences it."""
    own = {"transactional.id": f"ethercattle-{topic}", "transaction.timeout.ms": str(TRANSACTION_SECONDS_MAX * 1000)}
    return {**producer_properties(client), **own}


def topic_settings(brokers: int) -> tuple[int, dict[str, str]]:
    """Return replication factor and settings of a topic made on a cluster of this many brokers."""
    replicas = min(REPLICAS_MAX, brokers)
    in_sync = {"min.insync.replicas": str(IN_SYNC_MIN)} if replicas == REPLICAS_MAX else {}
    return replicas, {**TOPIC_SETTINGS, **in_sync}


def refuse_properties(error: KafkaException | TypeError | ValueError) -> NoReturn:
    """Raise UsageError in librdkafka's own words about a property: they name it."""
    said = error.args[0].str() if isinstance(error, KafkaException) else str(error)
    text = said.removeprefix("Failed to create producer: ").removeprefix("Failed to create consumer: ")
    raise UsageError(f"--kafka.config: {' '.join(text.split())}") from error
