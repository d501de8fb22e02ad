"""Writes to topics of a Kafka cluster: a master by fenced transactions, everybody else by an idempotent producer."""

import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace

from confluent_kafka import KafkaError, KafkaException, Message, Producer

from reference_node.errors import Fenced, LogError, LogRefused, LogUnavailable
from reference_node.log.interface import Record
from reference_node.log.kafka_cluster import ATTEMPT_SECONDS, Cluster
from reference_node.log.kafka_errors import FENCED, PASSING, QUEUE_FULL, STATE, TIMED_OUT, TOO_LARGE
from reference_node.log.kafka_groups import Marks
from reference_node.log.kafka_reader import TopicReader
from reference_node.log.kafka_settings import (
    TRANSACTION_SECONDS_MAX,
    producer_properties,
    writer_properties,
)

_LOGGER = logging.getLogger(__name__)

TRANSACTION_ATTEMPTS_MAX = 3
QUEUE_POLL_SECONDS = 0.05
VISIBLE_SECONDS_MAX = 1.0
VISIBLE_POLL_SECONDS = 0.001


class Deliveries:
    """What became of records that were given to a producer."""

    def __init__(self) -> None:
        self.reports: dict[KafkaError | None, Message] = {}
        """The last record of each fate; None is delivery. Filled without a step of Python's, see `flush`."""

    @property
    def end(self) -> int:
        """The offset after the last record, or 0 where there was none."""
        last = self.reports.get(None)
        return 0 if last is None else (last.offset() or 0) + 1

    def check(self) -> None:
        """Raise KafkaException where a record was not delivered."""
        for error in self.reports:
            if error is not None:
                raise KafkaException(error)


