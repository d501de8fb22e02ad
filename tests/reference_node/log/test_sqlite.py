"""The embedded log keeps the contract, and says in one line what is wrong with a file."""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, closing
from pathlib import Path

import pytest

from reference_node.errors import LogRefused, LogUnavailable
from reference_node.log.interface import Log, Record
from reference_node.log.sqlite import READ_BYTES_MAX, SqliteLog
from tests.reference_node.log.contract import LogContract


class TestSqliteLog(LogContract):
    """The contract, on a file."""

    path: Path

    @pytest.fixture
    def log(self, tmp_path: Path) -> Iterator[Log]:
        """Yield a new file's handle."""
        self.path = tmp_path / "log.sqlite"
        with closing(SqliteLog(self.path, create=True)) as log:
            yield log

    def reopen(self) -> AbstractContextManager[Log]:
        """Return another handle on the same file."""
        return closing(SqliteLog(self.path, create=False))


def test_a_missing_file_is_unavailable_and_is_not_made(tmp_path: Path) -> None:
    with pytest.raises(LogUnavailable, match=r"log\.sqlite can't be opened, expected a log that a master has made"):
        SqliteLog(tmp_path / "log.sqlite", create=False)
    assert list(tmp_path.iterdir()) == []


def test_a_missing_folder_is_unavailable(tmp_path: Path) -> None:
    with pytest.raises(LogUnavailable, match="expected a folder that can be written to"):
        SqliteLog(tmp_path / "nowhere" / "log.sqlite", create=True)


def test_a_text_file_is_not_a_log(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("milk, eggs, and a long line of other things to buy " * 30)
    for create in (True, False):
        with pytest.raises(LogUnavailable, match=r"notes\.txt can't be used as a log: file is not a database"):
            SqliteLog(path, create)


def test_another_database_is_not_a_log_and_stays_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "other.sqlite"
    with closing(sqlite3.connect(path)) as other:
        other.execute("CREATE TABLE cows (name TEXT)")
    before = path.read_bytes()
    for create in (True, False):
        with pytest.raises(LogUnavailable, match=r"other\.sqlite is not an ethercattle log"):
            SqliteLog(path, create)
    assert path.read_bytes() == before


def test_a_file_that_is_deleted_or_replaced_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "log.sqlite"
    with closing(SqliteLog(path, create=True)) as log:
        log.append("t", [Record(b"a")])
        path.rename(tmp_path / "moved.sqlite")
        with pytest.raises(LogUnavailable, match="is gone"):
            log.read("t", 1, 1, 5)
        with closing(SqliteLog(path, create=True)) as anew:
            anew.append("t", [Record(b"b")])
        with pytest.raises(LogRefused, match="replaced"):
            log.append("t", [Record(b"c")])


def test_a_topic_made_anew_has_another_identity(tmp_path: Path) -> None:
    found = set()
    for name in ("one.sqlite", "two.sqlite"):
        with closing(SqliteLog(tmp_path / name, create=True)) as log:
            log.append("t", [Record(b"a")])
            found.add(log.identity("t"))
    assert len(found) == 2


@pytest.mark.parametrize("lost", [1, 2])
def test_a_record_that_is_gone_is_refused(tmp_path: Path, lost: int) -> None:
    path = tmp_path / "log.sqlite"
    with closing(SqliteLog(path, create=True)) as log:
        log.append("t", [Record(b"a"), Record(b"b"), Record(b"c")])
        with closing(sqlite3.connect(path)) as surgeon, surgeon:
            surgeon.execute("DELETE FROM records WHERE position = ?", (lost,))
        with pytest.raises(LogRefused, match=f"lost the record at offset {lost}"):
            log.read("t", lost, 10, 0)


def test_damaged_headers_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "log.sqlite"
    with closing(SqliteLog(path, create=True)) as log:
        log.append("t", [Record(b"a", (("kind", b"batch"),))])
        for headers in (b"\xff\xff", b"", b"\xc3\x82\xff\xff", b"\xc1\xc1\x80"):
            with closing(sqlite3.connect(path)) as surgeon, surgeon:
                surgeon.execute("UPDATE records SET headers = ?", (headers,))
            with pytest.raises(LogRefused, match="offset 0 is damaged"):
                log.read("t", 0, 10, 0)


def test_a_failed_append_leaves_nothing(tmp_path: Path) -> None:
    path = tmp_path / "log.sqlite"
    with closing(SqliteLog(path, create=True)) as log:
        log.append("t", [Record(b"a")])
        with closing(sqlite3.connect(path)) as surgeon, surgeon:
            surgeon.execute(
                "CREATE TRIGGER disk_full BEFORE INSERT ON records WHEN NEW.value = x'02'"
                " BEGIN SELECT RAISE(ABORT, 'disk full'); END"
            )
        with pytest.raises(LogUnavailable, match="disk full"):
            log.append("t", [Record(b"\x01"), Record(b"\x02")])
        assert log.bounds("t").end == 1
        assert log.append("t", [Record(b"b")]) == 2


def test_many_openers_at_once_make_one_log(tmp_path: Path) -> None:
    path, failures = tmp_path / "log.sqlite", []
    start = threading.Barrier(8)

    def open_and_write() -> None:
        start.wait()
        try:
            with closing(SqliteLog(path, create=True)) as log:
                log.append("t", [Record(b"a")])
        except LogUnavailable as error:
            failures.append(error)

    threads = [threading.Thread(target=open_and_write) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    with closing(SqliteLog(path, create=False)) as log:
        assert log.bounds("t").end == 8


def test_large_records_come_a_few_at_a_time(tmp_path: Path) -> None:
    with closing(SqliteLog(tmp_path / "log.sqlite", create=True)) as log:
        log.append("t", [Record(bytes(READ_BYTES_MAX // 2 + 1))] * 5)
        assert [stored.offset for stored in log.read("t", 0, 100, 0).records] == [0, 1]
        assert [stored.offset for stored in log.read("t", 4, 100, 0).records] == [4]
