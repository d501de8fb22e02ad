"""A write set: the database writes of one atomic step, in order.

Its bytes are LevelDB's own write batch, the form that geth's log files carry as well:
`sequence (8, little endian) count (4, little endian)`, then per write
`0x01 varint(key) key varint(value) value` or `0x00 varint(key) key`.
Source: LevelDB `doc/log_format.md` and `db/write_batch.cc` (the format, not the code).
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

HEADER_BYTES = 12
_DELETE = 0
_PUT = 1
_MAX_VARINT_BYTES = 5
_LONG_VARINT = 0x80
"""The first byte of a length from here on says that another one follows."""


@dataclass(frozen=True, slots=True)
class WriteSet:
    """Puts and deletes that take effect together."""

    writes: tuple[tuple[bytes, bytes | None], ...]
    """(key, value) puts and (key, None) deletes; a later write of a key wins."""

    @classmethod
    def from_mapping(cls, writes: Mapping[bytes, bytes | None]) -> "WriteSet":
        """Take a dict of key to value, None meaning delete."""
        return cls(tuple(writes.items()))

    def __iter__(self) -> Iterator[tuple[bytes, bytes | None]]:
        return iter(self.writes)

    def __len__(self) -> int:
        return len(self.writes)


def encode_write_batch(writes: Iterable[tuple[bytes, bytes | None]], sequence: int = 0) -> bytes:
    """Return the LevelDB write-batch bytes of these writes."""
    out = bytearray(sequence.to_bytes(8, "little") + bytes(4))
    count = 0
    for key, value in writes:
        out.append(_DELETE if value is None else _PUT)
        _append_bytes(out, key)
        if value is not None:
            _append_bytes(out, value)
        count += 1
    out[8:12] = count.to_bytes(4, "little")
    return bytes(out)


def decode_write_batch(data: bytes) -> WriteSet:
    """Return the writes in these LevelDB write-batch bytes.

    Raises:
        ValueError: the bytes are cut short, have bytes left over, or hold an unknown operation.
    """
    if len(data) < HEADER_BYTES:
        raise ValueError(f"write batch of {len(data)} bytes is shorter than its {HEADER_BYTES} byte header")
    count = int.from_bytes(data[8:12], "little")
    writes: list[tuple[bytes, bytes | None]] = []
    offset = HEADER_BYTES
    # Every key and value of a replay passes here, so lengths of one and two bytes are read without a call. A slice
    # beyond the end comes back short and leaves the offset beyond the end, which the last check sees.
    try:
        for _ in range(count):
            operation, length, start = data[offset], data[offset + 1], offset + 2
            if length >= _LONG_VARINT:
                length, start = _read_long_length(data, offset + 1)
            offset = start + length
            key, value = data[start:offset], None
            if operation == _PUT:
                length, start = data[offset], offset + 1
                if length >= _LONG_VARINT:
                    if data[start] < _LONG_VARINT:
                        length, start = length + (data[start] << 7) - _LONG_VARINT, start + 1
                    else:
                        length, start = _read_long_length(data, offset)
                offset = start + length
                value = data[start:offset]
            elif operation != _DELETE:
                raise ValueError(f"write batch holds operation {operation}, expected 0 (delete) or 1 (put)")
            writes.append((key, value))
    except IndexError:
        raise ValueError(f"write batch ends after {len(writes)} of {count} writes") from None
    if offset > len(data):
        raise ValueError(f"write batch ends {offset - len(data)} bytes before its last value does")
    if offset < len(data):
        raise ValueError(f"write batch has {len(data) - offset} bytes after its {count} writes")
    return WriteSet(tuple(writes))


def _append_bytes(out: bytearray, data: bytes) -> None:
    length = len(data)
    while length >= _LONG_VARINT:
        out.append((length & 0x7F) | 0x80)
        length >>= 7
    out.append(length)
    out += data


def _read_long_length(data: bytes, offset: int) -> tuple[int, int]:
    """Return a length of any number of bytes, and where it ends. Raises IndexError where the data end first."""
    length = 0
    for place in range(_MAX_VARINT_BYTES):
        byte = data[offset + place]
        length |= (byte & 0x7F) << 7 * place
        if byte < _LONG_VARINT:
            return length, offset + place + 1
    raise ValueError(f"write batch holds a length of more than {_MAX_VARINT_BYTES} bytes")
