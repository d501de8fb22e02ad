"""Base fee and blob fee; the numbers were computed with geth's own functions or are from the EIPs."""

from dataclasses import replace
from typing import Any

import pytest

from reference_node.chain.config import BlobSchedule, ChainConfig, Fork
from reference_node.chain.types import Header
from reference_node.evm import fees
from tests.reference_node.worlds import World

PRAGUE = BlobSchedule(6, 9, 5007716)
BPO1 = BlobSchedule(10, 15, 8346193)
CONFIG = ChainConfig(
    1, ((0, Fork.CANCUN), (100, Fork.PRAGUE), (200, Fork.OSAKA), (300, Fork.BPO1)),
    ((Fork.CANCUN, BlobSchedule(3, 6, 3338477)), (Fork.PRAGUE, PRAGUE), (Fork.BPO1, BPO1)), bytes(20),
)  # fmt: skip
BLOB = fees.BLOB_GAS


def parent(**fields: Any) -> Header:
    return replace(World().head, **fields)


@pytest.mark.parametrize(
    ("gas_used", "fee", "expected"),
    [
        (10_000_000, 1_000_000_000, 1_000_000_000),
        (20_000_000, 1_000_000_000, 1_125_000_000),
        (0, 1_000_000_000, 875_000_000),
        (9_000_000, 1_000_000_000, 987_500_000),
        (11_000_000, 1_000_000_000, 1_012_500_000),
        (11_000_000, 7, 8),
        (0, 7, 7),
    ],
)
def test_base_fee_follows_the_parents_gas(gas_used: int, fee: int, expected: int) -> None:
    header = parent(gas_limit=20_000_000, gas_used=gas_used, base_fee_per_gas=fee)
    assert fees.next_base_fee(header) == expected


@pytest.mark.parametrize(
    ("excess", "expected"), [(0, 1), (2314057, 1), (2314058, 2), (10 * 1024 * 1024, 23)]
)  # EIP-4844 with Cancun's fraction
def test_blob_base_fee_rises_by_powers_of_e(excess: int, expected: int) -> None:
    assert fees.blob_base_fee(BlobSchedule(3, 6, 3338477), excess) == expected


def test_excess_is_what_is_above_the_target() -> None:
    """EIP-4844, with the target of the fork of the new block."""
    header = parent(excess_blob_gas=4 * BLOB, blob_gas_used=5 * BLOB, base_fee_per_gas=1)
    assert fees.next_excess_blob_gas(CONFIG, header, 50) == 6 * BLOB
    assert fees.next_excess_blob_gas(CONFIG, header, 150) == 3 * BLOB
    assert fees.next_excess_blob_gas(CONFIG, header, 350) == 0


def test_a_parent_before_cancun_has_no_excess() -> None:
    header = replace(parent(), excess_blob_gas=None, blob_gas_used=None)
    assert fees.next_excess_blob_gas(CONFIG, header, 50) == 0
    assert fees.blob_base_fee_at(CONFIG, header) is None


def test_excess_does_not_fall_while_blobs_are_cheaper_than_gas() -> None:
    """EIP-7918: at a high base fee the excess rises by a part of the blobs used; before Osaka it falls."""
    header = parent(excess_blob_gas=8 * BLOB, blob_gas_used=3 * BLOB, base_fee_per_gas=10**9)
    assert fees.next_excess_blob_gas(CONFIG, header, 250) == 8 * BLOB + 3 * BLOB * 3 // 9
    assert fees.next_excess_blob_gas(CONFIG, header, 150) == 5 * BLOB
    cheap_gas = replace(header, base_fee_per_gas=16)  # 2^13 * 16 equals 2^17 * 1: not above it
    assert fees.next_excess_blob_gas(CONFIG, cheap_gas, 250) == 5 * BLOB
    assert fees.next_excess_blob_gas(CONFIG, replace(header, base_fee_per_gas=17), 250) == 9 * BLOB


def test_blob_fee_takes_the_schedule_of_the_block() -> None:
    header = parent(excess_blob_gas=30_000_000)
    assert fees.blob_base_fee_at(CONFIG, replace(header, timestamp=150)) == fees.blob_base_fee(PRAGUE, 30_000_000)
    assert fees.blob_base_fee_at(CONFIG, replace(header, timestamp=300)) == fees.blob_base_fee(BPO1, 30_000_000)


def test_before_cancun_there_is_no_schedule() -> None:
    config = ChainConfig(1, (), (), bytes(20))
    with pytest.raises(ValueError, match="no blob schedule at timestamp 50"):
        fees.next_excess_blob_gas(config, parent(), 50)
