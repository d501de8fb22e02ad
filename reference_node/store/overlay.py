"""A store with some writes laid over it that are not in it yet."""

from collections.abc import Iterator, Mapping

from reference_node.store.view import KeyValueReader


class Overlay:
    """Reads the writes first, then the store below."""

    def __init__(self, below: KeyValueReader, writes: Mapping[bytes, bytes | None]) -> None:
        self._below = below
        self._writes = writes

    def get(self, key: bytes, /) -> bytes | None:
        """Return the value of a key, or None."""
        return self._writes[key] if key in self._writes else self._below.get(key)

    def iterator(self, *, prefix: bytes | None = None) -> Iterator[tuple[bytes, bytes]]:
        """Return (key, value) pairs in key order."""
        merged: dict[bytes, bytes | None] = dict(self._below.iterator(prefix=prefix))
        merged.update((key, value) for key, value in self._writes.items() if key.startswith(prefix or b""))
        return iter(sorted((key, value) for key, value in merged.items() if value is not None))