class PlainWriter:
    """Appends records without fencing, each acknowledged by all replicas in sync."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._producer = cluster.producer(producer_properties(cluster.properties))
        self._lock = threading.Lock()

    def append(self, topic: str, records: Sequence[Record]) -> int:
        """Append records in order and return the offset after the last. Raises LogError; some may be there then."""
        deliveries, doing = Deliveries(), f"append to topic {topic!r}"
        with self._lock:
            try:
                produce(self._producer, topic, records, deliveries)
                flush(self._producer)
                deliveries.check()
            except KafkaException as error:
                raise self._cluster.failure(error.args[0], doing) from error
        return deliveries.end

    def close(self) -> None:
        """Close the producer; nothing is under way."""
        self._producer.close()


class TransactionalWriter:
    """A master's right to append to a topic: one transaction for each append."""

    def __init__(self, cluster: Cluster, topic: str, epoch: int, reader: TopicReader) -> None:
        """Fence out every older writer of the topic of `reader`. Raises Fenced where a newer epoch is known."""
        self._cluster = cluster
        self._reader = reader
        self._topic = topic
        self._lock = threading.Lock()
        self._failure: LogError | None = None
        self._producer: Producer | None = None
        self._has_appended = self._is_closed = False
        self._marks = Marks(cluster, topic)
        try:
            self._mark = self._marks.read()
            self._refuse_older(epoch)  # before we fence a newer master out
            self._producer = self._open(topic)
            self._mark = self._marks.read()
            self._refuse_older(epoch)
            if self._mark.epoch != epoch:
                self._mark = replace(self._mark, epoch=epoch)
                self._marks.write_epoch(self._mark)
        except BaseException:
            self.close()
            raise

    def _open(self, topic: str) -> Producer:
        """Return a producer that has fenced out those before it, and ended what they left open."""
        producer = self._cluster.producer(writer_properties(self._cluster.properties, topic))
        doing = f"open a writer of topic {topic!r}"
        self._cluster.ask(lambda: producer.init_transactions(ATTEMPT_SECONDS), doing, TRANSACTION_SECONDS_MAX)
        return producer

    @property
    def epoch(self) -> int:
        """The epoch this writer appends under."""
        return self._mark.epoch

    def append(self, records: Sequence[Record], sequence_first: int, sequence_next: int) -> int:
        """Append all records or none, and return the offset after the last of them (see `FencedWriter`)."""
        with self._lock:
            if self._failure is not None:
                raise self._failure
            known = self._mark.sequence
            # What an earlier master left may be behind by its last append; our own is exact.
            if known is not None and (sequence_first < known or (self._has_appended and sequence_first > known)):
                raise LogRefused(
                    f"topic {self._topic!r} goes on at sequence {known}, but this master would write {sequence_first}"
                )
            try:
                end = self._commit(records) if records else self._reader.bounds().end
            except (Fenced, LogUnavailable) as error:
                self._failure = error  # fenced, or the fate of the records is not known: a new writer finds it out
                raise
            self._mark, self._has_appended = replace(self._mark, sequence=sequence_next), True
            self._remember(end)
            return end

    def close(self) -> None:
        """Close the producer and what belongs to it; the epoch stays."""
        with self._lock:
            if self._is_closed:
                return
            self._is_closed = True
            if self._producer is not None and self._failure is None:
                self._producer.close()  # after a failure it would try, and warn of, an abort that can't be
            self._marks.close()

    def _commit(self, records: Sequence[Record]) -> int:
        """Write records in one transaction, again where the cluster has surely not taken it."""
        for _ in range(TRANSACTION_ATTEMPTS_MAX - 1):
            try:
                return self._transact(records)
            except _Aborted:
                continue
        try:
            return self._transact(records)
        except _Aborted as error:
            raise self._cluster.failure(error.cause, f"commit to topic {self._topic!r}") from error

    def _transact(self, records: Sequence[Record]) -> int:
        assert self._producer is not None
        producer, deliveries = self._producer, Deliveries()
        deadline = time.monotonic() + TRANSACTION_SECONDS_MAX
        try:
            producer.begin_transaction()
            produce(producer, self._topic, records, deliveries)
            flush(producer)
            deliveries.check()
            self._until(deadline, lambda: producer.commit_transaction(ATTEMPT_SECONDS))
        except KafkaException as error:
            raise self._failed(producer, error.args[0], records) from error
        return deliveries.end

    def _remember(self, end: int) -> None:
        """Wait until readers see what was committed, and keep the sequence; both may fail, as the records are there.

        The cluster writes the marker that shows the records a little later than it answers. The next transaction would
        have to wait for that anyhow, and longer.
        """
        deadline = time.monotonic() + VISIBLE_SECONDS_MAX
        try:
            while self._reader.bounds().end < end and time.monotonic() < deadline:
                time.sleep(VISIBLE_POLL_SECONDS)
            self._marks.write_sequence(self._mark)
        except LogUnavailable as error:
            _LOGGER.info("the records are there, but how far they go is not marked: %s", error)

    def _until(self, deadline: float, call: Callable[[], None]) -> None:
        """Call again after each retriable error, as librdkafka wants it, until the time is up."""
        while True:
            try:
                return call()
            except KafkaException as error:
                if not error.args[0].retriable() or time.monotonic() > deadline:
                    raise

    def _failed(self, producer: Producer, error: KafkaError, records: Sequence[Record]) -> Exception:
        """Return what the error of a transaction means, and abort it where that is possible."""
        if error.code() in FENCED or error.fatal() or error.code() == STATE:  # STATE: it came between two calls
            return self._fenced(error)
        surely_aborted = self._abort(producer)
        if error.code() in TOO_LARGE:
            largest = max(len(record.value) for record in records)
            return LogRefused(f"topic {self._topic!r} takes no record of {largest} bytes: it is over its size limit")
        if surely_aborted and (error.txn_requires_abort() or error.code() in PASSING):
            return _Aborted(error)
        return self._cluster.failure(error, f"commit to topic {self._topic!r}")

    def _abort(self, producer: Producer) -> bool:
        """Abort the transaction, and say whether that is certain."""
        deadline = time.monotonic() + ATTEMPT_SECONDS
        try:
            self._until(deadline, lambda: producer.abort_transaction(ATTEMPT_SECONDS))
        except KafkaException:
            return False
        return True

    def _fenced(self, error: KafkaError) -> LogError:
        known = self._marks.read().epoch
        if known > self.epoch:
            return Fenced(f"topic {self._topic!r} is at epoch {known}, but this master is at epoch {self.epoch}")
        if error.code() in FENCED:
            return Fenced(f"topic {self._topic!r} has been opened by another master of epoch {self.epoch}")
        return self._cluster.failure(error, f"commit to topic {self._topic!r}")

    def _refuse_older(self, epoch: int) -> None:
        if epoch < self._mark.epoch:
            text = f"topic {self._topic!r} is at epoch {self._mark.epoch}, but this master is at epoch {epoch}"
            raise Fenced(text, self._mark.epoch)


class _Aborted(Exception):
    """A transaction of which surely nothing is there."""

    def __init__(self, cause: KafkaError) -> None:
        super().__init__(cause)
        self.cause = cause


def produce(producer: Producer, topic: str, records: Sequence[Record], deliveries: Deliveries) -> None:
    """Give records to a producer, waiting while its queue is full."""
    for record in records:
        headers: list[tuple[str, str | bytes | None]] = [*record.headers]
        deadline = time.monotonic() + TRANSACTION_SECONDS_MAX
        while True:
            try:
                producer.produce(
                    topic, record.value, partition=0, headers=headers, on_delivery=deliveries.reports.__setitem__
                )
                break
            except BufferError as error:
                if time.monotonic() > deadline:
                    raise KafkaException(KafkaError(QUEUE_FULL)) from error
                producer.poll(QUEUE_POLL_SECONDS)


def flush(producer: Producer) -> None:
    """Wait until every record is delivered or has failed. Raises KafkaException.

    When a fatal error comes (we are fenced), confluent-kafka raises it and reports deliveries nevertheless: a report
    can't run any Python then, and what arrives here is a SystemError caused by the error.
    """
    try:
        left = producer.flush(TRANSACTION_SECONDS_MAX)
    except SystemError as error:
        if isinstance(error.__cause__, KafkaException):
            raise error.__cause__ from None
        raise
    if left:
        raise KafkaException(KafkaError(TIMED_OUT))
