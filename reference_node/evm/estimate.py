"""The least gas limit with which a call succeeds, by geth's search, so that the figures are equal to geth's.

Source: geth v1.17.8, eth/gasestimator/gasestimator.go.
"""

from collections.abc import Callable
from dataclasses import dataclass

from reference_node.chain.config import Fork
from reference_node.evm.call import Call, CallRefused, CallResult, IntrinsicGasTooLow
from reference_node.evm.call_errors import OUT_OF_GAS
from reference_node.evm.fees import BLOB_GAS
from reference_node.evm.transactions import MAX_TRANSACTION_GAS

ERROR_RATIO = 0.015
"""How far above the least gas limit an estimate may be."""
_TRANSFER_GAS = 21_000
_CALL_STIPEND = 2300

RunWithGas = Callable[[int], CallResult]
"""Runs the call with a gas limit on the same state again. Raises CallRefused."""


class CallReverts(Exception):
    """The call is ended by REVERT with any gas limit."""

    def __init__(self, output: bytes) -> None:
        super().__init__("execution reverted")
        self.output = output


@dataclass(frozen=True, slots=True)
class Sender:
    """What of the state the search's bounds depend on."""

    balance: int
    """Of the sender, in wei."""
    is_plain_transfer: bool
    """The call has no data and its receiver has no code."""


def estimate_gas(call: Call, fork: Fork, block_gas_limit: int, gas_cap: int, sender: Sender, run: RunWithGas) -> int:
    """Return a gas limit with which the call succeeds, the least one or a little more.

    Args:
        call: its gas limit, where it is 21000 or more, bounds the search.
        fork: whose rules hold.
        block_gas_limit: bounds the search where the call does not.
        gas_cap: what the node allows at most.
        sender: who pays.
        run: runs the call.

    Raises:
        CallReverts: it reverts whatever the gas.
        CallRefused: it fails whatever the gas, or needs more than is allowed.
    """
    high = _highest(call, fork, block_gas_limit, gas_cap, sender)
    if sender.is_plain_transfer:
        try:
            result = run(_TRANSFER_GAS)
        except CallRefused:
            result = None
        if result is not None and result.error is None:
            return result.gas_used
    result = _try(run, high)
    if result is None or result.error is not None:
        raise _failure(result, high)
    low = result.gas_used - 1
    likely = (result.gas_peak + _CALL_STIPEND) * 64 // 63
    if likely < high:
        low, high = (low, likely) if _succeeds(run, likely) else (likely, high)
    while low + 1 < high and (high - low) / high >= ERROR_RATIO:
        middle = min(low + (high - low) // 2, low * 2)
        low, high = (low, middle) if _succeeds(run, middle) else (middle, high)
    return high


def _highest(call: Call, fork: Fork, block_gas_limit: int, gas_cap: int, sender: Sender) -> int:
    high = call.gas if call.gas >= _TRANSFER_GAS else block_gas_limit
    if fork >= Fork.OSAKA:
        high = min(high, MAX_TRANSACTION_GAS)
    if call.fee_cap:
        available = sender.balance
        if call.value >= available:
            raise CallRefused("insufficient funds for transfer")
        available -= call.value
        if fork >= Fork.CANCUN and call.blob_hashes:
            blob_fee = BLOB_GAS * len(call.blob_hashes) * (call.blob_fee_cap or 0)
            if blob_fee >= available:
                raise CallRefused("insufficient funds for gas * price + value")
            available -= blob_fee
        high = min(high, available // call.fee_cap)
    return min(high, gas_cap)


def _try(run: RunWithGas, gas: int) -> CallResult | None:
    """Run the call; None where more gas might do. Raises CallRefused where it would not."""
    try:
        return run(gas)
    except IntrinsicGasTooLow:
        return None
    except CallRefused as error:
        raise CallRefused(f"failed with {gas} gas: {error}") from error


def _succeeds(run: RunWithGas, gas: int) -> bool:
    result = _try(run, gas)
    return result is not None and result.error is None


def _failure(result: CallResult | None, high: int) -> Exception:
    if result is None or result.error is None or result.error.startswith(OUT_OF_GAS):
        return CallRefused(f"gas required exceeds allowance ({high})")
    return CallReverts(result.output) if result.is_reverted else CallRefused(result.error)
