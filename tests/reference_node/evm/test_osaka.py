"""Osaka's opcode, executed in a block; EIP-7939's own examples."""

import pytest

from tests.reference_node.evm.programs import CONTRACT, run, store_result
from tests.reference_node.worlds import World, sign

CLZ = b"\x1e"


@pytest.mark.parametrize(
    ("value", "zeros"), [(0, 256), (1, 255), (2**255, 0), (2**256 - 1, 0), (2**255 - 1, 1), (2**128, 127)]
)
def test_clz_counts_leading_zeros(value: int, zeros: int) -> None:
    assert run("osaka", store_result(b"\x7f" + value.to_bytes(32, "big") + CLZ)) == zeros


def test_clz_costs_five_gas() -> None:
    """Against a program with a cheap opcode of known price in its place (ISZERO, 3)."""
    used = []
    for opcode in (CLZ, b"\x15"):
        world = World("osaka", {CONTRACT: {"code": "0x6001" + opcode.hex() + "00"}})
        built = world.build(sign(0, CONTRACT))
        used.append(built.executed.block.header.gas_used)
    assert used[0] - used[1] == 2


def test_before_osaka_there_is_no_clz() -> None:
    world = World("prague", {CONTRACT: {"code": "0x60011e00"}})
    (receipt,) = world.build(sign(0, CONTRACT)).executed.receipts
    assert (receipt.status, receipt.cumulative_gas_used) == (0, 200_000)
