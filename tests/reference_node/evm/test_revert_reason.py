"""Reasons in revert data."""

import pytest

from reference_node.evm.revert_reason import revert_reason

ERROR, PANIC = bytes.fromhex("08c379a0"), bytes.fromhex("4e487b71")


def word(number: int) -> bytes:
    return number.to_bytes(32, "big")


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", None),
        (b"\x08\xc3\x79", None),
        (ERROR, None),
        (ERROR + word(32) + word(4) + b"poor", b"poor"),
        (ERROR + word(32) + word(4) + b"poor".ljust(32, b"\0"), b"poor"),
        (ERROR + word(32) + word(0), b""),
        (ERROR + word(32) + word(5) + b"poor", None),
        (ERROR + word(64) + word(0) + word(2) + b"ok", b"ok"),
        (ERROR + word(2**255) + word(4) + b"poor", None),
        (ERROR + word(32) + word(2**256 - 1) + b"poor", None),
        (PANIC + word(0x11), b"arithmetic underflow or overflow"),
        (PANIC + word(0x99), b"unknown panic code: 0x99"),
        (PANIC + word(2**200), b"unknown panic code: 0x1" + b"0" * 50),
        (PANIC + b"\x11", None),
        (b"\x12\x34\x56\x78" + word(1), None),
    ],
)
def test_reasons_are_those_of_solidity(data: bytes, reason: bytes | None) -> None:
    assert revert_reason(data) == reason
