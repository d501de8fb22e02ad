"""Methods about fees: eth_gasPrice, eth_maxPriorityFeePerGas, eth_blobBaseFee, eth_feeHistory.

Source: geth v1.17.8, internal/ethapi/api.go (GasPrice, MaxPriorityFeePerGas, FeeHistory, BlobBaseFee).
"""

import json
from collections.abc import Iterable
from typing import Any

from reference_node.backend import Backend
from reference_node.chain.fee_history import fee_history, suggest_tip
from reference_node.evm.fees import blob_base_fee_at
from reference_node.rpc.params import BlockRef, cannot_unmarshal, decode_block_number, go_kind
from reference_node.rpc.registry import Param, method

_UINT64_MAX = 2**64 - 1


def decode_count(value: Any) -> int:
    """Read a number that may be hex or decimal, in a string or not."""
    text = value if isinstance(value, str) else json.dumps(value, separators=(",", ":"))
    digits, base = (text[2:], 16) if text[:2] in {"0x", "0X"} else (text, 10)
    allowed = "0123456789abcdefABCDEF" if base == 16 else "0123456789"
    number = int(digits, base) if digits and set(digits) <= set(allowed) else 0 if text == "" else -1
    if not 0 <= number <= _UINT64_MAX:
        raise ValueError(f"invalid hex or decimal integer {json.dumps(text)}")
    return number


def decode_percentiles(value: Any) -> list[float]:
    """Read a list of numbers."""
    if not isinstance(value, list):
        raise cannot_unmarshal(go_kind(value), "[]float64")
    for item in value:
        if item is not None and go_kind(item) != "number":
            raise cannot_unmarshal(go_kind(item), "float64")
    return [float(item or 0) for item in value]


@method("eth_gasPrice")
def gas_price(backend: Backend) -> str:
    """Return the suggested tip on top of the head's base fee, in wei."""
    return hex(suggest_tip(backend) + (backend.view.head.base_fee_per_gas or 0))


@method("eth_maxPriorityFeePerGas")
def max_priority_fee_per_gas(backend: Backend) -> str:
    """Return the suggested tip in wei."""
    return hex(suggest_tip(backend))


@method("eth_blobBaseFee")
def blob_base_fee(backend: Backend) -> str | None:
    """Return the head's blob base fee in wei, or null before Cancun."""
    fee = blob_base_fee_at(backend.node.config, backend.view.head)
    return None if fee is None else hex(fee)


@method("eth_feeHistory", Param(decode_count), Param(decode_block_number), Param(decode_percentiles))
def get_fee_history(backend: Backend, count: int, newest: BlockRef, percentiles: list[float]) -> dict[str, Any]:
    """Return fees of past blocks, oldest first."""
    found = fee_history(backend, count, newest, percentiles)
    if found is None:
        return {"oldestBlock": "0x0", "gasUsedRatio": None}
    columns: dict[str, Any] = {"oldestBlock": hex(found.oldest_number)}
    if found.rewards_wei:
        columns["reward"] = [_quantities(row) for row in found.rewards_wei]
    columns["baseFeePerGas"] = _quantities(found.base_fees_wei)
    columns["gasUsedRatio"] = _ratios(found.gas_used_ratios)
    columns["baseFeePerBlobGas"] = _quantities(found.blob_base_fees_wei)
    columns["blobGasUsedRatio"] = _ratios(found.blob_gas_used_ratios)
    return columns


def _quantities(values: Iterable[int]) -> list[str]:
    return [hex(value) for value in values]


def _ratios(values: Iterable[float]) -> list[float | int]:
    """Write whole numbers without a fraction, as Go does."""
    return [int(value) if value.is_integer() else value for value in values]
