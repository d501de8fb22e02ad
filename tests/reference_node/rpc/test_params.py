"""Parameters are read, and refused in geth's words (the texts are those geth v1.17.8 answered)."""

import contextlib
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reference_node.rpc import params
from reference_node.rpc.params import LATEST, BlockRef, InvalidParam, Tag

HASH = "0x" + "ab" * 32


def mismatch(what: str, go_type: str) -> str:
    """Return Go's text for a value that does not fit a type."""
    return f"json: cannot unmarshal {what} into Go value of type {go_type}"


REFUSED: list[tuple[Callable[[Any], Any], Any, str]] = [
    (params.decode_hash, "", "hex string has length 0, want 64 for common.Hash"),
    (params.decode_hash, "0x12", "hex string has length 2, want 64 for common.Hash"),
    (params.decode_hash, "12", mismatch('hex string without 0x prefix', "common.Hash")),
    (params.decode_hash, HASH[:-1], mismatch('hex string of odd length', "common.Hash")),
    (params.decode_hash, "0xzz" + "ab" * 31, mismatch('invalid hex string', "common.Hash")),
    (params.decode_hash, "0x" + "é" * 32, mismatch('invalid hex string', "common.Hash")),
    (params.decode_hash, 5, mismatch('non-string', "common.Hash")),
    (params.decode_hash, "0x" + " 1" * 32, mismatch('invalid hex string', "common.Hash")),
    (params.decode_address, HASH, "hex string has length 64, want 40 for common.Address"),
    (params.decode_bytes, True, mismatch('non-string', "hexutil.Bytes")),
    (params.decode_bytes, "0x123", mismatch('hex string of odd length', "hexutil.Bytes")),
    (params.decode_uint, "0x", mismatch('hex string "0x"', "hexutil.Uint")),
    (params.decode_uint, "0x00", mismatch('hex number with leading zero digits', "hexutil.Uint")),
    (params.decode_uint, "0x1" + "0" * 16, mismatch('hex number > 64 bits', "hexutil.Uint")),
    (params.decode_uint, "0x_1", mismatch('invalid hex string', "hexutil.Uint")),
    (params.decode_uint64, {}, mismatch('non-string', "hexutil.Uint64")),
    (params.decode_big, "0x1" + "0" * 64, mismatch('hex number > 256 bits', "*hexutil.Big")),
    (params.decode_bool, "true", mismatch('string', "bool")),
    (params.decode_bool, 1, mismatch('number', "bool")),
    (params.decode_bool, [], mismatch('array', "bool")),
    (params.decode_string, {}, mismatch('object', "string")),
    (params.decode_block_number, "", "empty hex string"),
    (params.decode_block_number, "1", "hex string without 0x prefix"),
    (params.decode_block_number, 5, "hex string without 0x prefix"),
    (params.decode_block_number, True, "hex string without 0x prefix"),
    (params.decode_block_number, {}, "hex string without 0x prefix"),
    (params.decode_block_number, "0x", 'hex string "0x"'),
    (params.decode_block_number, "0x01", "hex number with leading zero digits"),
    (params.decode_block_number, "0x1g", "invalid hex string"),
    (params.decode_block_number, "0x8000000000000000", "block number larger than int64"),
    (params.decode_block_number, "0xfffffffffffffffff", "hex number > 64 bits"),
    (params.decode_block_number, "0xfffffffffffffffzff", "invalid hex string"),
    (params.decode_block, "0x8000000000000000", "blocknumber too high"),
    (params.decode_block, 5, mismatch('number', "string")),
    (params.decode_block, [], mismatch('array', "string")),
    (params.decode_block, "0x" + "g" * 64, "invalid hex string"),
    (params.decode_block, {}, "must specify either BlockHash or BlockNumber"),
    (params.decode_block, {"blockHash": 5}, mismatch('object', "string")),
    (params.decode_block, {"blockHash": HASH, "requireCanonical": 1}, mismatch('object', "string")),
    (params.decode_block, {"blockHash": HASH, "blockNumber": "0x1"},
     "cannot specify both BlockHash and BlockNumber, choose one or the other"),
]  # fmt: skip


@pytest.mark.parametrize(("decode", "value", "text"), REFUSED)
def test_wrong_values_are_refused_in_geths_words(decode: Callable[[Any], Any], value: Any, text: str) -> None:
    with pytest.raises(InvalidParam) as error:
        decode(value)
    assert text == str(error.value)


@pytest.mark.parametrize(
    ("value", "ref"),
    [
        ("latest", LATEST),
        ("pending", BlockRef(Tag.PENDING)),
        ("0x0", BlockRef(number=0)),
        ("0X1f", BlockRef(number=31)),
        (HASH, BlockRef(hash=b"\xab" * 32)),
        ({"blockNumber": "safe"}, BlockRef(Tag.SAFE)),
        ({"blockNumber": "0x10"}, BlockRef(number=16)),
        ({"blockHash": HASH}, BlockRef(hash=b"\xab" * 32)),
        ({"blockhash": HASH, "RequireCanonical": True}, BlockRef(hash=b"\xab" * 32, require_canonical=True)),
        ({"blockHash": HASH, "blockNumber": None, "other": 1}, BlockRef(hash=b"\xab" * 32)),
    ],
)
def test_blocks_are_named_by_tag_number_hash_or_object(value: Any, ref: BlockRef) -> None:
    assert ref == params.decode_block(value)


def test_an_empty_text_is_no_data_and_zero_where_geth_takes_it_so() -> None:
    assert params.decode_bytes("") == b""
    assert params.decode_uint("") == 0


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "empty hex string"),
        ("0xz", "invalid hex string"),
        ("0x1", "hex string of odd length"),
        ("1", "hex string without 0x prefix"),
    ],
)
def test_strict_data_names_a_wrong_digit_before_an_odd_length(text: str, message: str) -> None:
    with pytest.raises(InvalidParam, match=f"^{message}$"):
        params.hex_decode(text)


@given(st.binary(max_size=80))
def test_data_comes_back(data: bytes) -> None:
    assert data == params.decode_bytes("0x" + data.hex()) == params.decode_bytes("0X" + data.hex().upper())


@given(st.integers(0, 2**256 - 1))
def test_quantities_come_back(number: int) -> None:
    assert number == params.decode_big(hex(number))
    if number < 2**64:
        assert number == params.decode_uint64(hex(number))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text() | st.sampled_from(["blockHash", "blockNumber"]), inner),
    max_leaves=4,
)


@pytest.mark.parametrize(
    "decode",
    [
        params.decode_hash,
        params.decode_address,
        params.decode_bytes,
        params.decode_uint,
        params.decode_big,
        params.decode_bool,
        params.decode_block,
        params.decode_block_number,
        params.decode_string,
    ],
)
@settings(max_examples=25)
@given(value=JSON)
def test_no_json_value_does_anything_but_decode_or_be_refused(decode: Callable[[Any], Any], value: Any) -> None:
    with contextlib.suppress(InvalidParam):
        decode(value)
