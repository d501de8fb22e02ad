"""One transaction at a time: what is refused and why, what it costs, what it leaves."""

import re
from typing import Any

import pytest
from eth._utils.address import generate_contract_address
from eth_account import Account
from eth_typing import Address

from reference_node.chain.config import Fork
from reference_node.evm import transactions
from tests.reference_node.evm.programs import CONTRACT, accounts, call_code, run, store_result
from tests.reference_node.worlds import ADDRESSES, CHAIN_ID, GWEI, KEYS, World, sign, signed

TO = b"\xaa" * 20
TARGET = b"\xbb" * 20
BLOB_HASH = b"\x01" + bytes(31)
SSTORE_ONE = "0x60015f55"


def refusal(world: World, raw: bytes) -> str:
    """Return why a block can't hold a transaction."""
    (left_out,) = world.build(raw).left_out
    return left_out.reason


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"nonce": 1}, "nonce too high: address .*, tx: 1 state: 0"),
        ({"maxFeePerGas": 2, "maxPriorityFeePerGas": 3}, "max priority fee per gas higher than max fee per gas"),
        ({"maxFeePerGas": 2, "maxPriorityFeePerGas": 1}, "max fee per gas less than block base fee: maxFeePerGas: 2"),
        ({"value": 10**21}, "insufficient funds for gas \\* price \\+ value"),
        ({"gas": 20_999}, "intrinsic gas too low: have 20999, want 21000"),
        ({"gas": 30_000, "data": b"\1" * 400}, "floor data gas cost: have 30000, want 37000"),
        ({"gas": 2**24 + 1}, "transaction gas limit too high \\(cap: 16777216, tx: 16777217\\)"),
        ({"gas": 16_000_000, "to": None, "data": bytes(49_153)}, "max initcode size exceeded: code size 49153"),
        ({"chainId": 5}, "invalid chain id for signer: have 5 want 1337"),
        ({"maxFeePerBlobGas": 0, "blobVersionedHashes": [BLOB_HASH]}, "max fee per blob gas less than"),
        ({"maxFeePerBlobGas": 5, "blobVersionedHashes": [b"\2" * 32]}, "blob 0 has invalid hash version"),
        ({"maxFeePerBlobGas": 5, "blobVersionedHashes": [BLOB_HASH] * 7}, "has 7 blobs, expected at most 6"),
    ],
)
def test_transactions_are_refused_with_a_reason(fields: dict[str, Any], reason: str) -> None:
    world = World("osaka")
    (left_out,) = world.build(sign(0, fields.pop("to", TO), **fields)).left_out
    assert re.search(reason, left_out.reason), left_out.reason


def test_a_used_nonce_is_refused_for_good() -> None:
    world = World()
    world.add(sign(0, TO))
    (left_out,) = world.build(sign(0, TO)).left_out
    assert left_out.reason.startswith("nonce too low")
    assert not left_out.may_come_later


@pytest.mark.parametrize(
    ("fork", "fields", "first"),
    [
        ("shanghai", {"maxFeePerBlobGas": 5, "blobVersionedHashes": [BLOB_HASH]}, "cancun"),
        ("cancun", {"authorizationList": []}, "prague"),
    ],
)
def test_types_come_with_their_forks(fork: str, fields: dict[str, Any], first: str) -> None:
    if "authorizationList" in fields:
        message = {"chainId": CHAIN_ID, "address": TO, "nonce": 0}
        fields = {"authorizationList": [Account.sign_authorization(message, KEYS[1])]}
    raw = sign(0, TO, **fields)
    assert "is not supported" in refusal(World(fork), raw)
    assert World(first).build(raw).left_out == ()


def test_before_osaka_gas_limit_and_blobs_of_a_transaction_are_free() -> None:
    """EIP-7825 and the six blobs of EIP-7594 hold from Osaka on."""
    assert World("prague").build(sign(0, TO, gas=2**24 + 1)).left_out == ()
    raw = sign(0, TO, maxFeePerBlobGas=5, blobVersionedHashes=[BLOB_HASH] * 7)
    assert World("prague").build(raw).left_out == ()
    assert World("osaka").build(sign(0, TO, gas=2**24)).left_out == ()


