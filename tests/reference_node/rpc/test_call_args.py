"""Arguments of calls as Go's JSON decoder reads them, and its words for wrong ones (compared with geth v1.17.8)."""

import re
from typing import Any

import pytest

from reference_node.rpc.call_args import decode_block_overrides, decode_call_arguments, decode_state_overrides

ADDRESS = "0x" + "aa" * 20
HASH = "0x" + "bb" * 32
FIELD = "json: cannot unmarshal {} into Go struct field {} of type {}"


def test_every_field_is_read() -> None:
    authorization = {"chainId": "0x1", "address": ADDRESS, "nonce": "0x2", "yParity": "0x101", "r": "0x3", "s": "0x4"}
    found = decode_call_arguments({
        "from": ADDRESS, "TO": ADDRESS, "gas": "0x1", "gasPrice": "0x2", "value": "0x5", "nonce": "0x6",
        "data": "0x01", "accessList": [{"address": ADDRESS, "storageKeys": [HASH]}], "chainId": "0x7",
        "maxFeePerBlobGas": "0x8", "blobVersionedHashes": [HASH], "authorizationList": [authorization],
        "maxFeePerGas": None, "unknown": {},
    })  # fmt: skip
    address, slot = b"\xaa" * 20, b"\xbb" * 32
    assert (found.sender, found.to, found.gas, found.gas_price, found.value) == (address, address, 1, 2, 5)
    assert (found.data, found.chain_id, found.max_fee_per_gas) == (b"\x01", 7, None)
    assert (found.access_list, found.blob_hashes) == (((address, (slot,)),), (slot,))
    assert found.authorizations is not None
    assert (found.authorizations[0].y_parity, found.authorizations[0].nonce) == (1, 2)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("x", "json: cannot unmarshal string into Go value of type ethapi.TransactionArgs"),
        ([], "json: cannot unmarshal array into Go value of type ethapi.TransactionArgs"),
        ({"from": 1}, FIELD.format("non-string", "TransactionArgs.from", "common.Address")),
        ({"to": "0x12"}, "hex string has length 2, want 40 for common.Address"),
        ({"gas": "0x01"}, FIELD.format("hex number with leading zero digits", "TransactionArgs.gas", "hexutil.Uint64")),
        ({"value": "12"}, FIELD.format("hex string without 0x prefix", "TransactionArgs.value", "*hexutil.Big")),
        ({"accessList": 5}, FIELD.format("number", "TransactionArgs.accessList", "types.AccessList")),
        ({"accessList": 5, "gas": 1}, FIELD.format("non-string", "TransactionArgs.gas", "hexutil.Uint64")),
        ({"accessList": [{"address": 1}]},
         FIELD.format("non-string", "TransactionArgs.accessList.address", "common.Address")),
        ({"accessList": [{"address": ADDRESS}]}, "missing required field 'storageKeys' for AccessTuple"),
        ({"accessList": [None]}, "missing required field 'address' for AccessTuple"),
        ({"authorizationList": [{"chainId": "0x1"}]}, "missing required field 'address' for SetCodeAuthorization"),
        ({"blobVersionedHashes": [None]},
         FIELD.format("non-string", "TransactionArgs.blobVersionedHashes", "common.Hash")),
    ],
)  # fmt: skip
def test_wrong_arguments_are_refused_as_go_refuses_them(value: Any, text: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(text)}$"):
        decode_call_arguments(value)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("x", "json: cannot unmarshal string into Go value of type override.StateOverride"),
        ({"0x12": {}}, "hex string has length 2, want 40 for common.Address"),
        ({ADDRESS: {"nonce": 1}}, FIELD.format("non-string", "OverrideAccount.nonce", "hexutil.Uint64")),
        ({ADDRESS: {"state": {"0x1": "0x10x1"}}}, "hex string has length 4, want 64 for common.Hash"),
        ({ADDRESS: {"state": {"0x1": HASH}}},
         FIELD.format("hex string of odd length", "OverrideAccount.state", "common.Hash")),
    ],
)  # fmt: skip
def test_wrong_overrides_are_refused_as_go_refuses_them(value: Any, text: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(text)}$"):
        decode_state_overrides(value)


def test_overrides_are_read_whatever_the_case_of_their_names() -> None:
    block = decode_block_overrides({"NUMBER": "0x1", "time": "0x2", "baseFeePerGas": "0x3", "difficulty": "0x4"})
    assert (block.number, block.timestamp, block.base_fee, block.gas_limit) == (1, 2, 3, None)
    account = decode_state_overrides({ADDRESS: {"balance": "0x5", "statediff": {HASH: HASH}}, HASH[:42]: None})
    assert account[b"\xaa" * 20].balance == 5
    assert account[b"\xaa" * 20].state_diff == {b"\xbb" * 32: b"\xbb" * 32}
    assert account[b"\xbb" * 20].balance is None
