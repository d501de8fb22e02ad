"""Methods about what gas costs and has cost.

Source: geth v1.17.8, internal/ethapi/api.go (GasPrice, FeeHistory, BlobBaseFee), eth/gasprice.
"""

import json
import time
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any

import orjson

from reference_node.backend import Backend
from reference_node.chain.gas_price import BlockFees, PaidBlock, block_fees, suggest_tip
from reference_node.chain.types import Body, Header
from reference_node.evm.fees import blob_base_fee_at
from reference_node.rpc.escapes import as_written
from reference_node.rpc.params import BlockRef, Tag, cannot_unmarshal, decode_block_number, go_kind
from reference_node.rpc.pending import pending_header
from reference_node.rpc.registry import Param, RpcError, method
from reference_node.rpc.time_limits import within_time

HISTORY_BLOCKS_MAX = 1024
PERCENTILES_MAX = 100
_SERVER_ERROR = -32000
_TIP_BYTES = 128
"""About what a kept tip takes."""
_UINT64_MAX = 2**64 - 1
_EXPONENT_BELOW, _EXPONENT_FROM = 1e-6, 1e21


@method("eth_gasPrice", slow=True)
def gas_price(backend: Backend) -> str:
    """Return a price in wei for a legacy transaction: the suggested tip and the head's base fee."""
    return hex(_suggested_tip(backend) + (backend.view.head.base_fee_per_gas or 0))


@method("eth_maxPriorityFeePerGas", slow=True)
def max_priority_fee_per_gas(backend: Backend) -> str:
    """Return a suggested tip in wei."""
    return hex(_suggested_tip(backend))


@method("eth_blobBaseFee")
def blob_base_fee(backend: Backend) -> str | None:
    """Return the head's blob base fee in wei, or null before Cancun."""
    fee = blob_base_fee_at(backend.node.config, backend.view.head)
    return None if fee is None else hex(fee)


def decode_block_count(value: Any) -> int:
    """Read geth's math.HexOrDecimal64: a number, or a string that is hexadecimal or decimal."""
    text = as_written(value) if isinstance(value, str) else json.dumps(value, separators=(",", ":"))
    digits, base = (text[2:], 16) if text[:2] in {"0x", "0X"} else (text, 10)
    try:
        count = 0 if not text else int(digits, base) if digits.isalnum() and digits.isascii() else -1
    except ValueError:
        count = -1
    if not 0 <= count <= _UINT64_MAX:
        raise ValueError(f"invalid hex or decimal integer {json.dumps(text)}")
    return count


def decode_percentiles(value: Any) -> list[float]:
    """Read a list of numbers."""
    if not isinstance(value, list):
        raise cannot_unmarshal(go_kind(value), "[]float64")
    for item in value:
        if item is not None and (isinstance(item, bool) or not isinstance(item, int | float)):
            raise cannot_unmarshal(go_kind(item), "float64")
    return [0.0 if item is None else float(item) for item in value]


@method(
    "eth_feeHistory",
    Param(decode_block_count),
    Param(decode_block_number),
    Param(decode_percentiles),
    slow=True,
)
def fee_history(backend: Backend, block_count: int, newest: BlockRef, wanted: list[float]) -> object:
    """Return base fees, gas used and tips of a range of blocks, and the fees of the block after it."""
    if block_count == 0:
        return {"oldestBlock": "0x0", "gasUsedRatio": None}
    _check_percentiles(wanted)
    last, count = _range_end(backend, newest, min(block_count, HISTORY_BLOCKS_MAX))
    oldest = last.number + 1 - count
    fees = [block_fees_of(backend, header, wanted) for header in within_time(_headers(backend, oldest, last))]
    result: dict[str, Any] = {"oldestBlock": hex(oldest)}
    if wanted:
        result["reward"] = [
            [hex(reward) if reward >= 0 else f"-{-reward:#x}" for reward in fee.rewards] for fee in fees
        ]
    result["baseFeePerGas"] = [hex(fee) for fee in (*(fee.base_fee for fee in fees), fees[-1].next_base_fee)]
    result["gasUsedRatio"] = [_number(fee.gas_used_ratio) for fee in fees]
    blob_fees = (*(fee.blob_base_fee for fee in fees), fees[-1].next_blob_base_fee)
    result["baseFeePerBlobGas"] = [hex(fee) for fee in blob_fees]
    result["blobGasUsedRatio"] = [_number(fee.blob_gas_used_ratio) for fee in fees]
    return result


