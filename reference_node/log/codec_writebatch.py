"""Records of the format `writebatch`: docs/format.md fixes their bytes.

A batch is one atomic step of the master's database, in one record or several parts. Heartbeats and epoch records
take no sequence: they name the last batch before them. All digests chain over what they follow.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import NoReturn

from reference_node.errors import LogRefused
from reference_node.log.interface import Record, StoredRecord

VERSION = b"\x01"
BATCH, HEARTBEAT, EPOCH = b"batch", b"heartbeat", b"epoch"
PART_BYTES_MAX = 900_000
"""Parts of this size stay below Kafka's default message limit of 1 MB, headers included."""
DIGEST_BYTES = 32
NO_DIGEST = bytes(DIGEST_BYTES)
"""What the first record of a log follows."""
_NUMBER_BYTES = {"epoch": 8, "sequence": 8, "part": 4, "parts": 4, "time": 8}


@dataclass(frozen=True, slots=True)
class Chain:
    """Where the chain of batches stands."""

    sequence: int = 0
    """Sequence of the last batch; the first one is 1."""
    digest: bytes = NO_DIGEST
    """Digest of that batch's last part."""


@dataclass(frozen=True, slots=True)
class Batch:
    """One atomic step, before it is cut into records."""

    payload: bytes
    """LevelDB write-batch bytes."""
    source_first: int
    """Where in the master's source it comes from: number of its first block."""
    source_last: int
    time_ms: int
    """The master's clock, milliseconds since 1970."""
    safe_hash: bytes | None = None
    """The safe block, where this batch moves it."""
    finalized_hash: bytes | None = None


@dataclass(frozen=True, slots=True)
class Decoded:
    """A record whose bytes are sound by themselves; whether it belongs here is for the reader of the chain."""

    offset: int
    kind: bytes
    epoch: int
    sequence: int
    part: int
    parts: int
    time_ms: int
    safe_hash: bytes | None
    finalized_hash: bytes | None
    digest: bytes
    record: Record


def encode_batch(batch: Batch, after: Chain, part_bytes_max: int = PART_BYTES_MAX) -> tuple[list[Record], Chain]:
    """Return the records of a batch, without their epoch, and the chain that ends with it."""
    sequence, digest = after.sequence + 1, after.digest
    pieces = [batch.payload[at : at + part_bytes_max] for at in range(0, len(batch.payload), part_bytes_max)]
    records = []
    for part, piece in enumerate(pieces):
        headers = [
            ("v", VERSION),
            ("kind", BATCH),
            ("sequence", sequence.to_bytes(8, "big")),
            ("source", batch.source_first.to_bytes(8, "big") + batch.source_last.to_bytes(8, "big")),
            ("part", part.to_bytes(4, "big")),
            ("parts", len(pieces).to_bytes(4, "big")),
            ("time", batch.time_ms.to_bytes(8, "big")),
        ]
        headers += [("safe", batch.safe_hash)] if batch.safe_hash else []
        headers += [("finalized", batch.finalized_hash)] if batch.finalized_hash else []
        digest = record_digest(digest, headers, piece)
        records.append(Record(piece, (*headers, ("digest", digest))))
    return records, Chain(sequence, digest)


def encode_heartbeat(at: Chain, time_ms: int, head: int | None = None) -> Record:
    """Return a heartbeat, without its epoch; `head` is the number of the master's head, where it has one."""
    return _mark(HEARTBEAT, at, time_ms, b"", head)


def encode_epoch(at: Chain, time_ms: int, epoch: int, head: int | None = None) -> Record:
    """Return the record that opens an epoch and names the batch it goes on from."""
    return with_epoch(_mark(EPOCH, at, time_ms, epoch.to_bytes(8, "big"), head), epoch)


def with_epoch(record: Record, epoch: int) -> Record:
    """Return a record as a master of this epoch publishes it (the digest leaves the epoch out)."""
    return Record(record.value, (("epoch", epoch.to_bytes(8, "big")), *record.headers))


def record_digest(previous: bytes, headers: Sequence[tuple[str, bytes]], value: bytes) -> bytes:
    """Return the digest of a record that follows `previous`: all headers but epoch and digest, then the value."""
    hashed = [previous]
    for name, content in headers:
        if name not in {"epoch", "digest"}:
            hashed += (bytes((len(name),)), name.encode(), len(content).to_bytes(4, "big"), content)
    hashed.append(value)
    return blake2b(b"".join(hashed), digest_size=DIGEST_BYTES).digest()


def decode(stored: StoredRecord) -> Decoded:
    """Read a record's headers. Raises LogRefused naming the offset where it is not of this format."""
    headers = dict(stored.record.headers)
    if len(headers) != len(stored.record.headers):
        _refuse(stored, "has a header twice")
    if headers.get("v") != VERSION:
        hint = "" if "v" in headers else " (is the topic of another --log.format?)"
        found = headers.get("v", b"").hex() or "none"
        _refuse(stored, f"has format version {found}, expected {VERSION.hex()}{hint}")
    kind = headers.get("kind")
    if kind not in {BATCH, HEARTBEAT, EPOCH}:
        _refuse(stored, f"is of kind {kind!r}, expected batch, heartbeat or epoch")
    assert kind is not None
    needed = _NUMBER_BYTES if kind == BATCH else {"epoch": 8, "sequence": 8, "time": 8}
    sizes = needed | {"digest": DIGEST_BYTES} | ({"source": 16} if kind == BATCH else {"base": DIGEST_BYTES})
    sizes |= {name: 32 for name in ("safe", "finalized") if name in headers}
    sizes |= {"head": 8} if "head" in headers else {}
    for name, size in sizes.items():
        if len(headers.get(name, b"")) != size:
            _refuse(stored, f"has header {name} of {len(headers.get(name, b''))} bytes, expected {size}")
    number = {name: int.from_bytes(headers[name], "big") for name in needed}
    part, parts = number.get("part", 0), number.get("parts", 1)
    if part >= parts:
        _refuse(stored, f"is part {part} of {parts}")
    return Decoded(
        stored.offset, kind, number["epoch"], number["sequence"], part, parts, number["time"],
        headers.get("safe"), headers.get("finalized"), headers["digest"], stored.record,
    )  # fmt: skip


def chain_at(stored: StoredRecord) -> Chain:
    """Return where the chain of batches stands after a record, as the record itself says."""
    found, headers = decode(stored), dict(stored.record.headers)
    return Chain(found.sequence, found.digest if found.kind == BATCH else headers["base"])


def newest_block(stored: StoredRecord) -> int | None:
    """Return the number of the newest block that a record speaks of, or None where it speaks of none."""
    headers = dict(stored.record.headers)
    number = headers.get("source", b"")[8:] or headers.get("head", b"")
    return int.from_bytes(number, "big") if len(number) == 8 else None


def _mark(kind: bytes, at: Chain, time_ms: int, value: bytes, head: int | None) -> Record:
    headers = [
        ("v", VERSION),
        ("kind", kind),
        ("sequence", at.sequence.to_bytes(8, "big")),
        ("time", time_ms.to_bytes(8, "big")),
        ("base", at.digest),
    ]
    headers += [] if head is None else [("head", head.to_bytes(8, "big"))]
    return Record(value, (*headers, ("digest", record_digest(at.digest, headers, value))))


def _refuse(stored: StoredRecord, reason: str) -> NoReturn:
    raise LogRefused(f"the record at offset {stored.offset} {reason}")
