"""Initcode over the limit fails the frame that has it, be its creator rich or poor."""

import pytest

from tests.reference_node.evm.programs import CONTRACT, accounts
from tests.reference_node.worlds import World, sign

TOO_LONG, LONGEST = 2 * 24_576 + 1, 2 * 24_576


def program(opcode: int, size: int, value: int) -> bytes:
    """Return code that creates from zeros and then stores 1 in slot 0."""
    salt = b"\x5f" if opcode == 0xF5 else b""
    operands = b"\x62" + size.to_bytes(3, "big") + b"\x5f" + b"\x60" + bytes([value])
    return salt + operands + bytes([opcode]) + b"\x50\x60\x01\x5f\x55"


@pytest.mark.parametrize("opcode", [0xF0, 0xF5])
@pytest.mark.parametrize("value", [0, 1])
@pytest.mark.parametrize(("fork", "size", "status"), [
    ("shanghai", TOO_LONG, 0), ("shanghai", LONGEST, 1), ("bpo1", TOO_LONG, 0), ("bpo1", LONGEST, 1),
])  # fmt: skip
def test_initcode_over_the_limit_fails_its_frame(opcode: int, value: int, fork: str, size: int, status: int) -> None:
    world = World(fork, {CONTRACT: {"code": "0x" + program(opcode, size, value).hex()}})
    built = world.add(sign(0, CONTRACT, gas=2_000_000))
    assert [receipt.status for receipt in built.executed.receipts] == [status]
    assert accounts(world).get_storage(CONTRACT, 0) == status
