"""A follower applies what the log says, tells how far it is, and refuses a log that is not its own."""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reference_node.errors import LogRefused, LogUnavailable, StoreError
from reference_node.health import Head, judge
from reference_node.log.sqlite import SqliteLog
from reference_node.roles.follower import Follower
from reference_node.roles.ledger import Ledger
from reference_node.store.leveldb import Store
from reference_node.store.position import Position, read_position
from tests.reference_node.logs import (
    TOPIC,
    Crash,
    CrashingStore,
    Fuse,
    Writes,
    fuses,
    open_ledger,
    public_content,
    write_log,
)
from tests.reference_node.worlds import World

STEPS: list[Writes] = [
    [(b"k", b"one"), (b"h" * 41, b"x" * 90)],
    [(b"k", None)],
    [],
    [(b"k", b"two"), (b"m", b"y" * 55)],
]


@contextmanager
def following(folder: Path, name: str = "replica", start: int | None = None) -> Iterator[Follower]:
    """Yield a follower of the log in this folder."""
    with closing(SqliteLog(folder / "log.sqlite", create=False)) as log, closing(Store(folder / name)) as store:
        yield Follower(store, log, TOPIC, start)


def catch_up(follower: Follower) -> None:
    """Apply all there is."""
    while not follower.caught_up():
        assert follower.follow() > 0


def content(folder: Path, name: str) -> dict[bytes, bytes]:
    """Return the public content of a database in this folder."""
    with closing(Store(folder / name)) as store:
        return public_content(store)


