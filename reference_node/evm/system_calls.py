"""What a block does besides its transactions: system calls before and after them, withdrawals and requests.

Source: EIPs 2935, 4788, 4895, 6110, 7002, 7251, 7685; geth v1.17.8, core/state_processor.go.
"""

from collections.abc import Iterable, Sequence

from eth.abc import ComputationAPI
from eth.vm.message import Message
from eth.vm.state import BaseState
from eth_typing import Address

from reference_node.chain.config import ChainConfig, Fork
from reference_node.chain.types import Header, Log, Withdrawal

SYSTEM_ADDRESS = Address(bytes.fromhex("fffffffffffffffffffffffffffffffffffffffe"))
BEACON_ROOTS_ADDRESS = Address(bytes.fromhex("000f3df6d732807ef1319fb7b8bb8522d0beac02"))
HISTORY_ADDRESS = Address(bytes.fromhex("0000f90827f1c53a10cb7a02335b175320002935"))
WITHDRAWAL_QUEUE_ADDRESS = Address(bytes.fromhex("00000961ef480eb55e80d19ad83579a64c007002"))
CONSOLIDATION_QUEUE_ADDRESS = Address(bytes.fromhex("0000bbddc7ce488642fb579f8b00f3a590007251"))
DEPOSIT_TOPIC = bytes.fromhex("649bbc62d0e31342afea4e5cd82d4049e7e1ee912fc0889aa790803be39038c5")

_SYSTEM_CALL_GAS = 30_000_000
_WEI_PER_GWEI = 10**9
_DEPOSIT_LOG_BYTES = 576
_DEPOSIT_FIELDS = ((192, 48), (288, 32), (352, 8), (416, 96), (544, 8))
"""Offset and length of public key, withdrawal credentials, amount, signature and index in the event's data."""


class InvalidRequests(ValueError):
    """The requests of a block can't be made, so there is no such block."""


def before_transactions(state: BaseState, fork: Fork, header: Header) -> None:
    """Tell the contracts of EIP-4788 and EIP-2935 about this block; what they make of it does not matter."""
    if header.parent_beacon_block_root is not None:
        call_as_system(state, BEACON_ROOTS_ADDRESS, header.parent_beacon_block_root)
    if fork >= Fork.PRAGUE:
        call_as_system(state, HISTORY_ADDRESS, header.parent_hash)


def apply_withdrawals(state: BaseState, withdrawals: Iterable[Withdrawal]) -> None:
    """Credit withdrawals."""
    for withdrawal in withdrawals:
        state.delta_balance(Address(withdrawal.address), withdrawal.amount_gwei * _WEI_PER_GWEI)
    state.lock_changes()


def collect_requests(state: BaseState, config: ChainConfig, logs: Iterable[Log]) -> list[bytes]:
    """Return the requests of a block from Prague on, each its type byte and data; empty ones are left out.

    Raises:
        InvalidRequests: a deposit event has another length, or a queue contract is missing or fails.
    """
    deposits = b"".join(_deposit(log) for log in logs if is_deposit(config, log))
    requests = [b"\x00" + deposits] if deposits else []
    for kind, address in ((b"\x01", WITHDRAWAL_QUEUE_ADDRESS), (b"\x02", CONSOLIDATION_QUEUE_ADDRESS)):
        computation = call_as_system(state, address, b"")
        if computation is None:
            raise InvalidRequests(f"empty system contract: no code at 0x{address.hex()}")
        if computation.is_error:
            raise InvalidRequests(f"system call to 0x{address.hex()} failed: {computation.error!r}")
        if computation.output:
            requests.append(kind + computation.output)
    return requests


def is_deposit(config: ChainConfig, log: Log) -> bool:
    """Say whether a log is a deposit event (EIP-6110)."""
    topics: Sequence[bytes] = log.topics
    return log.address == config.deposit_contract and len(topics) > 0 and topics[0] == DEPOSIT_TOPIC


def call_as_system(state: BaseState, address: Address, data: bytes) -> ComputationAPI | None:
    """Call a contract from the system address; None where there is no code."""
    code = state.get_code(address)
    if not code:
        return None
    message = Message(gas=_SYSTEM_CALL_GAS, to=address, sender=SYSTEM_ADDRESS, value=0, data=data, code=code)
    state.mark_address_warm(address)
    context = state.get_transaction_context_class()(gas_price=0, origin=SYSTEM_ADDRESS)
    computation = state.computation_class.apply_message(state, message, context)
    state.lock_changes()
    return computation


def _deposit(log: Log) -> bytes:
    if len(log.data) != _DEPOSIT_LOG_BYTES:
        raise InvalidRequests(f"deposit wrong length: want {_DEPOSIT_LOG_BYTES}, have {len(log.data)}")
    return b"".join(log.data[offset : offset + length] for offset, length in _DEPOSIT_FIELDS)
