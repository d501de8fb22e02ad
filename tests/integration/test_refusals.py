"""A user's mistake or a damaged log ends a command with one clear line and its exit code; nothing is lost."""

import shutil
import socket
import sqlite3
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from fixtures.chain_files import find_chain
from fixtures.cluster import ETHERCATTLE, TOPIC, start_replica
from tests.integration.databases import assert_same_content, content_of

CHAIN = find_chain("everyfork")
SECONDS_MAX = 120


def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run an ethercattle command to its end."""
    command = [*ETHERCATTLE, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=SECONDS_MAX, check=False)


def master(
    folder: Path, *extra: str | Path, datadir: str = "master", genesis: Path = CHAIN.genesis
) -> list[str | Path]:
    """Return the words of a master's command that ends once it has nothing to import."""
    words: list[str | Path] = ["master", "--datadir", folder / datadir, "--genesis", genesis]
    return [*words, "--kafka.broker", f"sqlite:///{folder}/log.sqlite", "--exit-when-done", *extra]


def replica(folder: Path, *extra: str | Path, datadir: str = "replica") -> list[str | Path]:
    """Return the words of a replica's command that ends once it has caught up."""
    words: list[str | Path] = ["replica", "--datadir", folder / datadir, "--replica.syncshutdown"]
    return [*words, "--kafka.broker", f"sqlite:///{folder}/log.sqlite", *extra]


def assert_refused(done: subprocess.CompletedProcess[str], code: int, *parts: str) -> None:
    """Fail unless a command ended with this code and one line that holds these parts."""
    assert done.returncode == code, done.stderr + done.stdout
    assert "Traceback" not in done.stderr
    lines = done.stderr.strip().splitlines()
    assert lines, "it said nothing"
    for part in parts:
        assert part in lines[-1], done.stderr
    assert code == 2 or len(lines) == 1, done.stderr


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a master's database and the log of the first blocks of the chain."""
    folder = tmp_path_factory.mktemp("published")
    done = run(*master(folder, "--import", CHAIN.chain))
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture
def copied(published: Path, tmp_path: Path) -> Path:
    """A copy of that folder, to be damaged."""
    return Path(shutil.copytree(published, tmp_path / "copy"))


def change_log(folder: Path, *statements: str) -> None:
    """Run SQL on the log behind everybody's back."""
    connection = sqlite3.connect(folder / "log.sqlite")
    with connection:
        for statement in statements:
            assert connection.execute(statement).rowcount > 0, statement
    connection.close()


def flip_byte(folder: Path, position: int) -> None:
    """Flip a bit in the middle of a record's value."""
    connection = sqlite3.connect(folder / "log.sqlite")
    with connection:
        (value,) = connection.execute("SELECT value FROM records WHERE position = ?", (position,)).fetchone()
        middle = len(value) // 2
        flipped = value[:middle] + bytes((value[middle] ^ 1,)) + value[middle + 1 :]
        connection.execute("UPDATE records SET value = ? WHERE position = ?", (flipped, position))
    connection.close()


SWAP = (
    "UPDATE records SET position = -1 WHERE position = 40",
    "UPDATE records SET position = 40 WHERE position = 41",
    "UPDATE records SET position = 41 WHERE position = -1",
)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("damage", "parts"),
    [
        (lambda folder: flip_byte(folder, 40), ("offset 40", "digest")),
        (lambda folder: change_log(folder, "DELETE FROM records WHERE position = 40"), ("offset 40",)),
        (lambda folder: change_log(folder, *SWAP), ("offset 40", "sequence")),
        (lambda folder: change_log(folder, "UPDATE records SET headers = x'c0' WHERE position = 40"), ("offset 40",)),
    ],
    ids=["a flipped bit", "a missing record", "a swapped pair", "a foreign record"],
)
def test_a_replica_refuses_a_damaged_log(copied: Path, damage: Callable[[Path], None], parts: tuple[str, ...]) -> None:
    damage(copied)
    assert_refused(run(*replica(copied)), 5, *parts)
    before = content_of(copied / "replica")
    assert_refused(run(*replica(copied)), 5, *parts)
    assert content_of(copied / "replica") == before, "something was applied after the damage"


@pytest.mark.slow
def test_a_replica_refuses_a_log_that_no_longer_has_what_it_needs(copied: Path) -> None:
    change_log(copied, "DELETE FROM records WHERE position < 10", "UPDATE topics SET first = 10")
    assert_refused(run(*replica(copied)), 5, "offset 0 is needed", "snapshot")