def block_fees_of(backend: Backend, header: Header, percentiles: Sequence[float]) -> BlockFees:
    """Return what a block says about fees; the pending one has no transactions."""
    if header.number > backend.view.head.number:
        return block_fees(backend.node.config, header, Body((), (), None, 0), (), percentiles)
    body = backend.body(header) if percentiles else None
    receipts = backend.receipts(header) if percentiles else ()
    return block_fees(backend.node.config, header, body, receipts, percentiles)


def go_number(value: float) -> str:
    """Return a number as Go's encoding/json writes a float64."""
    if value == int(value) and abs(value) < _EXPONENT_FROM:
        return str(int(value))
    if _EXPONENT_BELOW <= abs(value) < _EXPONENT_FROM:
        return format(Decimal(repr(value)), "f")
    digits, exponent = repr(value).split("e")
    return f"{digits}e{exponent[0]}{exponent[1:].lstrip('0')}"


def _number(value: float) -> orjson.Fragment:
    return orjson.Fragment(go_number(value))


def _suggested_tip(backend: Backend) -> int:
    key = ("suggested tip", backend.view.head.hash)
    tip: int | None = backend.node.caches.answers.get(key)
    if tip is None:
        tip = suggest_tip(backend.view.head.number, lambda number: _paid_block(backend, number))
        backend.node.caches.answers.put(key, tip, _TIP_BYTES)
    return tip


def _paid_block(backend: Backend, number: int) -> PaidBlock | None:
    header = backend.header_by_number(number)
    if header is None:
        return None
    transactions = backend.body(header).transactions
    return PaidBlock(header, transactions, [backend.sender(transaction) for transaction in transactions])


def _check_percentiles(percentiles: list[float]) -> None:
    if len(percentiles) > PERCENTILES_MAX:
        raise RpcError(_SERVER_ERROR, f"invalid reward percentile: over the query limit {PERCENTILES_MAX}")
    for index, percentile in enumerate(percentiles):
        if not 0 <= percentile <= 100:
            raise RpcError(_SERVER_ERROR, f"invalid reward percentile: {percentile:f}")
        if index and percentile <= percentiles[index - 1]:
            before = percentiles[index - 1]
            text = f"invalid reward percentile: #{index - 1}:{before:f} >= #{index}:{percentile:f}"
            raise RpcError(_SERVER_ERROR, text)


def _range_end(backend: Backend, newest: BlockRef, count: int) -> tuple[Header, int]:
    """Return the last header of a range and how many blocks it has at the most."""
    head = backend.view.head
    if newest.number is not None and newest.number > head.number:
        text = f"request beyond head block: requested {newest.number}, head {head.number}"
        raise RpcError(_SERVER_ERROR, text)
    if newest.tag is Tag.PENDING:
        last: Header | None = pending_header(backend.node.config, head, int(time.time()))
    else:
        last = backend.resolve(newest)
    if last is None:
        raise RpcError(_SERVER_ERROR, "header not found")
    return last, min(count, last.number + 1)


def _headers(backend: Backend, oldest: int, last: Header) -> Iterator[Header]:
    for number in range(oldest, last.number):
        header = backend.header_by_number(number)
        if header is None:
            raise RpcError(_SERVER_ERROR, f"block {number} is missing")
        yield header
    yield last
