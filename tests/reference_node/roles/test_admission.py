"""Transactions are taken or refused by the head alone, in geth's order and words; a live geth is asked elsewhere."""

from dataclasses import replace
from typing import Any

import pytest

from reference_node.chain.submitted import Sidecar, Submitted, decode_submitted
from reference_node.roles import admission
from reference_node.roles.admission import TransactionRefused, check_account, check_submitted, cost_wei
from tests.reference_node.worlds import ADDRESSES, CHAIN_ID, GWEI, World, sign, signed

TARGET = b"\x11" * 20
HASH = b"\x01" + bytes(31)
AUTHORIZATION = {"chainId": CHAIN_ID, "address": TARGET, "nonce": 0, "yParity": 0, "r": 1, "s": 1}
BLOB = {"maxFeePerBlobGas": 1, "blobVersionedHashes": [HASH], "gas": 21_000}


@pytest.fixture(scope="module")
def world() -> World:
    """Return a chain at its newest fork."""
    return World()


def check(world: World, raw: bytes) -> bytes:
    """Check a transaction against a world's head."""
    return check_submitted(world.config, decode_submitted(raw), world.head)


@pytest.mark.parametrize(
    "fields",
    [
        {"gasPrice": GWEI},
        {"gasPrice": GWEI, "accessList": [{"address": "0x" + "22" * 20, "storageKeys": []}]},
        {},
        {"authorizationList": [AUTHORIZATION]},
        {"gas": 2**24, "maxFeePerGas": 50 * GWEI},
        {"maxFeePerGas": 1, "maxPriorityFeePerGas": 1},
        {"nonce": 2**64 - 2},
    ],
)
def test_good_ones_are_taken_and_their_signer_named(world: World, fields: dict[str, Any]) -> None:
    assert check(world, sign(1, TARGET, **fields)) == ADDRESSES[1]


@pytest.mark.parametrize(
    ("to", "fields", "text"),
    [
        (
            TARGET,
            {"gas": 10**7, "maxFeePerGas": 101 * GWEI},
            "tx fee (1.01 ether) exceeds the configured cap (1.00 ether)",
        ),
        (TARGET, {"gasPrice": 1, "chainId": None}, "only replay-protected (EIP-155) transactions allowed over RPC"),
        (TARGET, {"data": bytes(131_072)}, "oversized data: transaction size 131190, limit 131072"),
        (None, {"data": bytes(49_153)}, "max initcode size exceeded: code size 49153 limit 49152"),
        (
            TARGET,
            {"gas": 2**24 + 1, "maxFeePerGas": GWEI},
            "transaction gas limit too high (cap: 16777216, tx: 16777217)",
        ),
        (TARGET, {"maxFeePerGas": 1}, "max priority fee per gas higher than max fee per gas"),
        (TARGET, {"chainId": 5}, "invalid sender: invalid chain id for signer: have 5 want 1337"),
        (TARGET, {"gasPrice": 1, "chainId": 5}, "invalid sender: invalid chain id for signer: have 5 want 1337"),
        (TARGET, {"nonce": 2**64 - 1}, "nonce has max value"),
        (TARGET, {"gas": 20_999}, "intrinsic gas too low: gas 20999, minimum needed 21000"),
        (None, {"gas": 53_001, "data": b"\0"}, "intrinsic gas too low: gas 53001, minimum needed 53006"),
        (
            TARGET,
            {"gas": 29_000, "data": b"\1" * 500},
            "insufficient gas for floor data gas cost: gas 29000, minimum needed 41000",
        ),
        (
            TARGET,
            {"maxPriorityFeePerGas": 0},
            "transaction gas price below minimum: gas tip cap 0, minimum needed 1",
        ),
        (TARGET, {**BLOB}, "missing sidecar in blob transaction"),
        (
            TARGET,
            {**BLOB, "maxFeePerBlobGas": 0},
            "transaction gas price below minimum: blob fee cap 0, minimum needed 1",
        ),
    ],
)
def test_each_rule_has_geths_text(world: World, to: bytes | None, fields: dict[str, Any], text: str) -> None:
    with pytest.raises(TransactionRefused) as caught:
        check(world, sign(0, to, **fields))
    assert str(caught.value) == text


