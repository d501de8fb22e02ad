"""`--kafka.broker` and `--kafka.topic` are read as the guide spells them."""

import re
import socket
from contextlib import closing
from pathlib import Path

import pytest

from reference_node.errors import LogUnavailable, UsageError
from reference_node.log import kafka_cluster
from reference_node.log.open import open_log, parse_topic


def test_a_sqlite_path_is_opened(tmp_path: Path) -> None:
    with closing(open_log(f"sqlite:///{tmp_path}/log.sqlite", create=True)):
        assert (tmp_path / "log.sqlite").exists()
    with closing(open_log(f"sqlite:///{tmp_path}/log.sqlite")):
        pass


def test_a_relative_path_counts_from_the_working_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with closing(open_log("sqlite:///./log.sqlite", create=True)):
        assert (tmp_path / "log.sqlite").exists()


def test_a_slash_too_few_is_pointed_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError, match=f"did you mean sqlite:///{tmp_path}/log, with one slash more"):
        open_log(f"sqlite:///{str(tmp_path)[1:]}/log", create=True)
    with pytest.raises(LogUnavailable):
        open_log("sqlite:///no/such/folder/log", create=True)


def test_a_missing_log_is_not_made_by_a_reader(tmp_path: Path) -> None:
    with pytest.raises(LogUnavailable, match=r"log\.sqlite"):
        open_log(f"sqlite:///{tmp_path}/log.sqlite")


@pytest.mark.parametrize(
    "broker", ["localhost", "sqlite:///", "sqlite://log", "", "a:1,b", "a:0", "a:65536", "a:x", "a b:1"]
)
def test_what_is_no_broker_is_refused_by_name(broker: str) -> None:
    with pytest.raises(
        UsageError, match=f"--kafka\\.broker is '{broker}', expected host:port,host:port or sqlite:///path"
    ):
        open_log(broker)


@pytest.mark.parametrize("broker", ["127.0.0.1:{}", "localhost:{}", "[::1]:{}", "127.0.0.1:{0}, localhost:{0}"])
def test_a_broker_that_is_not_there_is_said_in_one_line(broker: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kafka_cluster, "ANSWER_SECONDS_MAX", 0.5)
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(LogUnavailable, match=f":{port} can't be reached: .*") as caught:
        open_log(broker.format(port))
    assert "\n" not in str(caught.value)
    assert "refused" in str(caught.value) or "timed out" in str(caught.value).lower()


@pytest.mark.parametrize(
    ("config", "reason"),
    [
        ({"nonsense.size": "1"}, 'No such configuration property: "nonsense.size"'),
        ({"linger.ms": "soon"}, "Invalid value for configuration property"),
        (
            {"security.protocol": "sasl_plaintext", "sasl.mechanism": "PLAIN"},
            "sasl.username and sasl.password must be set",
        ),
        (
            {"isolation.level": "read_uncommitted"},
            "sets isolation.level to 'read_uncommitted', but it is always read_c",
        ),
        ({"transactional.id": "mine"}, "sets transactional.id to 'mine', but it is always ethercattle- and the topic"),
        ({"metadata.broker.list": "a:1"}, "but it is always what --kafka.broker says"),
        ({"error_cb": "x"}, "'error_cb', which is no property of librdkafka"),
    ],
)
def test_properties_that_can_not_be_set_are_named(config: dict[str, str], reason: str) -> None:
    with pytest.raises(UsageError, match=re.escape(reason)) as caught:
        open_log("127.0.0.1:9", config=config)
    assert str(caught.value).startswith("--kafka.config")


def test_a_file_has_no_properties(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="has no such properties"):
        open_log(f"sqlite:///{tmp_path}/log.sqlite", create=True, config={"acks": "all"})


@pytest.mark.parametrize(
    ("text", "expected"),
    [("geth", ("geth", None)), ("geth:123", ("geth", 123)), ("geth:", ("geth", -1)), ("g:0", ("g", 0))],
)
def test_topics_carry_an_offset(text: str, expected: tuple[str, int | None]) -> None:
    assert parse_topic(text) == expected


@pytest.mark.parametrize("text", ["", ":", ":5", "geth:x", "geth:-1", "geth:1:2"])
def test_broken_topics_are_refused(text: str) -> None:
    with pytest.raises(UsageError, match="expected name, name:offset or name:"):
        parse_topic(text)


@pytest.mark.parametrize("text", ["a topic", "geth/1", "..", "gèth", "g" * 250])
def test_names_that_no_topic_can_have_are_refused(text: str) -> None:
    with pytest.raises(UsageError, match="expected a name of letters"):
        parse_topic(text)
