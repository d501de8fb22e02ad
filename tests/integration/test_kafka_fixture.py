"""The real Kafka under the tests: ready, with the settings asked for, back after a failure, and never left behind."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import docker
import pytest
from confluent_kafka import Consumer, KafkaError, KafkaException, Producer
from confluent_kafka.admin import AdminClient, ConfigResource, NewTopic, ResourceType

from fixtures.docker import OWNER_LABEL, Owner, reap_orphans
from fixtures.kafka import Kafka, running_kafka
from fixtures.kafka_settings import MECHANISMS, TRANSACTIONS_TOPIC_SETTINGS, Security

pytestmark = pytest.mark.real

DEADLINE_SECONDS = 60.0
QUIET: dict[str, Any] = {"log_level": 0, "error_cb": lambda _error: None, "reconnect.backoff.max.ms": 200}
START_AND_TELL = """
import sys
from fixtures.kafka import running_kafka
with running_kafka() as kafka:
    print(kafka.brokers[0].container.id, flush=True)
    sys.stdin.read()
"""


def produce(bootstrap: str, topic: str, value: bytes, settings: dict[str, str] | None = None) -> None:
    outcomes: list[KafkaError | None] = []
    producer = Producer({**QUIET, "bootstrap.servers": bootstrap, "acks": "all", **(settings or {})})
    producer.produce(topic, value, on_delivery=lambda error, _message: outcomes.append(error))
    assert producer.flush(DEADLINE_SECONDS) == 0
    assert outcomes == [None]


def consume_all(bootstrap: str, topic: str, count: int) -> list[bytes]:
    consumer = Consumer({**QUIET, "bootstrap.servers": bootstrap, "group.id": "g", "auto.offset.reset": "earliest"})
    consumer.subscribe([topic])
    try:
        return [bytes(message.value() or b"") for message in consumer.consume(count, DEADLINE_SECONDS)]
    finally:
        consumer.close()


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + DEADLINE_SECONDS
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def topic_settings(kafka: Kafka, topic: str) -> dict[str, str | None]:
    resource = ConfigResource(ResourceType.TOPIC, topic)
    client = AdminClient({**QUIET, "bootstrap.servers": kafka.bootstrap})
    found = client.describe_configs([resource])[resource].result(DEADLINE_SECONDS)
    return {name: entry.value for name, entry in found.items()}


def owned_ids(label: str) -> list[str]:
    client = docker.from_env()
    try:
        return [entry["Id"] for entry in client.api.containers(all=True, filters={"label": f"{OWNER_LABEL}={label}"})]
    finally:
        client.close()


def test_topics_have_the_settings_of_the_operators_guide(kafka: Kafka) -> None:
    found = topic_settings(kafka, kafka.unique_topic("tx", TRANSACTIONS_TOPIC_SETTINGS))
    assert found["cleanup.policy"] == "delete"
    assert found["compression.type"] == "snappy"
    assert found["retention.ms"] == "604800000"
    assert int(found["max.message.bytes"] or 0) >= 2 * 1024 * 1024


def test_a_killed_broker_comes_back_with_its_data(kafka_program: str) -> None:
    with running_kafka() as kafka:
        topic = kafka.unique_topic()
        broker = kafka.brokers[0]
        for value, end in ((b"one", broker.kill), (b"two", broker.stop)):
            produce(kafka.bootstrap, topic, value)
            end()
            assert not broker.is_running()
            broker.start()
            kafka.wait_ready()
        assert consume_all(kafka.bootstrap, topic, 2) == [b"one", b"two"]


def test_a_paused_broker_answers_nothing_until_it_goes_on(kafka_program: str) -> None:
    with running_kafka() as kafka:
        client = AdminClient({**QUIET, "bootstrap.servers": kafka.bootstrap})
        kafka.brokers[0].pause()
        with pytest.raises(KafkaException):
            client.list_topics(timeout=1.0)
        kafka.brokers[0].unpause()
        assert client.list_topics(timeout=DEADLINE_SECONDS).brokers


def test_three_brokers_keep_every_record_while_one_is_away(kafka_cluster: Kafka) -> None:
    topic = kafka_cluster.unique_topic()
    found = topic_settings(kafka_cluster, topic)
    assert found["min.insync.replicas"] == "2"
    for broker in kafka_cluster.brokers:
        produce(kafka_cluster.bootstrap, topic, b"%d: before" % broker.number)
        broker.kill()
        produce(kafka_cluster.bootstrap, topic, b"%d: while away" % broker.number)
        broker.start()
        kafka_cluster.wait_ready()
        kafka_cluster.wait_in_sync()
    expected = [b"%d: %s" % (number, when) for number in (1, 2, 3) for when in (b"before", b"while away")]
    assert consume_all(kafka_cluster.bootstrap, topic, 6) == expected


@pytest.mark.parametrize(("mechanism", "tls"), [(MECHANISMS[0], False), (MECHANISMS[1], True), (MECHANISMS[2], True)])
def test_a_secured_listener_lets_in_who_has_the_password_and_nobody_else(
    kafka_program: str, mechanism: str, tls: bool
) -> None:
    with running_kafka(security=Security(mechanism, tls=tls, may_create_topics=False)) as kafka:
        topic = kafka.unique_topic()
        good = dict(kafka.client_config)
        produce(kafka.bootstrap, topic, b"let in", good)
        for bad in ({**good, "sasl.password": "wrong"}, {}):
            with pytest.raises(KafkaException):
                AdminClient({**QUIET, "bootstrap.servers": kafka.bootstrap, **bad}).list_topics(timeout=2)
        client = AdminClient({**QUIET, "bootstrap.servers": kafka.bootstrap, **good})
        with pytest.raises(KafkaException, match="AUTHORIZATION_FAILED"):
            client.create_topics([NewTopic("x", 1, 1)])["x"].result(DEADLINE_SECONDS)


def test_kafka_3_9_on_request(kafka_program: str) -> None:
    with running_kafka("3.9") as kafka:
        topic = kafka.unique_topic()
        produce(kafka.bootstrap, topic, b"old")
        assert consume_all(kafka.bootstrap, topic, 1) == [b"old"]
        assert "3.9" in str(kafka.brokers[0].container.attrs["Config"]["Image"])


@pytest.mark.parametrize("ended", [signal.SIGKILL, signal.SIGTERM])
def test_no_container_outlives_the_process_that_started_it(kafka_program: str, ended: signal.Signals) -> None:
    child = subprocess.Popen(
        [sys.executable, "-c", START_AND_TELL], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    with child:
        assert child.stdout is not None
        container_id = child.stdout.readline().strip()
        label = Owner.of(child.pid).label
        assert owned_ids(label) == [container_id]
        child.send_signal(ended)
        child.wait()
    wait_for(lambda: not owned_ids(label))


def test_a_start_removes_what_a_dead_owner_without_watchdog_left(kafka_program: str) -> None:
    with subprocess.Popen(["sleep", "60"]) as other:
        label = Owner.of(other.pid).label
        client = docker.from_env()
        try:
            names = [f"ethercattle-test-{os.getpid()}-{index}" for index in range(2)]
            labels = {OWNER_LABEL: label}
            for name in names:
                client.api.create_container(kafka_program, ["true"], name=name, labels=labels)
            reap_orphans(client)
            assert len(owned_ids(label)) == 2, "its owner still runs"
            other.kill()
            other.wait()
            assert sorted(reap_orphans(client)) == [f"/{name}" for name in names]
            assert owned_ids(label) == []
        finally:
            for container_id in owned_ids(label):
                client.api.remove_container(container_id, force=True)
            client.close()
