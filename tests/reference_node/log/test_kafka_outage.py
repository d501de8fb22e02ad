"""The log on a Kafka whose broker goes away: bounded waits, one clear line, and nothing lost or doubled."""

import time
from collections.abc import Iterator
from contextlib import closing

import pytest

from fixtures.kafka import Kafka, running_kafka
from reference_node.errors import LogUnavailable
from reference_node.log import kafka_cluster, kafka_reader
from reference_node.log.interface import Log, Record
from reference_node.log.kafka import KafkaLog
from tests.reference_node.log.contract import read_all, records

pytestmark = pytest.mark.real

ANSWER_SECONDS_MAX = 3.0
WAIT_SECONDS_MAX = 12.0
"""Above the bound of an answer and its last attempt."""
APPENDS = 20


@pytest.fixture(scope="module")
def own_kafka(kafka_program: str) -> Iterator[Kafka]:
    """A Kafka that may be stopped."""
    with running_kafka() as running:
        yield running


def values(log: Log, topic: str) -> list[bytes]:
    """Return what stands in a topic."""
    return [stored.record.value for stored in read_all(log, topic)]


@pytest.mark.parametrize("end", ["pause", "kill"])
def test_questions_end_in_time_while_the_broker_is_away_and_go_on_after_it(
    own_kafka: Kafka, end: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kafka_cluster, "ANSWER_SECONDS_MAX", ANSWER_SECONDS_MAX)
    monkeypatch.setattr(kafka_reader, "ANSWER_SECONDS_MAX", ANSWER_SECONDS_MAX)
    topic, (broker,) = own_kafka.unique_topic(), own_kafka.brokers
    with closing(KafkaLog(own_kafka.bootstrap, {})) as log:
        log.append(topic, records(b"a"))
        log.commit(topic, topic, 1)
        assert log.read(topic, 0, 10, 0).next_offset == 1
        getattr(broker, end)()
        try:
            for ask in (
                lambda: log.bounds(topic),
                lambda: log.read(topic, 1, 10, 0.2),
                lambda: log.identity(topic),
                lambda: log.committed(topic, "relay"),
            ):
                started = time.monotonic()
                with pytest.raises(LogUnavailable, match=f"kafka {own_kafka.bootstrap} can't ") as caught:
                    ask()
                assert "\n" not in str(caught.value)
                assert time.monotonic() - started < WAIT_SECONDS_MAX
        finally:
            broker.unpause() if end == "pause" else broker.start()
            own_kafka.wait_ready()
        assert log.append(topic, records(b"b")) == 2
        assert [stored.record.value for stored in log.read(topic, 1, 10, 1).records] == [b"b"]
        assert log.committed(topic, topic) == 1
        log.commit(topic, topic, 2)
        assert log.committed(topic, topic) == 2


def test_a_master_whose_broker_is_killed_again_and_again_loses_and_doubles_nothing(own_kafka: Kafka) -> None:
    topic, (broker,) = own_kafka.unique_topic(), own_kafka.brokers
    done = 0
    with closing(KafkaLog(own_kafka.bootstrap, {})) as log:
        writer = log.open_writer(topic, 1)
        while done < APPENDS:
            if done % 10 == 5:
                broker.kill()
                broker.start()
            try:
                writer.append([Record(b"%d" % done)], done, done + 1)
            except LogUnavailable:
                own_kafka.wait_ready()
                writer = log.open_writer(topic, 1)
                if values(log, topic)[-1:] != [b"%d" % done]:  # as a ledger does: what is there is told by the tail
                    continue
            done += 1
        assert values(log, topic) == [b"%d" % count for count in range(APPENDS)]
