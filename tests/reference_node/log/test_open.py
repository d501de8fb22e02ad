"""`--kafka.broker` and `--kafka.topic` are read as the guide spells them."""

from contextlib import closing
from pathlib import Path

import pytest

from reference_node.errors import LogUnavailable, UsageError
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


def test_a_missing_log_is_not_made_by_a_reader(tmp_path: Path) -> None:
    with pytest.raises(LogUnavailable, match=r"log\.sqlite"):
        open_log(f"sqlite:///{tmp_path}/log.sqlite")


@pytest.mark.parametrize("broker", ["localhost:9092", "sqlite:///", "sqlite://log", "", "a:1,b:2"])
def test_other_brokers_are_refused_by_name(broker: str) -> None:
    with pytest.raises(UsageError, match=r"--kafka\.broker is '" + broker.replace("/", "/")):
        open_log(broker)


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