@pytest.mark.parametrize(("data", "gas_used"), [(b"", 21_000), (b"\0" * 100, 22_000), (b"\1" * 100, 25_000)])
def test_the_calldata_floor(data: bytes, gas_used: int) -> None:
    """EIP-7623: ten gas a token, four tokens for a byte that is not zero; before Prague the plain price."""
    assert World("prague").build(sign(0, TO, data=data)).executed.block.header.gas_used == gas_used
    plain = 21_000 + 4 * data.count(0) + 16 * (len(data) - data.count(0))
    assert World("cancun").build(sign(0, TO, data=data)).executed.block.header.gas_used == plain


def test_intrinsic_gas_counts_creation_lists_and_authorizations() -> None:
    creation = signed(0, None, data=b"\0" * 33)
    assert transactions.intrinsic_gas(Fork.SHANGHAI, creation) == 53_000 + 4 * 33 + 2 * 2
    assert transactions.intrinsic_gas(Fork.PARIS, creation) == 53_000 + 4 * 33
    entries = [{"address": "0x" + TO.hex(), "storageKeys": ["0x" + "00" * 32, "0x" + "01" * 32]}]
    assert transactions.intrinsic_gas(Fork.PRAGUE, signed(0, TO, accessList=entries)) == 21_000 + 2400 + 2 * 1900
    message = {"chainId": CHAIN_ID, "address": TO, "nonce": 0}
    listed = [Account.sign_authorization(message, KEYS[1])] * 2
    assert transactions.intrinsic_gas(Fork.PRAGUE, signed(0, TO, authorizationList=listed)) == 21_000 + 2 * 25_000


def test_fees_go_to_the_coinbase_and_the_base_fee_is_burnt() -> None:
    world = World()
    before = accounts(world).get_balance(ADDRESSES[0])
    built = world.add(sign(0, TO, value=5))
    header, state = built.executed.block.header, accounts(world)
    base_fee = header.base_fee_per_gas or 0
    assert state.get_balance(header.coinbase) == 21_000 * GWEI
    assert state.get_balance(TO) == 5
    assert before - state.get_balance(ADDRESSES[0]) == 21_000 * (GWEI + base_fee) + 5


def test_blob_gas_is_paid_and_burnt() -> None:
    world = World("cancun", excessBlobGas=60_000_000)
    before = accounts(world).get_balance(ADDRESSES[0])
    raw = sign(0, TO, maxFeePerBlobGas=10**12, blobVersionedHashes=[BLOB_HASH] * 2, maxPriorityFeePerGas=0)
    header = world.add(raw).executed.block.header
    fee = 21_000 * (header.base_fee_per_gas or 0)
    blob_fee = before - accounts(world).get_balance(ADDRESSES[0]) - fee
    assert blob_fee % (2 * 2**17) == 0
    assert blob_fee // (2 * 2**17) > 1_000_000


def test_refunds_are_a_fifth_at_most() -> None:
    """EIP-3529: clearing a slot gives 4800 back, but never more than a fifth of the gas."""
    world = World("cancun", {CONTRACT: {"code": "0x5f5f55", "storage": {"0x00": "0x01"}}})
    used = world.build(sign(0, CONTRACT)).executed.block.header.gas_used
    spent = 21_000 + 2 + 2 + 5000
    assert used == spent - 4800
    eight = {CONTRACT: {"code": "0x" + "".join(f"5f60{slot:02x}55" for slot in range(8)),
                        "storage": {f"0x{slot:02x}": "0x01" for slot in range(8)}}}  # fmt: skip
    spent = 21_000 + 8 * (2 + 3 + 5000)
    assert World("cancun", eight).build(sign(0, CONTRACT)).executed.block.header.gas_used == spent - spent // 5


def test_a_failed_creation_burns_its_gas_over_an_existing_contract() -> None:
    """A collision takes all gas, and the nonce still counts."""
    place = generate_contract_address(Address(ADDRESSES[0]), 0)
    world = World("prague", {place: {"code": "0x00"}})
    built = world.add(sign(0, None, data=b"\0"))
    assert [(r.status, r.cumulative_gas_used) for r in built.executed.receipts] == [(0, 200_000)]
    assert accounts(world).get_nonce(ADDRESSES[0]) == 1


