"""A state in which calls run that leave nothing behind: reads by way of shared caches, geth's errors, a time limit.

Source: geth v1.17.8, core/vm/evm.go (Call, create), core/vm/interpreter.go (Run), core/evm.go (GetHashFn).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from eth.abc import ComputationAPI, MessageAPI, OpcodeAPI, StateAPI, TransactionContextAPI
from eth.exceptions import Halt, OutOfGas, ReservedBytesInCode, VMError
from eth.vm.execution_context import ExecutionContext
from eth.vm.state import BaseState
from eth_typing import Address, BlockNumber, Hash32

from reference_node.chain.config import ChainConfig
from reference_node.evm.accounts import Account, Accounts
from reference_node.evm.bn254 import PAIRING_ADDRESS, pairing_in_time
from reference_node.evm.call_errors import (
    FrameError,
    check_memory_size,
    error_text,
    precompile_error_text,
    stack_bounds,
    stack_error,
)
from reference_node.evm.call_opcodes import check_time, memory_gas, opcode_table
from reference_node.evm.forks import vm_class_at
from reference_node.evm.precompiles import Precompile
from reference_node.evm.state_reader import StateReader

MAX_CODE_BYTES = 24_576
_CODE_BYTE_GAS = 200
_BLOCKHASH_DEPTH = 256
_UINT64_MAX = 2**64 - 1
_WORD_BYTES = 32

Precompiles = Mapping[Address, Precompile]


@dataclass(frozen=True, slots=True)
class CallBlock:
    """The block that a call sees itself in; it need not be a real one."""

    number: int
    timestamp: int
    gas_limit: int
    coinbase: bytes
    prev_randao: bytes
    base_fee: int
    """In wei."""
    blob_base_fee: int | None
    """In wei; None before Cancun."""
    ancestor_hash: Callable[[int], bytes]
    """Returns the hash of an earlier block by its number, zeros where there is none."""


class NoBlobBaseFee(Exception):
    """Code asks for the blob base fee of a block that has none."""


class CallAccounts(Accounts):
    """Accounts read from a stored state; their changes go nowhere."""

    def __init__(self, reader: StateReader, state_root: bytes) -> None:
        super().__init__(reader, state_root)  # type: ignore[arg-type]  # reads alone are wanted of it
        self._reader = reader

    def account(self, address: bytes) -> Account | None:
        """Return an account, or None where there is none."""
        try:
            return self._accounts[address]
        except KeyError:
            account = self._accounts[address] = self._reader.account(address)
            return account

    def _storage_trie(self, address: bytes, root: bytes) -> Any:
        return self._reader.storage_trie(address, root)

    def keep_changes(self) -> None:
        """Take what was changed for what was there before the call, empty accounts included."""
        self._start_transaction()


class CallState:
    """What every state for calls does in its own way; mixed in before the state of a fork."""

    account_db_class = CallAccounts
    call_block: CallBlock
    deadline: float
    """When a call is over, by the monotonic clock in seconds."""
    warm_precompiles: Precompiles
    _account_db: CallAccounts

    def get_ancestor_hash(self, block_number: int) -> Hash32:
        """Return the hash of one of the last 256 blocks, or zeros."""
        upper = self.call_block.number & _UINT64_MAX
        if max(upper - _BLOCKHASH_DEPTH, 0) <= block_number < upper:
            return Hash32(self.call_block.ancestor_hash(block_number))
        return Hash32(bytes(32))

    @property
    def blob_base_fee(self) -> int:
        """Return the blob base fee in wei. Raises NoBlobBaseFee."""
        if self.call_block.blob_base_fee is None:
            raise NoBlobBaseFee
        return self.call_block.blob_base_fee

    def is_address_warm(self, address: Address) -> bool:
        """Say whether an address was accessed; precompiled contracts always were, wherever they were moved."""
        return self._account_db.is_address_warm(address) or address in self.warm_precompiles


class CallComputation:
    """What every computation of a call does in its own way; mixed in before the computation of a fork."""

    opcode_table: tuple[Any, ...]
    bounds: tuple[tuple[int, int], ...]
    has_delegation: bool
    """Whether the fork is Prague or later."""
    gas_before: int = 0
    """What was left before the last opcode whose price is paid in steps."""
    failure: str | None = None
    """Why the outermost frame failed, as geth says it."""

    @classmethod
    def apply_computation(
        cls,
        state: StateAPI,
        message: MessageAPI,
        transaction_context: TransactionContextAPI,
        parent_computation: ComputationAPI | None = None,
    ) -> ComputationAPI:
        """Run one frame."""
        make: Any = cls
        with make(state, message, transaction_context) as computation:
            if parent_computation is None:
                computation.contracts_created = []
            else:
                computation.contracts_created = parent_computation.contracts_created
            if message.is_create:
                computation.contracts_created.append(message.storage_address)
            precompile = computation.precompiles.get(message.code_address)
            if precompile is None:
                computation.run()
            elif not message.is_delegation:
                computation.run_precompile(precompile)
        return computation  # type: ignore[no-any-return]

    def run_precompile(self: Any, precompile: Precompile) -> None:
        """Run a precompiled contract instead of code."""
        try:
            precompile(self)
        except VMError as error:
            if self.msg.depth == 0:
                self.failure = precompile_error_text(self.msg.code_address, self.msg.data_as_bytes, error)
            raise

    def run(self: Any) -> None:
        """Run the code to its end; checks the stack before each opcode, as geth does."""
        check_time(self.state)
        table, bounds, items = self.opcode_table, self.bounds, self._stack.values
        opcode = 0
        try:
            for opcode in self.code:
                needed, allowed = bounds[opcode]
                if not needed <= len(items) <= allowed:
                    raise stack_error(len(items), bounds[opcode])
                table[opcode](self)
        except Halt:
            pass
        except VMError as error:
            if self.msg.depth == 0:
                self.failure = error_text(
                    error, opcode, (self.gas_before, self._gas_meter.gas_remaining), self.has_delegation
                )
            raise

    def extend_memory(self: Any, start_position: int, size: int) -> None:
        """Make memory reach to a place, for gas that grows with the square of its size."""
        if not size:
            return
        end = start_position + size
        before = len(self._memory)
        if end <= before:
            return
        check_memory_size(end)
        fee = memory_gas((end + 31) // _WORD_BYTES) - memory_gas(before // _WORD_BYTES)
        self._gas_meter.consume_gas(fee, "memory")
        self._memory.extend(start_position, size)

    @classmethod
    def apply_create_message(
        cls,
        state: StateAPI,
        message: MessageAPI,
        transaction_context: TransactionContextAPI,
        parent_computation: ComputationAPI | None = None,
    ) -> ComputationAPI:
        """Run the code that makes a contract, and put in place what it returns."""
        snapshot = state.snapshot()
        state.increment_nonce(message.storage_address)
        apply: Any = cls
        computation = apply.apply_message(state, message, transaction_context, parent_computation=parent_computation)
        if computation.is_success and computation.output:
            try:
                _pay_for_code(computation)
            except VMError as error:
                computation.error = error
                computation.failure = error_text(error, 0, (0, 0), cls.has_delegation)
            else:
                state.set_code(message.storage_address, computation.output)
        if computation.is_error:
            state.revert(snapshot)
        return computation  # type: ignore[no-any-return]


def build_call_state(
    config: ChainConfig, reader: StateReader, block: CallBlock, deadline: float, precompiles: Precompiles | None = None
) -> BaseState:
    """Return a state in which calls run as if they were in a block.

    Args:
        config: chooses the fork by the block's timestamp.
        reader: the state before the calls.
        block: what code sees of its block.
        deadline: when running calls raise CallAborted, by the monotonic clock in seconds.
        precompiles: replaces the fork's precompiled contracts.
    """
    state_class = _state_class(vm_class_at(config, block.timestamp))
    usual = precompiles_of(state_class)
    if precompiles is not None:
        state_class = _with_precompiles(state_class, precompiles)
    context = ExecutionContext(
        coinbase=Address(block.coinbase),
        timestamp=block.timestamp,
        block_number=BlockNumber(block.number),
        difficulty=0,
        mix_hash=Hash32(block.prev_randao),
        gas_limit=block.gas_limit,
        prev_hashes=(),
        chain_id=config.chain_id,
        base_fee_per_gas=block.base_fee,
    )
    state: Any = state_class(reader, context, Hash32(reader.state_root))  # type: ignore[arg-type]  # see CallAccounts
    state.call_block, state.deadline, state.warm_precompiles = block, deadline, usual
    return state  # type: ignore[no-any-return]


def keep_changes(state: BaseState) -> None:
    """Take what was changed in a state so far for what was there before any call."""
    accounts: Any = state._account_db  # noqa: SLF001 - py-evm has no other way to it
    accounts.keep_changes()


def active_precompiles(config: ChainConfig, timestamp: int) -> dict[Address, Precompile]:
    """Return the precompiled contracts of the fork at a timestamp, to be changed at will."""
    return dict(precompiles_of(_state_class(vm_class_at(config, timestamp))))


def precompiles_of(state_class: type[BaseState]) -> Precompiles:
    """Return the precompiled contracts of a state class."""
    computation: Any = state_class.computation_class
    table: Precompiles = computation.get_precompiles()
    return table


@lru_cache(maxsize=64)
def _state_class(vm_class: Any) -> type[BaseState]:
    base = vm_class.get_state_class()
    base_computation = base.computation_class
    opcodes: dict[int, OpcodeAPI] = base_computation.opcodes
    attributes = {
        "opcode_table": opcode_table(opcodes),
        "bounds": stack_bounds(opcodes),
        "has_delegation": vm_class.fork in {"prague", "osaka"},
        "_precompiles": {**base_computation.get_precompiles(), Address(PAIRING_ADDRESS): pairing_in_time},
    }
    computation = type(f"Call{base_computation.__name__}", (CallComputation, base_computation), attributes)
    return type(f"Call{base.__name__}", (CallState, base), {"computation_class": computation})


def _with_precompiles(state_class: type[BaseState], precompiles: Precompiles) -> type[BaseState]:
    base: Any = state_class.computation_class
    computation = type(base.__name__, (base,), {"_precompiles": dict(precompiles)})
    return type(state_class.__name__, (state_class,), {"computation_class": computation})


def _pay_for_code(computation: Any) -> None:
    code = computation.output
    if code[:1] == b"\xef":
        raise ReservedBytesInCode
    try:
        computation.consume_gas(len(code) * _CODE_BYTE_GAS, reason="code")
    except OutOfGas:
        raise FrameError("contract creation code storage out of gas") from None
    if len(code) > MAX_CODE_BYTES:
        raise FrameError(f"max code size exceeded: code size {len(code)} limit {MAX_CODE_BYTES}")