def change_log(folder: Path, statement: str) -> None:
    """Change the log's file behind everybody's back."""
    with closing(sqlite3.connect(folder / "log.sqlite")) as surgeon, surgeon:
        surgeon.execute(statement)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with a master and its log."""
    write_log(tmp_path / "log.sqlite", tmp_path / "master", STEPS)
    return tmp_path


def test_a_replica_becomes_equal_to_its_master(folder: Path) -> None:
    with following(folder) as follower:
        catch_up(follower)
        follower.look()
        assert follower.facts().lag_records == 0
    assert content(folder, "replica") == content(folder, "master") != {}


def test_a_replica_goes_on_after_a_restart(folder: Path) -> None:
    with closing(SqliteLog(folder / "log.sqlite", create=False)) as log:
        end = log.bounds(TOPIC).end
        for _ in range(end):
            with following(folder) as follower:
                before = follower.position
                records = log.read(TOPIC, before.offset + 1, 1, 0).records
                for record in records:
                    follower._apply(record)
        with following(folder) as follower:
            catch_up(follower)
    assert content(folder, "replica") == content(folder, "master")


def test_health_names_the_head_once_there_is_one(tmp_path: Path) -> None:
    world = World()
    with closing(SqliteLog(tmp_path / "log.sqlite", create=True)) as log, closing(Store(tmp_path / "master")) as store:
        ledger = Ledger(store)
        ledger.connect(log, TOPIC, promote=False)
        with following(tmp_path) as follower:
            assert (follower.view, follower.facts().head) == (None, None)
            catch_up(follower)
            follower.look()
            assert judge(follower.facts()).reasons == ("the database holds no whole chain yet",)
            ledger.commit(dict(world.genesis.writes), 0, 0)
            ledger.publish()
            follower.look()
            assert (follower.facts().lag_records, follower.facts().caught_up) == (1, False)
            catch_up(follower)
            follower.look()
            found, genesis = follower.facts(), world.genesis.header
            assert found.head == Head(0, genesis.hash, genesis.timestamp)
            assert (found.caught_up, found.head_readable, found.offset, found.lag_records) == (True, True, 1, 0)
            ledger.heartbeat()
            follower.look()
            assert (follower.facts().lag_records, follower.facts().caught_up) == (1, True)
            follower.follow()
            assert follower.facts().last_heartbeat_ms == follower.position.time_ms > 0


def test_a_missing_log_or_topic_is_said_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(LogUnavailable, match=r"log\.sqlite can't be opened"), following(tmp_path):
        pass
    SqliteLog(tmp_path / "log.sqlite", create=True).close()
    with pytest.raises(LogUnavailable, match="no topic 'geth'"), following(tmp_path):
        pass


def test_a_position_the_log_no_longer_holds_is_refused(folder: Path) -> None:
    with following(folder) as follower:
        follower._apply(follower._log.read(TOPIC, 0, 1, 0).records[0])
    with closing(SqliteLog(folder / "log.sqlite", create=False)) as log:
        log.truncate(TOPIC, 5)
    expected = "offset 1 is needed: start from a snapshot of a replica at offset 4 or later"
    with pytest.raises(LogRefused, match=expected), following(folder):
        pass


def test_a_topic_made_anew_is_refused(folder: Path) -> None:
    with following(folder) as follower:
        catch_up(follower)
    for path in folder.glob("log.sqlite*"):
        path.unlink()
    with closing(SqliteLog(folder / "log.sqlite", create=True)) as log:
        log.open_writer(TOPIC, 1)
    with pytest.raises(LogRefused, match="made anew"), following(folder):
        pass


def test_a_position_above_the_end_is_refused(folder: Path) -> None:
    with following(folder) as follower:
        catch_up(follower)
    change_log(folder, "UPDATE topics SET next = 2")
    with pytest.raises(LogRefused, match="not the log this database follows"), following(folder):
        pass


@pytest.mark.parametrize(
    ("statement", "reason"),
    [
        ("UPDATE records SET value = x'00' WHERE position = 3", "offset 3 has digest"),
        ("UPDATE records SET value = 'text' WHERE position = 3", "offset 3 is damaged"),
        ("DELETE FROM records WHERE position = 2", "lost the record at offset 2"),
        ("UPDATE records SET headers = x'c0' WHERE position = 4", "offset 4 has format version none"),
        ("UPDATE records SET headers = x'ff' WHERE position = 4", "offset 4 is damaged"),
        (
            "UPDATE records SET position = CASE position WHEN 2 THEN -3 ELSE -2 END WHERE position IN (2, 3)",
            "offset 2 ",
        ),
    ],
)
def test_a_fault_planted_in_the_log_stops_the_replica_before_it(folder: Path, statement: str, reason: str) -> None:
    change_log(folder, statement)
    change_log(folder, "UPDATE records SET position = -position WHERE position < 0")
    stopping = threading.Event()
    with following(folder) as follower:
        follower.run(stopping)
        assert isinstance(follower.failure, LogRefused)
        assert reason in str(follower.failure)
        assert "\n" not in str(follower.failure)
        assert follower.facts().failure == str(follower.failure)


def test_an_earlier_offset_is_read_again_without_effect(folder: Path) -> None:
    with following(folder) as follower:
        catch_up(follower)
        position = follower.position
    for start in (-1, 0, 1, position.offset + 1):
        with following(folder, start=start) as follower:
            catch_up(follower)
            assert follower.position == position
    expected = f"offset {position.offset + 1} is needed next"
    with pytest.raises(LogRefused, match=expected), following(folder, start=position.offset + 2):
        pass
    assert content(folder, "replica") == content(folder, "master")


def test_a_masters_database_with_an_outbox_is_refused(folder: Path) -> None:
    with closing(Store(folder / "master")) as store:
        open_ledger(store).commit({b"k": b"3"}, 4, 4)
    with pytest.raises(StoreError, match="unpublished"), following(folder, "master"):
        pass


def test_a_database_that_no_log_has_filled_is_refused(folder: Path) -> None:
    with closing(Store(folder / "replica")) as store:
        store.apply(World().genesis.writes.items(), Position())
    with pytest.raises(StoreError, match="did not come from a log"), following(folder):
        pass


def test_a_stopped_master_can_follow_its_own_log(folder: Path) -> None:
    with following(folder, "master") as follower:
        assert follower.caught_up()


def test_following_ends_when_told(folder: Path) -> None:
    stopping = threading.Event()
    with following(folder) as follower:
        thread = threading.Thread(target=follower.run, args=(stopping,))
        thread.start()
        stopping.set()
        thread.join(10)
        assert not thread.is_alive()
        assert follower.failure is None


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(fuses, max_size=6))
def test_a_replica_that_dies_at_any_write_ends_equal_to_its_master(
    tmp_path_factory: pytest.TempPathFactory, crashes: list[Fuse]
) -> None:
    folder = tmp_path_factory.mktemp("crashes")
    write_log(folder / "log.sqlite", folder / "master", STEPS)
    for fuse in crashes:
        with (
            closing(SqliteLog(folder / "log.sqlite", create=False)) as log,
            closing(CrashingStore(folder / "replica", fuse)) as store,
        ):
            try:
                catch_up(Follower(store, log, TOPIC))
            except Crash:
                assert read_position(store).offset < log.bounds(TOPIC).end
    with following(folder) as follower:
        catch_up(follower)
    assert content(folder, "replica") == content(folder, "master")
