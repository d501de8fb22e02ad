"""Precompiled contracts that py-evm lacks, or prices or loads otherwise than the chain does.

Source: EIP-198, EIP-2565, EIP-7823, EIP-7883 (MODEXP), EIP-7951 (P256VERIFY), EIP-4844 (point evaluation);
geth v1.17.8, core/vm/contracts.go.
"""

import hashlib
from collections.abc import Callable
from functools import cache
from importlib import resources
from typing import Any

import ckzg
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils
from eth.abc import ComputationAPI
from eth.exceptions import VMError
from py_arkworks_bls12381 import GT, G1Point, G2Point, Scalar

_SETUP = resources.files("eth._utils") / "kzg_trusted_setup.txt"
Precompile = Callable[[ComputationAPI], Any]

MODEXP_ADDRESS = (5).to_bytes(20, "big")
POINT_EVALUATION_ADDRESS = (10).to_bytes(20, "big")
P256VERIFY_ADDRESS = (0x100).to_bytes(20, "big")

P256VERIFY_GAS = 6900
MODEXP_MAX_LENGTH_BYTES = 1024
_P256_INPUT_BYTES = 160
_P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
_P256_ALGORITHM = ec.ECDSA(utils.Prehashed(hashes.SHA256()))

_POINT_EVALUATION_GAS = 50_000
_POINT_EVALUATION_INPUT_BYTES = 192
_FIELD_ELEMENTS_PER_BLOB = 4096
_BLS_MODULUS = 52435875175126190479447740508185965837690552500527637822603658699938581184513
_POINT_EVALUATION_OUTPUT = _FIELD_ELEMENTS_PER_BLOB.to_bytes(32, "big") + _BLS_MODULUS.to_bytes(32, "big")


def p256verify(computation: ComputationAPI) -> None:
    """Put 1 out if a secp256r1 signature is valid, else nothing (EIP-7951)."""
    computation.consume_gas(P256VERIFY_GAS, reason="P256VERIFY")
    data = computation.msg.data_as_bytes
    if len(data) == _P256_INPUT_BYTES and _is_p256_signature(data):
        computation.output = (1).to_bytes(32, "big")


def _is_p256_signature(data: bytes) -> bool:
    r, s, x, y = (int.from_bytes(data[start : start + 32], "big") for start in (32, 64, 96, 128))
    if not (0 < r < _P256_ORDER and 0 < s < _P256_ORDER):
        return False
    try:
        key = ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1()).public_key()
        key.verify(utils.encode_dss_signature(r, s), data[:32], _P256_ALGORITHM)
    except (ValueError, InvalidSignature):
        return False
    return True


def modexp_berlin(computation: ComputationAPI) -> None:
    """Put base ** exponent % modulus out, at the prices of EIP-2565."""
    data = computation.msg.data_as_bytes
    computation.consume_gas(modexp_gas_berlin(data), reason="MODEXP")
    computation.output = _modexp(data)


def modexp_osaka(computation: ComputationAPI) -> None:
    """Put base ** exponent % modulus out, within the bounds of EIP-7823 and at the prices of EIP-7883."""
    data = computation.msg.data_as_bytes
    computation.consume_gas(modexp_gas_osaka(data), reason="MODEXP")
    longest = max(_modexp_lengths(data))
    if longest > MODEXP_MAX_LENGTH_BYTES:
        raise VMError(f"MODEXP operand of {longest} bytes, expected at most {MODEXP_MAX_LENGTH_BYTES}")
    computation.output = _modexp(data)


