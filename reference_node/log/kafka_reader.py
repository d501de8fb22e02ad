"""Reads one topic of a Kafka cluster: committed records only, from an offset that the caller keeps."""

import threading
import time
from typing import cast

from confluent_kafka import KafkaError, KafkaException, Message, TopicPartition

from reference_node.errors import LogRefused
from reference_node.log.interface import Bounds, ReadResult, Record, StoredRecord
from reference_node.log.kafka_cluster import ANSWER_SECONDS_MAX, ATTEMPT_SECONDS, Cluster
from reference_node.log.kafka_errors import OUT_OF_RANGE, PARTITION_EOF, PASSING, PERHAPS_NO_TOPIC, TIMED_OUT
from reference_node.log.kafka_settings import reader_properties

POLL_SECONDS_MAX = 1.0
_TIME_UNKNOWN = 0


class TopicReader:
    """A consumer of one topic without a group; calls from several threads wait for each other."""

    def __init__(self, cluster: Cluster, topic: str) -> None:
        self._cluster = cluster
        self._topic = topic
        self._consumer = cluster.consumer(reader_properties(cluster.properties))
        self._lock = threading.Lock()
        self._next = 0
        """Offset that the consumer goes on from."""
        self._is_placed = False
        """Whether the consumer is there; not before the first read, nor after an error."""
        self._at_end = False
        """Whether the cluster has said that nothing is left from there."""

    def bounds(self) -> Bounds:
        """Return the readable range; its end is the last stable offset, before the first open transaction."""
        partition = TopicPartition(self._topic, 0)
        doing = f"say what topic {self._topic!r} holds"

        def ask() -> Bounds:
            try:
                found = self._consumer.get_watermark_offsets(partition, ATTEMPT_SECONDS, cached=False)
            except KafkaException as error:
                if error.args[0].code() in PERHAPS_NO_TOPIC:
                    self._cluster.identity(self._topic)  # raises where there is none, or no answer
                    raise KafkaException(KafkaError(TIMED_OUT)) from error
                raise
            if found is None:
                raise KafkaException(KafkaError(TIMED_OUT))
            return Bounds(*found)

        return self._cluster.ask(ask, doing)

    def read(self, offset: int, limit: int, timeout_seconds: float) -> ReadResult:
        """Return records as `Log.read` does.

        Raises:
            LogRefused: the offset is outside the topic.
            LogUnavailable: the cluster has not answered for `ANSWER_SECONDS_MAX`, or will not.
        """
        with self._lock:
            if offset != self._next or not self._is_placed:
                self._go_to(offset)
            started = time.monotonic()
            while True:
                left_seconds = started + (timeout_seconds if self._at_end else ANSWER_SECONDS_MAX) - time.monotonic()
                records = self._take(limit, max(0.0, min(left_seconds, POLL_SECONDS_MAX)))
                if records:
                    return ReadResult(records, self._next)
                if self._at_end and time.monotonic() >= started + timeout_seconds:
                    if self.bounds().end <= self._next:
                        return ReadResult([], self._next)
                    self._at_end, started = False, time.monotonic()
                elif left_seconds <= 0:
                    raise self._cluster.failure(KafkaError(TIMED_OUT), f"give offset {self._next}")

    def close(self) -> None:
        """Close the consumer."""
        self._consumer.close()

    def _go_to(self, offset: int) -> None:
        self._check(offset)
        self._consumer.assign([TopicPartition(self._topic, 0, offset)])
        self._next, self._at_end, self._is_placed = offset, False, True

    def _check(self, offset: int) -> None:
        bounds = self.bounds()
        if not bounds.start <= offset <= bounds.end:
            held = f"offsets {bounds.start} to {bounds.end - 1}" if bounds.end > bounds.start else "no records"
            raise LogRefused(f"topic {self._topic!r} holds {held}, but offset {offset} is needed")

    def _take(self, limit: int, wait_seconds: float) -> list[StoredRecord]:
        """Return what is fetched already, or else the first to come: `consume` alone would wait for all of them."""
        first = self._consumer.poll(wait_seconds)
        if first is None:
            return []
        records: list[StoredRecord] = []
        for message in (first, *(self._consumer.consume(limit - 1, 0) if limit > 1 else ())):
            error = message.error()
            if error is None:
                records.append(_stored_record(message))
                self._next, self._at_end = records[-1].offset + 1, False
            elif error.code() == PARTITION_EOF:
                self._next, self._at_end = max(self._next, message.offset() or 0), True
            else:
                self._judge(error, bool(records))
        return records

    def _judge(self, error: KafkaError, has_records: bool) -> None:
        """Raise what an error of the consumer means, unless it may pass, or records before it are to be given first."""
        if error.code() in PASSING:
            return
        self._is_placed = False  # so that the error comes again if it lasts
        if has_records:
            return
        if error.code() in OUT_OF_RANGE:
            self._check(self._next)
        elif error.code() in PERHAPS_NO_TOPIC:
            self._cluster.identity(self._topic)
        raise self._cluster.failure(error, f"read topic {self._topic!r}")


def _stored_record(message: Message) -> StoredRecord:
    kind, time_ms = message.timestamp()
    named = cast("list[tuple[str, bytes | None]]", message.headers() or [])
    headers = tuple((name, content or b"") for name, content in named)
    return StoredRecord(
        message.offset() or 0, Record(message.value() or b"", headers), time_ms if kind else _TIME_UNKNOWN
    )
