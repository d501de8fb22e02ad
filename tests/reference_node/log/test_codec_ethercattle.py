"""Records of the format `ethercattle` have the bytes that docs/format.md gives them; nothing else is one."""

import json
import re
from pathlib import Path

import pytest
import rlp
from hypothesis import example, given
from hypothesis import strategies as st

from reference_node.chain.types import encode_rlp
from reference_node.log.codec_ethercattle import (
    Ancient,
    Commit,
    Heartbeat,
    Look,
    Operation,
    Sync,
    Truncate,
    Write,
    decode,
    decode_offset,
    encode,
    encode_offset,
    offset_key,
)
from tests.strategies import hashes, uint64s

PAGE = Path(__file__).parents[3] / "docs" / "format.md"
UUID = bytes(range(16))
OPERATIONS: dict[str, Operation] = {
    "put hello = world": Write(b"hello", b"world"),
    "put of nothing": Write(b"", b""),
    "delete hello": Write(b"hello", None),
    "member: put hello = world": Write(b"hello", b"world", UUID),
    "member: delete hello": Write(b"hello", None, UUID),
    "commit": Commit(UUID),
    "heartbeat": Heartbeat(),
    "get hello": Look(b"hello", only_asks=False),
    "has hello": Look(b"hello", only_asks=True),
    "ancient block 1": Ancient(1, b"\x11" * 32, b"\xc1\x80", b"\xc2\xc0\xc0", b"\xc0", b"\x81\x80"),
    "truncate to 300 blocks": Truncate(300),
    "truncate to none": Truncate(0),
    "sync": Sync(),
}
"""What the page shows, by its words."""

contents = st.binary(max_size=300)
ids = st.binary(min_size=16, max_size=16)
operations = st.one_of(
    st.builds(Write, contents, st.none() | contents, st.none() | ids),
    st.builds(Commit, ids),
    st.just(Heartbeat()),
    st.builds(Look, contents, only_asks=st.booleans()),
    st.builds(Ancient, uint64s, hashes, contents, contents, contents, contents),
    st.builds(Truncate, uint64s),
    st.just(Sync()),
)


def documented() -> dict[str, str]:
    """Return the vectors of docs/format.md."""
    section = PAGE.read_text().split("# The log format `ethercattle`")[1]
    found = re.search(r"```json\n(.*?)```", section, re.DOTALL)
    assert found is not None
    vectors: dict[str, str] = json.loads(found[1])
    return vectors


def test_every_operation_has_its_documented_bytes() -> None:
    shown = {name: encode(operation).hex() for name, operation in OPERATIONS.items()}
    assert shown == {name: value for name, value in documented().items() if name != "offset record"}
    assert {name: decode(bytes.fromhex(value)) for name, value in shown.items()} == OPERATIONS


def test_two_vectors_of_existing_builds() -> None:
    assert encode(Write(b"hello", b"world")).hex() == "00cc8568656c6c6f85776f726c64"
    assert encode(Write(b"", b"")).hex() == "00c28080"


def test_the_offset_record_of_existing_builds() -> None:
    assert offset_key("geth") == b"cdc-log-geth-offset"
    assert encode_offset(300, 1_558_732_378).hex() == "d8040000000000000000b4f9c2ce0b0000000000"
    assert documented()["offset record"] == encode_offset(300, 1_558_732_378).hex()
    assert decode_offset(encode_offset(300, 1_558_732_378)) == (300, 1_558_732_378)


@given(st.integers(-(2**63), 2**63 - 1), st.integers(-(2**63), 2**63 - 1))
@example(-1, 0)
def test_an_offset_record_comes_back_as_written(offset: int, time_s: int) -> None:
    assert decode_offset(encode_offset(offset, time_s)) == (offset, time_s)


@pytest.mark.parametrize("value", [b"", bytes(19), bytes(21), b"\x80" * 20])
def test_a_damaged_offset_record_is_refused(value: bytes) -> None:
    with pytest.raises(ValueError, match="the offset record h"):
        decode_offset(value)


@given(operations)
@example(Write(b"k" * 55, b"v" * 56))
@example(Write(b"\x7f", b"\x80"))
def test_an_operation_comes_back_as_written(operation: Operation) -> None:
    assert decode(encode(operation)) == operation


