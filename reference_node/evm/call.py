"""Running a call as a transaction would run, without one: checks, gas, the outermost frame, and what it returns.

Source: geth v1.17.8, core/state_transition.go; EIPs 1559, 2930, 3529, 3860, 4844, 7623, 7702.
"""

from dataclasses import dataclass, replace
from typing import Any

from eth._utils.address import generate_contract_address
from eth.vm.message import Message
from eth.vm.state import BaseState
from eth_typing import Address
from eth_utils.address import to_checksum_address

from reference_node.chain.config import Fork
from reference_node.chain.types import Authorization, Transaction
from reference_node.evm.call_errors import EXECUTION_REVERTED
from reference_node.evm.call_state import CallBlock
from reference_node.evm.fees import BLOB_GAS
from reference_node.evm.transactions import (
    MAX_BLOBS_PER_TRANSACTION,
    MAX_INITCODE_BYTES,
    apply_authorizations,
    delegation_of,
    floor_data_gas,
    intrinsic_gas,
)

AccessList = tuple[tuple[bytes, tuple[bytes, ...]], ...]
_REFUND_QUOTIENT = 5
_MAX_UINT64 = 2**64 - 1
_MAX_UINT256 = 2**256 - 1
_INSUFFICIENT_FUNDS = "insufficient funds for gas * price + value"


class CallRefused(Exception):
    """A call that no transaction could be; the text is geth's."""


class IntrinsicGasTooLow(CallRefused):
    """More gas might do."""


@dataclass(frozen=True, slots=True)
class Call:
    """What is to be run; prices and amounts in wei."""

    sender: bytes
    to: bytes | None
    """None makes a contract."""
    gas: int
    gas_price: int
    """What GASPRICE shows and the sender pays."""
    fee_cap: int
    tip_cap: int
    value: int
    data: bytes
    access_list: AccessList
    blob_fee_cap: int | None
    blob_hashes: tuple[bytes, ...] | None
    authorizations: tuple[Authorization, ...] | None

    def with_gas(self, gas: int) -> "Call":
        """Return the same call with another gas limit."""
        return self if gas == self.gas else replace(self, gas=gas)


@dataclass(frozen=True, slots=True)
class CallResult:
    """What a call did."""

    gas_used: int
    """After refunds, at least the calldata floor."""
    gas_peak: int
    """Before refunds, at least the calldata floor where that is what is used."""
    error: str | None
    """Why it failed, as geth says it; None where it did not."""
    output: bytes
    """What it returned or reverted with."""

    @property
    def is_reverted(self) -> bool:
        """Whether code ended the call by REVERT."""
        return self.error == EXECUTION_REVERTED


def block_for(call: Call, block: CallBlock) -> CallBlock:
    """Return the block as a call sees it: a call that pays nothing finds base fees of zero."""
    if call.gas_price == 0:
        block = replace(block, base_fee=0)
    if call.blob_fee_cap == 0:
        block = replace(block, blob_base_fee=0)
    return block


