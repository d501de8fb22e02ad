"""Our precompiles, called as a computation calls them; gas figures are those of the EIPs."""

import hashlib
from dataclasses import dataclass
from typing import Any

import ckzg
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils
from eth.exceptions import VMError
from hypothesis import given
from hypothesis import strategies as st

from reference_node.evm import precompiles

DIGEST = hashlib.sha256(b"message").digest()
BLS_MODULUS = 52435875175126190479447740508185965837690552500527637822603658699938581184513
P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


@dataclass
class Message:
    """The input of a call."""

    data_as_bytes: bytes


class Call:
    """As much of a computation as a precompile sees."""

    def __init__(self, data: bytes) -> None:
        self.msg = Message(data)
        self.output = b""
        self.gas = 0

    def consume_gas(self, amount: int, reason: str) -> None:
        """Count gas."""
        self.gas += amount


def call(precompile: precompiles.Precompile, data: bytes) -> Call:
    computation = Call(data)
    seen: Any = computation
    precompile(seen)
    return computation


def words(*numbers: int) -> bytes:
    return b"".join(number.to_bytes(32, "big") for number in numbers)


def modexp_input(base: bytes, exponent: bytes, modulus: bytes) -> bytes:
    return words(len(base), len(exponent), len(modulus)) + base + exponent + modulus


