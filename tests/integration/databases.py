"""Reads the databases that stopped nodes leave behind."""

from pathlib import Path

from reference_node.store.leveldb import Store
from reference_node.store.schema import is_private


def content_of(datadir: Path) -> dict[bytes, bytes]:
    """Return all keys and values of a node's database but its private ones."""
    store = Store(datadir)
    try:
        return {key: value for key, value in store.iterator() if not is_private(key)}
    finally:
        store.close()


def assert_same_content(left: Path, right: Path) -> None:
    """Fail unless two databases are equal key by key, naming the first few keys that are not."""
    contents = content_of(left), content_of(right)
    different = [key for key in contents[0].keys() | contents[1].keys() if contents[0].get(key) != contents[1].get(key)]
    assert not different, f"{len(different)} keys differ, the first: {[key.hex() for key in sorted(different)[:5]]}"
    assert contents[0], "both databases are empty"