@given(contents, contents)
def test_a_put_is_what_the_rlp_library_makes_of_it(key: bytes, value: bytes) -> None:
    assert encode(Write(key, value)) == b"\0" + rlp.encode([key, value])


@given(st.binary(min_size=1, max_size=60))
def test_what_is_taken_for_an_operation_has_these_very_bytes(value: bytes) -> None:
    try:
        found = decode(value)
    except ValueError:
        return
    assert encode(found) == value


@given(operations, st.data())
def test_damage_is_refused_or_changes_the_operation(operation: Operation, data: st.DataObject) -> None:
    sound = encode(operation)
    place = data.draw(st.integers(0, len(sound) - 1))
    damaged = bytearray(sound)
    damaged[place] ^= data.draw(st.integers(1, 255))
    try:
        found: Operation | None = decode(bytes(damaged))
    except ValueError:
        found = None
    assert found != operation


LONG = b"\xb8\x38" + b"v" * 56


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (b"", "it is empty"),
        (b"\x09", "operation 09, expected 00 to 08 or ff"),
        (b"\xfe", "operation fe"),
        (b"\x00", "ends too early"),
        (b"\x00\xc2\x80", "not [key, value]"),
        (b"\x00\xc2\x80\x80\x80", "not [key, value]"),
        (b"\x00\xc1\x80", "not [key, value]"),
        (b"\x00\xc3\x80\x80\x80", "not [key, value]"),
        (b"\x00\xc2\xc0\x80", "not [key, value]"),
        (b"\x00\x82\x80\x80", "not [key, value]"),
        (b"\x00\xc3\x81\x05\x80", "byte is not in its shortest form"),
        (b"\x00\xf8\x02\x80\x80", "length is not in its shortest form"),
        (b"\x00" + encode_rlp([b"k", b"v" * 56]).replace(b"\xb8\x38", b"\xb9\x00\x38"), "shortest form"),
        (b"\x00\xf9\x00", "shortest form"),
        (bytes(20), "not [key, value]"),
        (b"\x02" + bytes(15), "commit with an id of 15 bytes, expected 16"),
        (b"\x02" + bytes(17), "commit with an id of 17 bytes"),
        (b"\x03\x00", "heartbeat with 1 bytes of content"),
        (b"\x08\x00", "sync with 1 bytes of content"),
        (b"\x06" + encode_rlp([b"", bytes(31), b"", b"", b"", b""]), "hash of 31 bytes, expected 32"),
        (b"\x06" + encode_rlp([b"", bytes(32), b"", b"", b""]), "ancient block whose RLP is not"),
        (b"\x06" + encode_rlp([b"", bytes(32), [], b"", b"", b""]), "ancient block whose RLP is not"),
        (b"\x06" + encode_rlp([b"\0", bytes(32), b"", b"", b"", b""]), "the number 0x00, expected"),
        (b"\x06" + encode_rlp([bytes(9), bytes(32), b"", b"", b"", b""]), "at most 8 bytes"),
        (b"\x07", "ends too early"),
        (b"\x07\xc0", "truncation whose RLP is not one number"),
        (b"\x07\x05\x05", "truncation whose RLP is not one number"),
        (b"\x07\x00", "without leading zeros"),
        (b"\x07\x89" + b"\x01" * 9, "at most 8 bytes"),
        (b"\xff", "member of 1 bytes, expected at least 18"),
        (b"\xff\x00" + bytes(15), "member of 17 bytes, expected at least 18"),
        (b"\xff\x02" + bytes(16), "member of operation 02, expected 00 or 01"),
        (b"\xff\x00" + bytes(16), "ends too early"),
    ],
)
def test_what_is_not_of_the_format_is_refused(value: bytes, reason: str) -> None:
    with pytest.raises(ValueError, match=re.escape(reason)):
        decode(value)


def test_records_of_our_other_format_are_refused() -> None:
    section = PAGE.read_text().split("# The log format `ethercattle`")[0]
    found = re.search(r"```json\n(.*?)```", section, re.DOTALL)
    assert found is not None
    for item in json.loads(found[1])[:4]:
        with pytest.raises(ValueError, match="it is"):
            decode(bytes.fromhex(item["value"]))