def delegate(world: World, target: bytes, key: int = 1, **fields: Any) -> None:
    """Make an account run another's code."""
    nonce = accounts(world).get_nonce(ADDRESSES[key])
    message = {"chainId": CHAIN_ID, "address": target, "nonce": nonce, **fields}
    sender_nonce = accounts(world).get_nonce(ADDRESSES[0])
    authorization = Account.sign_authorization(message, KEYS[key])
    built = world.add(sign(0, TO, nonce=sender_nonce, authorizationList=[authorization]))
    assert built.left_out == ()


def test_delegated_code_runs_with_the_accounts_own_storage() -> None:
    world = World("prague", {TARGET: {"code": SSTORE_ONE}})
    delegate(world, TARGET)
    assert accounts(world).get_code(ADDRESSES[1]) == b"\xef\x01\x00" + TARGET
    assert accounts(world).get_nonce(ADDRESSES[1]) == 1
    world.add(sign(0, ADDRESSES[1], nonce=1))
    assert accounts(world).get_storage(ADDRESSES[1], 0) == 1
    assert accounts(world).get_storage(TARGET, 0) == 0


def test_a_delegation_to_nobody_clears() -> None:
    world = World("prague", {TARGET: {"code": SSTORE_ONE}})
    delegate(world, TARGET)
    delegate(world, bytes(20))
    assert accounts(world).get_code(ADDRESSES[1]) == b""
    assert accounts(world).get_nonce(ADDRESSES[1]) == 2


def test_delegations_are_not_followed_twice() -> None:
    """A delegation to a delegated account runs its designator, which is no valid code."""
    world = World("prague", {TARGET: {"code": SSTORE_ONE}})
    delegate(world, TARGET, key=1)
    delegate(world, ADDRESSES[1], key=2)
    built = world.add(sign(0, ADDRESSES[2], nonce=2))
    assert [receipt.status for receipt in built.executed.receipts] == [0]


def test_a_delegated_account_can_send() -> None:
    """EIP-3607 makes an exception for it; any other code keeps an account from sending."""
    world = World("prague", {TARGET: {"code": SSTORE_ONE}})
    delegate(world, TARGET)
    assert world.build(sign(1, TO, nonce=1)).left_out == ()
    other = World("prague", {ADDRESSES[1]: {"balance": hex(10**20), "code": "0x00"}})
    assert refusal(other, sign(1, TO)).startswith("sender not an eoa")


def test_a_delegated_sender_pays_initcode_once() -> None:
    """CREATE in the code of the sender's own account costs what it costs in any contract."""
    create = "0x6020" + "5f5f" + "f0" + "00"  # 32 bytes of initcode, all STOP
    world = World("prague", {TARGET: {"code": create}})
    delegate(world, TARGET)
    own = world.build(sign(1, ADDRESSES[1], nonce=1)).executed.block.header.gas_used
    other = world.build(sign(0, ADDRESSES[1], nonce=1)).executed.block.header.gas_used
    assert own == other


@pytest.mark.parametrize(
    "fields", [{"chainId": 5}, {"nonce": 7}, {"nonce": 2**64 - 1}], ids=["other chain", "other nonce", "largest nonce"]
)
def test_authorizations_that_are_not_valid_are_left_out(fields: dict[str, int]) -> None:
    world = World("prague", {TARGET: {"code": SSTORE_ONE}})
    delegate(world, TARGET, **fields)
    assert accounts(world).get_code(ADDRESSES[1]) == b""
    assert accounts(world).get_nonce(ADDRESSES[1]) == 0


def test_authorizations_of_contracts_are_left_out() -> None:
    world = World("prague", {TARGET: {"code": SSTORE_ONE}, ADDRESSES[1]: {"code": "0x00"}})
    delegate(world, TARGET)
    assert accounts(world).get_code(ADDRESSES[1]) == b"\0"


