"""Machine code kept on disk between processes, safe while several of them compile, and while sources change.

numba's own cache numbers the files of a function anew whenever its source has changed. A process that still runs the
old source then writes old code under a number that a new process is about to read: wrong results, without a word. Here
a file's name says all that the code depends on, so that nobody reads what was not meant.
"""

import os
import pickle
import time
from collections.abc import Callable
from contextlib import suppress
from hashlib import blake2b
from importlib import import_module
from pathlib import Path
from typing import Any
from uuid import uuid4

OLD_SECONDS = 24 * 3600
"""Code of other sources is removed when it is older."""


class KeptCode:
    """The kept code of one function; stands in for `numba.core.caching.IndexDataCacheFile`."""

    def __init__(self, folder: Path, base: str, stamp: str) -> None:
        """Keep it in a folder, under the function's name and what changes with the sources."""
        self._folder, self._base, self._stamp = folder, base, stamp

    def path(self, key: object) -> Path:
        """Return where the code for a key (types of the arguments, processor, byte code) is."""
        digest = blake2b(repr(key).encode(), digest_size=8).hexdigest()
        return self._folder / f"{self._base}.{self._stamp}.{digest}.nbc"

    def load(self, key: object) -> Any:
        """Return what was kept; None for nothing."""
        try:
            kept = self.path(key).read_bytes()
        except OSError:
            return None
        return pickle.loads(kept)  # noqa: S301 - from beside the byte code that Python runs just so

    def save(self, key: object, data: object) -> None:
        """Keep code; others see all of it or nothing."""
        dumps: Callable[[object], bytes] = import_module("numba.core.serialize").dumps

        path = self.path(key)
        begun = path.with_name(f"{path.name}.{uuid4().hex}")
        try:
            begun.write_bytes(dumps(data))
            os.replace(begun, path)
        finally:
            begun.unlink(missing_ok=True)
        self._remove_old()

    def flush(self) -> None:
        """Forget what is kept of these sources."""
        for path in self._folder.glob(f"{self._base}.{self._stamp}.*"):
            path.unlink(missing_ok=True)

    def _remove_old(self) -> None:
        for path in self._folder.glob(f"{self._base}.*.nb[ci]"):
            with suppress(OSError):
                if self._stamp not in path.name and path.stat().st_mtime < time.time() - OLD_SECONDS:
                    path.unlink()
