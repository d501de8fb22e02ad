"""What is counted over a whole run: by the threads of one process, or by several processes together."""

import fcntl
import mmap
import os
import threading
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any

_NUMBERS = 3
_BYTES = 8 * _NUMBERS


@dataclass(frozen=True, slots=True)
class Count:
    """A number that several count at the same time."""

    lock: AbstractContextManager[Any] = field(default_factory=threading.Lock)
    numbers: "list[int] | memoryview[int]" = field(default_factory=lambda: [0])
    """It is one of these."""
    place: int = 0

    @property
    def value(self) -> int:
        """How far it is."""
        return self.numbers[self.place]

    def up(self) -> int:
        """Count one more, and return how far it is."""
        with self.lock:
            self.numbers[self.place] += 1
            return self.numbers[self.place]

    def reset(self) -> None:
        """Begin at zero again; most often it stands there, and that takes no lock."""
        if self.numbers[self.place]:
            with self.lock:
                self.numbers[self.place] = 0


@dataclass(frozen=True, slots=True)
class Counts:
    """Those of one run."""

    reference_silence: Count = field(default_factory=Count)
    """Questions in a row to which the reference gave no reply."""
    candidate_silence: Count = field(default_factory=Count)
    """Likewise the candidate."""
    explained: Count = field(default_factory=Count)
    """Wrong answers of which it was asked whose they are."""


def shared_counts(descriptor: int) -> Counts:
    """Return counts that are common to all processes which open them by the same file.

    Args:
        descriptor: of an open file, to which nobody else writes; it must stay open.
    """
    if os.fstat(descriptor).st_size < _BYTES:
        os.ftruncate(descriptor, _BYTES)
    numbers = memoryview(mmap.mmap(descriptor, _BYTES)).cast("q")
    lock = _FileLock(descriptor)
    return Counts(*(Count(lock, numbers, place) for place in range(_NUMBERS)))


class _FileLock:
    """Keeps out other threads, and other processes that have the file open."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._threads = threading.Lock()

    def __enter__(self) -> None:
        self._threads.acquire()
        fcntl.lockf(self._descriptor, fcntl.LOCK_EX)

    def __exit__(self, *_reason: object) -> None:
        fcntl.lockf(self._descriptor, fcntl.LOCK_UN)
        self._threads.release()
