"""Reads RLP into shapes as geth reads it into its types, so that what can't be read is refused in geth's words.

A shape is a function that reads one value from a `Reader`; `decode` reads a whole input by one. Values come back as
bytes, ints, lists, and tuples of a struct's fields.
Source: geth v1.17.8, rlp/decode.go (errors and their order, limits of lists and of the input).
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

CANON_SIZE = "rlp: non-canonical size information"
VALUE_TOO_LARGE = "rlp: value size exceeds available input length"
EXPECTED_LIST = "rlp: expected List"
_UNEXPECTED_END = "unexpected EOF"
_CANON_INT = "rlp: non-canonical integer format"
_EXPECTED_STRING = "rlp: expected String or Byte"
_UINT_OVERFLOW = "rlp: uint overflow"
_NOT_AT_END = "rlp: call of ListEnd not positioned at EOL"
_ELEMENT_TOO_LARGE = "rlp: element is larger than containing list"
_UINT256_TOO_LARGE = "rlp: value too large for uint256"
_MORE_THAN_ONE_VALUE = "rlp: input contains more than one value"
_TYPED = {
    _CANON_INT: "non-canonical integer (leading zero bytes)",
    CANON_SIZE: "non-canonical size information",
    EXPECTED_LIST: "expected input list",
    _EXPECTED_STRING: "expected input string or byte",
    _UINT_OVERFLOW: "input string too long",
    _NOT_AT_END: "input list has too many elements",
}
"""What some faults are called where the type that was to be read is known."""
BYTE, STRING, LIST = "Byte", "String", "List"
_SINGLE_BYTES = 0x80
_SHORT_BYTES_MAX = 55
_UINT256_BYTES = 32


class RlpFault(ValueError):
    """The input can't be read; the text is geth's."""


class TypedFault(RlpFault):
    """A fault of a value of a known type, with the path to it."""

    def __init__(self, text: str, type_name: str) -> None:
        super().__init__(text)
        self.text = text
        self.type_name = type_name
        self.path: list[str] = []
        """Innermost first."""

    def __str__(self) -> str:
        place = f", decoding into {''.join(reversed(self.path))}" if self.path else ""
        return f"rlp: {self.text} for {self.type_name}{place}"


class EndOfList(Exception):
    """There is no further value in the list."""


@dataclass(slots=True)
class Reader:
    """An input and how far it is read."""

    data: bytes
    at: int = 0
    ends: list[int] = field(default_factory=list)
    """Where the lists around the next value end, innermost last."""
    _ahead: tuple[str, int] | None = None

    def kind(self) -> tuple[str, int]:
        """Return kind and size of the next value, and stand at its content. Raises EndOfList, RlpFault."""
        if self._ahead is None:
            if self.ends and self.at == self.ends[-1]:
                raise EndOfList
            kind, size = self._header()
            if self.ends and size > self.ends[-1] - self.at:
                raise RlpFault(_ELEMENT_TOO_LARGE)
            if size > len(self.data) - self.at:
                raise RlpFault(VALUE_TOO_LARGE)
            self._ahead = kind, size
        return self._ahead

    def content(self) -> bytes:
        """Read a string's bytes. Raises EndOfList, RlpFault."""
        kind, size = self.kind()
        if kind == LIST:
            raise RlpFault(_EXPECTED_STRING)
        if kind == BYTE:
            self._ahead = None
            return self.data[self.at - 1 : self.at]
        found = self.take(size)
        if size == 1 and found[0] < _SINGLE_BYTES:
            raise RlpFault(CANON_SIZE)
        return found

    def take(self, size: int) -> bytes:
        """Read raw bytes. Raises RlpFault where a list or the input ends before."""
        self._ahead = None
        if self.ends and size > self.ends[-1] - self.at:
            raise RlpFault(_ELEMENT_TOO_LARGE)
        if size > len(self.data) - self.at:
            raise RlpFault(VALUE_TOO_LARGE)
        self.at += size
        return self.data[self.at - size : self.at]

    def enter(self) -> None:
        """Go into a list. Raises EndOfList, RlpFault."""
        kind, size = self.kind()
        if kind != LIST:
            raise RlpFault(EXPECTED_LIST)
        self._ahead = None
        self.ends.append(self.at + size)

    def leave(self) -> None:
        """Come out of a list. Raises RlpFault where something is left in it."""
        if self.at != self.ends[-1]:
            raise RlpFault(_NOT_AT_END)
        self.ends.pop()

    def _header(self) -> tuple[str, int]:
        first = self.take(1)[0]
        if first < 0x80:
            return BYTE, 0
        if first < 0xB8:
            return STRING, first - 0x80
        if first < 0xC0:
            return STRING, self._long_size(first - 0xB7)
        if first < 0xF8:
            return LIST, first - 0xC0
        return LIST, self._long_size(first - 0xF7)

    def _long_size(self, length: int) -> int:
        digits = self.take(length)
        size = int.from_bytes(digits, "big")
        if digits[0] == 0 or size <= _SHORT_BYTES_MAX:
            raise RlpFault(CANON_SIZE)
        return size


Shape = Callable[[Reader], Any]


