"""Where numba is, functions marked `compiled` are machine code; where it is missing, one line says so."""

from collections.abc import Callable
from contextlib import suppress
from hashlib import blake2b
from pathlib import Path
from typing import Any, TypeVar

from simulation.errors import NotApplicable

njit: Any = None
with suppress(ImportError):  # without the extra `simulation` all else goes on
    from numba import njit

Function = TypeVar("Function", bound=Callable[..., object])
SOURCES = ("compiled", "compiled_draws", "event_heap", "fast", "kernel", "lowering", "memory", "rare_cycles")
"""Modules whose code or constants get into compiled functions."""


def compiled(function: Function) -> Function:
    """Compile a function at its first call, and keep the code on disk for the processes that come after.

    Such functions take arrays, and make none: they work without counting who refers to them (`_nrt`).
    """
    if njit is None:
        return function
    try:
        dispatcher = njit(cache=True, nogil=True, _nrt=False)(function)
        # numba looks at the function's own file alone; code from the other files is in it, too.
        dispatcher._cache._cache_file._source_stamp = _STAMP  # noqa: SLF001
    except RuntimeError:  # there is nowhere to write: every process compiles for itself
        dispatcher = njit(nogil=True, _nrt=False)(function)
    wrapped: Function = dispatcher
    return wrapped


def expect_numba(engine: str) -> None:
    """Raise NotApplicable where there is no compiler for an engine."""
    if njit is None:
        raise NotApplicable(f"{engine}: numba is not installed; expected: pip install 'ethercattle[simulation]'")


def _stamp() -> str:
    """Return what changes with any of the sources."""
    digest = blake2b(digest_size=16)
    for name in SOURCES:
        path = Path(__file__).with_name(f"{name}.py")
        digest.update(path.read_bytes() if path.exists() else b"")
    return digest.hexdigest()


_STAMP = _stamp()
