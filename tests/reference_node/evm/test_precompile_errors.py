"""Geth's texts for inputs that precompiled contracts refuse; each pair was compared with a real geth v1.17.8."""

import hashlib

import pytest

from reference_node.evm.precompile_errors import BLS_FIELD_MODULUS, BLS_ORDER, BN254_FIELD_MODULUS
from tests.reference_node.rpc.served import answer, backend_of
from tests.reference_node.worlds import World

BACKEND = backend_of(World("osaka"))
INFINITY = b"\xc0" + bytes(47)
KZG = "error verifying kzg proof: "


def words(*numbers: int) -> bytes:
    return b"".join(number.to_bytes(32, "big") for number in numbers)


def fields(*numbers: int) -> bytes:
    return b"".join(number.to_bytes(64, "big") for number in numbers)


def kzg(point: int, value: int, commitment: bytes = INFINITY, proof: bytes = INFINITY) -> bytes:
    return b"\x01" + hashlib.sha256(commitment).digest()[1:] + words(point, value) + commitment + proof


@pytest.mark.parametrize(
    ("address", "data", "text"),
    [
        (0x05, words(1025, 1, 1), "one or more of base/exponent/modulus length exceeded 1024 bytes"),
        (0x06, words(BN254_FIELD_MODULUS, 2), "invalid fp.Element encoding"),
        (0x06, words(1, 2, 1, 3), "point is not on curve"),
        (0x07, words(1, 3, 1), "point is not on curve"),
        (0x08, bytes(191), "bad elliptic curve pairing size"),
        (0x08, words(1, 3, 0, 0, 0, 0), "point is not on curve"),
        (0x08, words(0, 0, BN254_FIELD_MODULUS, 2, 3, 4), "invalid fp.Element encoding"),
        (0x08, words(0, 0, 1, 2, 3, 4), "point is not on curve"),
        (0x09, bytes(10), "invalid input length"),
        (0x09, bytes(212) + b"\x02", "invalid final flag"),
        (0x0A, bytes(1), "invalid input length"),
        (0x0A, bytes(192), "mismatched versioned hash"),
        (0x0A, kzg(BLS_ORDER, 0), f"{KZG}scalar is not canonical when interpreted as a big integer in big-endian"),
        (0x0A, kzg(0, 1), f"{KZG}can't verify opening proof"),
        (0x0A, kzg(0, 0, proof=bytes(48)), f"{KZG}short buffer"),
        (0x0A, kzg(0, 0, commitment=b"\x80" + bytes(46) + b"\x04"), f"{KZG}invalid point: subgroup check failed"),
        (0x0A, kzg(0, 0, commitment=b"\x9a" + b"\xff" * 47), f"{KZG}invalid fp.Element encoding"),
        (0x0B, bytes(1), "invalid input length"),
        (0x0B, fields(2**500, 2, 1, 2), "invalid field element top bytes"),
        (0x0B, fields(BLS_FIELD_MODULUS, 2, 1, 2), "invalid fp.Element encoding"),
        (0x0B, fields(1, 2, 1, 2), "invalid point: not on curve"),
        (0x0C, b"", "invalid input length"),
        (0x0C, fields(0, 2) + words(1), "g1 point is not on correct subgroup"),
        (0x0F, fields(0, 0, 1, 2, 3, 4), "invalid point: not on curve"),
        (0x10, fields(BLS_FIELD_MODULUS), "invalid fp.Element encoding"),
    ],
)
def test_refusals_are_geths(address: int, data: bytes, text: str) -> None:
    call = {"to": f"0x{address:040x}", "input": f"0x{data.hex()}"}
    assert answer(BACKEND, "eth_call", call)["error"] == {"code": -32000, "message": text}