@pytest.mark.slow
def test_a_replica_refuses_a_topic_made_anew(copied: Path, tmp_path: Path) -> None:
    assert run(*replica(copied)).returncode == 0
    (copied / "log.sqlite").unlink()
    for leftover in ("log.sqlite-wal", "log.sqlite-shm"):
        (copied / leftover).unlink(missing_ok=True)
    assert run(*master(copied, "--import", CHAIN.chain, datadir="another")).returncode == 0
    assert_refused(run(*replica(copied)), 5, TOPIC)


@pytest.mark.slow
def test_a_second_master_on_the_same_log_is_refused_and_writes_nothing(copied: Path) -> None:
    assert_refused(run(*master(copied, "--import", CHAIN.chain, datadir="second")), 5, TOPIC)
    assert run(*replica(copied)).returncode == 0
    assert_same_content(copied / "master", copied / "replica")


@pytest.mark.slow
def test_a_database_in_use_is_not_shared(copied: Path) -> None:
    running = start_replica(copied / "replica", f"sqlite:///{copied}/log.sqlite", copied / "replica.log")
    try:
        assert_refused(run(*replica(copied)), 2, "in use")
    finally:
        assert running.child.stop() == 0


@pytest.mark.slow
def test_a_database_of_another_chain_is_refused(copied: Path) -> None:
    other = copied / "genesis.json"
    other.write_text(CHAIN.genesis.read_text().replace('"gasLimit": "0x1c9c380"', '"gasLimit": "0x1c9c381"'))
    assert other.read_text() != CHAIN.genesis.read_text()
    assert_refused(run(*master(copied, genesis=other)), 2, "genesis 0x")


@pytest.mark.slow
def test_a_broken_chain_file_names_where_it_breaks(tmp_path: Path) -> None:
    broken = tmp_path / "broken.rlp"
    broken.write_bytes(CHAIN.chain.read_bytes()[:3000])
    assert_refused(run(*master(tmp_path, "--import", broken)), 2, "broken.rlp", "byte")


@pytest.mark.slow
def test_a_block_that_breaks_the_rules_is_not_published(tmp_path: Path) -> None:
    content = CHAIN.chain.read_bytes()
    first_block_bytes = int.from_bytes(content[1:3], "big") + 3
    assert content[0] == 0xF9
    wrong = tmp_path / "wrong.rlp"
    # The state root is the fourth field: after three list prefixes, two hashes and an address.
    place = first_block_bytes + 3 + 3 + 33 + 33 + 21 + 5
    wrong.write_bytes(content[:place] + bytes((content[place] ^ 1,)) + content[place + 1 :])
    assert_refused(run(*master(tmp_path, "--import", wrong)), 1, "block 2", "expected")
    assert run(*replica(tmp_path)).stdout.startswith("replica caught up at block 1 ")


def test_a_missing_log_is_named(tmp_path: Path) -> None:
    assert_refused(run(*replica(tmp_path)), 5, "log.sqlite")


def test_a_file_that_is_no_log_is_named(tmp_path: Path) -> None:
    (tmp_path / "log.sqlite").write_text("these are not the bytes of a log" * 10)
    assert_refused(run(*replica(tmp_path)), 5, "log.sqlite")


def test_a_port_in_use_is_named(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        words: list[str | Path] = [
            "replica",
            "--datadir",
            tmp_path / "d",
            "--kafka.broker",
            f"sqlite:///{tmp_path}/log.sqlite",
        ]
        assert_refused(run(*words, "--http.port", port), 2, port)


@pytest.mark.parametrize(
    ("words", "parts"),
    [
        (["replica", "--datadir", "d", "--kafka.broker", "nonsense"], ("nonsense", "or sqlite:///path")),
        (["replica", "--datadir", "d", "--kafka.broker", "sqlite:///l", "--kafka.topic", "a:b"], ("a:b",)),
        (["replica", "--datadir", "d", "--kafka.broker", "sqlite:///l", "--http.port", "70000"], ("70000",)),
        (["master", "--datadir", "d", "--kafka.broker", "sqlite:///l", "--genesis", "none.json"], ("none.json",)),
        (["conform", "--reference", "nobody"], ("nobody",)),
        (["conform", "--cases", "nowhere"], ("nowhere",)),
        (["milk"], ("milk",)),
    ],
)
def test_a_wrong_flag_is_named(tmp_path: Path, words: list[str], parts: tuple[str, ...]) -> None:
    command = [*ETHERCATTLE, *words]
    done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS_MAX, check=False, cwd=tmp_path)
    assert_refused(done, 2, *parts)
    assert list(tmp_path.iterdir()) == [], "a refused command left something behind"
