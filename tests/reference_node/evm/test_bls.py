"""The BLS12-381 precompiles against py-evm's, which compute in Python."""

from typing import Any

import pytest
from eth._utils.address import force_bytes_to_address
from eth.exceptions import VMError
from eth.vm.forks.prague.computation import PragueComputation
from py_ecc import optimized_bls12_381

from reference_node.evm.bls import BLS_PRECOMPILES
from tests.reference_node.evm.test_precompiles import Call

ADD_1, MULTIPLY_1, ADD_2, MULTIPLY_2, PAIRING, MAP_1, MAP_2 = range(0x0B, 0x12)
curve: Any = optimized_bls12_381
MODULUS = curve.field_modulus


def fields(*numbers: int) -> bytes:
    return b"".join(number.to_bytes(64, "big") for number in numbers)


def g1(factor: int) -> bytes:
    return fields(*(int(part) for part in curve.normalize(curve.multiply(curve.G1, factor))))


def g2(factor: int) -> bytes:
    x, y = curve.normalize(curve.multiply(curve.G2, factor))
    return fields(*(int(part) for part in (*x.coeffs, *y.coeffs)))


def word(number: int) -> bytes:
    return number.to_bytes(32, "big")


def negated_g1() -> bytes:
    return g1(curve.curve_order - 1)


def on_curve_only() -> bytes:
    """Return a point of the G1 curve outside the subgroup: x = 4, found by trying."""
    x = 0
    while True:
        x += 1
        square = (x**3 + 4) % MODULUS
        y = pow(square, (MODULUS + 1) // 4, MODULUS)
        point = (curve.FQ(x), curve.FQ(y), curve.FQ.one())
        if y * y % MODULUS == square and not curve.is_inf(curve.multiply(point, curve.curve_order)):
            return fields(x, y)


OUTSIDE = on_curve_only()
GOOD = [
    (ADD_1, g1(1) + g1(2)),
    (ADD_1, g1(1) + negated_g1()),
    (ADD_1, fields(0, 0) + g1(5)),
    (ADD_1, OUTSIDE + g1(5)),
    (ADD_2, g2(3) + g2(3)),
    (ADD_2, bytes(256) + g2(4)),
    (MULTIPLY_1, g1(3) + word(5)),
    (MULTIPLY_1, g1(3) + word(2**256 - 1) + g1(2) + word(0) + bytes(128) + word(7)),
    (MULTIPLY_2, g2(3) + word(curve.curve_order) + g2(2) + word(9)),
    (PAIRING, g1(2) + g2(3) + g1(curve.curve_order - 6) + g2(1)),
    (PAIRING, g1(2) + g2(3)),
    (PAIRING, bytes(128) + g2(3)),
    (MAP_1, fields(0)),
    (MAP_1, fields(MODULUS - 1)),
    (MAP_2, fields(7, 8)),
]
BAD = [
    (ADD_1, b""),
    (ADD_1, g1(1)),
    (ADD_1, g1(1) + fields(1, 1)),
    (ADD_1, fields(MODULUS, 0) + g1(1)),
    (ADD_1, b"\1" + g1(1)[1:] + g1(2)),
    (MULTIPLY_1, b""),
    (MULTIPLY_1, g1(1) + word(1) + b"\0"),
    (MULTIPLY_1, OUTSIDE + word(1)),
    (MULTIPLY_2, g2(1) + b"\0"),
    (ADD_2, g2(1) + fields(1, 1, 1, 1)),
    (PAIRING, b""),
    (PAIRING, OUTSIDE + g2(1)),
    (PAIRING, g1(1) + g2(1) + b"\0"),
    (MAP_1, fields(MODULUS)),
    (MAP_2, fields(0)),
    (MAP_2, fields(0, MODULUS)),
]


def call(table: Any, number: int, data: bytes) -> Call:
    computation = Call(data)
    seen: Any = computation
    seen.msg.data = data
    table[force_bytes_to_address(bytes([number]))](seen)
    return computation


@pytest.mark.parametrize(("number", "data"), GOOD)
def test_output_and_gas_are_those_of_py_evm(number: int, data: bytes) -> None:
    ours, theirs = (call(table, number, data) for table in (BLS_PRECOMPILES, PragueComputation.get_precompiles()))
    assert (ours.gas, ours.output) == (theirs.gas, theirs.output)


@pytest.mark.parametrize(("number", "data"), BAD)
def test_malformed_input_fails(number: int, data: bytes) -> None:
    with pytest.raises(VMError):
        call(BLS_PRECOMPILES, number, data)
    with pytest.raises(VMError):
        call(PragueComputation.get_precompiles(), number, data)


@pytest.mark.parametrize("count", [1, 2, 128, 129])
def test_multiplications_get_cheaper_in_bulk(count: int) -> None:
    """The discount of EIP-2537 for one, two, the last listed and more pairs."""
    gas = call(BLS_PRECOMPILES, MULTIPLY_1, (g1(1) + word(1)) * count).gas
    assert gas == count * 12_000 * {1: 1000, 2: 949, 128: 519, 129: 519}[count] // 1000
