"""What a request reads: a frozen store and the head it belongs to."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from reference_node.chain.types import Header


class KeyValueReader(Protocol):
    """The reading half of plyvel's DB and Snapshot, and of the in-memory store of the tests."""

    def get(self, key: bytes, /) -> bytes | None:
        """Return the value of a key, or None."""

    def iterator(self, *, prefix: bytes | None = None) -> Iterator[tuple[bytes, bytes]]:
        """Return (key, value) pairs in key order."""


@dataclass(frozen=True, slots=True)
class View:
    """A whole chain, never half switched: each request is pinned to one."""

    store: KeyValueReader
    """A LevelDB snapshot taken when `head` was complete."""
    head: Header
    """The latest block's header."""
    safe_hash: bytes | None
    """Hash of the safe block as the log carried it, or None if it never did."""
    finalized_hash: bytes | None
    """Hash of the finalized block (`LastFinalized`), or None."""
    position: int
    """Offset of the last log record applied in this view; -1 before the first."""
