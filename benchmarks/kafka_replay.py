"""Replay through Kafka, against librdkafka reading the same records and plyvel writing them without any check."""

import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import plyvel
from confluent_kafka import Consumer, KafkaException, TopicPartition

from benchmarks.records import fill_topic
from benchmarks.replaying import follow_seconds, write_step
from benchmarks.result import Figure
from fixtures.chain_files import ChainFiles
from fixtures.kafka import running_kafka
from reference_node.log.codec_writebatch import BATCH
from reference_node.store.leveldb import WRITE_BUFFER_BYTES
from reference_node.writeset import WriteSet, decode_write_batch

TOPIC = "geth"
BYTES = 6 * 10**7
WRITES_A_BATCH, VALUE_BYTES = 500, 110
"""About what a block of mainnet writes, and how long its values are."""
ROUNDS = 3
RECORDS_A_READ = 256
READ_SECONDS_MAX = 1.0
GOAL_RATIO = 0.5


def measure(chain: ChainFiles) -> list[Figure]:
    """Return writes a second, the best of some rounds on each side."""
    del chain  # it is replayed too fast to be timed
    with running_kafka() as kafka, tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        count = fill_topic(kafka.bootstrap, TOPIC, BYTES, WRITES_A_BATCH, VALUE_BYTES)
        ours = count / min(follow_seconds(kafka.bootstrap, TOPIC, folder / f"replica-{turn}") for turn in range(ROUNDS))
        writes = _decoded(kafka.bootstrap)
        raw = count / min(_raw(kafka.bootstrap, writes, folder / f"raw-{turn}") for turn in range(ROUNDS))
    return [Figure("replay through Kafka", ours, "writes/s", "librdkafka + plyvel write alone", raw, GOAL_RATIO)]


def _raw(broker: str, writes: dict[int, WriteSet], datadir: Path) -> float:
    """Read every message and write what it was decoded to before, as they come."""
    database = plyvel.DB(str(datadir), create_if_missing=True, write_buffer_size=WRITE_BUFFER_BYTES)
    try:
        started = time.perf_counter()
        for message in _consume(broker):
            if message.offset() in writes:
                write_step(database, writes[message.offset()])
        return time.perf_counter() - started
    finally:
        database.close()


def _decoded(broker: str) -> dict[int, WriteSet]:
    """Return what each batch of the topic writes, by its offset."""
    batches = (message for message in _consume(broker) if dict(message.headers())["kind"] == BATCH)
    return {message.offset(): decode_write_batch(message.value()) for message in batches}


def _consume(broker: str) -> Iterator[Any]:
    """Yield every committed message of the topic, as librdkafka gives it."""
    consumer = Consumer(
        {"bootstrap.servers": broker, "group.id": "raw", "enable.auto.commit": False,
         "isolation.level": "read_committed", "auto.offset.reset": "error"}
    )  # fmt: skip
    try:
        place = TopicPartition(TOPIC, 0, 0)
        consumer.assign([place])
        _, end = consumer.get_watermark_offsets(place)
        count, last = 0, -1
        while last < end - 2:  # the last offset is a transaction's marker
            # No more than there are: it waits for as many as are asked for.
            for message in consumer.consume(min(RECORDS_A_READ, max(1, end - 2 - count)), READ_SECONDS_MAX):
                if message.error() is not None:
                    raise KafkaException(message.error())
                count, last = count + 1, message.offset() or 0
                yield message
    finally:
        consumer.close()
