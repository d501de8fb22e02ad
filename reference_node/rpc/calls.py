"""Runs code without a transaction: the work of eth_call and eth_estimateGas, which `eth_call` registers.

Source: geth v1.17.8, internal/ethapi/api.go (doCall, DoEstimateGas), errors.go; core/evm.go (GetHashFn).
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from eth.vm.state import BaseState
from eth_typing import Address

from reference_node.backend import Backend
from reference_node.chain.config import Fork
from reference_node.chain.types import Header
from reference_node.evm.call import Call, CallRefused, CallResult, block_for, run_call
from reference_node.evm.call_errors import EXECUTION_REVERTED, CallAborted
from reference_node.evm.call_state import CallBlock, NoBlobBaseFee, active_precompiles, build_call_state
from reference_node.evm.estimate import CallReverts, Sender, estimate_gas
from reference_node.evm.fees import blob_base_fee_at
from reference_node.evm.overrides import (
    AccountOverrides,
    BlockOverrides,
    OverrideRefused,
    apply_overrides,
    move_precompiles,
)
from reference_node.evm.revert_reason import revert_reason
from reference_node.rpc.call_args import (
    ArgumentsRefused,
    CallArguments,
)
from reference_node.rpc.encoding import hex_data
from reference_node.rpc.eth_state import state_at
from reference_node.rpc.params import BlockRef, Tag
from reference_node.rpc.pending import pending_header
from reference_node.rpc.registry import RpcError

_SERVER_ERROR = -32000
_INTERNAL_ERROR = -32603
_REVERT_ERROR = 3
_NO_HASH = bytes(32)


@dataclass(frozen=True, slots=True)
class _Prepared:
    """A call and where it runs."""

    call: Call
    fork: Fork
    block: CallBlock
    state: BaseState
    has_blob_fee: bool
    """Whether the block's blobs have a price, if it can hold any."""

    def run(self, gas: int) -> CallResult:
        """Run the call with a gas limit; the state is as it was before afterwards."""
        if not self.has_blob_fee:
            raise NoBlobBaseFee
        before = self.state.snapshot()
        try:
            return run_call(self.state, self.fork, self.block, self.call.with_gas(gas))
        finally:
            self.state.revert(before)


def call(
    backend: Backend,
    arguments: CallArguments,
    block: BlockRef,
    accounts: AccountOverrides | None,
    fields: BlockOverrides | None,
) -> str:
    """Run a call and return its output."""
    header = _header(backend, block)
    gas_cap = backend.node.gas_cap
    gas = gas_cap if arguments.gas is None else min(arguments.gas, gas_cap)
    with _refusals(backend):
        seen = _block_of(backend, header, header)
        seen = seen if fields is None else fields.apply(seen)
        prepared = _prepare(backend, header, seen, arguments, gas, accounts, moves_precompiles=True)
        try:
            result = prepared.run(gas)
        except CallRefused as error:
            raise RpcError(_SERVER_ERROR, f"err: {error} (supplied gas {gas})") from error
    if result.is_reverted:
        raise _revert_error(result.output)
    if result.error is not None:
        raise RpcError(_SERVER_ERROR, result.error)
    return hex_data(result.output)


def estimate(
    backend: Backend,
    arguments: CallArguments,
    block: BlockRef,
    accounts: AccountOverrides | None,
    fields: BlockOverrides | None,
) -> str:
    """Return a gas limit with which a call succeeds."""
    header = _header(backend, block)
    gas_cap = backend.node.gas_cap
    with _refusals(backend):
        reference = header if fields is None else fields.apply_to_header(header)
        seen = _block_of(backend, header, reference)
        seen = seen if fields is None else fields.apply(seen)
        gas = min(arguments.gas or 0, gas_cap)
        # Geth's estimator checks where precompiled contracts are moved to, but runs with the usual ones.
        has_blob_fee = header.excess_blob_gas is None or _blob_base_fee(backend, reference) is not None
        prepared = _prepare(
            backend, header, seen, arguments, gas, accounts, moves_precompiles=False, has_blob_fee=has_blob_fee
        )
        try:
            found = estimate_gas(prepared.call, prepared.fork, seen.gas_limit, gas_cap, _sender(prepared), prepared.run)
        except CallReverts as error:
            raise _revert_error(error.output) from error
        except CallRefused as error:
            raise RpcError(_SERVER_ERROR, str(error)) from error
    return hex(found)


