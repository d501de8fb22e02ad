"""Records of the format `ethercattle`, which existing builds speak: docs/format.md has their bytes.

A record is one byte that names an operation, and its content; there are no headers, no sequences and no digests. A
batch is any number of members that carry its id and a commit with that id; the members of several batches may be mixed,
and an id may be used again after its commit.
"""

from collections.abc import Callable
from dataclasses import dataclass

from reference_node.chain.types import encode_rlp, from_int, to_int

PUT, DELETE, COMMIT, HEARTBEAT, GET, HAS, ANCIENT, TRUNCATE, SYNC = range(9)
MEMBER = 0xFF
BATCH_ID_BYTES = 16
NUMBER_BYTES_MAX = 8
OFFSET_VARINT_BYTES = 10
_STRING, _LIST, _KIND_BYTES, _SHORT_BYTES_MAX = 0x80, 0xC0, 0x40, 55
"""RLP: what the first byte of a string and of a list is above, up to where, and with its length in it."""


@dataclass(frozen=True, slots=True)
class Write:
    """A put, or a delete (value None): a step by itself, or a member of a batch."""

    key: bytes
    value: bytes | None
    batch_id: bytes | None = None
    """The batch that this is a member of, or None."""


@dataclass(frozen=True, slots=True)
class Commit:
    """The end of a batch: its members take effect together."""

    batch_id: bytes


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """The master is alive."""


@dataclass(frozen=True, slots=True)
class Look:
    """The master has read a key; replicas ignore it."""

    key: bytes
    only_asks: bool
    """Asked whether the key is there, instead of reading it."""


@dataclass(frozen=True, slots=True)
class Ancient:
    """A block that the master has appended to its freezer."""

    number: int
    block_hash: bytes
    header: bytes
    body: bytes
    receipts: bytes
    total_difficulty: bytes
    """RLP, as the freezer holds all of these."""


@dataclass(frozen=True, slots=True)
class Truncate:
    """The master's freezer keeps its first blocks alone."""

    count: int
    """How many: blocks from this number on are gone."""


@dataclass(frozen=True, slots=True)
class Sync:
    """The master's freezer was flushed to disk; nothing for a replica."""


Operation = Write | Commit | Heartbeat | Look | Ancient | Truncate | Sync


def encode(operation: Operation) -> bytes:
    """Return the value of a record."""
    match operation:
        case Write():
            return _encode_write(operation)
        case Commit(batch_id):
            return bytes((COMMIT,)) + batch_id
        case Heartbeat():
            return bytes((HEARTBEAT,))
        case Look(key, only_asks):
            return bytes((HAS if only_asks else GET,)) + key
        case Ancient(number, block_hash, header, body, receipts, total_difficulty):
            items = [from_int(number), block_hash, header, body, receipts, total_difficulty]
            return bytes((ANCIENT,)) + encode_rlp(items)
        case Truncate(count):
            return bytes((TRUNCATE,)) + encode_rlp(from_int(count))
        case Sync():
            return bytes((SYNC,))


def decode(value: bytes) -> Operation:
    """Read the value of a record.

    Raises:
        ValueError: it is not of this format; the text says what is wrong with it.
    """
    if not value:
        raise ValueError("it is empty")
    operation, content = value[0], value[1:]
    if operation == MEMBER:
        inner, batch_id = content[:1], content[1 : 1 + BATCH_ID_BYTES]
        if len(batch_id) < BATCH_ID_BYTES:
            raise ValueError(f"it is a batch's member of {len(value)} bytes, expected at least {2 + BATCH_ID_BYTES}")
        if inner[0] not in {PUT, DELETE}:
            raise ValueError(f"it is a batch's member of operation {inner[0]:02x}, expected 00 or 01")
        return _decode_write(inner[0], content[1 + BATCH_ID_BYTES :], batch_id)
    if operation in {PUT, DELETE}:
        return _decode_write(operation, content, None)
    decoder = _DECODERS.get(operation)
    if decoder is None:
        raise ValueError(f"it is of operation {operation:02x}, expected 00 to 08 or ff")
    return decoder(content)


def offset_key(topic: str) -> bytes:
    """Return the key under which existing builds keep where their database stands in a topic."""
    return f"cdc-log-{topic}-offset".encode()


def encode_offset(offset: int, time_s: int) -> bytes:
    """Return what existing builds keep there: the last offset, and when it was applied (seconds since 1970)."""
    return _encode_varint(offset) + _encode_varint(time_s)


def decode_offset(value: bytes) -> tuple[int, int]:
    """Read what `encode_offset` returns. Raises ValueError on anything else."""
    if len(value) != 2 * OFFSET_VARINT_BYTES:
        raise ValueError(f"the offset record has {len(value)} bytes, expected {2 * OFFSET_VARINT_BYTES}")
    return _decode_varint(value[:OFFSET_VARINT_BYTES]), _decode_varint(value[OFFSET_VARINT_BYTES:])


