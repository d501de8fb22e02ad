"""The suggested tip and the history of fees, on blocks made up for it."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from reference_node.chain import gas_price
from reference_node.chain.gas_price import PaidBlock, block_fees, effective_tip, suggest_tip
from reference_node.chain.types import Body, Header, Receipt, Transaction
from tests.reference_node.worlds import GWEI, World, signed

MINER = b"\xfe" * 20
WORLD = World()
BASE_FEE = 7 * GWEI


def header(number: int, gas_used: int = 0) -> Header:
    return replace(
        WORLD.head, number=number, base_fee_per_gas=BASE_FEE, gas_limit=100_000, gas_used=gas_used, coinbase=MINER
    )


def tipping(tip_wei: int) -> Transaction:
    return signed(0, b"\x11" * 20, maxPriorityFeePerGas=tip_wei, maxFeePerGas=1000 * GWEI)


def paid(number: int, *tips_wei: int, sender: bytes = b"\x01" * 20) -> PaidBlock:
    return PaidBlock(header(number), [tipping(tip) for tip in tips_wei], [sender] * len(tips_wei))


def reading(blocks: dict[int, PaidBlock]) -> tuple[list[int], Callable[[int], PaidBlock]]:
    """Return a list of the numbers asked for so far, and a function to ask."""
    asked: list[int] = []

    def read(number: int) -> PaidBlock:
        asked.append(number)
        return blocks[number]

    return asked, read


def test_the_effective_tip_is_what_the_cap_leaves_over_the_base_fee() -> None:
    assert effective_tip(signed(0, None, maxPriorityFeePerGas=3, maxFeePerGas=BASE_FEE + 2), BASE_FEE) == 2
    assert effective_tip(signed(0, None, maxPriorityFeePerGas=3, maxFeePerGas=BASE_FEE + 9), BASE_FEE) == 3
    assert effective_tip(signed(0, None, gasPrice=BASE_FEE + 5), BASE_FEE) == 5


def test_the_tip_is_the_sixtieth_percentile_of_the_three_lowest_of_each_block() -> None:
    blocks = {number: paid(number, 10, 20, 30, 10**12) for number in range(1, 31)}
    asked, read = reading(blocks)
    assert suggest_tip(30, read) == 20
    assert asked == list(range(30, 10, -1))


def test_blocks_that_tell_little_make_room_for_older_ones_up_to_twice_as_many() -> None:
    asked, read = reading({number: paid(number) for number in range(1, 100)})
    assert suggest_tip(99, read) == gas_price.START_TIP_WEI
    assert len(asked) == 2 * gas_price.CHECKED_BLOCKS


@pytest.mark.parametrize(
    ("block", "tip"),
    [
        (paid(1, 1, 5), 5),  # below 2 wei nothing counts
        (paid(1, 5, sender=MINER), gas_price.START_TIP_WEI),  # the miner's own neither
        (paid(1, 10**13), gas_price.MAX_TIP_WEI),
    ],
)
def test_what_counts_and_what_does_not(block: PaidBlock, tip: int) -> None:
    assert suggest_tip(1, lambda _: block) == tip


def test_a_chain_of_the_genesis_alone_suggests_the_start() -> None:
    assert suggest_tip(0, lambda _: None) == gas_price.START_TIP_WEI


def test_rewards_are_weighted_by_gas_and_ratios_are_of_the_limits() -> None:
    transactions = (tipping(30), tipping(10), tipping(20))
    receipts = [Receipt(1, 10_000, ()), Receipt(1, 40_000, ()), Receipt(1, 100_000, ())]
    body = Body(transactions, (), (), 0)
    block = replace(header(1, gas_used=100_000), blob_gas_used=3 << 17)
    fees = block_fees(WORLD.config, block, body, receipts, [0, 29, 31, 89, 91, 100])
    assert fees.rewards == (10, 10, 20, 20, 30, 30)
    assert fees.gas_used_ratio == 1.0
    assert fees.blob_gas_used_ratio == 3 / 15
    assert fees.next_base_fee == BASE_FEE + BASE_FEE // 8


def test_an_empty_block_rewards_nothing_and_without_percentiles_there_is_no_row() -> None:
    assert block_fees(WORLD.config, header(1), Body((), (), (), 0), (), [5, 50]).rewards == (0, 0)
    assert block_fees(WORLD.config, header(1), None, (), []).rewards == ()
