"""Decides, record by record, what a replica does with its log: nothing here reads or writes anything.

The chain of digests makes every fault of the log visible: a flipped byte, a missing or a foreign record, two records
swapped. Such a log is refused; a record that was already applied is skipped, if it is the very same.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Generic, NoReturn, TypeVar

from reference_node.errors import LogRefused
from reference_node.log.codec_writebatch import (
    BATCH,
    EPOCH,
    NO_DIGEST,
    Chain,
    Decoded,
    decode,
    record_digest,
)
from reference_node.log.interface import StoredRecord
from reference_node.store.position import DIGESTS_KEPT, Position
from reference_node.store.schema import PRIVATE_PREFIX, is_private
from reference_node.writeset import WriteSet, decode_write_batch

P = TypeVar("P")
"""How far a replica is, in the terms of its format."""
DigestOf = Callable[[int], bytes | None]
"""Gives the digest of an applied batch by its sequence, or None where it is forgotten."""


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a replica stands, and the parts it holds of a batch that is not whole yet."""

    position: Position
    parts: tuple[bytes, ...] = ()
    parts_digest: bytes = NO_DIGEST
    """Digest of the last part held."""


@dataclass(frozen=True, slots=True)
class Step(Generic[P]):
    """What a record leads to, in any format."""

    progress: P
    writes: WriteSet | None
    """What to write now, or None where the record only moves the position."""


def advance(progress: Progress, stored: StoredRecord, digest_of: DigestOf) -> Step[Progress]:
    """Return what the next record of the log leads to.

    Raises:
        LogRefused: the record is not what has to come next; nothing of it may be applied.
    """
    found = decode(stored)
    is_read_again = found.offset <= progress.position.offset
    if not is_read_again:
        _check_epoch(progress.position, found)
    if found.kind != BATCH:
        return _mark_again(progress, found, digest_of) if is_read_again else _mark(progress, found)
    if found.sequence <= progress.position.chain.sequence:
        return _duplicate(progress, found, digest_of)
    if is_read_again:
        _refuse(found, f"is sequence {found.sequence}, but offset {progress.position.offset} was already done with")
    return _part(progress, found)


def _check_epoch(position: Position, found: Decoded) -> None:
    if found.kind == EPOCH:
        named = int.from_bytes(found.record.value, "big")
        if named != found.epoch or found.epoch < position.epoch:
            _refuse(found, f"opens epoch {named}, but epoch {position.epoch} is open")
    elif found.epoch != position.epoch:
        _refuse(found, f"is of epoch {found.epoch}, but epoch {position.epoch} is open")


def _mark(progress: Progress, found: Decoded) -> Step[Progress]:
    position = progress.position
    if found.sequence != position.chain.sequence:
        _refuse(found, f"follows sequence {found.sequence}, but {position.chain.sequence} is the last one applied")
    if progress.parts:
        _refuse(found, f"stands between the parts of sequence {position.chain.sequence + 1}")
    _check_mark(found, position.chain.digest)
    moved = replace(position, offset=found.offset, epoch=found.epoch, time_ms=found.time_ms)
    return Step(Progress(moved), None)


def _mark_again(progress: Progress, found: Decoded, digest_of: DigestOf) -> Step[Progress]:
    """Skip a mark that was read before, if it follows the batch it says it follows."""
    base = digest_of(found.sequence) if found.sequence else NO_DIGEST
    if base is None:
        _refuse(found, f"follows sequence {found.sequence}, which is more than {DIGESTS_KEPT} batches back")
    _check_mark(found, base)
    return Step(progress, None)


def _part(progress: Progress, found: Decoded) -> Step[Progress]:
    position = progress.position
    expected = (position.chain.sequence + 1, len(progress.parts))
    if (found.sequence, found.part) != expected:
        _refuse(
            found,
            f"is sequence {found.sequence} part {found.part}, but sequence {expected[0]} part {expected[1]} is next",
        )
    _check_digest(found, progress.parts_digest if progress.parts else position.chain.digest)
    parts = (*progress.parts, found.record.value)
    if len(parts) < found.parts:
        return Step(Progress(position, parts, found.digest), None)
    payload = parts[0] if len(parts) == 1 else b"".join(parts)
    try:
        writes = decode_write_batch(payload)
    except ValueError as error:
        raise LogRefused(f"the batch that ends at offset {found.offset} can't be read: {error}") from error
    # Bytes without the prefix anywhere have no key with it; that is nearly every batch.
    if PRIVATE_PREFIX in payload and any(is_private(key) for key, _ in writes):
        _refuse(found, "ends a batch that writes keys of a node's own book-keeping")
    moved = replace(
        position,
        chain=Chain(found.sequence, found.digest),
        offset=found.offset,
        epoch=found.epoch,
        time_ms=found.time_ms,
        safe_hash=found.safe_hash or position.safe_hash,
        finalized_hash=found.finalized_hash or position.finalized_hash,
    )
    return Step(Progress(moved), writes)


def _duplicate(progress: Progress, found: Decoded, digest_of: DigestOf) -> Step[Progress]:
    if progress.parts and found.part == 0:
        _refuse(found, f"repeats sequence {found.sequence} between the parts of the next one")
    before = NO_DIGEST if found.sequence == 1 else digest_of(found.sequence - 1)
    after = digest_of(found.sequence)
    if before is None or after is None:
        _refuse(found, f"repeats sequence {found.sequence}, which is more than {DIGESTS_KEPT} batches back")
    _check_digest(found, before if found.part == 0 else progress.parts_digest)
    last = found.part + 1 == found.parts
    if last and found.digest != after:
        _refuse(found, f"repeats sequence {found.sequence} with other content")
    moved = progress.position.at(max(found.offset, progress.position.offset)) if last else progress.position
    return Step(Progress(moved) if last else Progress(moved, (), found.digest), None)


def _check_mark(found: Decoded, base: bytes) -> None:
    named = dict(found.record.headers)["base"]
    if named != base:
        _refuse(found, f"follows digest {named.hex()[:16]}…, expected {base.hex()[:16]}…")
    _check_digest(found, base)


def _check_digest(found: Decoded, previous: bytes) -> None:
    expected = record_digest(previous, found.record.headers, found.record.value)
    if found.digest != expected:
        _refuse(found, f"has digest {found.digest.hex()[:16]}…, expected {expected.hex()[:16]}…")


def _refuse(found: Decoded, reason: str) -> NoReturn:
    raise LogRefused(f"the record at offset {found.offset} {reason}")
