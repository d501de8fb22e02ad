"""A cache with a limit in bytes: the entries not used for longest make room."""

import threading
from collections import OrderedDict
from collections.abc import Hashable
from typing import Any


class SizedCache:
    """Keeps values by key up to a total size; any thread may use it."""

    def __init__(self, limit_bytes: int) -> None:
        self.limit_bytes = limit_bytes
        self.size_bytes = 0
        self._entries: OrderedDict[Hashable, tuple[Any, int]] = OrderedDict()
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._entries)

    def get(self, key: Hashable) -> Any:
        """Return the value of a key, or None."""
        with self._lock:
            entry = self._entries.get(key)
            if entry is None:
                return None
            self._entries.move_to_end(key)
            return entry[0]

    def put(self, key: Hashable, value: Any, size_bytes: int) -> None:
        """Keep a value; one that alone is over the limit is not kept."""
        if size_bytes > self.limit_bytes:
            return
        with self._lock:
            replaced = self._entries.pop(key, None)
            self.size_bytes += size_bytes - (replaced[1] if replaced else 0)
            self._entries[key] = (value, size_bytes)
            while self.size_bytes > self.limit_bytes:
                _, (_, freed_bytes) = self._entries.popitem(last=False)
                self.size_bytes -= freed_bytes
