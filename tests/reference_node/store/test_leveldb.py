"""A database is written in whole steps alone, and says in one line why it can't be opened."""

import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from reference_node.errors import StoreError
from reference_node.log.codec_writebatch import Chain
from reference_node.store.leveldb import Store, database_path
from reference_node.store.position import Position, read_position


def test_a_step_and_its_position_are_there_after_opening_again(tmp_path: Path) -> None:
    position = Position(Chain(1, b"\x01" * 32), 5, 1)
    with closing(Store(tmp_path)) as store:
        store.apply([(b"a", b"1"), (b"b", b"2"), (b"b", None)], position, [(b"ethercattle-x", b"3")], durable=True)
    with closing(Store(tmp_path)) as store:
        assert [store.get(key) for key in (b"a", b"b", b"ethercattle-x")] == [b"1", None, b"3"]
        assert read_position(store) == position
    assert database_path(tmp_path) == tmp_path / "geth" / "chaindata"


def test_an_error_in_the_middle_of_a_step_leaves_nothing_of_it(tmp_path: Path) -> None:
    with closing(Store(tmp_path)) as store:
        with pytest.raises(TypeError):
            store.apply([(b"a", b"1"), (b"b", 2)], Position(Chain(1, b"\x01" * 32)))  # type: ignore[list-item]
        assert list(store.iterator()) == []


@pytest.mark.parametrize("write", [lambda store: store.put(b"k", b"v"), lambda store: store.delete(b"k")])
def test_any_other_write_raises(tmp_path: Path, write: Callable[[Store], None]) -> None:
    with closing(Store(tmp_path)) as store:
        with pytest.raises(StoreError, match=r"b'k' can't be .* written by its log alone"):
            write(store)
        assert list(store.iterator()) == []


def test_a_snapshot_does_not_see_later_steps_and_can_not_write(tmp_path: Path) -> None:
    with closing(Store(tmp_path)) as store:
        store.apply([(b"a", b"1")], Position())
        frozen = store.snapshot()
        store.apply([(b"a", b"2"), (b"b", b"2")], Position())
        assert frozen.get(b"a") == b"1"
        assert dict(frozen.iterator(prefix=b"b")) == {}
        assert not any(hasattr(frozen, name) for name in ("put", "delete", "write_batch"))


def test_a_database_in_use_by_another_process_is_named(tmp_path: Path) -> None:
    holder = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import sys; from pathlib import Path; from reference_node.store.leveldb import Store;"
            "store = Store(Path(sys.argv[1])); print('open', flush=True); sys.stdin.read()",
            str(tmp_path),
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    with holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"open\n"
        with pytest.raises(StoreError, match=r"geth/chaindata is in use by another process"):
            Store(tmp_path)
        holder.communicate()
    Store(tmp_path).close()


def test_a_database_open_in_this_process_is_in_use(tmp_path: Path) -> None:
    with closing(Store(tmp_path)), pytest.raises(StoreError, match="in use"):
        Store(tmp_path)


def test_a_damaged_database_is_named(tmp_path: Path) -> None:
    with closing(Store(tmp_path)) as store:
        store.apply([(b"a", b"1")], Position())
    (database_path(tmp_path) / "CURRENT").write_bytes(b"cows\n")
    with pytest.raises(StoreError, match=r"the database in .*geth/chaindata is damaged"):
        Store(tmp_path)


def test_a_file_in_the_place_of_the_folder_is_named(tmp_path: Path) -> None:
    (tmp_path / "datadir").write_text("milk")
    with pytest.raises(StoreError, match=r"datadir/geth/chaindata can't be opened"):
        Store(tmp_path / "datadir")


def test_a_database_of_another_engine_is_named(tmp_path: Path) -> None:
    folder = database_path(tmp_path)
    folder.mkdir(parents=True)
    (folder / "OPTIONS-000003").write_text("[Version]\n  pebble_version=0.1\n")
    with pytest.raises(StoreError, match=r"is of the engine Pebble, expected LevelDB"):
        Store(tmp_path)
