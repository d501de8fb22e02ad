"""Reads JSON objects as Go's encoding/json reads them into structs, and refuses wrong ones in its words.

Names are taken in any case. What Go itself finds to be of a wrong type is told of only after the rest was read; what a
type that reads itself finds wrong ends the reading at once.
"""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from typing import Any, TypeVar

from reference_node.rpc.params import GoTypeMismatch, go_kind

T = TypeVar("T")
Decoders = Mapping[str, Callable[[Any], Any]]


def read_object(value: Any, struct: str, go_type: str, decoders: Decoders) -> dict[str, Any]:
    """Read an object's known fields by name; names differ in case alone are the same, as in Go."""
    if not isinstance(value, dict):
        raise native_mismatch(value, go_type)
    names = {name.lower(): name for name in decoders}
    found: dict[str, Any] = {}
    mismatches = Mismatches()
    for key, item in value.items():
        name = names.get(key.lower())
        if name is not None:
            found[name] = None
            with mismatches:
                found[name] = None if item is None else _in_field(struct, name, decoders[name], item)
    mismatches.raise_first()
    return found


class _Mismatch(GoTypeMismatch):
    """A value of a wrong type, be it in a field or in a field of what stands in a field."""

    def __init__(self, what: str, go_type: str, struct: str = "", path: str = "", is_native: bool = False) -> None:
        super().__init__(what, go_type, f"struct field {struct}.{path}" if struct else "value")
        self.path = path
        self.is_native = is_native
        """Found by Go itself and not by a type's own reading: Go reads on and tells of it at the end."""


class Mismatches(AbstractContextManager[None]):
    """Keeps the first native mismatch while the rest is read."""

    def __init__(self) -> None:
        self._first: _Mismatch | None = None

    def __exit__(self, _kind: object, error: BaseException | None, _traceback: object) -> bool:
        if not isinstance(error, _Mismatch) or not error.is_native:
            return False
        self._first = self._first or error
        return True

    def raise_first(self) -> None:
        """Raise the mismatch that was kept."""
        if self._first is not None:
            raise self._first


def native_mismatch(value: Any, go_type: str) -> _Mismatch:
    """Return the error of a value that has not the JSON type of a Go type that does not read itself."""
    return _Mismatch(go_kind(value), go_type, is_native=True)


def _in_field(struct: str, name: str, decode: Callable[[Any], T], value: Any) -> T:
    try:
        return decode(value)
    except GoTypeMismatch as error:
        path, is_native = name, False
        if isinstance(error, _Mismatch):
            path, is_native = f"{name}.{error.path}" if error.path else name, error.is_native
        raise _Mismatch(error.what, error.go_type, struct, path, is_native) from error


def by_itself(decode: Callable[[Any], T]) -> Callable[[Any], T]:
    """Read as a type that reads itself: whatever it finds wrong ends the reading of what it stands in."""

    def read(value: Any) -> T:
        try:
            return decode(value)
        except _Mismatch as error:
            error.is_native = False
            raise

    return read


def list_of(go_type: str, decode: Callable[[Any], T]) -> Callable[[Any], tuple[T, ...]]:
    """Read a list of what `decode` reads."""

    def read(value: Any) -> tuple[T, ...]:
        if not isinstance(value, list):
            raise native_mismatch(value, go_type)
        return tuple(decode(item) for item in value)

    return read
