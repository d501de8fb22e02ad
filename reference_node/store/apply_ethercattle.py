"""Decides, record by record, what a replica does with a log of the format `ethercattle`: nothing here reads or writes.

The members of a batch are held until its commit, and take effect with it; batches may be mixed. A position names the
last record that is done with and where the oldest unfinished batch begins: a restart reads on from there, gathers its
members again, and passes over what was done. There are no sequences or digests; what can be refused is refused.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import NoReturn

from eth_hash.auto import keccak

from reference_node.errors import LogRefused
from reference_node.log.codec_ethercattle import Ancient, Commit, Heartbeat, Truncate, Write
from reference_node.log.codec_writebatch import DIGEST_BYTES, Chain
from reference_node.log.interface import StoredRecord
from reference_node.log.publish_ethercattle import read
from reference_node.store import schema
from reference_node.store.apply import Step
from reference_node.store.position import EthercattlePosition, Position
from reference_node.writeset import WriteSet

UNFINISHED_BATCHES_MAX = 1024
UNFINISHED_BYTES_MAX = 256 * 2**20
"""Keys and values held of batches that are not committed yet."""
GIVEN_UP_AFTER_OFFSETS = 1_000_000
"""A batch without a commit for so long has lost its master: one that died in the middle of it."""
GIVEN_UP_IDS_MAX = 64
TRUNCATED_BLOCKS_MAX = 100_000
"""Blocks that one truncation of the freezer may take away."""
Read = Callable[[bytes], bytes | None]
"""Gives what the database has under a key."""
_WRITE_BYTES = 100
"""About what Python needs to hold a write beside its bytes."""
Link = tuple[tuple[bytes, bytes | None], "Link | None"]
"""A write, and the one before it."""


@dataclass(frozen=True, slots=True)
class Unfinished:
    """A batch that is not committed yet."""

    first_offset: int
    size_bytes: int = 0
    newest: Link | None = None
    """Its writes, linked from the last one backwards, so that adding one does not copy the others."""

    def writes(self) -> WriteSet:
        """Return its writes in order."""
        found, link = [], self.newest
        while link is not None:
            write, link = link
            found.append(write)
        return WriteSet(tuple(reversed(found)))


@dataclass(frozen=True, slots=True)
class EthercattleProgress:
    """Where a replica stands, and the batches it holds that are not committed yet."""

    position: Position
    batches: Mapping[bytes, Unfinished] = field(default_factory=dict)
    """By id, in the order of their first offsets."""
    size_bytes: int = 0


def begin(position: Position) -> EthercattleProgress:
    """Return the progress of a replica that has just opened its database."""
    return EthercattleProgress(replace(position, ethercattle=_part(position)))


def advance(progress: EthercattleProgress, stored: StoredRecord, get: Read) -> Step[EthercattleProgress]:
    """Return what the next record of the log leads to.

    Raises:
        LogRefused: the record can't be followed; nothing of it may be applied.
    """
    found = read(stored)
    progress = _give_up_oldest(progress, stored.offset)
    is_done = stored.offset <= progress.position.offset
    if isinstance(found, Write) and found.batch_id is not None:
        return Step(_gather(progress, stored, found, found.batch_id), None)
    if isinstance(found, Commit):
        return _commit(progress, stored, found.batch_id, get, is_done=is_done)
    if is_done:
        return Step(progress, None)
    if isinstance(found, Write):
        _check_key(stored, found.key)
        return Step(_moved(progress, stored), _shielded(progress, WriteSet(((found.key, found.value),)), get))
    if isinstance(found, Ancient):
        return _ancient(progress, stored, found)
    if isinstance(found, Truncate):
        return _truncate(progress, stored, found.count, get)
    return Step(_moved(progress, stored) if isinstance(found, Heartbeat) else progress, None)


def _gather(progress: EthercattleProgress, stored: StoredRecord, found: Write, batch_id: bytes) -> EthercattleProgress:
    """Hold a member of a batch, unless the batch was given up: then only its commit matters."""
    _check_key(stored, found.key)
    if batch_id in _part(progress.position).given_up:
        return progress
    batch = progress.batches.get(batch_id) or Unfinished(stored.offset)
    size = len(found.key) + len(found.value or b"") + _WRITE_BYTES
    grown = Unfinished(batch.first_offset, batch.size_bytes + size, ((found.key, found.value), batch.newest))
    batches = {**progress.batches, batch_id: grown}
    size_bytes = progress.size_bytes + size
    if len(batches) > UNFINISHED_BATCHES_MAX or size_bytes > UNFINISHED_BYTES_MAX:
        _refuse(
            stored,
            f"leaves {len(batches)} batches with {size_bytes} bytes unfinished, expected at most "
            f"{UNFINISHED_BATCHES_MAX} with {UNFINISHED_BYTES_MAX}",
        )
    return EthercattleProgress(progress.position, batches, size_bytes)


def _commit(
    progress: EthercattleProgress, stored: StoredRecord, batch_id: bytes, get: Read, *, is_done: bool
) -> Step[EthercattleProgress]:
    """Let a batch take effect, or forget it where that was done before; one without members has no effect."""
    batch = progress.batches.get(batch_id) or Unfinished(stored.offset)
    left = _without(progress, batch_id)
    if is_done:
        return Step(left, None)
    if batch_id in _part(progress.position).given_up:
        _refuse(
            stored, f"commits batch {batch_id.hex()}, which began more than {GIVEN_UP_AFTER_OFFSETS} offsets before"
        )
    chain = Chain(progress.position.chain.sequence + 1, batch_id.ljust(DIGEST_BYTES, b"\0"))
    moved = _moved(replace(left, position=replace(left.position, chain=chain)), stored)
    return Step(moved, _shielded(progress, batch.writes(), get))


def _ancient(progress: EthercattleProgress, stored: StoredRecord, found: Ancient) -> Step[EthercattleProgress]:
    """Keep a block of the master's freezer where all other blocks are."""
    ancients = _part(progress.position).ancients
    if ancients and found.number > ancients:
        _refuse(stored, f"is ancient block {found.number}, but block {ancients} is next")
    if keccak(found.header) != found.block_hash:
        _refuse(stored, f"is ancient block {found.number} with a header of another hash than it names")
    number, block_hash = found.number, found.block_hash
    writes = (
        (schema.header_key(number, block_hash), found.header),
        (schema.body_key(number, block_hash), found.body),
        (schema.receipts_key(number, block_hash), found.receipts),
        (schema.canonical_hash_key(number), block_hash),
        (schema.header_number_key(block_hash), number.to_bytes(8, "big")),
    )
    return Step(_moved(_with_ancients(progress, max(ancients, number + 1)), stored), WriteSet(writes))


