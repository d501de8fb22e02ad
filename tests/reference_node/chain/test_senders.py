"""Recovering signers against eth-account, which signs."""

from typing import Any

import pytest
from eth_account import Account

from reference_node.chain import senders
from reference_node.chain.types import Authorization, decode_transaction, encode_rlp, from_int, to_int
from tests.reference_node.worlds import ADDRESSES, CHAIN_ID, KEYS, signed

TO = b"\xaa" * 20
AUTHORIZATION = Account.sign_authorization({"chainId": CHAIN_ID, "address": TO, "nonce": 3}, KEYS[1])
KINDS: list[dict[str, Any]] = [
    {"gasPrice": 5},
    {"gasPrice": 5, "chainId": None},
    {"gasPrice": 5, "accessList": [{"address": "0x" + TO.hex(), "storageKeys": ["0x" + "01" * 32]}]},
    {},
    {"maxFeePerBlobGas": 5, "blobVersionedHashes": [b"\1" * 32]},
    {"authorizationList": [AUTHORIZATION]},
]


@pytest.mark.parametrize("fields", KINDS, ids=["eip155", "legacy", "access", "dynamic", "blob", "setcode"])
@pytest.mark.parametrize("key", range(len(KEYS)))
def test_the_signer_is_recovered(key: int, fields: dict[str, Any]) -> None:
    """Every kind of transaction gives the address of the key that signed it."""
    transaction = signed(key, TO, data=b"data", **fields)
    assert senders.senders_of([transaction], CHAIN_ID) == [ADDRESSES[key]]


def test_authorities_are_recovered() -> None:
    (authorization,) = signed(0, TO, authorizationList=[AUTHORIZATION]).authorization_list or ()
    assert senders.authority_of(authorization) == ADDRESSES[1]
    bad = Authorization(1, TO, 0, 2, 1, 1)
    with pytest.raises(ValueError, match="v, r, s values"):
        senders.authority_of(bad)


def test_transactions_of_other_chains_are_refused() -> None:
    with pytest.raises(ValueError, match="invalid chain id for signer: have 5 want 1337"):
        senders.sender_of(signed(0, TO, chainId=5), CHAIN_ID)


def test_the_other_half_of_s_is_refused() -> None:
    """EIP-2: the mirrored signature is valid on the curve, but not here."""
    transaction = signed(0, TO, chainId=None, gasPrice=5)
    fields = [
        from_int(transaction.nonce), from_int(5), from_int(transaction.gas), TO, b"", b"",
        from_int(55 - transaction.v), from_int(transaction.r), from_int(senders.SECP256K1_ORDER - transaction.s),
    ]  # fmt: skip
    with pytest.raises(ValueError, match="invalid transaction v, r, s values"):
        senders.sender_of(decode_transaction(encode_rlp(fields)), CHAIN_ID)


@pytest.mark.parametrize(("r", "s"), [(0, 1), (1, 0), (senders.SECP256K1_ORDER, 1)])
def test_values_out_of_range_are_refused(r: int, s: int) -> None:
    with pytest.raises(ValueError, match="invalid transaction v, r, s values"):
        senders.recover_address(bytes(32), 0, r, s)


def test_an_r_that_is_no_point_is_refused() -> None:
    assert to_int(b"\x05") == 5
    with pytest.raises(ValueError, match="recovery failed"):
        senders.recover_address(b"\1" * 32, 0, 5, 1)
