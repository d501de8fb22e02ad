"""Headers, transactions, receipts and blocks keep their bytes."""

import pytest
import rlp
from eth_account import Account
from eth_hash.auto import keccak
from hypothesis import given
from hypothesis import strategies as st

from reference_node.chain import types
from tests import strategies


@given(strategies.headers())
def test_a_header_keeps_its_bytes_and_hash(header: types.Header) -> None:
    encoded = types.encode_header(header)
    assert types.decode_header(encoded) == header
    assert header.hash == keccak(encoded)
    assert header.size == len(encoded)


@given(strategies.raw_transactions())
def test_a_transaction_keeps_its_bytes_and_hash(raw: bytes) -> None:
    transaction = types.decode_transaction(raw)
    assert (transaction.raw, transaction.hash) == (raw, keccak(raw))
    assert transaction.type == (0 if raw[0] >= 0xC0 else raw[0])


@given(strategies.blocks())
def test_a_block_keeps_its_bytes(block: types.Block) -> None:
    encoded = types.encode_block(block)
    assert types.decode_block(encoded) == block
    assert types.encode_block(types.decode_block(encoded)) == encoded


@given(st.lists(strategies.receipts, max_size=4))
def test_receipts_keep_their_storage_form(receipts: list[types.Receipt]) -> None:
    assert types.decode_stored_receipts(types.encode_stored_receipts(receipts)) == tuple(receipts)


def test_no_receipts_are_an_empty_list_and_not_nothing() -> None:
    assert types.encode_stored_receipts([]) == b"\xc0"


@pytest.mark.parametrize(
    "fields",
    [
        {"gasPrice": 7},
        {"gasPrice": 7, "chainId": 1337},
        {
            "gasPrice": 7,
            "chainId": 1337,
            "accessList": [{"address": "0x" + "11" * 20, "storageKeys": ["0x" + "22" * 32]}],
        },
        {"maxFeePerGas": 9, "maxPriorityFeePerGas": 2, "chainId": 1337},
    ],
)
def test_a_signed_transaction_reads_as_it_was_signed(fields: dict[str, object]) -> None:
    signed = Account.sign_transaction(
        {"to": bytes(20), "nonce": 3, "gas": 21000, "value": 5, "data": "0x1234", **fields}, b"\x01" * 32
    )
    transaction = types.decode_transaction(bytes(signed.raw_transaction))
    assert transaction.hash == bytes(signed.hash)
    assert (transaction.nonce, transaction.gas, transaction.value) == (3, 21000, 5)
    assert (transaction.to, transaction.data) == (bytes(20), b"\x12\x34")
    assert transaction.chain_id == fields.get("chainId")
    assert (transaction.gas_price, transaction.max_fee_per_gas) == (fields.get("gasPrice"), fields.get("maxFeePerGas"))
    assert (transaction.v, transaction.r, transaction.s) == (signed.v, signed.r, signed.s)


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"", "empty transaction"),
        (b"\x05\xc0", "type 5 is not supported"),
        (b"\x02" + rlp.encode([b""] * 11), "dynamic fee transaction has 11 fields, expected 12"),
        (b"\x01" + rlp.encode(b"no list"), "access list transaction has no list"),
        (rlp.encode([b""] * 8), "legacy transaction has 8 fields, expected 9"),
    ],
)
def test_a_broken_transaction_says_what_is_wrong(raw: bytes, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        types.decode_transaction(raw)


def test_a_header_with_too_few_fields_is_refused() -> None:
    with pytest.raises(ValueError, match="header has 3 fields, expected 15 to 21"):
        types.decode_header(rlp.encode([b""] * 3))
