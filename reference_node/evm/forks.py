"""Which rules a block is executed by: py-evm's Paris to Prague, our Osaka, and the chain config's own numbers.

Forks are chosen by timestamp. A BPO fork is Osaka with another blob schedule.
"""

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from eth.abc import ComputationAPI, OpcodeAPI
from eth.constants import MAX_PREV_HEADER_DEPTH
from eth.vm.base import VM
from eth.vm.computation import BaseComputation
from eth.vm.execution_context import ExecutionContext
from eth.vm.forks.cancun import CancunVM
from eth.vm.forks.paris import ParisVM
from eth.vm.forks.prague import PragueVM
from eth.vm.forks.shanghai import ShanghaiVM
from eth.vm.opcode_values import SELFDESTRUCT
from eth.vm.state import BaseState
from eth_typing import Address, BlockNumber, Hash32

from reference_node.chain.config import BlobSchedule, ChainConfig, Fork
from reference_node.chain.types import Header, decode_header
from reference_node.evm import precompiles
from reference_node.evm.accounts import Accounts
from reference_node.evm.bls import BLS_PRECOMPILES
from reference_node.evm.database import StateDatabase
from reference_node.evm.fees import blob_base_fee
from reference_node.evm.initcode import CREATE_OPCODES, limit_initcode
from reference_node.evm.osaka import OSAKA_OPCODES, OSAKA_PRECOMPILES
from reference_node.store.schema import header_key
from reference_node.store.view import KeyValueReader

_BASES: Mapping[Fork, type[VM]] = {
    Fork.PARIS: ParisVM,
    Fork.SHANGHAI: ShanghaiVM,
    Fork.CANCUN: CancunVM,
    Fork.PRAGUE: PragueVM,
    Fork.OSAKA: PragueVM,
}


class StateRules:
    """What every state of ours does in its own way; mixed in before py-evm's state of a fork.

    Checkpoints are those of `Accounts`, which keeps transient storage too. System contracts are in the genesis
    state or come by transactions, so none is put in place here.
    """

    account_db_class = Accounts
    blob_schedule: BlobSchedule | None = None
    _account_db: Accounts
    execution_context: ExecutionContext

    def set_system_contracts(self) -> None:
        """Put nothing in place."""

    def snapshot(self) -> int:
        """Return a checkpoint."""
        return self._account_db.record()

    def revert(self, snapshot: int) -> None:
        """Undo what was done after a checkpoint."""
        self._account_db.discard(snapshot)

    def commit(self, snapshot: int) -> None:
        """Keep what was done after a checkpoint."""

    def get_transient_storage(self, address: Address, slot: int) -> bytes:
        """Return a transient slot (EIP-1153)."""
        return self._account_db.get_transient_storage(address, slot)

    def set_transient_storage(self, address: Address, slot: int, value: bytes) -> None:
        """Set a transient slot (EIP-1153)."""
        self._account_db.set_transient_storage(address, slot, value)

    def clear_transient_storage(self) -> None:
        """Clear nothing: transient storage goes when a transaction's changes are locked."""

    @property
    def blob_base_fee(self) -> int:
        """Return the blob base fee in wei by the schedule of the chain config."""
        if self.blob_schedule is None:
            raise AttributeError("the chain config has no blob schedule for this block")
        return blob_base_fee(self.blob_schedule, self.execution_context.excess_blob_gas)


class ComputationRules:
    """What every computation of ours does in its own way; mixed in before py-evm's computation of a fork."""

    @classmethod
    def consume_initcode_gas_cost(cls, computation: ComputationAPI) -> None:
        """Consume nothing: EIP-3860 gas of a transaction is part of its intrinsic gas."""


def vm_class_at(config: ChainConfig, timestamp: int) -> type[VM]:
    """Return the py-evm VM class of a block at this timestamp; its state class carries the blob schedule."""
    return _vm_class(config.fork_at(timestamp), config.blob_schedule_at(timestamp))


def state_class_at(config: ChainConfig, timestamp: int) -> type[BaseState]:
    """Return the state class of a block at this timestamp."""
    return vm_class_at(config, timestamp).get_state_class()  # type: ignore[return-value]  # BaseState in fact