def run_call(state: BaseState, fork: Fork, block: CallBlock, call: Call) -> CallResult:
    """Run a call on a state and leave its changes there.

    Args:
        state: as `call_state.build_call_state` made it, for the same block.
        fork: whose rules hold.
        block: as the call sees it.
        call: what to run.

    Raises:
        CallRefused: no transaction could be this call.
        CallAborted: it took too long.
    """
    _check_fees(call, block)
    _check_kind(call, fork, block)
    _buy_gas(state, fork, call, block)
    shape = _transaction_shape(call)
    needed = intrinsic_gas(fork, shape)
    if call.gas < needed:
        raise IntrinsicGasTooLow(f"intrinsic gas too low: have {call.gas}, want {needed}")
    floor = floor_data_gas(call.data) if fork >= Fork.PRAGUE else 0
    if call.gas < floor:
        raise CallRefused(f"insufficient gas for floor data gas cost: have {call.gas}, want {floor}")
    if call.value and state.get_balance(Address(call.sender)) < call.value:
        raise CallRefused(f"insufficient funds for transfer: address {to_checksum_address(call.sender)}")
    _warm(state, call)
    gas_left, refund, error, output = _run_frame(state, fork, call, call.gas - needed)
    before_refund = call.gas - gas_left
    gas_used = before_refund - min(refund, before_refund // _REFUND_QUOTIENT)
    if gas_used < floor:
        return CallResult(floor, max(before_refund, floor), error, output)
    return CallResult(gas_used, before_refund, error, output)


def _check_fees(call: Call, block: CallBlock) -> None:
    if call.fee_cap == 0 and call.tip_cap == 0:
        return
    address = to_checksum_address(call.sender)
    if call.fee_cap < call.tip_cap:
        raise CallRefused(
            f"max priority fee per gas higher than max fee per gas: address {address}, "
            f"maxPriorityFeePerGas: {call.tip_cap}, maxFeePerGas: {call.fee_cap}"
        )
    if call.fee_cap < block.base_fee:
        raise CallRefused(
            f"max fee per gas less than block base fee: address {address}, "
            f"maxFeePerGas: {call.fee_cap}, baseFee: {block.base_fee}"
        )


def _check_kind(call: Call, fork: Fork, block: CallBlock) -> None:
    if call.blob_hashes is not None:
        _check_blobs(call, call.blob_hashes, fork, block)
    if call.authorizations is not None:
        sender = to_checksum_address(call.sender)
        if fork < Fork.PRAGUE:
            raise CallRefused(f"transaction type not supported: setcode tx (sender {sender})")
        if call.to is None:
            raise CallRefused(f"EIP-7702 transaction cannot be used to create contract (sender {sender})")
        if not call.authorizations:
            raise CallRefused(f"EIP-7702 transaction with empty auth list (sender {sender})")
    if call.to is None and fork >= Fork.SHANGHAI and len(call.data) > MAX_INITCODE_BYTES:
        size = f"code size {len(call.data)} limit {MAX_INITCODE_BYTES}"
        raise CallRefused(f"max initcode size exceeded: {size}")


def _check_blobs(call: Call, hashes: tuple[bytes, ...], fork: Fork, block: CallBlock) -> None:
    sender = to_checksum_address(call.sender)
    if fork < Fork.CANCUN:
        raise CallRefused(f"transaction type not supported: blob tx (sender {sender})")
    if call.to is None:
        raise CallRefused("blob transaction of type create")
    if not hashes:
        raise CallRefused("blob transaction missing blob hashes")
    if fork >= Fork.OSAKA and len(hashes) > MAX_BLOBS_PER_TRANSACTION:
        raise CallRefused("blob transaction has too many blobs")
    for index, blob_hash in enumerate(hashes):
        if blob_hash[0] != 1:
            raise CallRefused(f"blob {index} has invalid hash version")
    cap, fee = call.blob_fee_cap or 0, block.blob_base_fee or 0
    if cap and cap < fee:
        raise CallRefused(
            f"max fee per blob gas less than block blob gas fee: address {sender} "
            f"blobGasFeeCap: {cap}, blobBaseFee: {fee}"
        )


def _buy_gas(state: BaseState, fork: Fork, call: Call, block: CallBlock) -> None:
    blob_gas = BLOB_GAS * len(call.blob_hashes or ()) if fork >= Fork.CANCUN else 0
    needed = call.gas * call.fee_cap + call.value + blob_gas * (call.blob_fee_cap or 0)
    paid = call.gas * call.gas_price + blob_gas * (block.blob_base_fee or 0)
    if max(needed, paid) > _MAX_UINT256:
        address = to_checksum_address(call.sender)
        raise CallRefused(f"{_INSUFFICIENT_FUNDS}: address {address} required balance exceeds 256 bits")
    balance = state.get_balance(Address(call.sender))
    if balance < needed:
        address = to_checksum_address(call.sender)
        raise CallRefused(f"{_INSUFFICIENT_FUNDS}: address {address} have {balance} want {needed}")
    if paid:
        state.set_balance(Address(call.sender), max(balance - paid, 0))


def _transaction_shape(call: Call) -> Transaction:
    """Return a transaction of the same shape, for what is computed from that alone."""
    return Transaction(
        0, None, 0, None, None, None, call.gas, call.to, call.value, call.data, call.access_list,
        None, None, call.authorizations, 0, 0, 0, b"", b"",
    )  # fmt: skip


def _warm(state: BaseState, call: Call) -> None:
    state.mark_address_warm(Address(call.sender))
    if call.to is not None:
        state.mark_address_warm(Address(call.to))
    for address, slots in call.access_list:
        state.mark_address_warm(Address(address))
        for slot in slots:
            state.mark_storage_warm(Address(address), int.from_bytes(slot, "big"))


def _run_frame(state: BaseState, fork: Fork, call: Call, gas: int) -> tuple[int, int, str | None, bytes]:
    """Run the outermost frame. Returns gas left, gas to refund, why it failed and what it returned."""
    sender = Address(call.sender)
    make_context: Any = state.get_transaction_context_class()
    context = make_context(call.gas_price, sender, call.blob_hashes)
    nonce = state.get_nonce(sender)
    run: Any = state.computation_class
    if call.to is None:
        if nonce == _MAX_UINT64:
            return gas, 0, "nonce uint64 overflow", b""
        state.set_nonce(sender, nonce + 1)
        created = generate_contract_address(sender, nonce)
        state.mark_address_warm(created)
        if state.has_code_or_nonce(created):
            return 0, 0, "contract address collision", b""
        message = Message(
            gas=gas, to=Address(b""), sender=sender, value=call.value, data=b"", code=call.data, create_address=created
        )
        computation = run.apply_create_message(state, message, context)
    else:
        state.set_nonce(sender, (nonce + 1) & _MAX_UINT64)
        computation = run.apply_message(state, _message(state, fork, call, Address(call.to), gas), context)
    error = computation.failure if computation.is_error else None
    return computation.get_gas_remaining(), computation.get_gas_refund(), error, computation.output


def _message(state: BaseState, fork: Fork, call: Call, to: Address, gas: int) -> Message:
    refund = apply_authorizations(state, call.authorizations or ())
    code = state.get_code(to)
    target = delegation_of(code) if fork >= Fork.PRAGUE else None
    if target is not None:
        state.mark_address_warm(Address(target))
        code = state.get_code(Address(target))
    return Message(
        gas=gas, to=to, sender=Address(call.sender), value=call.value, data=call.data, code=code,
        refund=refund, is_delegation=target is not None,
    )  # fmt: skip
