"""RLP from outside is read in its canonical form alone."""

import pytest
import rlp
from hypothesis import given
from hypothesis import strategies as st

from reference_node.chain.strict_rlp import DEPTH_MAX, decode_strictly
from reference_node.chain.types import encode_rlp

ITEMS = st.recursive(st.binary(max_size=70), lambda inner: st.lists(inner, max_size=5), max_leaves=20)


def nested(depth: int) -> bytes:
    """Return lists that stand in each other."""
    data = b"\xc0"
    prefixes = []
    length = 1
    for _ in range(depth - 1):
        size = length.to_bytes((length.bit_length() + 7) // 8, "big")
        prefix = bytes((0xC0 + length,)) if length < 56 else bytes((0xF7 + len(size),)) + size
        prefixes.append(prefix)
        length += len(prefix)
    return b"".join(reversed(prefixes)) + data


@given(ITEMS)
def test_what_was_encoded_is_read(item: object) -> None:
    if len(encode_rlp(item)) < 10_000:
        assert decode_strictly(encode_rlp(item)) == item


@given(st.binary(min_size=1, max_size=12))
def test_nothing_else_is_read(data: bytes) -> None:
    try:
        item = decode_strictly(data)
    except ValueError:
        return
    assert encode_rlp(item) == data
    assert rlp.decode(data) == item


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        ("", "value size exceeds available input length"),
        ("83", "value size exceeds available input length"),
        ("b8", "value size exceeds available input length"),
        ("ffffffffffffffffff", "value size exceeds available input length"),
        ("c2c0ff", "element is larger than containing list"),
        ("c180c0", "input contains more than one value"),
        ("8105", "non-canonical size information"),
        ("b801ff", "non-canonical size information"),
        ("f800", "non-canonical size information"),
        ("b90001ff", "non-canonical size information"),
    ],
)
def test_what_is_wrong_is_named(data: str, reason: str) -> None:
    with pytest.raises(ValueError, match=f"^rlp: {reason}$"):
        decode_strictly(bytes.fromhex(data))


def test_lists_stand_in_each_other_only_so_deep() -> None:
    decode_strictly(nested(DEPTH_MAX))
    for depth in (DEPTH_MAX + 1, 600_000):  # the compiled decoder ends the process on the second
        with pytest.raises(ValueError, match="rlp: lists nested deeper than 16"):
            decode_strictly(nested(depth))
