"""The empty block on the head."""

import dataclasses

import pytest

from reference_node.rpc.pending import next_gas_limit, pending_block, pending_header
from tests.reference_node.worlds import World


@pytest.mark.parametrize(
    ("parent", "following"),
    [(0x1EEF095, 0x1EF6C50), (60_000_000, 60_000_000), (59_999_999, 60_000_000), (70_000_000, 69_931_642)],
)
def test_the_gas_limit_moves_to_the_ceiling(parent: int, following: int) -> None:
    assert following == next_gas_limit(parent)


def test_its_time_is_now_or_just_after_the_head() -> None:
    world = World()
    head = world.head
    assert pending_header(world.config, head, head.timestamp + 50).timestamp == head.timestamp + 50
    assert pending_header(world.config, head, 0).timestamp == head.timestamp + 1


@pytest.mark.parametrize(
    ("fork", "there"),
    [
        ("shanghai", {"withdrawalsRoot", "withdrawals"}),
        ("cancun", {"withdrawalsRoot", "withdrawals", "blobGasUsed", "excessBlobGas"}),
        ("prague", {"withdrawalsRoot", "withdrawals", "blobGasUsed", "excessBlobGas", "requestsHash"}),
    ],
)
def test_it_has_the_fields_of_its_fork(fork: str, there: set[str]) -> None:
    world = World(fork)
    fields = pending_block(world.config, world.head, world.head.timestamp + 12)
    later = {"withdrawalsRoot", "withdrawals", "blobGasUsed", "excessBlobGas", "requestsHash", "parentBeaconBlockRoot"}
    assert there == set(fields) & later


def test_its_base_fee_is_what_the_next_block_has() -> None:
    world = World()
    pending = pending_header(world.config, world.head, world.head.timestamp + 12)
    built = world.build().executed.block.header
    common = ("number", "parent_hash", "base_fee_per_gas", "excess_blob_gas", "transactions_root", "requests_hash")
    assert [getattr(built, name) for name in common] == [getattr(pending, name) for name in common]
    assert dataclasses.replace(pending, gas_limit=0) != pending
