"""What fees have been and should be: geth's gas price oracle and fee history, over one backend.

Source: geth v1.17.8, eth/gasprice/gasprice.go and feehistory.go; its defaults are those of eth/ethconfig.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass

from reference_node.backend import SERVER_ERROR, Backend
from reference_node.chain.types import Header, Transaction
from reference_node.evm.fees import BLOB_GAS, blob_base_fee, blob_base_fee_at, next_base_fee, next_excess_blob_gas
from reference_node.rpc.params import BlockRef, Tag
from reference_node.rpc.pending import pending_header
from reference_node.rpc.registry import RpcError

GWEI = 10**9
SAMPLED_BLOCKS = 20
SAMPLED_TRANSACTIONS_A_BLOCK = 3
SAMPLE_PERCENTILE = 60
TIP_WEI_MIN, TIP_WEI_MAX = 2, 500 * GWEI
DEFAULT_TIP_WEI = GWEI // 1000
"""What stands in for a block that gives no sample."""
HISTORY_BLOCKS_MAX = 1024
PERCENTILES_MAX = 100


@dataclass(frozen=True, slots=True)
class FeeHistory:
    """Fees of consecutive blocks; the two fee columns go one block further."""

    oldest_number: int
    rewards_wei: tuple[tuple[int, ...], ...]
    base_fees_wei: tuple[int, ...]
    gas_used_ratios: tuple[float, ...]
    blob_base_fees_wei: tuple[int, ...]
    blob_gas_used_ratios: tuple[float, ...]


def suggest_tip(backend: Backend) -> int:
    """Return the tip in wei that recent blocks' cheaper transactions paid."""
    number = backend.view.head.number
    blocks_due = min(SAMPLED_BLOCKS, number)
    samples: list[int] = []
    while blocks_due:
        blocks_due -= 1
        found = _sample(backend, number) or [DEFAULT_TIP_WEI]
        number -= 1
        # A block with little to tell is made up for by an older one, up to twice as many in all.
        if len(found) == 1 and len(samples) + 1 + blocks_due < 2 * SAMPLED_BLOCKS and number - blocks_due > 0:
            blocks_due += 1
        samples += found
    tip = sorted(samples)[(len(samples) - 1) * SAMPLE_PERCENTILE // 100] if samples else DEFAULT_TIP_WEI
    return min(tip, TIP_WEI_MAX)


def effective_tip(transaction: Transaction, base_fee: int) -> int:
    """Return what a transaction pays above the base fee, in wei per gas."""
    if transaction.max_fee_per_gas is None:
        return (transaction.gas_price or 0) - base_fee
    return min(transaction.max_priority_fee_per_gas or 0, transaction.max_fee_per_gas - base_fee)


def fee_history(backend: Backend, count: int, newest: BlockRef, percentiles: Sequence[float]) -> FeeHistory | None:
    """Return the fees of `count` blocks up to the newest, or None where that are none.

    Raises:
        RpcError: a percentile is out of range or order, or the newest block is beyond the head.
    """
    if count < 1:
        return None
    _check_percentiles(percentiles)
    head = backend.view.head
    count = min(count, HISTORY_BLOCKS_MAX)
    if newest.number is not None and newest.number > head.number:
        raise RpcError(SERVER_ERROR, f"request beyond head block: requested {newest.number}, head {head.number}")
    pending = pending_header(backend.node.config, head, int(time.time())) if newest.tag is Tag.PENDING else None
    last = pending or backend.resolve(newest)
    if last is None:
        return None
    oldest = max(0, last.number + 1 - count)
    headers = [header for number in range(oldest, last.number + 1) if (header := backend.header_by_number(number))]
    rewards = [_rewards(backend, header, percentiles) for header in headers] if percentiles else []
    if pending is not None:
        headers.append(pending)
        rewards.append((0,) * len(percentiles))  # the row of an empty block
    next_fees = _next_fees(backend, headers[-1])
    blob_fees = [_blob_fee(backend, header) for header in headers]
    return FeeHistory(
        oldest,
        tuple(rewards) if percentiles else (),
        (*((header.base_fee_per_gas or 0) for header in headers), next_fees[0]),
        tuple(header.gas_used / header.gas_limit for header in headers),
        (*blob_fees, next_fees[1]),
        tuple(_blob_ratio(backend, header) for header in headers),
    )


def _sample(backend: Backend, number: int) -> list[int]:
    header = backend.header_by_number(number)
    if header is None:
        return []
    base_fee = header.base_fee_per_gas or 0
    tips: list[int] = []
    by_tip = sorted(backend.body(header).transactions, key=lambda found: effective_tip(found, base_fee))
    for transaction in by_tip:
        tip = effective_tip(transaction, base_fee)
        if tip >= TIP_WEI_MIN and backend.sender(transaction) != header.coinbase:
            tips.append(tip)
        if len(tips) == SAMPLED_TRANSACTIONS_A_BLOCK:
            break
    return tips


def _check_percentiles(percentiles: Sequence[float]) -> None:
    if len(percentiles) > PERCENTILES_MAX:
        raise RpcError(SERVER_ERROR, f"invalid reward percentile: over the query limit {PERCENTILES_MAX}")
    for index, value in enumerate(percentiles):
        if not 0 <= value <= 100:
            raise RpcError(SERVER_ERROR, f"invalid reward percentile: {value:f}")
        before = percentiles[index - 1] if index else -1.0
        if value <= before:
            raise RpcError(SERVER_ERROR, f"invalid reward percentile: #{index - 1}:{before:f} >= #{index}:{value:f}")


def _rewards(backend: Backend, header: Header, percentiles: Sequence[float]) -> tuple[int, ...]:
    """Return the tip at each percentile of the block's gas."""
    transactions = backend.body(header).transactions
    if not transactions:
        return (0,) * len(percentiles)
    totals = [receipt.cumulative_gas_used for receipt in backend.receipts(header)]
    gas_used = [total - before for total, before in zip(totals, [0, *totals], strict=False)]
    base_fee = header.base_fee_per_gas or 0
    by_tip = sorted(
        ((effective_tip(transaction, base_fee), gas) for transaction, gas in zip(transactions, gas_used, strict=True)),
        key=lambda pair: pair[0],
    )
    rewards: list[int] = []
    place, passed = 0, by_tip[0][1]
    for percentile in percentiles:
        threshold = int(header.gas_used * percentile / 100)
        while passed < threshold and place < len(by_tip) - 1:
            place += 1
            passed += by_tip[place][1]
        rewards.append(by_tip[place][0])
    return tuple(rewards)


def _blob_fee(backend: Backend, header: Header) -> int:
    return blob_base_fee_at(backend.node.config, header) or 0


def _blob_ratio(backend: Backend, header: Header) -> float:
    schedule = backend.node.config.blob_schedule_at(header.timestamp)
    return 0.0 if schedule is None else (header.blob_gas_used or 0) / (schedule.max * BLOB_GAS)


def _next_fees(backend: Backend, header: Header) -> tuple[int, int]:
    """Return base fee and blob base fee of the block after this one, by this one's rules."""
    config = backend.node.config
    schedule = config.blob_schedule_at(header.timestamp)
    if header.excess_blob_gas is None or schedule is None:
        return next_base_fee(header), 0
    excess = next_excess_blob_gas(config, header, header.timestamp)
    return next_base_fee(header), blob_base_fee(schedule, excess)