def _header(backend: Backend, block: BlockRef) -> Header:
    """Return the block a call runs on top of; the pending one has the head's state."""
    header = backend.resolve_state(block)
    if block.tag is Tag.PENDING:
        return pending_header(backend.node.config, header, int(time.time()))
    return header


def _block_of(backend: Backend, header: Header, reference: Header) -> CallBlock:
    """Return what code sees of its block.

    Args:
        backend: for the hashes of earlier blocks.
        header: the block.
        reference: gives the number and parent from which hashes are counted, and the time of the blob schedule.
    """
    return CallBlock(
        number=header.number,
        timestamp=header.timestamp,
        gas_limit=header.gas_limit,
        coinbase=header.coinbase,
        prev_randao=header.mix_hash,
        base_fee=header.base_fee_per_gas or 0,
        blob_base_fee=_blob_base_fee(backend, reference),
        ancestor_hash=_ancestor_hash(backend, reference),
    )


def _blob_base_fee(backend: Backend, reference: Header) -> int | None:
    config = backend.node.config
    if config.blob_schedule_at(reference.timestamp) is None:
        return None
    return blob_base_fee_at(config, reference)


def _ancestor_hash(backend: Backend, reference: Header) -> Callable[[int], bytes]:
    """Return a function from number to hash of a block before this one; beyond its parent, canonical ones alone."""

    def ancestor_hash(number: int) -> bytes:
        if number >= reference.number:
            return _NO_HASH
        if number == reference.number - 1:
            return reference.parent_hash
        if backend.canonical_hash(reference.number - 1) != reference.parent_hash:
            return _NO_HASH
        return backend.canonical_hash(number) or _NO_HASH

    return ancestor_hash


def _prepare(
    backend: Backend,
    header: Header,
    block: CallBlock,
    arguments: CallArguments,
    gas: int,
    accounts: AccountOverrides | None,
    *,
    moves_precompiles: bool,
    has_blob_fee: bool = True,
) -> _Prepared:
    config = backend.node.config
    moved = move_precompiles(accounts, active_precompiles(config, block.timestamp)) if accounts else None
    wanted = arguments.to_call(config.chain_id, block.base_fee, gas)
    block = block_for(wanted, block)
    deadline = time.monotonic() + backend.node.evm_timeout_seconds
    state = build_call_state(config, state_at(backend, header), block, deadline, moved if moves_precompiles else None)
    if accounts:
        apply_overrides(state, accounts)
    return _Prepared(wanted, config.fork_at(block.timestamp), block, state, has_blob_fee)


def _sender(prepared: _Prepared) -> Sender:
    call, state = prepared.call, prepared.state
    has_code = call.to is None or state.get_code(Address(call.to)) != b""
    return Sender(state.get_balance(Address(call.sender)), is_plain_transfer=not call.data and not has_code)


@contextmanager
def _refusals(backend: Backend) -> Iterator[None]:
    """Turn what refuses a call into JSON-RPC errors."""
    try:
        yield
    except (ArgumentsRefused, OverrideRefused) as error:
        raise RpcError(_SERVER_ERROR, str(error)) from error
    except NoBlobBaseFee as error:
        # An overridden time on the other side of the first blobs: geth panics, which its clients see like this.
        raise RpcError(_INTERNAL_ERROR, "method handler crashed") from error
    except CallAborted as error:
        text = f"execution aborted (timeout = {backend.node.evm_timeout_seconds:g}s)"
        raise RpcError(_SERVER_ERROR, text) from error


def _revert_error(output: bytes) -> RpcError:
    reason = revert_reason(output)
    text = "" if reason is None else f": {reason.decode(errors='replace')}"
    return RpcError(_REVERT_ERROR, f"{EXECUTION_REVERTED}{text}", hex_data(output))