def modexp_gas_berlin(data: bytes) -> int:
    """Return the gas of a MODEXP call by EIP-2565."""
    base_length, _, modulus_length = _modexp_lengths(data)
    words = (max(base_length, modulus_length) + 7) // 8
    return max(200, words**2 * _modexp_iterations(data, 8) // 3)


def modexp_gas_osaka(data: bytes) -> int:
    """Return the gas of a MODEXP call by EIP-7883."""
    base_length, _, modulus_length = _modexp_lengths(data)
    longest = max(base_length, modulus_length)
    complexity = 16 if longest <= 32 else 2 * ((longest + 7) // 8) ** 2
    return max(500, complexity * _modexp_iterations(data, 16))


def _modexp_lengths(data: bytes) -> tuple[int, int, int]:
    header = data[:96].ljust(96, b"\0")
    return int.from_bytes(header[:32], "big"), int.from_bytes(header[32:64], "big"), int.from_bytes(header[64:], "big")


def _modexp_iterations(data: bytes, bits_per_long_byte: int) -> int:
    base_length, exponent_length, _ = _modexp_lengths(data)
    head = int.from_bytes(_operand(data, base_length, min(exponent_length, 32)), "big")
    iterations = max(head.bit_length() - 1, 0)
    if exponent_length > 32:
        iterations += bits_per_long_byte * (exponent_length - 32)
    return max(iterations, 1)


def _modexp(data: bytes) -> bytes:
    base_length, exponent_length, modulus_length = _modexp_lengths(data)
    if modulus_length == 0:
        return b""
    modulus = int.from_bytes(_operand(data, base_length + exponent_length, modulus_length), "big")
    if modulus == 0:
        return bytes(modulus_length)
    base = int.from_bytes(_operand(data, 0, base_length), "big")
    exponent = int.from_bytes(_operand(data, base_length, exponent_length), "big")
    return pow(base, exponent, modulus).to_bytes(modulus_length, "big")


def _operand(data: bytes, start: int, length: int) -> bytes:
    """Return bytes of the operands, with zeros where the data ends early."""
    return data[96 + start : 96 + start + length].ljust(length, b"\0")


def point_evaluation(computation: ComputationAPI) -> None:
    """Check a KZG proof that a blob's polynomial has a value at a point (EIP-4844)."""
    computation.consume_gas(_POINT_EVALUATION_GAS, reason="point evaluation")
    data = computation.msg.data_as_bytes
    if len(data) != _POINT_EVALUATION_INPUT_BYTES:
        raise VMError(f"point evaluation got {len(data)} bytes, expected {_POINT_EVALUATION_INPUT_BYTES}")
    point, value, commitment, proof = data[32:64], data[64:96], data[96:144], data[144:]
    if b"\x01" + hashlib.sha256(commitment).digest()[1:] != data[:32]:
        raise VMError("point evaluation got a commitment of another versioned hash")
    if not _is_kzg_proof(commitment, point, value, proof):
        raise VMError("point evaluation got a proof that does not hold")
    computation.output = _POINT_EVALUATION_OUTPUT


def _is_kzg_proof(commitment: bytes, point: bytes, value: bytes, proof: bytes) -> bool:
    """Say whether e(commitment - value, 1) = e(proof, secret - point); the secret's power is all of the setup it takes.

    Raises:
        VMError: a number is not below the modulus, or a point is malformed or not in its subgroup.
    """
    try:
        left = _compressed_g1(commitment) + -(G1Point() * Scalar.from_be_bytes(value))
        right = _secret_g2() + -(G2Point() * Scalar.from_be_bytes(point))
        quotient = _compressed_g1(proof)
    except ValueError as error:
        raise VMError(f"point evaluation got malformed input: {error}") from error
    return bool(GT.pairing_check([left, quotient], [-G2Point(), right]))


def _compressed_g1(data: bytes) -> G1Point:
    """Return a point of the subgroup from its one valid form. Raises ValueError for any other bytes."""
    point = G1Point.from_compressed_bytes(data)
    if bytes(point.to_compressed_bytes()) != data:
        raise ValueError(f"0x{data.hex()} is not the canonical form of a point")
    return point


@cache
def _secret_g2() -> G2Point:
    """Return the setup's secret times the generator of G2: its second G2 point, after the G1 points."""
    lines = _SETUP.read_text().split()
    return G2Point.from_compressed_bytes(bytes.fromhex(lines[2 + int(lines[0]) + 1]))


@cache
def trusted_setup() -> Any:
    """Return the whole KZG setup, for making proofs; loaded once per process (it takes seconds)."""
    with resources.as_file(_SETUP) as path:
        return ckzg.load_trusted_setup(str(path), 0)