def decode(data: bytes, name: str, fields: Sequence[tuple[str, Shape]]) -> tuple[Any, ...]:
    """Return the fields of a struct that the whole input has to be. Raises RlpFault with geth's text."""
    reader = Reader(data)
    try:
        found: tuple[Any, ...] = struct(name, fields)(reader)
    except TypedFault as fault:
        if fault.path:
            fault.path.append(f"({name})")
        raise
    if reader.at < len(data):
        raise RlpFault(_MORE_THAN_ONE_VALUE)
    return found


def split(encoded: bytes) -> tuple[str, bytes, bytes]:
    """Return kind and content of the first value, and what follows it. Raises RlpFault with geth's text."""
    if not encoded:
        raise RlpFault(_UNEXPECTED_END)
    first = encoded[0]
    if first < 0x80:
        return BYTE, encoded[:1], encoded[1:]
    kind, base = (STRING, 0x80) if first < 0xC0 else (LIST, 0xC0)
    tag_length, size = 1, first - base
    if kind == STRING and size == 1 and len(encoded) > 1 and encoded[1] < _SINGLE_BYTES:
        raise RlpFault(CANON_SIZE)
    if size > _SHORT_BYTES_MAX:
        digits = encoded[1 : 1 + size - _SHORT_BYTES_MAX]
        if len(digits) < size - _SHORT_BYTES_MAX:
            raise RlpFault(_UNEXPECTED_END)
        tag_length, size = 1 + len(digits), int.from_bytes(digits, "big")
        if digits[0] == 0 or size <= _SHORT_BYTES_MAX:
            raise RlpFault(CANON_SIZE)
    if size > len(encoded) - tag_length:
        raise RlpFault(VALUE_TOO_LARGE)
    return kind, encoded[tag_length : tag_length + size], encoded[tag_length + size :]


def struct(name: str, fields: Sequence[tuple[str, Shape]]) -> Shape:
    """Return the shape of a list with these fields."""

    def read(reader: Reader) -> tuple[Any, ...]:
        with _named(name):
            reader.enter()
        values = []
        for field_name, shape in fields:
            try:
                with _within(f".{field_name}"):
                    values.append(shape(reader))
            except EndOfList:
                raise TypedFault("too few elements", name) from None
        with _named(name):
            reader.leave()
        return tuple(values)

    return read


def list_of(name: str, shape: Shape) -> Shape:
    """Return the shape of a list of any number of values of one shape."""

    def read(reader: Reader) -> list[Any]:
        with _named(name):
            reader.enter()
        values: list[Any] = []
        while True:
            try:
                with _within(f"[{len(values)}]"):
                    values.append(shape(reader))
            except EndOfList:
                break
        reader.leave()
        return values

    return read


def uint(bits: int) -> Shape:
    """Return the shape of an unsigned integer of this many bits."""
    name = f"uint{bits}"

    def read(reader: Reader) -> int:
        with _named(name):
            kind, size = reader.kind()
            if kind == STRING and size > bits // 8:
                raise RlpFault(_UINT_OVERFLOW)
            if kind == STRING and size > 1 and reader.data[reader.at] == 0:
                raise RlpFault(_CANON_INT)
            return _whole(reader)

    return read


def big_int(reader: Reader) -> int:
    """Read an integer of any size."""
    with _named("*big.Int"):
        return _whole(reader)


def uint256(reader: Reader) -> int:
    """Read an integer of up to 256 bits."""
    with _named("*uint256.Int"):
        kind, size = reader.kind()
        if kind == STRING and size > _UINT256_BYTES:
            raise RlpFault(_UINT256_TOO_LARGE)
        return _whole(reader)


def data(reader: Reader) -> bytes:
    """Read bytes of any number."""
    with _named("[]uint8"):
        return reader.content()


def array(name: str, length: int) -> Shape:
    """Return the shape of this many bytes."""

    def read(reader: Reader) -> bytes:
        kind, size = reader.kind()
        with _named(name):
            if kind == LIST:
                raise RlpFault(_EXPECTED_STRING)
            found_length = 1 if kind == BYTE else size
            if found_length != length:
                raise TypedFault(f"input string too {'long' if found_length > length else 'short'}", name)
            return reader.content()

    return read


def optional_array(name: str, length: int) -> Shape:
    """Return the shape of this many bytes or none, which is None."""
    shape = array(name, length)

    def read(reader: Reader) -> bytes | None:
        with _named(f"*{name}"):
            kind, size = reader.kind()
        if kind == LIST and size == 0:
            raise TypedFault(f"wrong kind of empty value (got {LIST}, want {STRING})", f"*{name}")
        if kind == STRING and size == 0:
            reader.take(0)
            return None
        found: bytes = shape(reader)
        return found

    return read


def _whole(reader: Reader) -> int:
    content = reader.content()
    if content[:1] == b"\0":
        raise RlpFault(_CANON_INT)
    return int.from_bytes(content, "big")


@contextmanager
def _named(name: str) -> Iterator[None]:
    """Give faults the name of the type that was to be read."""
    try:
        yield
    except TypedFault:
        raise
    except RlpFault as fault:
        text = _TYPED.get(str(fault))
        if text is None:
            raise
        raise TypedFault(text, name) from None


@contextmanager
def _within(step: str) -> Iterator[None]:
    """Add a step to the path of faults."""
    try:
        yield
    except TypedFault as fault:
        fault.path.append(step)
        raise
