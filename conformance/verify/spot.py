"""A place in an answer, from which values are read strictly: what is not of its form is named with its place."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from conformance.answers import Json
from conformance.compare import ABSENT, Path, Value
from conformance.verify.ask import Answer

ITEMS_MAX = 100_000
"""Items of a list that are looked at; one that is longer counts as malformed."""
_QUANTITY = re.compile(r"0x(0|[1-9a-f][0-9a-f]*)")
_DATA = re.compile(r"0x([0-9a-f]{2})*")
_ADDRESS = re.compile(r"0x[0-9a-fA-F]{40}")


class Unchecked(Exception):
    """A claim can't be checked; the text says why."""


@dataclass(frozen=True, slots=True)
class Spot:
    """A value in an answer, and where it is."""

    answer: Answer
    path: Path
    value: Value

    def key(self, name: str) -> "Spot":
        """Return the value of a key, which may be absent. Raises Malformed where this is no object."""
        if not isinstance(self.value, dict):
            raise Malformed(self, "an object")
        return Spot(self.answer, (*self.path, name), self.value.get(name, ABSENT))

    def given(self, name: str) -> "Spot | None":
        """Return the value of a key, or None where it is absent or null."""
        found = self.key(name)
        return None if found.value is ABSENT or found.value is None else found

    def items(self, items_max: int = ITEMS_MAX) -> "list[Spot]":
        """Return the items of a list. Raises Malformed where this is none, or a longer one."""
        if not isinstance(self.value, list):
            raise Malformed(self, "an array")
        if len(self.value) > items_max:
            raise Malformed(self, f"an array of at most {items_max} items")
        return [Spot(self.answer, (*self.path, place), item) for place, item in enumerate(self.value)]

    def quantity(self, bytes_max: int = 32) -> int:
        """Return a number. Raises Malformed where this is none in the shortest hex, or it is too large."""
        if not isinstance(self.value, str) or _QUANTITY.fullmatch(self.value) is None:
            raise Malformed(self, "a quantity in hex without leading zeros")
        if len(self.value) > 2 + 2 * bytes_max:
            raise Malformed(self, f"a quantity of at most {bytes_max} bytes")
        return int(self.value, 16)

    def data(self, size: int | None = None) -> bytes:
        """Return bytes. Raises Malformed where this is no lower-case hex, or of another size."""
        if not isinstance(self.value, str) or _DATA.fullmatch(self.value) is None:
            raise Malformed(self, "data in lower-case hex")
        found = bytes.fromhex(self.value[2:])
        if size is not None and len(found) != size:
            raise Malformed(self, f"{size} bytes of data")
        return found

    def address(self) -> bytes:
        """Return an address, in whatever case its letters are. Raises Malformed."""
        if not isinstance(self.value, str) or _ADDRESS.fullmatch(self.value) is None:
            raise Malformed(self, "an address of 20 bytes in hex")
        return bytes.fromhex(self.value[2:])


@dataclass(frozen=True, slots=True)
class Wrong:
    """A place where an answer says what can't be."""

    spot: Spot
    expected: str
    """What it would have to say, as JSON text or in words."""


class Malformed(Exception):
    """A value is not of the form it must have."""

    def __init__(self, spot: Spot, expected: str) -> None:
        super().__init__(expected)
        self.wrong = Wrong(spot, expected)


def result_of(answer: Answer) -> Spot:
    """Return an answer's result.

    Raises:
        Malformed: what came is no answer at all.
        Unchecked: nothing came, or an error.
    """
    if answer.is_broken:
        raise Malformed(Spot(answer, (), ABSENT), f"a JSON-RPC answer; {answer.problem}")
    if answer.problem:
        raise Unchecked(f"{answer.method}: {answer.problem}")
    return Spot(answer, ("result",), answer.result)


def disagreements(spot: Spot, expected: Json, optional: frozenset[str] = frozenset()) -> Iterator[Wrong]:
    """Yield where an answer is not what is expected of it; keys that nothing is known about are passed over.

    Args:
        spot: what is looked at.
        expected: the value it must have; of objects, the keys that are known.
        optional: keys that not every client writes; where they are, they must be right.
    """
    if isinstance(expected, dict):
        for name, value in expected.items():
            inner = spot.key(name)
            if inner.value is not ABSENT or name not in optional:
                yield from disagreements(inner, value, optional)
    elif isinstance(expected, list):
        found = spot.items()
        if len(found) != len(expected):
            yield Wrong(spot, f"an array of {len(expected)} items")
        for inner, value in zip(found, expected, strict=False):
            yield from disagreements(inner, value, optional)
    elif not _is_same(expected, spot.value):
        yield Wrong(spot, _text(expected))


def hex_quantity(value: int) -> str:
    """Write a number as JSON-RPC does."""
    return hex(value)


def hex_data(value: bytes) -> str:
    """Write bytes as JSON-RPC does."""
    return "0x" + value.hex()


def _is_same(expected: Json, found: Value) -> bool:
    if type(expected) is not type(found):
        return False
    if isinstance(expected, str) and isinstance(found, str) and _ADDRESS.fullmatch(found):
        return expected == found.lower()
    return expected == found


def _text(value: Json) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "null" if value is None else f'"{value}"' if isinstance(value, str) else str(value)
