"""LevelDB databases at geth's own place in a data directory, and who may write to them."""

from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import Any

import plyvel

from reference_node.errors import StoreError
from reference_node.store.position import Position, position_writes
from reference_node.store.view import KeyValueReader

BLOCK_CACHE_BYTES = 32 * 2**20
WRITE_BUFFER_BYTES = 16 * 2**20
BLOOM_FILTER_BITS = 10


def database_path(datadir: Path) -> Path:
    """Return where geth keeps its chain database in a data directory."""
    return datadir / "geth" / "chaindata"


class Store:
    """A LevelDB that is written in whole steps only: some writes and the position they lead to, in one batch."""

    def __init__(self, datadir: Path) -> None:
        """Open or make the database. Raises StoreError where it is in use, damaged or can't be made."""
        self.path = database_path(datadir)
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            if any(self.path.glob("OPTIONS-*")):
                raise StoreError(
                    f"the database in {self.path} is of the engine Pebble, expected LevelDB "
                    "(geth makes it with --db.engine leveldb)"
                )
            self._db: Any = plyvel.DB(
                str(self.path),
                create_if_missing=True,
                lru_cache_size=BLOCK_CACHE_BYTES,
                write_buffer_size=WRITE_BUFFER_BYTES,
                bloom_filter_bits=BLOOM_FILTER_BITS,
            )
        except plyvel.CorruptionError as error:
            raise StoreError(f"the database in {self.path} is damaged: {error}") from error
        except (plyvel.Error, OSError) as error:
            text = str(error)
            reason = "is in use by another process" if "lock" in text.lower() else f"can't be opened: {text}"
            raise StoreError(f"the database in {self.path} {reason}") from error

    def get(self, key: bytes, /) -> bytes | None:
        """Return the value of a key, or None."""
        value: bytes | None = self._db.get(key)
        return value

    def iterator(self, *, prefix: bytes | None = None) -> Iterator[tuple[bytes, bytes]]:
        """Return (key, value) pairs in key order."""
        pairs: Iterator[tuple[bytes, bytes]] = self._db.iterator(prefix=prefix)
        return pairs

    def snapshot(self) -> KeyValueReader:
        """Return the database as it is now, whatever is written later."""
        frozen: KeyValueReader = self._db.snapshot()
        return frozen

    def put(self, key: bytes, _value: bytes) -> None:
        """Refuse: a database is written by whole steps alone."""
        raise StoreError(f"key {key[:40]!r} can't be put: this database is written by its log alone")

    def delete(self, key: bytes) -> None:
        """Refuse: a database is written by whole steps alone."""
        raise StoreError(f"key {key[:40]!r} can't be deleted: this database is written by its log alone")

    def apply(
        self,
        writes: Iterable[tuple[bytes, bytes | None]],
        position: Position,
        private_writes: Iterable[tuple[bytes, bytes | None]] = (),
        durable: bool = False,
    ) -> None:
        """Write a step, its position and the role's own book-keeping in one atomic batch.

        Args:
            writes: puts, and deletes (value None).
            position: where the database stands once they are in it.
            private_writes: book-keeping under the private prefix.
            durable: wait until the disk has it, so that it also survives a power failure.

        Raises:
            StoreError: the disk is full or broken; nothing of the step can be read.
        """
        try:
            with self._db.write_batch(transaction=True, sync=durable) as batch:
                put, delete = batch.put, batch.delete
                for key, value in chain(writes, position_writes(position), private_writes):
                    if value is None:
                        delete(key)
                    else:
                        put(key, value)
        except plyvel.Error as error:
            raise StoreError(f"the database in {self.path} can't be written: {error}") from error

    def close(self) -> None:
        """Close the database."""
        self._db.close()
