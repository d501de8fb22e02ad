"""The log on a real Kafka keeps the contract."""

import secrets
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, closing

import pytest

from fixtures.kafka import Kafka
from reference_node.log.interface import Bounds, FencedWriter, Log, ReadResult, Record
from reference_node.log.kafka import KafkaLog
from tests.reference_node.log.contract import LogContract

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
