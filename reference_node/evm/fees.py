"""What a block's base fee and blob fee are, from its parent and the chain config.

Source: EIP-1559, EIP-4844, EIP-7691, EIP-7840, EIP-7892, EIP-7918; geth v1.17.8, consensus/misc.
"""

from reference_node.chain.config import BlobSchedule, ChainConfig, Fork
from reference_node.chain.types import Header

BLOB_GAS = 1 << 17
"""Blob gas of one blob."""
BLOB_BASE_COST = 1 << 13
"""Execution gas that a blob is held to cost at least (EIP-7918)."""
_MIN_BLOB_BASE_FEE_WEI = 1
_ELASTICITY = 2
_BASE_FEE_CHANGE_DENOMINATOR = 8


def next_base_fee(parent: Header) -> int:
    """Return the base fee in wei of a block on this parent."""
    parent_fee = parent.base_fee_per_gas or 0
    target = parent.gas_limit // _ELASTICITY
    if parent.gas_used == target:
        return parent_fee
    if parent.gas_used > target:
        rise = parent_fee * (parent.gas_used - target) // target // _BASE_FEE_CHANGE_DENOMINATOR
        return parent_fee + max(rise, 1)
    return parent_fee - parent_fee * (target - parent.gas_used) // target // _BASE_FEE_CHANGE_DENOMINATOR


def next_excess_blob_gas(config: ChainConfig, parent: Header, timestamp: int) -> int:
    """Return the excess blob gas of a block on this parent. Raises ValueError before Cancun."""
    schedule = _schedule_at(config, timestamp)
    parent_excess, parent_used = parent.excess_blob_gas or 0, parent.blob_gas_used or 0
    target = schedule.target * BLOB_GAS
    if parent_excess + parent_used < target:
        return 0
    if config.fork_at(timestamp) >= Fork.OSAKA:
        reserve_price = BLOB_BASE_COST * (parent.base_fee_per_gas or 0)
        if reserve_price > BLOB_GAS * blob_base_fee(schedule, parent_excess):
            return parent_excess + parent_used * (schedule.max - schedule.target) // schedule.max
    return parent_excess + parent_used - target


def blob_base_fee_at(config: ChainConfig, header: Header) -> int | None:
    """Return the blob base fee in wei of a block, or None before Cancun."""
    if header.excess_blob_gas is None:
        return None
    return blob_base_fee(_schedule_at(config, header.timestamp), header.excess_blob_gas)


def next_blob_base_fee(config: ChainConfig, parent: Header) -> int:
    """Return the blob base fee in wei of a block on this parent, by the schedule of the parent; 0 before Cancun."""
    if parent.excess_blob_gas is None:
        return 0
    excess = next_excess_blob_gas(config, parent, parent.timestamp)
    return blob_base_fee(_schedule_at(config, parent.timestamp), excess)


def blob_base_fee(schedule: BlobSchedule, excess_blob_gas: int) -> int:
    """Return the blob base fee in wei: about e to the power of excess / update fraction (EIP-4844)."""
    numerator, denominator = excess_blob_gas, schedule.update_fraction
    output, step = 0, 1
    term = _MIN_BLOB_BASE_FEE_WEI * denominator
    while term > 0:
        output += term
        term = term * numerator // denominator // step
        step += 1
    return output // denominator


def _schedule_at(config: ChainConfig, timestamp: int) -> BlobSchedule:
    schedule = config.blob_schedule_at(timestamp)
    if schedule is None:
        raise ValueError(f"the chain config has no blob schedule at timestamp {timestamp}")
    return schedule
