"""eth_call and eth_estimateGas on a small chain; the texts are those of a real geth v1.17.8."""

from dataclasses import replace
from typing import Any

import pytest
from eth_account import Account

from reference_node.backend import Backend
from reference_node.store.view import View
from tests.reference_node.rpc.served import answer, ask, backend_of, error_of, hex_of
from tests.reference_node.worlds import ADDRESSES, KEYS, World, sign

COUNTER, FREE = b"\xc1" * 20, b"\xc2" * 20
RICH, POOR = hex_of(ADDRESSES[0]), "0x" + "99" * 20
COUNT = "5f54600101805f555f5260205ff3"  # adds one to slot 0 and returns it


def returning(opcodes: str) -> dict[str, Any]:
    """Return overrides that make FREE return what opcodes leave on the stack."""
    return {hex_of(FREE): {"code": f"0x{opcodes}5f5260205ff3"}}


@pytest.fixture(scope="module")
def backend() -> Backend:
    world = World("osaka", {COUNTER: {"code": f"0x{COUNT}", "storage": {"0x" + "00" * 32: "0x" + "00" * 31 + "05"}}})
    for nonce in range(3):
        world.add(sign(0, COUNTER, nonce=nonce))
    return backend_of(world)


def returned(backend: Backend, opcodes: str, *block_overrides: Any, **arguments: Any) -> int:
    call = {"to": hex_of(FREE), **arguments}
    return int(ask(backend, "eth_call", call, "latest", returning(opcodes), *block_overrides), 16)


def test_a_call_sees_the_state_of_its_block_and_leaves_nothing_behind(backend: Backend) -> None:
    call = {"to": hex_of(COUNTER)}
    store = dict(backend.view.store.iterator())
    for _ in range(2):
        assert [int(ask(backend, "eth_call", call, hex(number)), 16) for number in range(4)] == [6, 7, 8, 9]
        assert int(ask(backend, "eth_call", call, {"blockHash": hex_of(backend.view.head.hash)}), 16) == 9
    assert dict(backend.view.store.iterator()) == store


def test_what_code_sees_of_its_surroundings(backend: Backend) -> None:
    head = backend.view.head
    assert returned(backend, "43") == head.number
    assert returned(backend, "42") == head.timestamp
    assert returned(backend, "45") == head.gas_limit
    assert returned(backend, "46") == backend.node.config.chain_id
    assert returned(backend, "48") == 0
    assert returned(backend, "48", gasPrice=hex(10**12), **{"from": RICH}) == head.base_fee_per_gas
    assert returned(backend, "3a", maxFeePerGas=hex(10**12), maxPriorityFeePerGas="0x3", **{"from": RICH}) == 3 + (
        head.base_fee_per_gas or 0
    )
    assert returned(backend, "32") == 0
    assert returned(backend, "33", **{"from": RICH}) == int(RICH, 16)


def test_block_hashes_are_those_of_the_chain(backend: Backend) -> None:
    head = backend.view.head
    for number in range(head.number):
        found = backend.canonical_hash(number)
        assert found is not None
        assert returned(backend, f"60{number:02x}40") == int.from_bytes(found, "big")
    assert returned(backend, f"60{head.number:02x}40") == 0
    later = {"number": hex(head.number + 300)}
    assert returned(backend, f"60{head.number - 1:02x}40", later) == 0


def test_a_block_can_be_overridden(backend: Backend) -> None:
    fields = {
        "number": "0x77", "time": "0x7fffffff", "gasLimit": "0x5555", "feeRecipient": POOR,
        "prevRandao": "0x" + "ab" * 32, "blobBaseFee": "0x9", "baseFeePerGas": "0x8",
    }  # fmt: skip
    seen = [returned(backend, opcode, fields) for opcode in ("43", "42", "45", "41", "44", "4a")]
    assert seen == [0x77, 0x7FFFFFFF, 0x5555, int(POOR, 16), int("ab" * 32, 16), 9]
    assert returned(backend, "48", fields, gasPrice="0x8", gas="0x186a0", **{"from": RICH}) == 8
    for name, value in (("beaconRoot", "0x" + "00" * 32), ("withdrawals", [])):
        text = f'block override "{name}" is not supported for this RPC method'
        for method in ("eth_call", "eth_estimateGas"):
            assert error_of(backend, method, {"to": POOR}, "latest", None, {name: value}) == (-32000, text)


