"""Applying one transaction to a state: the checks before it, its gas, its run, and what it pays.

Source: geth v1.17.8, core/state_transition.go; EIPs 1559, 2930, 3529, 3607, 3860, 4844, 7623, 7702, 7825.
"""

from dataclasses import dataclass

from eth._utils.address import generate_contract_address
from eth.abc import ComputationAPI
from eth.vm.message import Message
from eth.vm.state import BaseState
from eth_typing import Address

from reference_node.chain.config import Fork
from reference_node.chain.senders import authority_of
from reference_node.chain.types import Authorization, Log, Transaction
from reference_node.evm.fees import BLOB_GAS

MAX_TRANSACTION_GAS = 1 << 24
"""Gas limit of one transaction from Osaka on (EIP-7825)."""
MAX_BLOBS_PER_TRANSACTION = 6
"""From Osaka on (EIP-7594)."""
MAX_INITCODE_BYTES = 2 * 24_576
_DELEGATION_PREFIX = b"\xef\x01\x00"
_DELEGATION_BYTES = 23
_ADDRESS_BYTES = 20
_MAX_UINT64 = 2**64 - 1
_MAX_UINT256 = 2**256 - 1
_TYPE_SINCE = (Fork.PARIS, Fork.PARIS, Fork.PARIS, Fork.CANCUN, Fork.PRAGUE)
_GAS_TRANSACTION = 21_000
_GAS_CREATE = 32_000
_GAS_INITCODE_WORD = 2
_GAS_ACCESS_ADDRESS = 2400
_GAS_ACCESS_SLOT = 1900
_GAS_NEW_AUTHORITY = 25_000
_REFUND_KNOWN_AUTHORITY = 12_500
_GAS_FLOOR_PER_TOKEN = 10
_REFUND_QUOTIENT = 5


class InvalidTransaction(ValueError):
    """A transaction that no block may hold at this place; the text says why."""


class NotYetValid(InvalidTransaction):
    """A transaction that a later block may well hold."""


@dataclass(frozen=True, slots=True)
class BlockRules:
    """What of a block the rules for its transactions depend on."""

    fork: Fork
    base_fee: int
    """In wei a gas."""
    blob_base_fee: int | None
    """In wei a blob gas; None before Cancun."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a transaction did."""

    gas_used: int
    """After refunds and the calldata floor."""
    is_success: bool
    logs: tuple[Log, ...]


def apply_transaction(
    state: BaseState, rules: BlockRules, transaction: Transaction, sender: bytes, gas_available: int
) -> Outcome:
    """Apply a transaction; its changes can't be undone after this.

    Args:
        state: the state before it, as `forks.build_state` made it.
        rules: of its block.
        transaction: the transaction.
        sender: the address that signed it.
        gas_available: what is left of the block's gas limit.

    Raises:
        InvalidTransaction: the state is as it was before.
    """
    check_transaction(state, rules, transaction, sender, gas_available)
    outcome = _run(state, rules, transaction, sender)
    state.lock_changes()
    return outcome


def check_transaction(
    state: BaseState, rules: BlockRules, transaction: Transaction, sender: bytes, gas_available: int
) -> None:
    """Check, in geth's order, that a block may hold a transaction here. Raises InvalidTransaction."""
    if rules.fork < _TYPE_SINCE[transaction.type]:
        raise InvalidTransaction(f"transaction type {transaction.type} is not supported in {rules.fork.name.title()}")
    _check_ranges(transaction)
    _check_sender(state, rules, transaction, sender)
    _check_fees(rules, transaction)
    _check_blobs(rules, transaction)
    if transaction.authorization_list is not None and not transaction.authorization_list:
        raise InvalidTransaction("set code transaction has an empty authorization list")
    if rules.fork >= Fork.SHANGHAI and transaction.to is None and len(transaction.data) > MAX_INITCODE_BYTES:
        raise InvalidTransaction(
            f"max initcode size exceeded: code size {len(transaction.data)}, limit {MAX_INITCODE_BYTES}"
        )
    if transaction.gas > gas_available:
        raise NotYetValid(f"gas limit reached: transaction wants {transaction.gas}, left are {gas_available}")
    _check_balance(state, transaction, sender)
    for error, needed in (
        ("intrinsic gas too low", intrinsic_gas(rules.fork, transaction)),
        ("insufficient gas for floor data gas cost", _floor(rules, transaction)),
    ):
        if transaction.gas < needed:
            raise InvalidTransaction(f"{error}: have {transaction.gas}, want {needed}")


