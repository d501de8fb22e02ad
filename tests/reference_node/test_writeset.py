"""The write-batch bytes are LevelDB's."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reference_node.writeset import WriteSet, decode_write_batch, encode_write_batch
from tests import strategies

HELLO = bytes.fromhex(
    "0000000000000000" + "02000000" + "01" + "05" + b"hello".hex() + "05" + b"world".hex() + "00" + "01" + "6b"
)


def test_the_bytes_are_those_of_the_format() -> None:
    assert encode_write_batch([(b"hello", b"world"), (b"k", None)]) == HELLO
    assert decode_write_batch(HELLO) == WriteSet(((b"hello", b"world"), (b"k", None)))


def test_the_sequence_stands_first_in_little_endian() -> None:
    assert encode_write_batch([], sequence=258)[:12] == struct.pack("<QI", 258, 0)


@given(strategies.writes)
def test_what_is_encoded_is_decoded(writes: list[tuple[bytes, bytes | None]]) -> None:
    assert decode_write_batch(encode_write_batch(writes)).writes == tuple(writes)


@given(strategies.writes, st.data())
def test_a_cut_batch_is_refused(writes: list[tuple[bytes, bytes | None]], data: st.DataObject) -> None:
    encoded = encode_write_batch(writes)
    kept = data.draw(st.integers(0, len(encoded) - 1))
    with pytest.raises(ValueError, match="write batch"):
        decode_write_batch(encoded[:kept])


@given(st.binary(max_size=60))
def test_foreign_bytes_are_decoded_or_refused(data: bytes) -> None:
    try:
        decoded = decode_write_batch(data)
    except ValueError:
        return
    assert len(decoded) == int.from_bytes(data[8:12], "little")


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (HELLO + b"\0", "1 bytes after its 2 writes"),
        (HELLO[:12] + b"\x07" + HELLO[13:], "operation 7"),
        (HELLO[:8] + b"\x03" + HELLO[9:], "ends after 2 of 3 writes"),
        (HELLO[:12] + b"\x01" + b"\xff" * 6, "length of more than 5 bytes"),
    ],
)
def test_a_damaged_batch_says_what_is_wrong(data: bytes, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        decode_write_batch(data)