def test_known_authorities_give_gas_back() -> None:
    """12500 for an account that is there already (EIP-7702), within the fifth that refunds may be."""
    used = []
    for key in (1, None):
        world = World("prague")
        signer = Account.from_key(b"\x77" * 32 if key is None else KEYS[key])
        message = {"chainId": CHAIN_ID, "address": TARGET, "nonce": 0}
        authorization = signer.sign_authorization(message)
        used.append(world.build(sign(0, TO, authorizationList=[authorization])).executed.block.header.gas_used)
    assert used == [46_000 - 46_000 // 5, 46_000]


def test_calling_a_delegated_account_loads_both_accounts() -> None:
    """CALL, STATICCALL, DELEGATECALL and CALLCODE pay a cold access for the account and one for its target."""
    for opcode in (0xF1, 0xFA, 0xF4, 0xF2):
        code = "0x" + (call_code(int.from_bytes(ADDRESSES[1], "big"), 50_000, opcode) + b"\x50\x00").hex()
        world = World("prague", {TARGET: {"code": "0x00"}, CONTRACT: {"code": code}})
        plain = world.build(sign(0, CONTRACT)).executed.block.header.gas_used
        delegate(world, TARGET)
        delegated = world.build(sign(0, CONTRACT, nonce=1)).executed.block.header.gas_used
        assert delegated - plain == 2600


def test_code_reading_opcodes_see_the_designator() -> None:
    """EXTCODESIZE of a delegated account is the designator's 23 bytes (EIP-7702)."""
    code = store_result(b"\x73" + ADDRESSES[1] + b"\x3b")
    world = World("prague", {TARGET: {"code": SSTORE_ONE}, CONTRACT: {"code": f"0x{code.hex()}"}})
    delegate(world, TARGET)
    world.add(sign(0, CONTRACT, nonce=1))
    assert accounts(world).get_storage(CONTRACT, 0) == 23


def test_a_contract_that_was_there_before_outlives_selfdestruct() -> None:
    """EIP-6780: the balance goes, code and account stay; before Cancun all goes."""
    for fork, survives in (("cancun", True), ("shanghai", False)):
        world = World(fork, {CONTRACT: {"code": "0x73" + TO.hex() + "ff", "balance": "0x5"}})
        world.add(sign(0, CONTRACT))
        assert accounts(world).get_balance(TO) == 5
        assert accounts(world).account_exists(CONTRACT) == survives


def test_transient_storage_lasts_for_one_transaction() -> None:
    code = "0x" + "5f5c" + "5f55" + "6001" + "5f5d" + "00"  # slot 0 = TLOAD(0); TSTORE(0, 1)
    world = World("cancun", {CONTRACT: {"code": code}})
    world.add(sign(0, CONTRACT), sign(0, CONTRACT, nonce=1))
    assert accounts(world).get_storage(CONTRACT, 0) == 0


def test_a_program_reads_its_input() -> None:
    assert run("prague", store_result(b"\x5f\x35"), (7).to_bytes(32, "big")) == 7


def test_logs_keep_their_order_and_topics() -> None:
    code = "0x6001" + "5f5f" + "a1" + "6002" + "6003" + "5f5f" + "a2" + "00"
    world = World("prague", {CONTRACT: {"code": code}})
    (receipt,) = world.build(sign(0, CONTRACT)).executed.receipts
    assert [[int.from_bytes(topic, "big") for topic in log.topics] for log in receipt.logs] == [[1], [3, 2]]
    assert {log.address for log in receipt.logs} == {CONTRACT}


def test_delegations_are_told_from_other_code() -> None:
    assert transactions.delegation_of(b"\xef\x01\x00" + TO) == TO
    for code in (b"", b"\xef\x01\x00", b"\xef\x01\x01" + TO, b"\xef\x01\x00" + TO + b"\0"):
        assert transactions.delegation_of(code) is None


def test_effective_price_is_capped() -> None:
    assert transactions.effective_gas_price(signed(0, TO, gasPrice=7), 5) == 7
    dynamic = signed(0, TO, maxFeePerGas=10, maxPriorityFeePerGas=3)
    assert [transactions.effective_gas_price(dynamic, base_fee) for base_fee in (5, 9)] == [8, 10]
