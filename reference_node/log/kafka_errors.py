"""What librdkafka's error codes mean to us. Those with a leading underscore are its own, the others a broker's."""

from confluent_kafka import KafkaError


def _codes(*names: str) -> frozenset[int]:
    """Return the codes of these names; librdkafka's own ones look private to Python."""
    return frozenset(int(getattr(KafkaError, name)) for name in names)


def _code(name: str) -> int:
    return int(getattr(KafkaError, name))


ALL_BROKERS_DOWN = _code("_ALL_BROKERS_DOWN")
PARTITION_EOF = _code("_PARTITION_EOF")
QUEUE_FULL = _code("_QUEUE_FULL")
STATE = _code("_STATE")
TIMED_OUT = _code("_TIMED_OUT")
TLS = _code("_SSL")

REFUSED_LOGIN = _codes("_SSL", "_AUTHENTICATION", "SASL_AUTHENTICATION_FAILED", "UNSUPPORTED_SASL_MECHANISM")
"""A connection fails, and a retry does not mend it."""
NO_TOPIC = _codes("UNKNOWN_TOPIC_OR_PART", "UNKNOWN_TOPIC_ID")
"""A broker says that there is no such topic."""
PERHAPS_NO_TOPIC = NO_TOPIC | _codes("_UNKNOWN_TOPIC", "_UNKNOWN_PARTITION", "_NOENT")
"""The client knows of no such topic; the same comes where its broker is away."""
NO_RIGHT = _codes(
    "TOPIC_AUTHORIZATION_FAILED",
    "GROUP_AUTHORIZATION_FAILED",
    "CLUSTER_AUTHORIZATION_FAILED",
    "TRANSACTIONAL_ID_AUTHORIZATION_FAILED",
)
TOO_LARGE = _codes("MSG_SIZE_TOO_LARGE", "RECORD_LIST_TOO_LARGE", "INVALID_MSG_SIZE")
OUT_OF_RANGE = _codes("_AUTO_OFFSET_RESET", "OFFSET_OUT_OF_RANGE", "_LOG_TRUNCATION")
FENCED = _codes(
    "_FENCED",
    "PRODUCER_FENCED",
    "INVALID_PRODUCER_EPOCH",
    "INVALID_PRODUCER_ID_MAPPING",
    "TRANSACTION_COORDINATOR_FENCED",
)
"""Another producer has taken our transactional id."""
PASSING = _codes(
    "_ALL_BROKERS_DOWN",
    "_MSG_TIMED_OUT",
    "_RESOLVE",
    "_TIMED_OUT",
    "_TRANSPORT",
    "_WAIT_COORD",
    "COORDINATOR_LOAD_IN_PROGRESS",
    "COORDINATOR_NOT_AVAILABLE",
    "LEADER_NOT_AVAILABLE",
    "NETWORK_EXCEPTION",
    "NOT_COORDINATOR",
    "NOT_ENOUGH_REPLICAS",
    "NOT_LEADER_FOR_PARTITION",
    "OFFSET_NOT_AVAILABLE",
    "REPLICA_NOT_AVAILABLE",
    "REQUEST_TIMED_OUT",
    "UNSTABLE_OFFSET_COMMIT",
)
"""A retry may mend it."""


def one_line(error: KafkaError) -> str:
    """Return the error's text without line breaks."""
    return " ".join(error.str().split())