def test_a_fee_beyond_all_numbers_is_named_as_go_does() -> None:
    transaction = replace(signed(0, TARGET), max_fee_per_gas=2**1200)
    with pytest.raises(TransactionRefused, match=r"tx fee \(\+Inf ether\)"):
        admission.check_for_rpc(transaction)


@pytest.mark.parametrize(
    ("fork", "fields", "text"),
    [
        ("cancun", {"authorizationList": [AUTHORIZATION]}, "type 4 rejected, pool not yet in Prague"),
        ("shanghai", BLOB, "type 3 rejected, pool not yet in Cancun"),
        ("prague", {"gas": 30_000_001, "maxFeePerGas": GWEI}, "exceeds block gas limit"),
    ],
)
def test_rules_are_those_of_the_heads_fork(fork: str, fields: dict[str, Any], text: str) -> None:
    with pytest.raises(TransactionRefused, match=text):
        check(World(fork), sign(0, TARGET, **fields))


def test_an_empty_list_of_authorizations_is_refused(world: World) -> None:
    submitted = decode_submitted(sign(0, TARGET, authorizationList=[AUTHORIZATION]))
    empty = replace(submitted, transaction=replace(submitted.transaction, authorization_list=()))
    with pytest.raises(TransactionRefused, match="set code tx must have at least one authorization tuple"):
        check_submitted(world.config, empty, world.head)


def with_sidecar(version: int, blobs: int = 1) -> Submitted:
    """Return a blob transaction with a sidecar that has nothing to do with it."""
    submitted = decode_submitted(sign(0, TARGET, **{**BLOB, "blobVersionedHashes": [HASH] * blobs}))
    return replace(submitted, sidecar=Sidecar(version, [bytes(131_072)] * blobs, [bytes(48)] * blobs, []))


def test_a_sidecar_is_checked_last(world: World) -> None:
    with pytest.raises(TransactionRefused, match="blob 0: computed hash"):
        check_submitted(world.config, with_sidecar(1), world.head)


def test_the_size_counts_the_proofs_that_geth_makes(world: World) -> None:
    with pytest.raises(TransactionRefused, match=r"oversized data: transaction size 10[0-9]{5}, limit 1048576"):
        check_submitted(world.config, with_sidecar(0, blobs=8), world.head)


def test_blobs_that_geth_could_not_convert_are_refused_first(world: World) -> None:
    submitted = replace(with_sidecar(0), sidecar=Sidecar(0, [b"\xff" * 131_072], [bytes(48)], []))
    with pytest.raises(TransactionRefused, match=r"^blob sidecar conversion failed: scalar is not canonical"):
        check_submitted(world.config, submitted, world.head)


def test_the_account_has_to_have_the_nonce_and_the_funds() -> None:
    transaction = signed(0, TARGET, nonce=3, gas=21_000, gasPrice=2, value=5)
    check_account(transaction, 3, 42_005)
    check_account(transaction, 0, 42_005)
    with pytest.raises(TransactionRefused, match=r"^nonce too low: next nonce 4, tx nonce 3$"):
        check_account(transaction, 4, 0)
    with pytest.raises(TransactionRefused, match=r"price \+ value: balance 42004, tx cost 42005, overshot 1$"):
        check_account(transaction, 3, 42_004)


def test_the_cost_counts_gas_blobs_and_value() -> None:
    blob = signed(0, ADDRESSES[1], gas=21_000, value=5, maxFeePerBlobGas=3, blobVersionedHashes=[HASH, HASH])
    assert cost_wei(blob) == 21_000 * 100 * GWEI + 2 * 131_072 * 3 + 5
    assert cost_wei(signed(0, TARGET, gas=10, gasPrice=7, value=1)) == 71
