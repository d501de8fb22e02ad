"""The BLS12-381 precompiles of Prague (EIP-2537), on a compiled library: py-evm's take up to a second a call.

Source: EIP-2537; geth v1.17.8, core/vm/contracts.go. The gas discounts are py-evm's tables, which are the EIP's.
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from eth.abc import ComputationAPI
from eth.exceptions import VMError
from eth.precompiles.bls12_381.constants import G1_MSM_DISCOUNTS, G2_MSM_DISCOUNTS
from eth_typing import Address
from py_arkworks_bls12381 import GT, G1Point, G2Point, Scalar

_FIELD_BYTES = 48
_PADDED_FIELD_BYTES = 64
_PADDING = bytes(_PADDED_FIELD_BYTES - _FIELD_BYTES)
_G1_BYTES = 2 * _PADDED_FIELD_BYTES
_G2_BYTES = 4 * _PADDED_FIELD_BYTES
_SCALAR_BYTES = 32
_PAIR_BYTES = _G1_BYTES + _G2_BYTES
_DISCOUNT_UNIT = 1000
_Point = Any  # G1Point or G2Point, told apart by the class that reads them


def _add(kind: Any, size: int, gas: int, computation: ComputationAPI) -> None:
    computation.consume_gas(gas, reason="BLS12 add")
    data = _input(computation, size * 2)
    computation.output = _encode(_point(kind, data[:size]) + _point(kind, data[size:]))


def _multiply(kind: Any, size: int, gas: int, discounts: list[int], computation: ComputationAPI) -> None:
    data, step = computation.msg.data_as_bytes, size + _SCALAR_BYTES
    count = len(data) // step
    if count:
        discount = discounts[min(count, len(discounts)) - 1]
        computation.consume_gas(count * gas * discount // _DISCOUNT_UNIT, reason="BLS12 multiplication")
    if not count or len(data) % step:
        raise VMError(f"BLS12 multiplication got {len(data)} bytes, expected a multiple of {step}")
    parts = [data[start : start + step] for start in range(0, len(data), step)]
    points = [_subgroup_point(kind, part[:size]) for part in parts]
    scalars = [Scalar.from_be_bytes_mod_order(part[size:]) for part in parts]
    computation.output = _encode(kind.multiexp_unchecked(points, scalars))


def _pairing(computation: ComputationAPI) -> None:
    data = computation.msg.data_as_bytes
    count = len(data) // _PAIR_BYTES
    computation.consume_gas(32_600 * count + 37_700, reason="BLS12 pairing")
    if not count or len(data) % _PAIR_BYTES:
        raise VMError(f"BLS12 pairing got {len(data)} bytes, expected a multiple of {_PAIR_BYTES}")
    parts = [data[start : start + _PAIR_BYTES] for start in range(0, len(data), _PAIR_BYTES)]
    left = [_subgroup_point(G1Point, part[:_G1_BYTES]) for part in parts]
    right = [_subgroup_point(G2Point, part[_G1_BYTES:]) for part in parts]
    computation.output = int(GT.pairing_check(left, right)).to_bytes(32, "big")


def _map(mapping: Callable[[bytes], _Point], size: int, gas: int, computation: ComputationAPI) -> None:
    computation.consume_gas(gas, reason="BLS12 map")
    data = _unpad(_input(computation, size))
    try:
        point = mapping(data)
    except ValueError as error:
        raise VMError(f"BLS12 map: {error}") from error
    computation.output = _encode(point)


def _input(computation: ComputationAPI, size: int) -> bytes:
    data = computation.msg.data_as_bytes
    if len(data) != size:
        raise VMError(f"BLS12 precompile got {len(data)} bytes, expected {size}")
    return data


def _point(kind: Any, data: bytes) -> _Point:
    """Return a point of the curve, be it outside the subgroup; all zeros stand for infinity."""
    try:
        return kind.from_xy_bytes_unchecked_be(_unpad(data))
    except ValueError as error:
        raise VMError(f"BLS12 point: {error}") from error


def _subgroup_point(kind: Any, data: bytes) -> _Point:
    point = _point(kind, data)
    if not point.is_in_subgroup():
        raise VMError("BLS12 point is not in the subgroup")
    return point


def _unpad(data: bytes) -> bytes:
    fields = [data[start : start + _PADDED_FIELD_BYTES] for start in range(0, len(data), _PADDED_FIELD_BYTES)]
    if any(not field.startswith(_PADDING) for field in fields):
        raise VMError("BLS12 field element has top bytes that are not zero")
    return b"".join(field[len(_PADDING) :] for field in fields)


def _encode(point: _Point) -> bytes:
    data: bytes = point.to_xy_bytes_be()
    return b"".join(_PADDING + data[start : start + _FIELD_BYTES] for start in range(0, len(data), _FIELD_BYTES))


BLS_PRECOMPILES: Mapping[Address, Callable[[ComputationAPI], Any]] = {
    Address(number.to_bytes(20, "big")): precompile
    for number, precompile in (
        (0x0B, partial(_add, G1Point, _G1_BYTES, 375)),
        (0x0C, partial(_multiply, G1Point, _G1_BYTES, 12_000, G1_MSM_DISCOUNTS)),
        (0x0D, partial(_add, G2Point, _G2_BYTES, 600)),
        (0x0E, partial(_multiply, G2Point, _G2_BYTES, 22_500, G2_MSM_DISCOUNTS)),
        (0x0F, _pairing),
        (0x10, partial(_map, G1Point.map_from_fp_be, _PADDED_FIELD_BYTES, 5_500)),
        (0x11, partial(_map, G2Point.map_from_fp2_be, 2 * _PADDED_FIELD_BYTES, 23_800)),
    )
}
