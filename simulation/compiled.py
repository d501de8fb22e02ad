"""Where numba is, functions marked `compiled` are machine code; where it is missing, one line says so."""

from collections.abc import Callable
from contextlib import suppress
from hashlib import blake2b
from pathlib import Path
from typing import Any, TypeVar

from simulation.errors import NotApplicable
from simulation.kept_code import KeptCode

njit: Any = None
compiler_version = ""
with suppress(ImportError):  # without the extra `simulation` all else goes on
    from numba import __version__ as compiler_version
    from numba import njit

Function = TypeVar("Function", bound=Callable[..., object])
SOURCES = (
    "compiled",
    "compiled_draws",
    "conditions",
    "crews",
    "event_heap",
    "fast",
    "kernel",
    "lowering",
    "memory",
    "rare_cycles",
    "waits",
)
"""Modules whose code or constants get into compiled functions."""


def compiled(function: Function) -> Function:
    """Compile a function at its first call, and keep the code on disk for the processes that come after.

    Such functions take arrays, and make none: they work without counting who refers to them (`_nrt`).
    """
    if njit is None:
        return function
    try:
        dispatcher = njit(cache=True, nogil=True, _nrt=False)(function)
        cache = dispatcher._cache  # noqa: SLF001
        cache._cache_file = KeptCode(Path(cache.cache_path), cache._impl.filename_base, _STAMP)  # noqa: SLF001
    except RuntimeError:  # there is nowhere to write: every process compiles for itself
        dispatcher = njit(nogil=True, _nrt=False)(function)
    wrapped: Function = dispatcher
    return wrapped


def expect_numba(engine: str) -> None:
    """Raise NotApplicable where there is no compiler for an engine."""
    if njit is None:
        raise NotApplicable(f"{engine}: numba is not installed; expected: pip install 'ethercattle[simulation]'")


def _stamp() -> str:
    """Return what changes with any of the sources, and with the compiler.

    numba looks at a function's own file alone; but code from the other files is in it, too.
    """
    digest = blake2b(compiler_version.encode(), digest_size=8)
    for name in SOURCES:
        path = Path(__file__).with_name(f"{name}.py")
        digest.update(path.read_bytes() if path.exists() else b"")
    return digest.hexdigest()


_STAMP = _stamp()