def build_state(config: ChainConfig, store: KeyValueReader, header: Header, state_root: bytes) -> BaseState:
    """Return the state with a root, in which code runs as in the block of `header`.

    Its writes collect in the StateDatabase of its `Accounts`.
    """
    state_class = state_class_at(config, header.timestamp)
    context = execution_context(config, store, header)
    return state_class(StateDatabase(store), context, Hash32(state_root))  # type: ignore[arg-type]  # see Accounts


def accounts_of(state: BaseState) -> Accounts:
    """Return the accounts of a state that `build_state` made."""
    accounts: Any = state._account_db  # noqa: SLF001 - py-evm has no other way to it
    if not isinstance(accounts, Accounts):
        raise TypeError(f"state holds accounts of type {type(accounts).__name__}, expected ours")
    return accounts


def execution_context(config: ChainConfig, store: KeyValueReader, header: Header) -> ExecutionContext:
    """Return what the code of a block sees of its header and its ancestors."""
    return ExecutionContext(
        coinbase=Address(header.coinbase),
        timestamp=header.timestamp,
        block_number=BlockNumber(header.number),
        difficulty=0,
        mix_hash=Hash32(header.mix_hash),
        gas_limit=header.gas_limit,
        prev_hashes=_ancestor_hashes(store, header),
        chain_id=config.chain_id,
        base_fee_per_gas=header.base_fee_per_gas,
        excess_blob_gas=header.excess_blob_gas,
    )


def _ancestor_hashes(store: KeyValueReader, header: Header) -> Iterator[Hash32]:
    """Yield the hashes of the last 256 ancestors, newest first, reading headers only as far as they are asked for."""
    number, parent_hash = header.number, header.parent_hash
    for _ in range(min(number, MAX_PREV_HEADER_DEPTH)):
        yield Hash32(parent_hash)
        number -= 1
        data = store.get(header_key(number, parent_hash))
        if data is None:
            return
        parent_hash = decode_header(data).parent_hash


@lru_cache(maxsize=64)
def _vm_class(fork: Fork, schedule: BlobSchedule | None) -> type[VM]:
    rules = min(fork, Fork.OSAKA)
    base = _BASES[rules]
    base_state = base.get_state_class()
    base_computation: Any = base_state.computation_class
    name = rules.name.title()
    computation = type(
        f"{name}Computation",
        (ComputationRules, base_computation),
        {"opcodes": _opcodes(rules, base_computation), "_precompiles": _precompiles(rules, base_computation)},
    )
    state = type(
        f"{name}State",
        (StateRules, base_state),
        {"computation_class": computation, "blob_schedule": schedule},
    )
    return type(f"{name}VM", (base,), {"fork": rules.name.lower(), "_state_class": state})


def _opcodes(fork: Fork, base: type[BaseComputation]) -> dict[int, OpcodeAPI]:
    table = {**base.opcodes, **(OSAKA_OPCODES if fork >= Fork.OSAKA else {})}
    # py-evm wraps this one in a warning about the future of the opcode, which would greet every block that uses it.
    table[SELFDESTRUCT] = getattr(table[SELFDESTRUCT], "__wrapped__", table[SELFDESTRUCT])
    if fork >= Fork.SHANGHAI:
        table.update({value: limit_initcode(table[value]) for value in CREATE_OPCODES})  # type: ignore[misc]
    return table


def _precompiles(fork: Fork, base: type[BaseComputation]) -> dict[Address, precompiles.Precompile]:
    table = {**base.get_precompiles(), Address(precompiles.MODEXP_ADDRESS): precompiles.modexp_berlin}
    if fork >= Fork.CANCUN:
        table[Address(precompiles.POINT_EVALUATION_ADDRESS)] = precompiles.point_evaluation
    if fork >= Fork.PRAGUE:
        table.update(BLS_PRECOMPILES)
    if fork >= Fork.OSAKA:
        table.update(OSAKA_PRECOMPILES)
    return table
