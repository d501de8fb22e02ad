"""RLP is read into shapes, and refused in geth's words where it does not fit them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reference_node.chain import go_rlp
from reference_node.chain.go_rlp import RlpFault
from reference_node.chain.types import encode_rlp, from_int

FIELDS = [
    ("Nonce", go_rlp.uint(8)),
    ("Value", go_rlp.uint256),
    ("Large", go_rlp.big_int),
    ("To", go_rlp.optional_array("common.Pair", 2)),
    ("Data", go_rlp.data),
    ("Keys", go_rlp.list_of("[]T", go_rlp.struct("main.T", [("Key", go_rlp.array("common.Pair", 2))]))),
]
GOOD = [b"\x01", b"\x02", b"\x03", b"ab", b"data", [[b"xy"]]]


def read(encoded: bytes) -> tuple[object, ...]:
    """Read the test's struct."""
    return go_rlp.decode(encoded, "main.S", FIELDS)


def changed(**fields: object) -> bytes:
    """Encode the good struct with other fields."""
    names = [name for name, _ in FIELDS]
    return encode_rlp([fields.get(name, found) for name, found in zip(names, GOOD, strict=True)])


def test_values_come_back_in_order() -> None:
    assert read(encode_rlp(GOOD)) == (1, 2, 3, b"ab", b"data", [(b"xy",)])
    assert read(changed(To=b"", Keys=[], Large=b"", Data=b"")) == (1, 2, 0, None, b"", [])


@given(st.integers(0, 255), st.integers(0, 2**256 - 1), st.integers(0, 2**300), st.binary(max_size=80))
def test_what_was_written_is_read(nonce: int, value: int, large: int, data: bytes) -> None:
    encoded = changed(Nonce=from_int(nonce), Value=from_int(value), Large=from_int(large), Data=data)
    assert read(encoded)[:3] == (nonce, value, large)
    assert read(encoded)[4] == data


@pytest.mark.parametrize(
    ("encoded", "text"),
    [
        (b"\x80", "rlp: expected input list for main.S"),
        (b"\xc0", "rlp: too few elements for main.S"),
        (encode_rlp([*GOOD, b""]), "rlp: input list has too many elements for main.S"),
        (encode_rlp(GOOD) + b"\0", "rlp: input contains more than one value"),
        (encode_rlp(GOOD)[:-1], "rlp: value size exceeds available input length"),
        (b"\xc1\xb8", "rlp: element is larger than containing list"),
        (b"\xc2\x01\x83", "rlp: element is larger than containing list"),
        (b"\xf8\x01\x01", "rlp: non-canonical size information for main.S"),
        (b"\xf9\x00\xff", "rlp: non-canonical size information for main.S"),
        (changed(Nonce=[]), "rlp: expected input string or byte for uint8, decoding into (main.S).Nonce"),
        (changed(Nonce=b"\1\0"), "rlp: input string too long for uint8, decoding into (main.S).Nonce"),
        (
            changed(Nonce=b"\0"),
            "rlp: non-canonical integer (leading zero bytes) for uint8, decoding into (main.S).Nonce",
        ),
        (b"\xc2\x81\x05", "rlp: non-canonical size information for uint8, decoding into (main.S).Nonce"),
        (changed(Value=b"\1" * 33), "rlp: value too large for uint256"),
        (
            changed(Large=b"\0\1"),
            "rlp: non-canonical integer (leading zero bytes) for *big.Int, decoding into (main.S).Large",
        ),
        (changed(To=b"a"), "rlp: input string too short for common.Pair, decoding into (main.S).To"),
        (changed(To=b"abc"), "rlp: input string too long for common.Pair, decoding into (main.S).To"),
        (
            changed(To=[]),
            "rlp: wrong kind of empty value (got List, want String) for *common.Pair, decoding into (main.S).To",
        ),
        (changed(To=[b""]), "rlp: expected input string or byte for common.Pair, decoding into (main.S).To"),
        (changed(Data=[]), "rlp: expected input string or byte for []uint8, decoding into (main.S).Data"),
        (changed(Keys=b""), "rlp: expected input list for []T, decoding into (main.S).Keys"),
        (changed(Keys=[[b"xy"], b""]), "rlp: expected input list for main.T, decoding into (main.S).Keys[1]"),
        (changed(Keys=[[b"xy"], []]), "rlp: too few elements for main.T, decoding into (main.S).Keys[1]"),
        (
            changed(Keys=[[b"xyz"]]),
            "rlp: input string too long for common.Pair, decoding into (main.S).Keys[0].Key",
        ),
    ],
)
def test_faults_have_geths_texts(encoded: bytes, text: str) -> None:
    with pytest.raises(RlpFault) as caught:
        read(encoded)
    assert str(caught.value) == text


@given(st.binary(max_size=40))
def test_any_bytes_are_read_or_refused(encoded: bytes) -> None:
    try:
        values = read(encoded)
    except RlpFault:
        return
    assert len(values) == len(FIELDS)


def test_deep_nesting_is_refused_without_following_it() -> None:
    encoded = b"\xc0"
    for _ in range(50_000):
        size = len(encoded)
        length = from_int(size)
        encoded = (bytes([0xC0 + size]) if size < 56 else bytes([0xF7 + len(length)]) + length) + encoded
    with pytest.raises(RlpFault):
        read(encoded)


@pytest.mark.parametrize(
    ("encoded", "expected"),
    [
        (b"\x05\x06", ("Byte", b"\x05", b"\x06")),
        (b"\x82ab", ("String", b"ab", b"")),
        (b"\xc2\x01\x02\x03", ("List", b"\x01\x02", b"\x03")),
        (b"\xb8\x38" + bytes(56) + b"x", ("String", bytes(56), b"x")),
        (b"\xf8\x38" + bytes(56), ("List", bytes(56), b"")),
    ],
)
def test_the_first_value_is_split_off(encoded: bytes, expected: tuple[str, bytes, bytes]) -> None:
    assert go_rlp.split(encoded) == expected


@pytest.mark.parametrize(
    ("encoded", "text"),
    [
        (b"", "unexpected EOF"),
        (b"\xb8", "unexpected EOF"),
        (b"\xb8\x01a", "rlp: non-canonical size information"),
        (b"\x81\x01", "rlp: non-canonical size information"),
        (b"\xc1", "rlp: value size exceeds available input length"),
    ],
)
def test_what_cannot_be_split_off_is_refused(encoded: bytes, text: str) -> None:
    with pytest.raises(RlpFault, match=f"^{text}$"):
        go_rlp.split(encoded)
