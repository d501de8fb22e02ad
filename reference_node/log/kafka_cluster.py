"""A Kafka cluster as all our clients see it: how they are made, what its errors mean, and which topics there are."""

import logging
import threading
import time
from base64 import b64decode
from collections.abc import Callable, Mapping
from hashlib import blake2b
from typing import TypeVar

from confluent_kafka import Consumer, KafkaError, KafkaException, Producer, TopicCollection, Uuid
from confluent_kafka.admin import AdminClient, NewTopic

from reference_node.errors import LogError, LogRefused, LogUnavailable
from reference_node.log.kafka_errors import (
    ALL_BROKERS_DOWN,
    NO_RIGHT,
    NO_TOPIC,
    PASSING,
    REFUSED_LOGIN,
    TIMED_OUT,
    TLS,
    TOO_LARGE,
    one_line,
)
from reference_node.log.kafka_settings import client_properties, refuse_properties, topic_settings

T = TypeVar("T")

ANSWER_SECONDS_MAX = 10.0
"""How long the cluster may be silent before it is said to be unavailable."""
ATTEMPT_SECONDS = 2.0
PAUSE_SECONDS = 0.1
ID_BYTES = 16
TOPIC_SECONDS_MAX = 30.0
"""How long a topic that was made may take until the cluster knows it everywhere."""

_LOGGER = logging.getLogger(__name__)