def test_accounts_can_be_overridden(backend: Backend) -> None:
    account = hex_of(COUNTER)
    call = {"to": account}
    slot, value = "0x" + "00" * 32, "0x" + "00" * 31 + "40"
    other = "0x" + "00" * 31 + "01"
    for override, expected in (
        ({"stateDiff": {slot: value}}, 0x41),
        ({"state": {slot: value}}, 0x41),
        ({"state": {other: value}}, 1),
        ({"stateDiff": {other: value}}, 9),
        ({"code": "0x475f5260205ff3", "balance": "0x63"}, 0x63),
    ):
        assert int(ask(backend, "eth_call", call, "latest", {account: override}), 16) == expected
    both: dict[str, Any] = {account: {"state": {}, "stateDiff": {}}}
    checksummed = "0xc1C1c1c1c1C1c1c1C1c1c1c1C1c1C1c1C1c1C1c1".lower()
    code, text = error_of(backend, "eth_call", call, "latest", both)
    assert (code, text.lower()) == (-32000, f"account {checksummed} has both 'state' and 'statediff'")


def test_precompiled_contracts_can_be_moved_for_calls(backend: Backend) -> None:
    identity, target = f"0x{4:040x}", "0x" + "12" * 20
    overrides = {identity: {"movePrecompileToAddress": target}}
    assert ask(backend, "eth_call", {"to": target, "input": "0xabcd"}, "latest", overrides) == "0xabcd"
    assert ask(backend, "eth_call", {"to": identity, "input": "0xabcd"}, "latest", overrides) == "0x"
    assert ask(backend, "eth_call", {"to": identity, "input": "0xabcd"}, "latest", {identity: {"code": "0x"}}) == "0x"
    _, text = error_of(backend, "eth_call", {}, "latest", {POOR: {"movePrecompileToAddress": target}})
    assert text.endswith("is not a precompile")
    _, text = error_of(backend, "eth_call", {}, "latest", {**overrides, target: {}})
    assert text.endswith("is already overridden")


def test_a_creation_returns_its_code_and_a_call_to_nobody_nothing(backend: Backend) -> None:
    assert ask(backend, "eth_call", {"input": "0x60425f5260015f60015360025ff3"}) == "0x0000"
    assert ask(backend, "eth_call", {"to": POOR}) == "0x"
    assert ask(backend, "eth_call", {"to": None, "data": "0x"}) == "0x"


def test_input_is_preferred_to_data(backend: Backend) -> None:
    identity = f"0x{4:040x}"
    assert ask(backend, "eth_call", {"to": identity, "data": "0x01", "input": "0x02"}) == "0x02"
    assert ask(backend, "eth_call", {"to": identity, "data": "0x01", "input": None}) == "0x01"


@pytest.mark.parametrize(
    ("code", "text", "data"),
    [
        ("5f5ffd", "execution reverted", "0x"),
        ("60aa5f5360015ffd", "execution reverted", "0xaa"),
        ("634e487b7160e01b5f52601160045260245ffd", "execution reverted: arithmetic underflow or overflow",
         "0x4e487b71" + "00" * 31 + "11"),
    ],
)  # fmt: skip
def test_a_revert_has_a_code_and_data_of_its_own(backend: Backend, code: str, text: str, data: str) -> None:
    overrides = {hex_of(FREE): {"code": f"0x{code}"}}
    for method in ("eth_call", "eth_estimateGas"):
        found = answer(backend, method, {"to": hex_of(FREE)}, "latest", overrides)["error"]
        assert found == {"code": 3, "message": text, "data": data}


POOR_CHECKSUM = "0x9999999999999999999999999999999999999999"
BLOB = "0x01" + "11" * 31
FUNDS = "err: insufficient funds for gas * price + value"
SUPPLIED = " (supplied gas 50000000)"


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ({"gasPrice": "0x1", "maxFeePerGas": "0x1"},
         "both gasPrice and (maxFeePerGas or maxPriorityFeePerGas) specified"),
        ({"chainId": "0x1"}, "chainId does not match node's (have=1, want=1337)"),
        ({"to": None, "blobVersionedHashes": [BLOB]}, "blob transaction of type create"),
        ({"to": None, "authorizationList": []}, "EIP-7702 transaction cannot be used to create contract"),
        ({"value": "0x5"}, f"{FUNDS}: address {{}} have 0 want 5{SUPPLIED}"),
        ({"gasPrice": hex(10**9), "gas": "0x5208"},
         f"{FUNDS}: address {{}} have 0 want 21000000000000 (supplied gas 21000)"),
        ({"gasPrice": hex(2**256 - 1)},
         f"{FUNDS}: address {{}} required balance exceeds 256 bits{SUPPLIED}"),
        ({"gas": "0x5207"}, "err: intrinsic gas too low: have 20999, want 21000 (supplied gas 20999)"),
        ({"gas": "0x55f0", "input": "0x" + "11" * 60},
         "err: insufficient gas for floor data gas cost: have 22000, want 23400 (supplied gas 22000)"),
        ({"maxFeePerGas": "0x1"},
         "err: max fee per gas less than block base fee: address {}, maxFeePerGas: 1, baseFee: 100" + SUPPLIED),
        ({"maxPriorityFeePerGas": "0x2", "maxFeePerGas": "0x1"},
         "err: max priority fee per gas higher than max fee per gas: address {}, maxPriorityFeePerGas: 2, "
         "maxFeePerGas: 1 (supplied gas 50000000)"),
        ({"blobVersionedHashes": []}, "err: blob transaction missing blob hashes (supplied gas 50000000)"),
        ({"blobVersionedHashes": [BLOB] * 7}, f"err: blob transaction has too many blobs{SUPPLIED}"),
        ({"blobVersionedHashes": [BLOB, "0x02" + "11" * 31]}, f"err: blob 1 has invalid hash version{SUPPLIED}"),
        ({"authorizationList": []}, f"err: EIP-7702 transaction with empty auth list (sender {{}}){SUPPLIED}"),
    ],
)  # fmt: skip
def test_calls_that_no_transaction_could_be_are_refused(backend: Backend, arguments: dict[str, Any], text: str) -> None:
    call = {"from": POOR, "to": hex_of(COUNTER), **arguments}
    fields = {"baseFeePerGas": "0x64"}
    assert error_of(backend, "eth_call", call, "latest", None, fields) == (-32000, text.format(POOR_CHECKSUM))