def intrinsic_gas(fork: Fork, transaction: Transaction) -> int:
    """Return the gas a transaction pays before its code runs."""
    data, access = transaction.data, transaction.access_list or ()
    zeros = data.count(0)
    gas = _GAS_TRANSACTION + 4 * zeros + 16 * (len(data) - zeros)
    if transaction.to is None:
        gas += _GAS_CREATE
        if fork >= Fork.SHANGHAI:
            gas += _GAS_INITCODE_WORD * ((len(data) + 31) // 32)
    gas += _GAS_ACCESS_ADDRESS * len(access) + _GAS_ACCESS_SLOT * sum(len(slots) for _, slots in access)
    return gas + _GAS_NEW_AUTHORITY * len(transaction.authorization_list or ())


def floor_data_gas(data: bytes) -> int:
    """Return the least gas that a transaction with this data uses (EIP-7623)."""
    zeros = data.count(0)
    return _GAS_TRANSACTION + _GAS_FLOOR_PER_TOKEN * (zeros + 4 * (len(data) - zeros))


def effective_gas_price(transaction: Transaction, base_fee: int) -> int:
    """Return the price of a gas in wei that a transaction pays in a block."""
    if transaction.gas_price is not None:
        return transaction.gas_price
    return min(_fee_cap(transaction), base_fee + _tip_cap(transaction))


def delegation_of(code: bytes) -> bytes | None:
    """Return the address that code delegates to (EIP-7702), or None."""
    is_delegation = len(code) == _DELEGATION_BYTES and code.startswith(_DELEGATION_PREFIX)
    return code[len(_DELEGATION_PREFIX) :] if is_delegation else None


def _floor(rules: BlockRules, transaction: Transaction) -> int:
    return floor_data_gas(transaction.data) if rules.fork >= Fork.PRAGUE else 0


def _fee_cap(transaction: Transaction) -> int:
    cap = transaction.max_fee_per_gas
    return (transaction.gas_price or 0) if cap is None else cap


def _tip_cap(transaction: Transaction) -> int:
    cap = transaction.max_priority_fee_per_gas
    return (transaction.gas_price or 0) if cap is None else cap


def _blob_count(transaction: Transaction) -> int:
    return len(transaction.blob_versioned_hashes or ())


def _check_ranges(transaction: Transaction) -> None:
    for name, value, highest in (
        ("nonce", transaction.nonce, _MAX_UINT64),
        ("gas", transaction.gas, _MAX_UINT64),
        ("value", transaction.value, _MAX_UINT256),
        ("maxFeePerGas", _fee_cap(transaction), _MAX_UINT256),
        ("maxPriorityFeePerGas", _tip_cap(transaction), _MAX_UINT256),
        ("maxFeePerBlobGas", transaction.max_fee_per_blob_gas or 0, _MAX_UINT256),
    ):
        if value > highest:
            raise InvalidTransaction(f"{name} {value} is above {highest}")
    if transaction.to is not None and len(transaction.to) != _ADDRESS_BYTES:
        raise InvalidTransaction(f"recipient 0x{transaction.to.hex()} is not an address of {_ADDRESS_BYTES} bytes")


def _check_sender(state: BaseState, rules: BlockRules, transaction: Transaction, sender: bytes) -> None:
    nonce = state.get_nonce(Address(sender))
    if transaction.nonce != nonce:
        is_high = transaction.nonce > nonce
        text = f"address 0x{sender.hex()}, tx: {transaction.nonce} state: {nonce}"
        raise NotYetValid(f"nonce too high: {text}") if is_high else InvalidTransaction(f"nonce too low: {text}")
    if nonce == _MAX_UINT64:
        raise InvalidTransaction(f"nonce has max value: address 0x{sender.hex()}, nonce: {nonce}")
    if rules.fork >= Fork.OSAKA and transaction.gas > MAX_TRANSACTION_GAS:
        raise InvalidTransaction(f"transaction gas limit too high (cap: {MAX_TRANSACTION_GAS}, tx: {transaction.gas})")
    code = state.get_code(Address(sender))
    if code and (rules.fork < Fork.PRAGUE or delegation_of(code) is None):
        raise InvalidTransaction(f"sender not an eoa: address 0x{sender.hex()}, len(code): {len(code)}")


def _check_fees(rules: BlockRules, transaction: Transaction) -> None:
    cap, tip = _fee_cap(transaction), _tip_cap(transaction)
    if cap < tip:
        raise InvalidTransaction(
            f"max priority fee per gas higher than max fee per gas: maxPriorityFeePerGas: {tip}, maxFeePerGas: {cap}"
        )
    if cap < rules.base_fee:
        raise NotYetValid(f"max fee per gas less than block base fee: maxFeePerGas: {cap}, baseFee: {rules.base_fee}")


def _check_blobs(rules: BlockRules, transaction: Transaction) -> None:
    hashes = transaction.blob_versioned_hashes
    if hashes is None:
        return
    if not hashes:
        raise InvalidTransaction("blob transaction missing blob hashes")
    if rules.fork >= Fork.OSAKA and len(hashes) > MAX_BLOBS_PER_TRANSACTION:
        raise InvalidTransaction(
            f"blob transaction has {len(hashes)} blobs, expected at most {MAX_BLOBS_PER_TRANSACTION}"
        )
    for index, blob_hash in enumerate(hashes):
        if len(blob_hash) != 32 or blob_hash[0] != 1:
            raise InvalidTransaction(f"blob {index} has invalid hash version")
    cap, fee = transaction.max_fee_per_blob_gas or 0, rules.blob_base_fee or 0
    if cap < fee:
        raise NotYetValid(
            f"max fee per blob gas less than block blob gas fee: blobGasFeeCap: {cap}, blobBaseFee: {fee}"
        )


def _check_balance(state: BaseState, transaction: Transaction, sender: bytes) -> None:
    needed = transaction.gas * _fee_cap(transaction) + transaction.value
    needed += BLOB_GAS * _blob_count(transaction) * (transaction.max_fee_per_blob_gas or 0)
    balance = state.get_balance(Address(sender))
    if balance < needed:
        raise NotYetValid(
            f"insufficient funds for gas * price + value: address 0x{sender.hex()} have {balance} want {needed}"
        )


def _run(state: BaseState, rules: BlockRules, transaction: Transaction, signer: bytes) -> Outcome:
    sender = Address(signer)
    price = effective_gas_price(transaction, rules.base_fee)
    blob_fee = BLOB_GAS * _blob_count(transaction) * (rules.blob_base_fee or 0)
    state.delta_balance(sender, -(transaction.gas * price + blob_fee))
    message = _message(state, rules, transaction, sender)
    for address, slots in transaction.access_list or ():
        state.mark_address_warm(Address(address))
        for slot in slots:
            state.mark_storage_warm(Address(address), int.from_bytes(slot, "big"))
    context = state.get_transaction_context_class()(price, sender, transaction.blob_versioned_hashes)  # type: ignore[call-arg]
    computation = _compute(state, message, context)
    gas_left = 0 if computation is None else computation.get_gas_remaining()
    refund = message.refund if computation is None else computation.get_gas_refund()
    used_before_refund = transaction.gas - gas_left
    gas_used = used_before_refund - min(refund, used_before_refund // _REFUND_QUOTIENT)
    gas_used = max(gas_used, _floor(rules, transaction))
    state.delta_balance(sender, (transaction.gas - gas_used) * price)
    state.delta_balance(state.coinbase, gas_used * (price - rules.base_fee))
    if computation is None:
        return Outcome(gas_used, is_success=False, logs=())
    for address in computation.get_accounts_for_deletion():
        state.delete_account(address)
    return Outcome(gas_used, computation.is_success, _logs(computation))


def _message(state: BaseState, rules: BlockRules, transaction: Transaction, sender: Address) -> Message:
    """Do what comes before the first frame (nonce, warm addresses, authorizations) and return its message."""
    nonce = state.get_nonce(sender)
    gas = transaction.gas - intrinsic_gas(rules.fork, transaction)
    state.set_nonce(sender, nonce + 1)
    state.mark_address_warm(sender)
    if transaction.to is None:
        created = generate_contract_address(sender, nonce)
        state.mark_address_warm(created)
        return Message(
            gas=gas, to=Address(b""), sender=sender, value=transaction.value, data=b"", code=transaction.data,
            create_address=created,
        )  # fmt: skip
    to = Address(transaction.to)
    state.mark_address_warm(to)
    refund = apply_authorizations(state, transaction.authorization_list or ())
    code = state.get_code(to)
    target = delegation_of(code) if rules.fork >= Fork.PRAGUE else None
    if target is not None:
        state.mark_address_warm(Address(target))
        code = state.get_code(Address(target))
    return Message(
        gas=gas, to=to, sender=sender, value=transaction.value, data=transaction.data, code=code,
        refund=refund, is_delegation=target is not None,
    )  # fmt: skip


def _compute(state: BaseState, message: Message, context: object) -> ComputationAPI | None:
    """Run the first frame; None says that a contract is there already (all its gas is gone)."""
    computation_class = state.computation_class
    if not message.is_create:
        return computation_class.apply_message(state, message, context)  # type: ignore[arg-type]
    if state.has_code_or_nonce(message.storage_address):
        return None
    return computation_class.apply_create_message(state, message, context)  # type: ignore[arg-type]


def apply_authorizations(state: BaseState, authorizations: tuple[Authorization, ...]) -> int:
    """Apply EIP-7702 authorizations, leaving out those that are not valid. Returns the gas refund they bring."""
    return sum(_apply_authorization(state, authorization) for authorization in authorizations)


def _apply_authorization(state: BaseState, authorization: Authorization) -> int:
    if authorization.chain_id not in (0, state.execution_context.chain_id) or authorization.nonce >= _MAX_UINT64:
        return 0
    try:
        authority = Address(authority_of(authorization))
    except ValueError:
        return 0
    state.mark_address_warm(authority)
    code = state.get_code(authority)
    if (code and delegation_of(code) is None) or state.get_nonce(authority) != authorization.nonce:
        return 0
    refund = _REFUND_KNOWN_AUTHORITY if state.account_exists(authority) else 0
    state.set_nonce(authority, authorization.nonce + 1)
    if authorization.address == bytes(20):
        state.delete_code(authority)
    else:
        state.set_code(authority, _DELEGATION_PREFIX + authorization.address)
    return refund


def _logs(computation: ComputationAPI) -> tuple[Log, ...]:
    return tuple(
        Log(address, tuple(topic.to_bytes(32, "big") for topic in topics), data)
        for address, topics, data in computation.get_log_entries()
    )
