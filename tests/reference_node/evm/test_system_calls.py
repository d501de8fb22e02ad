"""System calls, withdrawals and requests around the transactions of a block."""

import pytest

from reference_node.chain.roots import EMPTY_REQUESTS_HASH, requests_hash
from reference_node.chain.types import Withdrawal
from reference_node.errors import InvalidBlock
from reference_node.evm import system_calls
from tests.reference_node.evm.programs import CONTRACT, accounts
from tests.reference_node.worlds import DEPOSIT_CONTRACT, World, sign

SAVE_CALL = "0x" + "5f35" + "5f55" + "33" + "6001" + "55" + "5a" + "6002" + "55"  # data, caller and gas to slots 0 to 2
RETURN_TWO_BYTES = "0x" + "61abcd" + "5f52" + "6002" + "601e" + "f3"
BEACON_ROOT = b"\xbe" * 32


def test_beacon_root_and_parent_hash_are_told_to_their_contracts() -> None:
    """EIP-4788 and EIP-2935: a call of whatever code is there, by the system address, with 30 million gas."""
    alloc: dict[bytes, dict[str, str]] = {
        system_calls.BEACON_ROOTS_ADDRESS: {"code": SAVE_CALL},
        system_calls.HISTORY_ADDRESS: {"code": SAVE_CALL},
    }
    world = World("prague", alloc)
    parent_hash = world.head.hash
    world.add(parent_beacon_block_root=BEACON_ROOT)
    state = accounts(world)
    for address, data in (
        (system_calls.BEACON_ROOTS_ADDRESS, BEACON_ROOT),
        (system_calls.HISTORY_ADDRESS, parent_hash),
    ):
        assert state.get_storage(address, 0).to_bytes(32, "big") == data
        assert state.get_storage(address, 1) == int.from_bytes(system_calls.SYSTEM_ADDRESS, "big")
        assert 29_900_000 < state.get_storage(address, 2) < 30_000_000
    assert not state.account_exists(system_calls.SYSTEM_ADDRESS)


def test_before_their_forks_they_are_not_called() -> None:
    alloc: dict[bytes, dict[str, str]] = {
        system_calls.BEACON_ROOTS_ADDRESS: {"code": SAVE_CALL},
        system_calls.HISTORY_ADDRESS: {"code": SAVE_CALL},
    }
    for fork, beacon_called in (("shanghai", False), ("cancun", True)):
        world = World(fork, alloc)
        world.add(parent_beacon_block_root=BEACON_ROOT)
        assert bool(accounts(world).get_storage(system_calls.BEACON_ROOTS_ADDRESS, 0)) == beacon_called
        assert accounts(world).get_storage(system_calls.HISTORY_ADDRESS, 0) == 0


def test_a_failing_beacon_call_does_not_matter() -> None:
    world = World("prague", {system_calls.BEACON_ROOTS_ADDRESS: {"code": "0xfe"}})
    assert world.add().executed.block.header.number == 1


def test_withdrawals_credit_gwei_and_empty_ones_leave_nothing() -> None:
    world = World("shanghai")
    world.add(
        withdrawals=(Withdrawal(0, 0, CONTRACT, 3), Withdrawal(1, 0, CONTRACT, 4), Withdrawal(2, 0, b"\x77" * 20, 0))
    )
    assert accounts(world).get_balance(CONTRACT) == 7 * 10**9
    assert not accounts(world).account_exists(b"\x77" * 20)


def test_queues_give_typed_requests() -> None:
    """EIP-7002 and EIP-7251 through EIP-7685: a type byte and what the contract puts out."""
    alloc: dict[bytes, dict[str, str]] = {
        system_calls.WITHDRAWAL_QUEUE_ADDRESS: {"code": RETURN_TWO_BYTES, "nonce": "0x1"},
        system_calls.CONSOLIDATION_QUEUE_ADDRESS: {"code": RETURN_TWO_BYTES, "nonce": "0x1"},
    }
    header = World("prague", alloc).add().executed.block.header
    assert header.requests_hash == requests_hash([b"\x01\xab\xcd", b"\x02\xab\xcd"])
    assert World("prague").add().executed.block.header.requests_hash == EMPTY_REQUESTS_HASH


@pytest.mark.parametrize(("code", "reason"), [("0xfe", "system call to 0x.* failed"), ("0x", "no code at 0x00000961")])
def test_without_a_working_queue_there_is_no_block(code: str, reason: str) -> None:
    world = World("prague", {system_calls.WITHDRAWAL_QUEUE_ADDRESS: {"code": code}})
    with pytest.raises(InvalidBlock, match=reason):
        world.build()


def deposit_logger(length: int, topic: bytes = system_calls.DEPOSIT_TOPIC) -> str:
    """Return code that logs its input, cut or padded to a length, as a deposit event."""
    size = length.to_bytes(2, "big").hex()
    return f"0x61{size}5f5f37" + "7f" + topic.hex() + f"61{size}5fa100"


def test_deposits_become_one_request() -> None:
    """EIP-6110: the fields of all events of the contract, packed one after another."""
    world = World("prague", {DEPOSIT_CONTRACT: {"code": deposit_logger(576)}})
    data = bytes(range(256)) * 2 + bytes(64)
    raw = sign(0, DEPOSIT_CONTRACT, data=data, gas=500_000), sign(0, DEPOSIT_CONTRACT, data=data, gas=500_000, nonce=1)
    header = world.add(*raw).executed.block.header
    deposit = data[192:240] + data[288:320] + data[352:360] + data[416:512] + data[544:552]
    assert header.requests_hash == requests_hash([b"\x00" + deposit * 2])


def test_events_of_others_are_no_deposits() -> None:
    """Another address or another topic does not count."""
    for address, code in ((CONTRACT, deposit_logger(576)), (DEPOSIT_CONTRACT, deposit_logger(576, b"\1" * 32))):
        world = World("prague", {address: {"code": code}})
        header = world.add(sign(0, address, gas=500_000)).executed.block.header
        assert (header.requests_hash, header.gas_used > 21_000) == (EMPTY_REQUESTS_HASH, True)


def test_a_deposit_of_another_length_makes_the_block_impossible() -> None:
    world = World("prague", {DEPOSIT_CONTRACT: {"code": deposit_logger(575)}})
    with pytest.raises(InvalidBlock, match="deposit wrong length: want 576, have 575"):
        world.build(sign(0, DEPOSIT_CONTRACT, gas=500_000))