def test_a_delegation_of_the_call_itself_is_followed(backend: Backend) -> None:
    signed = Account.sign_authorization({"chainId": 0, "address": hex_of(COUNTER), "nonce": 0}, KEYS[1])
    authorization = {
        "chainId": hex(signed.chain_id), "address": hex_of(signed.address), "nonce": hex(signed.nonce),
        "yParity": hex(signed.y_parity), "r": hex(signed.r), "s": hex(signed.s),
    }  # fmt: skip
    call = {"to": hex_of(ADDRESSES[1]), "authorizationList": [authorization]}
    assert int(ask(backend, "eth_call", call), 16) == 1
    assert ask(backend, "eth_call", {"to": hex_of(ADDRESSES[1])}) == "0x"


def test_a_call_that_never_ends_is_aborted() -> None:
    found = backend_of(World("osaka"))
    hurried = Backend(found.view, replace(found.node, evm_timeout_seconds=0.0))
    overrides = {hex_of(FREE): {"code": "0x5b5f56"}}
    for method in ("eth_call", "eth_estimateGas"):
        text = "execution aborted (timeout = 0s)"
        assert error_of(hurried, method, {"to": hex_of(FREE)}, "latest", overrides) == (-32000, text)


def test_deep_recursion_is_bounded_by_gas_alone(backend: Backend) -> None:
    recursion = "5f5f5f5f5f305af150600160005260206000f3"
    assert ask(backend, "eth_call", {"to": hex_of(FREE)}, "latest", {hex_of(FREE): {"code": f"0x{recursion}"}})


def test_a_side_block_knows_its_parent_and_no_other_block(backend: Backend) -> None:
    head = replace(backend.view.head, parent_hash=b"\x77" * 32)
    side = Backend(View(backend.view.store, head, None, None, 0), backend.node)
    assert returned(side, f"60{head.number - 1:02x}40") == int("77" * 32, 16)
    assert returned(side, f"60{head.number - 2:02x}40") == 0


@pytest.mark.parametrize(
    ("arguments", "gas"),
    [
        ({"to": POOR}, 21_000),
        ({"to": POOR, "accessList": [{"address": POOR, "storageKeys": []}]}, 23_737),
        ({"to": POOR, "input": "0x" + "11" * 100}, 25_340),
        ({}, 53_793),
    ],
)
def test_estimates_are_geths_to_the_unit(backend: Backend, arguments: dict[str, Any], gas: int) -> None:
    assert int(ask(backend, "eth_estimateGas", arguments), 16) == gas


def test_an_estimate_is_enough_and_at_most_a_little_more(backend: Backend) -> None:
    call = {"to": hex_of(COUNTER)}
    gas = int(ask(backend, "eth_estimateGas", call), 16)
    assert int(ask(backend, "eth_call", {**call, "gas": hex(gas)}), 16) == 9
    assert "error" in answer(backend, "eth_call", {**call, "gas": hex(int(gas * 0.98))})


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ({"gas": "0x5300"}, "gas required exceeds allowance (21248)"),
        ({"gasPrice": "0x3b9aca00"}, "insufficient funds for transfer"),
        ({"gasPrice": "0x3b9aca00", "from": RICH, "value": hex(10**30)}, "insufficient funds for transfer"),
        ({"value": "0x5"},
         "failed with 16777216 gas: insufficient funds for gas * price + value: "
         f"address {POOR_CHECKSUM} have 0 want 5"),
        ({"chainId": "0x1"}, "chainId does not match node's (have=1, want=1337)"),
    ],
)  # fmt: skip
def test_what_can_not_be_estimated(backend: Backend, arguments: dict[str, Any], text: str) -> None:
    call = {"from": POOR, "to": hex_of(COUNTER), **arguments}
    assert error_of(backend, "eth_estimateGas", call) == (-32000, text)
