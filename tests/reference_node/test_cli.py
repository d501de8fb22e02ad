"""Flags reach the roles, and every expected error is one line and an exit code."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from ethercattle import main
from tests.reference_node.worlds import genesis_item


def run(*words: str | Path) -> Result:
    """Run the command in this process."""
    return CliRunner().invoke(main, [str(word) for word in words])


@pytest.fixture
def genesis(tmp_path: Path) -> Path:
    """Return a genesis file."""
    path = tmp_path / "genesis.json"
    path.write_text(json.dumps(genesis_item("bpo1", {})))
    return path


def test_a_master_and_a_replica_meet_on_a_log(tmp_path: Path, genesis: Path) -> None:
    broker = f"sqlite:///{tmp_path}/log.sqlite"
    common = ("--kafka.broker", broker, "--kafka.topic", "cows")
    made = run("master", "--datadir", tmp_path / "m", "--genesis", genesis, *common, "--exit-when-done")
    assert (made.exit_code, made.output[:17]) == (0, "master at block 0")
    followed = run("replica", "--datadir", tmp_path / "r", *common, "--replica.syncshutdown")
    assert (followed.exit_code, followed.output[:28]) == (0, "replica caught up at block 0")
    assert followed.output[28:] == made.output[17:]


def test_a_log_in_the_format_of_existing_builds_is_not_taken_for_ours(tmp_path: Path, genesis: Path) -> None:
    common = ("--kafka.broker", f"sqlite:///{tmp_path}/log.sqlite")
    theirs = (*common, "--log.format", "ethercattle")
    made = run("master", "--datadir", tmp_path / "m", "--genesis", genesis, *theirs, "--exit-when-done")
    assert made.exit_code == 0, made.output
    followed = run("replica", "--datadir", tmp_path / "r", *theirs, "--replica.syncshutdown")
    assert (followed.exit_code, followed.output[:28]) == (0, "replica caught up at block 0")
    refused = run("replica", "--datadir", tmp_path / "new", *common, "--replica.syncshutdown")
    assert refused.exit_code == 5
    assert "the record at offset 0 has format version none, expected 01" in refused.output
    other = run("replica", "--datadir", tmp_path / "r", *common, "--replica.syncshutdown")
    assert other.exit_code == 2
    assert "was filled by records of the format ethercattle, but --log.format is writebatch" in other.output


@pytest.mark.parametrize(
    ("words", "code", "text"),
    [
        (("--kafka.broker", "sqlite:////nowhere/log.sqlite"), 5, "sqlite:////nowhere/log.sqlite can't be opened"),
        (("--kafka.broker", "broker"), 2, "--kafka.broker is 'broker', expected host:port,host:port or sqlite:///path"),
        (("--kafka.broker", "sqlite:///x", "--kafka.topic", "geth:x"), 2, "--kafka.topic is 'geth:x'"),
        (("--kafka.broker", "sqlite:///x", "--http.port", "99999"), 2, "99999"),
        ((), 2, "--kafka.broker"),
    ],
)
def test_a_replica_with_wrong_flags_ends_in_one_line(
    tmp_path: Path, words: tuple[str, ...], code: int, text: str
) -> None:
    port = () if "--http.port" in words else ("--http.port", "0")
    result = run("replica", "--datadir", tmp_path / "r", *port, *words)
    assert result.exit_code == code
    assert text in result.output
    if code == 5:
        assert result.output.startswith("ethercattle replica: ")
        assert result.output.count("\n") == 1


@pytest.mark.parametrize(
    ("words", "code", "text"),
    [
        (("ftp://node",), 2, "ENDPOINT is 'ftp://node', expected http://"),
        (("{folder}/none/geth.ipc",), 2, "there is no folder"),
        (("http://127.0.0.1:1", "--kafka.tx.deadletter", "geth-tx"), 2, "expected another topic than --kafka.tx.topic"),
        (("http://127.0.0.1:1", "--kafka.tx.topic", "geth-tx:x"), 2, "--kafka.tx.topic is 'geth-tx:x'"),
        (("http://127.0.0.1:1", "--kafka.tx.deadletter", "d:1"), 2, "--kafka.tx.deadletter is 'd:1', expected a name"),
        (("http://127.0.0.1:1",), 5, "log.sqlite can't be opened"),
        ((), 2, "ENDPOINT"),
    ],
)
def test_a_relay_with_wrong_words_ends_in_one_line(
    tmp_path: Path, words: tuple[str, ...], code: int, text: str
) -> None:
    given = [word.replace("{folder}", str(tmp_path)) for word in words]
    result = run("txrelay", "--kafka.broker", f"sqlite:///{tmp_path}/log.sqlite", *given)
    assert result.exit_code == code
    assert text in result.output


def test_a_replica_puts_no_transactions_into_the_chains_topic(tmp_path: Path) -> None:
    words = ("--kafka.broker", f"sqlite:///{tmp_path}/l", "--kafka.topic", "geth", "--kafka.tx.topic")
    for topic, text in (("geth", "expected another topic than --kafka.topic"), ("tx:5", "expected a name without")):
        result = run("replica", "--datadir", tmp_path / "r", *words, topic)
        assert (result.exit_code, text in result.output) == (2, True), result.output


def test_a_broken_genesis_is_named(tmp_path: Path) -> None:
    path = tmp_path / "genesis.json"
    path.write_text("{")
    result = run("master", "--datadir", tmp_path / "m", "--genesis", path, "--kafka.broker", f"sqlite:///{tmp_path}/l")
    assert result.exit_code == 2
    assert str(path) in result.output


@pytest.mark.parametrize("name", ["master", "replica"])
def test_help_states_the_exit_codes(name: str) -> None:
    result = run(name, "--help")
    assert result.exit_code == 0
    assert "Exit codes: 0 good" in result.output
