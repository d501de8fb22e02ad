"""Records have the bytes that docs/format.md gives them."""

import json
import re
from collections.abc import Callable
from hashlib import blake2b
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reference_node.errors import LogRefused
from reference_node.log.codec_writebatch import (
    Batch,
    Chain,
    chain_at,
    decode,
    encode_batch,
    encode_epoch,
    encode_heartbeat,
    newest_block,
    with_epoch,
)
from reference_node.log.interface import Record, StoredRecord
from reference_node.store.apply import Progress, advance
from reference_node.store.position import Position
from reference_node.writeset import WriteSet, encode_write_batch
from tests.strategies import hashes, uint64s, writes

PAGE = Path(__file__).parents[3] / "docs" / "format.md"
Headers = tuple[tuple[str, bytes], ...]


def documented_records() -> list[Record]:
    """Return the vectors of docs/format.md."""
    found = re.search(r"```json\n(.*?)```", PAGE.read_text(), re.DOTALL)
    assert found is not None
    return [
        Record(
            bytes.fromhex(item["value"]),
            tuple((name, bytes.fromhex(content)) for name, content in item["headers"].items()),
        )
        for item in json.loads(found[1])
    ]


def digest_as_documented(previous: bytes, record: Record) -> bytes:
    """Compute a digest from the page's formula, without the code under test."""
    text = previous
    for name, content in record.headers:
        if name not in ("epoch", "digest"):
            text += bytes([len(name)]) + name.encode("ascii") + len(content).to_bytes(4, "big") + content
    return blake2b(text + record.value, digest_size=32).digest()


def test_the_master_writes_the_documented_bytes() -> None:
    first, after_first = encode_batch(
        Batch(encode_write_batch([(b"hello", b"world"), (b"gone", None)]), 0, 0, 1_700_000_000_000), Chain()
    )
    second, _ = encode_batch(
        Batch(encode_write_batch([(b"k", b"v")]), 1, 1, 1_700_000_012_000, b"\x5a" * 32, b"\xf1" * 32), after_first, 12
    )
    assert documented_records() == [
        with_epoch(first[0], 1),
        with_epoch(encode_heartbeat(after_first, 1_700_000_006_000), 1),
        encode_epoch(after_first, 1_700_000_007_000, 2),
        *[with_epoch(record, 2) for record in second],
    ]


def test_a_replica_reads_the_documented_bytes() -> None:
    progress, applied = Progress(Position(epoch=1)), []
    for offset, record in enumerate(documented_records()):
        step = advance(progress, StoredRecord(offset, record), lambda _: None)
        progress = step.progress
        applied.append(step.writes)
    assert applied == [
        WriteSet(((b"hello", b"world"), (b"gone", None))),
        None,
        None,
        None,
        WriteSet(((b"k", b"v"),)),
    ]
    position = progress.position
    assert (position.chain.sequence, position.offset, position.epoch) == (2, 4, 2)
    assert (position.safe_hash, position.finalized_hash) == (b"\x5a" * 32, b"\xf1" * 32)
    assert position.time_ms == 1_700_000_012_000


def test_the_documented_digests_follow_the_documented_formula() -> None:
    records = documented_records()
    digests = [dict(record.headers)["digest"] for record in records]
    previous = [bytes(32), digests[0], digests[0], digests[0], digests[3]]
    assert [digest_as_documented(*pair) for pair in zip(previous, records, strict=True)] == digests


@given(writes, st.integers(1, 64), st.builds(Chain, st.integers(0, 2**63), hashes), uint64s, st.none() | hashes)
def test_parts_join_to_the_batch_and_chain_their_digests(
    content: list[tuple[bytes, bytes | None]], part_bytes_max: int, after: Chain, time_ms: int, safe: bytes | None
) -> None:
    payload = encode_write_batch(content)
    records, chain = encode_batch(Batch(payload, 1, 2, time_ms, safe), after, part_bytes_max)
    assert b"".join(record.value for record in records) == payload
    assert all(0 < len(record.value) <= part_bytes_max for record in records)
    previous = after.digest
    for part, record in enumerate(records):
        found = decode(StoredRecord(part, with_epoch(record, 7)))
        assert (found.sequence, found.part, found.parts) == (after.sequence + 1, part, len(records))
        assert (found.epoch, found.time_ms, found.safe_hash, found.finalized_hash) == (7, time_ms, safe, None)
        assert found.digest == digest_as_documented(previous, record)
        previous = found.digest
    assert chain == Chain(after.sequence + 1, previous)
    assert chain_at(StoredRecord(0, with_epoch(records[-1], 7))) == chain


@given(st.builds(Chain, uint64s, hashes), uint64s, uint64s, st.none() | uint64s)
def test_marks_name_the_batch_they_follow_and_the_head(
    chain: Chain, time_ms: int, epoch: int, head: int | None
) -> None:
    heartbeat = with_epoch(encode_heartbeat(chain, time_ms, head), epoch)
    for record in (heartbeat, encode_epoch(chain, time_ms, epoch, head)):
        stored = StoredRecord(3, record)
        assert newest_block(stored) == head
        assert chain_at(stored) == chain
        assert (decode(stored).epoch, decode(stored).time_ms) == (epoch, time_ms)


def _without(name: str) -> Callable[[Headers], Headers]:
    return lambda headers: tuple(header for header in headers if header[0] != name)


def _with(name: str, content: bytes) -> Callable[[Headers], Headers]:
    return lambda headers: (*_without(name)(headers), (name, content))


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda _: (), "format version none, expected 01"),
        (_with("v", b"\x02"), "format version 02, expected 01"),
        (_with("kind", b"bundle"), "kind b'bundle', expected batch, heartbeat or epoch"),
        (_without("kind"), "kind None"),
        (_with("sequence", b"\x01"), "header sequence of 1 bytes, expected 8"),
        (_without("epoch"), "header epoch of 0 bytes, expected 8"),
        (_without("digest"), "header digest of 0 bytes, expected 32"),
        (_with("safe", b"\x01" * 31), "header safe of 31 bytes, expected 32"),
        (_with("head", bytes(7)), "header head of 7 bytes, expected 8"),
        (_with("source", b""), "header source of 0 bytes, expected 16"),
        (_with("part", b"\0\0\0\1"), "part 1 of 1"),
        (_with("parts", bytes(4)), "part 0 of 0"),
        (lambda headers: (*headers, ("v", b"\x01")), "header twice"),
    ],
)
def test_a_foreign_record_is_refused_by_its_offset(change: Callable[[Headers], Headers], reason: str) -> None:
    sound = documented_records()[0]
    with pytest.raises(LogRefused, match=f"^the record at offset 17 .*{re.escape(reason)}"):
        decode(StoredRecord(17, Record(sound.value, change(sound.headers))))


def test_a_mark_without_base_is_refused() -> None:
    heartbeat = documented_records()[1]
    with pytest.raises(LogRefused, match="header base of 0 bytes, expected 32"):
        decode(StoredRecord(1, Record(b"", _without("base")(heartbeat.headers))))
