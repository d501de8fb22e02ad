"""What a master writes in the format `ethercattle`, and how it finds in a topic what of that is there already.

The format has no sequences and no digests, so the id of a batch carries both: the batch's sequence (8 bytes), then 8
bytes of a digest over the id before and the batch's writes. Existing builds see 16 bytes that no other batch has.
"""

from collections.abc import Iterable, Sequence
from hashlib import blake2b
from itertools import islice

from reference_node.errors import LogRefused
from reference_node.log.codec_ethercattle import (
    BATCH_ID_BYTES,
    Ancient,
    Commit,
    Heartbeat,
    Operation,
    Truncate,
    Write,
    decode,
    encode,
)
from reference_node.log.codec_writebatch import DIGEST_BYTES, Batch, Chain
from reference_node.log.interface import Record, StoredRecord
from reference_node.store.schema import canonical_hash_key
from reference_node.writeset import decode_write_batch, encode_write_batch

OVERHEAD_BYTES = 1024
"""More than what librdkafka and Kafka add to a record."""
RECORD_BYTES_MAX = 1_000_000 - OVERHEAD_BYTES
"""A record of this size passes the default limits of both."""
TAIL_RECORDS_MAX = 1_000_000
"""How far back the last commit is looked for: members of a few large batches, or a year of heartbeats."""
_SEQUENCE_BYTES = 8


def encode_batch(batch: Batch, after: Chain, record_bytes_max: int = RECORD_BYTES_MAX) -> tuple[list[Record], Chain]:
    """Return the records of a batch, and the chain that ends with it; a batch without writes has none.

    Raises:
        LogRefused: a write does not fit into one record, and the format can't cut it.
    """
    writes = decode_write_batch(batch.payload).writes
    if not writes:
        return [], after
    chain = chain_of(_batch_id(after, batch.payload))
    batch_id = chain.digest[:BATCH_ID_BYTES]
    records = []
    for key, value in writes:
        content = encode(Write(key, value, batch_id))
        if len(content) > record_bytes_max:
            raise LogRefused(
                f"the write of key 0x{key[:41].hex()} takes a record of {len(content)} bytes, expected at most "
                f"{record_bytes_max}, and the format ethercattle can't cut it: nothing of this step was stored or "
                "published; raise the topic's max.message.bytes and --kafka.config message.max.bytes"
            )
        records.append(Record(content))
    return [*records, Record(encode(Commit(batch_id)))], chain


def encode_heartbeat(_at: Chain, _time_ms: int, _head: int | None) -> Record:
    """Return a heartbeat, which says nothing else in this format."""
    return Record(encode(Heartbeat()))


def chain_of(batch_id: bytes) -> Chain:
    """Return where the chain of batches stands after a batch of this id, if a master of ours wrote it."""
    return Chain(int.from_bytes(batch_id[:_SEQUENCE_BYTES], "big"), batch_id.ljust(DIGEST_BYTES, b"\0"))


def follows(records: Sequence[Record], before: Chain) -> bool:
    """Say whether a batch, given by all its records, is what follows this point of the chain."""
    *members, last = [decode(record.value) for record in records]
    payload = encode_write_batch([(found.key, found.value) for found in members if isinstance(found, Write)])
    return isinstance(last, Commit) and last.batch_id == _batch_id(before, payload)


def find_end(newest_first: Iterable[StoredRecord], own: Chain, own_offset: int) -> Chain | None:
    """Return where a topic's chain of batches ends, or None where it holds no batch.

    Members after the last commit are passed over: without transactions, a master that died may have left some, and
    publishes them again under the same id.

    Args:
        newest_first: the topic's records, from its end backwards.
        own: the last batch in the master's database.
        own_offset: the last offset that the master's database is done with.

    Raises:
        LogRefused: a record is not of this format or by another master, or there is no commit for too long.
    """
    for count, stored in enumerate(islice(newest_first, TAIL_RECORDS_MAX + 1)):
        if count == TAIL_RECORDS_MAX:
            raise LogRefused(f"no batch is committed in the last {count} records, up to offset {stored.offset}")
        found = read(stored)
        if isinstance(found, Commit):
            return own if own.digest[:BATCH_ID_BYTES] == found.batch_id else chain_of(found.batch_id)
        if isinstance(found, Ancient | Truncate) or (isinstance(found, Write) and found.batch_id is None):
            if stored.offset <= own_offset:
                return own
            raise LogRefused(
                f"the record at offset {stored.offset} is a write that this database does not have: another master "
                "wrote it; bring the database up with `ethercattle replica --replica.syncshutdown` first"
            )
    return None


def read(stored: StoredRecord) -> Operation:
    """Return what a stored record says. Raises LogRefused naming its offset where it is not of this format."""
    try:
        return decode(stored.record.value)
    except ValueError as error:
        raise LogRefused(f"the record at offset {stored.offset} is not of the format ethercattle: {error}") from error


def newest_block(stored: StoredRecord) -> int | None:
    """Return the number of the block that a record makes canonical, or None where it makes none."""
    try:
        found = decode(stored.record.value)
    except ValueError:
        return None
    if isinstance(found, Ancient):
        return found.number
    if isinstance(found, Write) and found.value is not None and len(found.key) == 10:
        number = int.from_bytes(found.key[1:-1], "big")
        return number if found.key == canonical_hash_key(number) else None
    return None


def _batch_id(after: Chain, payload: bytes) -> bytes:
    sequence = (after.sequence + 1).to_bytes(_SEQUENCE_BYTES, "big")
    content = after.digest + sequence + payload
    return sequence + blake2b(content, digest_size=BATCH_ID_BYTES - _SEQUENCE_BYTES).digest()
