"""On a real Kafka, too, a mistake ends a command with one clear line, within a bound, and with its exit code."""

import os
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path

import pytest

from fixtures.chain_files import find_chain
from fixtures.kafka import Kafka, running_kafka
from fixtures.kafka_settings import Security
from fixtures.nodes import ETHERCATTLE
from reference_node.log.interface import Record
from reference_node.log.kafka import KafkaLog
from tests.integration.databases import assert_same_content

pytestmark = pytest.mark.real

CHAIN = find_chain("everyfork")
SECONDS_MAX = 60
NO_VARIABLES: Mapping[str, str] = {}


def run(*words: str | Path, variables: Mapping[str, str] = NO_VARIABLES) -> subprocess.CompletedProcess[str]:
    """Run an ethercattle command to its end, which has to come soon."""
    command = [*ETHERCATTLE, *map(str, words)]
    environment = {**os.environ, **variables}
    return subprocess.run(command, capture_output=True, text=True, timeout=SECONDS_MAX, check=False, env=environment)


def master(folder: Path, broker: str, topic: str, *extra: str | Path) -> list[str | Path]:
    """Return the words of a master's command that ends once it has published the genesis."""
    words: list[str | Path] = ["master", "--datadir", folder / "master", "--genesis", CHAIN.genesis, "--exit-when-done"]
    return [*words, "--kafka.broker", broker, "--kafka.topic", topic, *extra]


def replica(folder: Path, broker: str, topic: str, *extra: str | Path) -> list[str | Path]:
    """Return the words of a replica's command that ends once it has caught up."""
    words: list[str | Path] = ["replica", "--datadir", folder / "replica", "--replica.syncshutdown"]
    return [*words, "--kafka.broker", broker, "--kafka.topic", topic, *extra]


def assert_refused(done: subprocess.CompletedProcess[str], code: int, *parts: str) -> None:
    """Fail unless a command ended with this code and one line that holds these parts."""
    assert done.returncode == code, done.stderr + done.stdout
    assert "Traceback" not in done.stderr
    lines = done.stderr.strip().splitlines()
    assert len(lines) == 1, done.stderr
    for part in parts:
        assert part in lines[0], done.stderr


def assert_good(done: subprocess.CompletedProcess[str]) -> None:
    """Fail unless a command ended well and said nothing on stderr."""
    assert (done.returncode, done.stderr) == (0, ""), done.stdout


def words_of(config: Mapping[str, str]) -> list[str]:
    """Return the flags that set these properties."""
    return [word for key, value in config.items() for word in ("--kafka.config", f"{key}={value}")]


def free_address() -> str:
    """Return an address at which nobody listens."""
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        return f"127.0.0.1:{taken.getsockname()[1]}"


def test_a_broker_that_is_not_there(tmp_path: Path) -> None:
    address, started = free_address(), time.monotonic()
    assert_refused(run(*replica(tmp_path, address, "geth")), 5, address, "refused")
    assert time.monotonic() - started < 45


def test_a_topic_that_is_not_there(kafka: Kafka, tmp_path: Path) -> None:
    done = run(*replica(tmp_path, kafka.bootstrap, "nowhere"))
    assert_refused(done, 5, f"kafka {kafka.bootstrap} has no topic 'nowhere'")


def test_a_name_that_no_topic_can_have(kafka: Kafka, tmp_path: Path) -> None:
    assert_refused(run(*master(tmp_path, kafka.bootstrap, "a topic")), 2, "'a topic'")


def test_a_topic_of_several_partitions(kafka: Kafka, tmp_path: Path) -> None:
    kafka.create_topic("several", partitions=3)
    for command in (master, replica):
        assert_refused(run(*command(tmp_path, kafka.bootstrap, "several")), 5, "'several' has 3 partitions, expected 1")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--kafka.config", "nonsense=1"), 'No such configuration property: "nonsense"'),
        (("--kafka.config", "isolation.level=read_uncommitted"), "isolation.level"),
        (("--kafka.config", "sasl.password=@NOT_SET_HERE"), "'NOT_SET_HERE', which is not set"),
        (("--kafka.config", "acks"), "'acks', expected KEY=VALUE"),
    ],
)
def test_properties_that_can_not_be(kafka: Kafka, tmp_path: Path, words: tuple[str, ...], said: str) -> None:
    assert_refused(run(*replica(tmp_path, kafka.bootstrap, "geth", *words)), 2, "--kafka.config", said)