def _encode_write(write: Write) -> bytes:
    operation = bytes((DELETE if write.value is None else PUT,))
    content = write.key if write.value is None else encode_rlp([write.key, write.value])
    if write.batch_id is None:
        return operation + content
    return bytes((MEMBER,)) + operation + write.batch_id + content


def _decode_write(operation: int, content: bytes, batch_id: bytes | None) -> Write:
    if operation == DELETE:
        return Write(content, None, batch_id)
    key, value = _strings(content, 2, "put whose RLP is not [key, value]")
    return Write(key, value, batch_id)


def _strings(content: bytes, count: int, name: str) -> list[bytes]:
    """Return the strings of an RLP list that holds this many and nothing else.

    Every put of a replay passes here, and the RLP library takes four times as long; it is also more lenient.
    """
    found = []
    try:
        start, end = _span(content, 0, _LIST, name)
        while start < end:
            begin, start = _span(content, start, _STRING, name)
            found.append(content[begin:start])
    except IndexError:
        raise ValueError(f"it is a {name}: it ends too early") from None
    if len(found) != count or not start == end == len(content):
        raise ValueError(f"it is a {name}")
    return found


def _span(data: bytes, at: int, kind: int, name: str) -> tuple[int, int]:
    """Return where the content of the RLP item at `at` begins and ends.

    Raises:
        ValueError: the item is not of this kind, or not written in the shortest form.
        IndexError: the data end in its length.
    """
    first = data[at]
    if first < _STRING and kind == _STRING:
        return at, at + 1
    length = first - kind
    if not 0 <= length < _KIND_BYTES:
        raise ValueError(f"it is a {name}")
    start = at + 1
    if length > _SHORT_BYTES_MAX:
        size, start = length - _SHORT_BYTES_MAX, start + length - _SHORT_BYTES_MAX
        length = int.from_bytes(data[start - size : start], "big")
        if length <= _SHORT_BYTES_MAX or data[start - size] == 0 or start > len(data):
            raise ValueError(f"it is a {name}: a length is not in its shortest form")
    elif length == 1 and kind == _STRING and data[start] < _STRING:
        raise ValueError(f"it is a {name}: a byte is not in its shortest form")
    return start, start + length


def _decode_commit(content: bytes) -> Commit:
    if len(content) != BATCH_ID_BYTES:
        raise ValueError(f"it is a commit with an id of {len(content)} bytes, expected {BATCH_ID_BYTES}")
    return Commit(content)


def _decode_heartbeat(content: bytes) -> Heartbeat:
    _check_empty(content, "heartbeat")
    return Heartbeat()


def _decode_ancient(content: bytes) -> Ancient:
    name = "ancient block whose RLP is not [number, hash, header, body, receipts, difficulty]"
    number, block_hash, header, body, receipts, total_difficulty = _strings(content, 6, name)
    if len(block_hash) != 32:
        raise ValueError(f"it is an ancient block with a hash of {len(block_hash)} bytes, expected 32")
    return Ancient(_decode_number(number), block_hash, header, body, receipts, total_difficulty)


def _decode_truncate(content: bytes) -> Truncate:
    name = "truncation whose RLP is not one number"
    try:
        start, end = _span(content, 0, _STRING, name)
    except IndexError:
        raise ValueError(f"it is a {name}: it ends too early") from None
    if end != len(content):
        raise ValueError(f"it is a {name}")
    return Truncate(_decode_number(content[start:end]))


def _decode_sync(content: bytes) -> Sync:
    _check_empty(content, "sync")
    return Sync()


def _check_empty(content: bytes, name: str) -> None:
    if content:
        raise ValueError(f"it is a {name} with {len(content)} bytes of content, expected none")


def _decode_number(data: bytes) -> int:
    if len(data) > NUMBER_BYTES_MAX or data[:1] == b"\0":
        raise ValueError(f"it holds the number 0x{data.hex()}, expected at most 8 bytes without leading zeros")
    return to_int(data)


def _encode_varint(number: int) -> bytes:
    left = number * 2 if number >= 0 else -2 * number - 1
    out = bytearray()
    while left >= 0x80:
        out.append(left & 0x7F | 0x80)
        left >>= 7
    out.append(left)
    return bytes(out).ljust(OFFSET_VARINT_BYTES, b"\0")


def _decode_varint(data: bytes) -> int:
    number = 0
    for place, byte in enumerate(data):
        number |= (byte & 0x7F) << 7 * place
        if byte < 0x80:
            return number >> 1 if number & 1 == 0 else -(number >> 1) - 1
    raise ValueError(f"the offset record holds a number of more than {len(data)} bytes")


_DECODERS: dict[int, Callable[[bytes], Operation]] = {
    COMMIT: _decode_commit,
    HEARTBEAT: _decode_heartbeat,
    GET: lambda content: Look(content, only_asks=False),
    HAS: lambda content: Look(content, only_asks=True),
    ANCIENT: _decode_ancient,
    TRUNCATE: _decode_truncate,
    SYNC: _decode_sync,
}
