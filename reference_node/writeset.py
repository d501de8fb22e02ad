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
    offset, size = HEADER_BYTES, len(data)
    for _ in range(count):
        if offset >= size:
            raise ValueError(f"write batch ends after {len(writes)} of {count} writes")
        operation = data[offset]
        if operation > _PUT:
            raise ValueError(f"write batch holds operation {operation}, expected 0 (delete) or 1 (put)")
        # Nearly all keys are shorter than 128 bytes, so their length is one byte: read here, without a call.
        start = offset + 2
        if start <= size and data[offset + 1] < _LONG_VARINT and start + data[offset + 1] <= size:
            offset = start + data[offset + 1]
            key = data[start:offset]
        else:
            key, offset = _read_bytes(data, offset + 1)
        if operation == _PUT:
            value, offset = _read_bytes(data, offset)
            writes.append((key, value))
        else:
            writes.append((key, None))
    if offset != size:
        raise ValueError(f"write batch has {size - offset} bytes after its {count} writes")
    return WriteSet(tuple(writes))


def _append_bytes(out: bytearray, data: bytes) -> None:
    length = len(data)
    while length >= _LONG_VARINT:
        out.append((length & 0x7F) | 0x80)
        length >>= 7
    out.append(length)
    out += data


def _read_bytes(data: bytes, offset: int) -> tuple[bytes, int]:
    if offset >= len(data):
        raise ValueError("write batch ends inside a length")
    length = data[offset]
    offset += 1
    if length >= 0x80:
        length, offset = _read_long_length(data, offset, length & 0x7F)
    end = offset + length
    if end > len(data):
        raise ValueError(f"write batch ends inside a value of {length} bytes")
    return data[offset:end], end


def _read_long_length(data: bytes, offset: int, length: int) -> tuple[int, int]:
    """Read on after a varint's first byte; nearly all lengths have no more than that."""
    for shift in range(7, 7 * _MAX_VARINT_BYTES, 7):
        if offset >= len(data):
            raise ValueError("write batch ends inside a length")
        byte = data[offset]
        offset += 1
        length |= (byte & 0x7F) << shift
        if byte < 0x80:
            return length, offset
    raise ValueError(f"write batch holds a length of more than {_MAX_VARINT_BYTES} bytes")