def test_foreign_records_in_the_topic(kafka: Kafka, kafka_topic: str, tmp_path: Path) -> None:
    with closing(KafkaLog(kafka.bootstrap, {})) as log:
        log.append(kafka_topic, [Record(b"milk")])
    said = "the record at offset 0 has format version none, expected 01"
    assert_refused(run(*replica(tmp_path, kafka.bootstrap, kafka_topic)), 5, said)
    assert_refused(run(*master(tmp_path, kafka.bootstrap, kafka_topic)), 5, said)


def test_a_record_over_the_topics_size_limit(kafka: Kafka, tmp_path: Path) -> None:
    topic = kafka.unique_topic(settings={"max.message.bytes": "1000"})
    done = run(*master(tmp_path, kafka.bootstrap, topic))
    assert_refused(done, 5, f"topic '{topic}' takes no record of ", " bytes: it is over its size limit")
    with closing(KafkaLog(kafka.bootstrap, {})) as log:
        bounds = log.bounds(topic)
        there = log.read(topic, bounds.start, 10, 0).records
    assert [stored.record.value for stored in there] == [(1).to_bytes(8, "big")], "only the epoch may be there"


def test_records_that_retention_has_dropped(kafka: Kafka, kafka_topic: str, tmp_path: Path) -> None:
    assert_good(run(*master(tmp_path, kafka.bootstrap, kafka_topic)))
    assert_good(run(*replica(tmp_path, kafka.bootstrap, kafka_topic)))
    assert_good(run(*master(tmp_path, kafka.bootstrap, kafka_topic, "--import", CHAIN.chain)))
    with closing(KafkaLog(kafka.bootstrap, {})) as log:
        end = log.bounds(kafka_topic).end
        log.truncate(kafka_topic, end)
    done = run(*replica(tmp_path, kafka.bootstrap, kafka_topic))
    assert_refused(done, 5, f"topic '{kafka_topic}' holds no records, but offset", f"offset {end - 1} or later")


def test_a_topic_deleted_and_made_anew(kafka: Kafka, kafka_topic: str, tmp_path: Path) -> None:
    assert_good(run(*master(tmp_path, kafka.bootstrap, kafka_topic)))
    assert_good(run(*replica(tmp_path, kafka.bootstrap, kafka_topic)))
    kafka.administration.delete_topic(kafka_topic)
    other = tmp_path / "other"
    other.mkdir()
    assert_good(run(*master(other, kafka.bootstrap, kafka_topic)))
    assert_refused(run(*replica(tmp_path, kafka.bootstrap, kafka_topic)), 5, f"topic '{kafka_topic}' was made anew")


@pytest.fixture(scope="module")
def secured(kafka_program: str) -> Iterator[Kafka]:
    """A Kafka with TLS and SASL, whose user may make no topics."""
    with running_kafka(security=Security(may_create_topics=False)) as running:
        yield running


def test_tls_and_sasl_from_end_to_end(secured: Kafka, tmp_path: Path) -> None:
    secured.create_topic("secured")
    password = secured.client_config["sasl.password"]
    config = words_of({**secured.client_config, "sasl.password": "@KAFKA_PASSWORD"})
    for command in (master, replica):
        words = command(tmp_path, secured.bootstrap, "secured", *config)
        assert_good(run(*words, variables={"KAFKA_PASSWORD": password}))
    assert_same_content(tmp_path / "master", tmp_path / "replica")


def test_no_right_to_make_the_topic(secured: Kafka, tmp_path: Path) -> None:
    done = run(*master(tmp_path, secured.bootstrap, "forbidden", *words_of(secured.client_config)))
    assert_refused(done, 5, f"kafka {secured.bootstrap} gives this user no right to ", "'forbidden'")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"sasl.password": "wrong"}, "authentication failed"),
        ({"sasl.username": "nobody"}, "authentication failed"),
        ({"ssl.ca.location": "/etc/ssl/certs/ca-certificates.crt"}, "TLS failed"),
    ],
)
def test_wrong_credentials(secured: Kafka, tmp_path: Path, changes: Mapping[str, str], said: str) -> None:
    config, started = {**secured.client_config, **changes}, time.monotonic()
    done = run(*replica(tmp_path, secured.bootstrap, "secured", *words_of(config)))
    assert_refused(done, 5, secured.bootstrap, said)
    assert time.monotonic() - started < 15, "retried what can't be mended"


def test_tls_to_a_broker_without_it(kafka: Kafka, tmp_path: Path) -> None:
    done = run(*replica(tmp_path, kafka.bootstrap, "geth", "--kafka.config", "security.protocol=ssl"))
    assert_refused(done, 5, kafka.bootstrap)
