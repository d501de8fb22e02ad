"""What gas prices of past blocks say: a tip that should do for the next one, and the history of fees.

Source: geth v1.17.8, eth/gasprice/gasprice.go, feehistory.go; the limits are those of ethconfig.FullNodeGPO.
"""

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from reference_node.chain.config import ChainConfig
from reference_node.chain.types import Body, Header, Receipt, Transaction
from reference_node.evm.fees import BLOB_GAS, blob_base_fee_at, next_base_fee, next_blob_base_fee

CHECKED_BLOCKS = 20
PERCENTILE = 60
START_TIP_WEI = 10**6
"""What counts for an empty block: geth's default lowest price of its miner."""
MAX_TIP_WEI = 500 * 10**9
IGNORED_BELOW_WEI = 2
_SAMPLES_PER_BLOCK = 3


@dataclass(frozen=True, slots=True)
class PaidBlock:
    """A block's transactions with who signed them."""

    header: Header
    transactions: Sequence[Transaction]
    senders: Sequence[bytes]


@dataclass(frozen=True, slots=True)
class BlockFees:
    """What a block says about fees; amounts in wei."""

    base_fee: int
    next_base_fee: int
    gas_used_ratio: float
    blob_base_fee: int
    next_blob_base_fee: int
    blob_gas_used_ratio: float
    rewards: tuple[int, ...]
    """Effective tips at the percentiles asked for, by gas used."""


def effective_tip(transaction: Transaction, base_fee: int) -> int:
    """Return what a transaction leaves to the block's maker per gas, in wei; negative where it pays too little."""
    if transaction.gas_price is not None:
        return transaction.gas_price - base_fee
    return min(transaction.max_priority_fee_per_gas or 0, (transaction.max_fee_per_gas or 0) - base_fee)


def suggest_tip(head_number: int, read_block: Callable[[int], PaidBlock | None]) -> int:
    """Return a tip in wei that should get a transaction into one of the next blocks.

    Blocks with less than two prices to learn from make room for older ones, up to twice as many as usual.
    """
    number = head_number
    waiting: deque[int] = deque()
    while len(waiting) < CHECKED_BLOCKS and number > 0:
        waiting.append(number)
        number -= 1
    tips: list[int] = []
    while waiting:
        block = read_block(waiting.popleft())
        found = [] if block is None else _lowest_tips(block)
        if not found:
            found = [START_TIP_WEI]
        if len(found) == 1 and len(tips) + 1 + len(waiting) < CHECKED_BLOCKS * 2 and number > 0:
            waiting.append(number)
            number -= 1
        tips += found
    tips.sort()
    tip = tips[(len(tips) - 1) * PERCENTILE // 100] if tips else START_TIP_WEI
    return min(tip, MAX_TIP_WEI)


def block_fees(
    config: ChainConfig, header: Header, body: Body | None, receipts: Sequence[Receipt], percentiles: Sequence[float]
) -> BlockFees:
    """Return what a block says about fees; body and receipts are read only where percentiles are asked for."""
    ratio = 0.0
    if header.blob_gas_used is not None:
        schedule = config.blob_schedule_at(header.timestamp)
        if schedule is not None and schedule.max:
            ratio = header.blob_gas_used / (schedule.max * BLOB_GAS)
    return BlockFees(
        base_fee=header.base_fee_per_gas or 0,
        next_base_fee=next_base_fee(header),
        gas_used_ratio=header.gas_used / header.gas_limit,
        blob_base_fee=blob_base_fee_at(config, header) or 0,
        next_blob_base_fee=next_blob_base_fee(config, header),
        blob_gas_used_ratio=ratio,
        rewards=_rewards(header, body, receipts, percentiles) if body is not None else (),
    )


def _lowest_tips(block: PaidBlock) -> list[int]:
    base_fee = block.header.base_fee_per_gas or 0
    by_others = (
        effective_tip(transaction, base_fee)
        for transaction, sender in zip(block.transactions, block.senders, strict=True)
        if sender != block.header.coinbase
    )
    return sorted(tip for tip in by_others if tip >= IGNORED_BELOW_WEI)[:_SAMPLES_PER_BLOCK]


def _rewards(header: Header, body: Body, receipts: Sequence[Receipt], percentiles: Sequence[float]) -> tuple[int, ...]:
    if not body.transactions:
        return (0,) * len(percentiles)
    base_fee = header.base_fee_per_gas or 0
    totals = [0, *(receipt.cumulative_gas_used for receipt in receipts)]
    paid = sorted(
        (
            (effective_tip(transaction, base_fee), totals[index + 1] - totals[index])
            for index, transaction in enumerate(body.transactions)
        ),
        key=lambda tip_and_gas: tip_and_gas[0],
    )
    rewards: list[int] = []
    index, gas_sum = 0, paid[0][1]
    for percentile in percentiles:
        threshold = int(header.gas_used * percentile / 100)
        while gas_sum < threshold and index < len(paid) - 1:
            index += 1
            gas_sum += paid[index][1]
        rewards.append(paid[index][0])
    return tuple(rewards)