class Cluster:
    """The brokers at some addresses, and the last thing that went wrong with them."""

    def __init__(self, addresses: str, config: Mapping[str, str]) -> None:
        """Connect.

        Raises:
            UsageError: a property is unknown, wrong, or one that may not be set.
            LogRefused: the brokers do not let us in.
            LogUnavailable: no broker answers in time.
        """
        self.addresses = addresses
        self.properties = client_properties(addresses, config)
        self._lock = threading.Lock()
        self._last_error: KafkaError | None = None
        self._logged: set[int] = set()
        """Codes of the errors logged since the last answer."""
        self.admin: AdminClient = self._made(AdminClient, self.properties)
        self._brokers, self._id = self._connect()

    def consumer(self, properties: Mapping[str, object]) -> Consumer:
        """Return a new consumer."""
        return self._made(Consumer, properties)

    def producer(self, properties: Mapping[str, object]) -> Producer:
        """Return a new producer."""
        return self._made(Producer, properties)

    def ask(self, call: Callable[[], T], doing: str, seconds_max: float | None = None) -> T:
        """Call until it returns, with a pause after each passing error, for `ANSWER_SECONDS_MAX` unless told.

        Raises:
            LogError: as `failure` says; the call may have had its effect.
        """
        deadline = time.monotonic() + (ANSWER_SECONDS_MAX if seconds_max is None else seconds_max)
        while True:
            try:
                answer = call()
            except KafkaException as error:
                self.admin.poll(0)  # serves the callback that says why
                if self.is_lasting(error.args[0]) or time.monotonic() >= deadline:
                    raise self.failure(error.args[0], doing) from error
            else:
                with self._lock:
                    self._last_error = None
                    self._logged.clear()
                return answer
            time.sleep(PAUSE_SECONDS)

    def is_lasting(self, error: KafkaError) -> bool:
        """Say whether an error will not go away by itself."""
        last = self._last_error
        if last is not None and last.code() in REFUSED_LOGIN and error.code() in PASSING:
            return True
        return error.code() not in PASSING and not error.retriable()

    def failure(self, error: KafkaError, doing: str) -> LogError:
        """Return what an error of librdkafka means here, as one line."""
        code, last = error.code(), self._last_error
        if code in TOO_LARGE:
            return LogRefused(f"kafka {self.addresses} can't {doing}: a record is over the size limit of the topic")
        if code in NO_RIGHT:
            return LogUnavailable(f"kafka {self.addresses} gives this user no right to {doing}: {one_line(error)}")
        if code in PASSING and last is not None:
            if last.code() in REFUSED_LOGIN:
                named = "authentication failed" if last.code() != TLS else "TLS failed"
                return LogUnavailable(f"kafka {self.addresses} can't be used, {named}: {one_line(last)}")
            return LogUnavailable(f"kafka {self.addresses} can't {doing}: {one_line(error)} ({one_line(last)})")
        return LogUnavailable(f"kafka {self.addresses} can't {doing}: {one_line(error)}")

    def no_topic(self, topic: str) -> LogUnavailable:
        """Return the error for a topic that is not there."""
        return LogUnavailable(f"kafka {self.addresses} has no topic {topic!r}")

    def identity(self, topic: str) -> bytes:
        """Return a topic's id, 16 bytes. Raises LogUnavailable where there is no such topic, or it has no id."""
        found = self._describe(topic)
        if found is None:
            raise self.no_topic(topic)
        return found

    def make_topic(self, topic: str) -> None:
        """Make a topic of one partition where there is none, and wait until the cluster knows it.

        Raises:
            LogRefused: it has several partitions.
            LogUnavailable: it can't be made.
        """
        if self._describe(topic) is not None:
            return
        replicas, settings = topic_settings(self._brokers)
        new = NewTopic(topic, num_partitions=1, replication_factor=replicas, config=settings)

        def create() -> None:
            try:
                self.admin.create_topics([new], request_timeout=ATTEMPT_SECONDS)[topic].result()
            except KafkaException as error:
                if error.args[0].code() != KafkaError.TOPIC_ALREADY_EXISTS:
                    raise

        self.ask(create, f"make topic {topic!r}", TOPIC_SECONDS_MAX)
        deadline = time.monotonic() + TOPIC_SECONDS_MAX
        while self._describe(topic) is None:
            if time.monotonic() > deadline:
                raise self.no_topic(topic)
            time.sleep(PAUSE_SECONDS)

    def _describe(self, topic: str) -> bytes | None:
        """Return a topic's id, or None where there is no such topic; asking never makes one."""

        def describe() -> bytes | None:
            asked = self.admin.describe_topics(TopicCollection([topic]), request_timeout=ATTEMPT_SECONDS)
            try:
                found = asked[topic].result()
            except KafkaException as error:
                if error.args[0].code() in NO_TOPIC:
                    return None
                raise
            if len(found.partitions) != 1:
                raise LogRefused(f"topic {topic!r} has {len(found.partitions)} partitions, expected 1")
            if found.partitions[0].leader is None:
                raise KafkaException(KafkaError(KafkaError.LEADER_NOT_AVAILABLE))
            return _id_bytes(found.topic_id) or blake2b(f"{self._id}/{topic}".encode(), digest_size=ID_BYTES).digest()

        return self.ask(describe, f"describe topic {topic!r}")

    def _connect(self) -> tuple[int, str]:
        """Wait for the first answer; return the number of brokers and the cluster's id."""

        def ask() -> tuple[int, str]:
            asked = self.admin.describe_cluster(request_timeout=ATTEMPT_SECONDS)
            while not asked.done():
                self.admin.poll(PAUSE_SECONDS)
                last = self._last_error
                if last is not None and last.code() in REFUSED_LOGIN:
                    raise LogRefused(str(self.failure(KafkaError(TIMED_OUT), "be reached")))
            found = asked.result()
            return len(found.nodes), str(found.cluster_id)

        return self.ask(ask, "be reached")

    def _made(self, kind: Callable[..., T], properties: Mapping[str, object]) -> T:
        told = {**properties, "error_cb": self._remember}
        try:
            return kind(told, logger=_LibraryLines())
        except (KafkaException, TypeError, ValueError) as error:
            refuse_properties(error)

    def _remember(self, error: KafkaError) -> None:
        """Keep what librdkafka says of its connections: it says why a later question is not answered."""
        with self._lock:
            if self._last_error is None or error.code() != ALL_BROKERS_DOWN:
                self._last_error = error
            is_new = error.code() not in self._logged
            self._logged.add(error.code())
        if is_new:
            _LOGGER.info("kafka %s: %s", self.addresses, one_line(error))


class _LibraryLines:
    """Takes librdkafka's own log lines, for `--log.level debug` alone: its errors reach us as errors too."""

    def log(self, _level: int, text: str, *arguments: object) -> None:
        """Take a line."""
        _LOGGER.debug(text, *arguments)


def _id_bytes(identity: Uuid) -> bytes:
    """Return a topic's id; none where the broker is too old to give topics one (before Kafka 2.8)."""
    read = b64decode(str(identity).replace("-", "+").replace("_", "/") + "==")
    return read if any(read) else b""