@pytest.mark.parametrize(
    ("base_bytes", "exponent", "modulus_bytes", "berlin", "osaka"),
    [
        (64, b"\x02", 64, 200, 500),  # nagydani-1-square
        (64, b"\x01\x00\x01", 64, 341, 2048),  # nagydani-1-pow0x10001
        (128, b"\x02", 128, 200, 512),  # nagydani-2-square
        (1024, b"\x01\x00\x01", 1024, 87381, 524288),  # nagydani-5-pow0x10001
        (1, (2**256 - 2**32 - 978).to_bytes(32, "big"), 32, 1360, 4080),  # eip_example1
        (32, b"\xff" * 33, 32, 16 * (255 + 8) // 3, 16 * (255 + 16)),  # an exponent of more than 32 bytes
        (0, b"", 0, 200, 500),
    ],
)
def test_modexp_gas(base_bytes: int, exponent: bytes, modulus_bytes: int, berlin: int, osaka: int) -> None:
    """EIP-2565 before Osaka, EIP-7883 from Osaka on."""
    data = modexp_input(b"\x03" * base_bytes, exponent, b"\x05" * modulus_bytes)
    assert (call(precompiles.modexp_berlin, data).gas, call(precompiles.modexp_osaka, data).gas) == (berlin, osaka)


@given(st.binary(max_size=40), st.binary(max_size=3), st.binary(max_size=40), st.integers(0, 60))
def test_modexp_computes_powers(base: bytes, exponent: bytes, modulus: bytes, cut: int) -> None:
    """The result has the modulus' length; what is missing of the input counts as zeros."""
    data = modexp_input(base, exponent, modulus)
    assert call(precompiles.modexp_osaka, data).output == power(base, exponent, modulus)
    short = data[: len(data) - min(cut, len(modulus))]
    padded = modulus[: max(len(modulus) - cut, 0)].ljust(len(modulus), b"\0")
    assert call(precompiles.modexp_berlin, short).output == power(base, exponent, padded)


def power(base: bytes, exponent: bytes, modulus: bytes) -> bytes:
    divisor = int.from_bytes(modulus, "big")
    if divisor == 0:
        return bytes(len(modulus))
    result = pow(int.from_bytes(base, "big"), int.from_bytes(exponent, "big"), divisor)
    return result.to_bytes(len(modulus), "big")


@pytest.mark.parametrize("place", range(3))
def test_modexp_operands_are_bounded_from_osaka_on(place: int) -> None:
    """EIP-7823: 1024 bytes pass, 1025 fail; before Osaka both pass."""
    lengths = [1, 1, 1]
    lengths[place] = 1024
    call(precompiles.modexp_osaka, words(*lengths))
    lengths[place] = 1025
    call(precompiles.modexp_berlin, words(*lengths))
    with pytest.raises(VMError, match="1025 bytes, expected at most 1024"):
        call(precompiles.modexp_osaka, words(*lengths))


def test_modexp_without_base_and_modulus_ignores_a_huge_exponent() -> None:
    """Its length alone can't be afforded, but geth prices it at no iterations of no words: so must we, unallocated."""
    computation = call(precompiles.modexp_berlin, words(0, 2**60, 0))
    assert (computation.gas, computation.output) == (200, b"")


def p256_input() -> bytes:
    key = ec.derive_private_key(12345, ec.SECP256R1())
    signature = key.sign(DIGEST, ec.ECDSA(utils.Prehashed(hashes.SHA256())))
    r, s = utils.decode_dss_signature(signature)
    point = key.public_key().public_numbers()
    return DIGEST + words(r, s, point.x, point.y)


def test_p256verify_accepts_a_signature_and_its_mirror() -> None:
    """EIP-7951 has no rule against the upper half of s."""
    data = p256_input()
    mirrored = data[:64] + words(P256_ORDER - int.from_bytes(data[64:96], "big")) + data[96:]
    for good in (data, mirrored):
        computation = call(precompiles.p256verify, good)
        assert (computation.gas, computation.output) == (6900, words(1))


@pytest.mark.parametrize(
    ("start", "value"),
    [(0, 1), (32, 0), (64, 0), (32, P256_ORDER), (64, P256_ORDER), (96, 1), (128, 0), (96, 2**256 - 1)],
)
def test_p256verify_has_no_output_for_anything_else(start: int, value: int) -> None:
    """Another message, values out of range, a point that is not on the curve: no output, no error, the same gas."""
    data = p256_input()
    computation = call(precompiles.p256verify, data[:start] + words(value) + data[start + 32 :])
    assert (computation.gas, computation.output) == (6900, b"")


@pytest.mark.parametrize("data", [b"", p256_input()[:-1], p256_input() + b"\0"])
def test_p256verify_has_no_output_for_other_lengths(data: bytes) -> None:
    computation = call(precompiles.p256verify, data)
    assert (computation.gas, computation.output) == (6900, b"")


@pytest.fixture(scope="module")
def kzg_input() -> bytes:
    blob = b"".join(number.to_bytes(32, "big") for number in range(4096))
    setup = precompiles.trusted_setup()
    commitment = ckzg.blob_to_kzg_commitment(blob, setup)
    point = (5).to_bytes(32, "big")
    proof, value = ckzg.compute_kzg_proof(blob, point, setup)
    versioned_hash = b"\x01" + hashlib.sha256(commitment).digest()[1:]
    return versioned_hash + point + bytes(value) + bytes(commitment) + bytes(proof)


def test_point_evaluation_accepts_a_proof(kzg_input: bytes) -> None:
    computation = call(precompiles.point_evaluation, kzg_input)
    assert (computation.gas, computation.output) == (50_000, words(4096, BLS_MODULUS))


@pytest.mark.parametrize(
    ("start", "replacement", "message"),
    [
        (0, bytes(32), "another versioned hash"),
        (32, words(6), "does not hold"),
        (32, words(BLS_MODULUS), "malformed"),
        (144, b"\x11" * 48, "malformed"),
        (191, b"", "got 191 bytes, expected 192"),
    ],
)
def test_point_evaluation_refuses_the_rest(kzg_input: bytes, start: int, replacement: bytes, message: str) -> None:
    data = kzg_input[:start] + replacement + (kzg_input[start + len(replacement) :] if replacement else b"")
    with pytest.raises(VMError, match=message):
        call(precompiles.point_evaluation, data)


@pytest.mark.parametrize("constant", [0, 7])
def test_point_evaluation_takes_the_point_at_infinity(constant: int) -> None:
    """A constant polynomial's proof is infinity; its bytes have to be exactly those of infinity."""
    setup = precompiles.trusted_setup()
    commitment = bytes(ckzg.blob_to_kzg_commitment(constant.to_bytes(32, "big") * 4096, setup))
    versioned_hash = b"\x01" + hashlib.sha256(commitment).digest()[1:]
    data = versioned_hash + words(9, constant) + commitment
    infinity = b"\xc0" + bytes(47)
    assert call(precompiles.point_evaluation, data + infinity).output == words(4096, BLS_MODULUS)
    for other in (b"\xe0" + bytes(47), b"\xc0" + bytes(46) + b"\1", bytes(48), b"\x40" + bytes(47)):
        with pytest.raises(VMError, match="malformed"):
            call(precompiles.point_evaluation, data + other)


def test_the_setup_is_loaded_once() -> None:
    assert precompiles.trusted_setup() is precompiles.trusted_setup()