def _truncate(progress: EthercattleProgress, stored: StoredRecord, count: int, get: Read) -> Step[EthercattleProgress]:
    """Take away the blocks that the master's freezer no longer has."""
    ancients = _part(progress.position).ancients
    if ancients - count > TRUNCATED_BLOCKS_MAX:
        _refuse(stored, f"takes away {ancients - count} ancient blocks, expected at most {TRUNCATED_BLOCKS_MAX}")
    writes = [(key, None) for number in range(count, ancients) for key in _block_keys(number, get)]
    return Step(_moved(_with_ancients(progress, min(ancients, count)), stored), WriteSet(tuple(writes)))


def _block_keys(number: int, get: Read) -> Iterator[bytes]:
    """Yield the keys that `_ancient` wrote."""
    block_hash = get(schema.canonical_hash_key(number))
    if block_hash is not None:
        yield schema.header_key(number, block_hash)
        yield schema.body_key(number, block_hash)
        yield schema.receipts_key(number, block_hash)
        yield schema.canonical_hash_key(number)
        yield schema.header_number_key(block_hash)


def _shielded(progress: EthercattleProgress, writes: WriteSet, get: Read) -> WriteSet:
    """Leave out the deletes by which a master drops a block that its freezer has: here the freezer is the database."""
    ancients = _part(progress.position).ancients
    if not ancients:
        return writes
    return WriteSet(
        tuple((key, value) for key, value in writes if value is not None or not _is_kept(key, ancients, get))
    )


def _is_kept(key: bytes, ancients: int, get: Read) -> bool:
    if len(key) not in {10, 41} or key[:1] not in {b"h", b"b", b"r"}:
        return False
    number = int.from_bytes(key[1:9], "big")
    if number >= ancients:
        return False
    if len(key) == 10:
        return key == schema.canonical_hash_key(number)
    return get(schema.canonical_hash_key(number)) == key[9:]


def _give_up_oldest(progress: EthercattleProgress, offset: int) -> EthercattleProgress:
    """Stop waiting for the oldest batch where that has no sense any more; the position remembers its id."""
    batch_id = next(iter(progress.batches), None)
    if batch_id is None or offset - progress.batches[batch_id].first_offset <= GIVEN_UP_AFTER_OFFSETS:
        return progress
    part = _part(progress.position)
    given_up = (*part.given_up, batch_id)[-GIVEN_UP_IDS_MAX:]
    left = _without(progress, batch_id)
    return replace(left, position=replace(left.position, ethercattle=replace(part, given_up=given_up)))


def _moved(progress: EthercattleProgress, stored: StoredRecord) -> EthercattleProgress:
    """Return the progress once a record is done with."""
    oldest = next(iter(progress.batches.values()), None)
    part = replace(_part(progress.position), resume=oldest.first_offset if oldest else None)
    moved = replace(
        progress.position,
        offset=stored.offset,
        time_ms=stored.time_ms or progress.position.time_ms,
        ethercattle=part,
    )
    return EthercattleProgress(moved, progress.batches, progress.size_bytes)


def _with_ancients(progress: EthercattleProgress, count: int) -> EthercattleProgress:
    part = replace(_part(progress.position), ancients=count)
    return replace(progress, position=replace(progress.position, ethercattle=part))


def _without(progress: EthercattleProgress, batch_id: bytes) -> EthercattleProgress:
    batch = progress.batches.get(batch_id)
    if batch is None:
        return progress
    left = {known: held for known, held in progress.batches.items() if known != batch_id}
    return replace(progress, batches=left, size_bytes=progress.size_bytes - batch.size_bytes)


def _part(position: Position) -> EthercattlePosition:
    return position.ethercattle or EthercattlePosition()


def _check_key(stored: StoredRecord, key: bytes) -> None:
    if schema.is_private(key):
        _refuse(stored, "writes a key of a node's own book-keeping")


def _refuse(stored: StoredRecord, reason: str) -> NoReturn:
    raise LogRefused(f"the record at offset {stored.offset} {reason}")
