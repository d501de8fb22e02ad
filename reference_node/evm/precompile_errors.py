"""Why a precompiled contract failed, in geth's words and in the order in which geth looks at its input.

Source: geth v1.17.8, core/vm/contracts.go, crypto/bn256/gnark, and the texts of gnark-crypto and go-eth-kzg.
"""

from collections.abc import Callable

from py_arkworks_bls12381 import G1Point

BN254_FIELD_MODULUS = 0x30644E72E131A029B85045B68181585D97816A916871CA8D3C208C16D87CFD47
BLS_FIELD_MODULUS = int(
    "1a0111ea397fe69a4b1ba7b6434bacd764774b84f38512bf6730d2a0f6b0f6241eabfffeb153ffffb9feffffffffaaab", 16
)
BLS_ORDER = 52435875175126190479447740508185965837690552500527637822603658699938581184513
_TWIST = (9, 1)
"""G2 is y * y = x * x * x + 3 / (9 + i)."""
_INVALID_LENGTH = "invalid input length"
_NOT_A_FIELD_ELEMENT = "invalid fp.Element encoding"
_NOT_ON_CURVE = "point is not on curve"
_G1_BYTES, _PAIR_BYTES = 64, 192
_BLAKE2_BYTES, _KZG_BYTES = 213, 192
_COMPRESSED, _INFINITY = 0x80, 0x40
_FLAGS, _NO_FLAGS = 0xE0, (0xE0, 0x60, 0x20)
_FLAG_BITS = 3
_MAP_TO_G2, _G2_MULTIPLY = 0x11, 0x0E


def explain_failure(address: int, data: bytes, reason: str) -> str:
    """Return why a precompiled contract failed.

    Args:
        address: which one, as a number.
        data: its input.
        reason: the text of our own error.
    """
    if 0x0B <= address <= _MAP_TO_G2:
        return _explain_bls(address, reason)
    explain = _EXPLANATIONS.get(address)
    return reason if explain is None else explain(data, reason)


def _explain_bls(address: int, reason: str) -> str:
    group = "g2" if address == _G2_MULTIPLY else "g1"
    texts = {
        "expected": _INVALID_LENGTH,
        "top bytes": "invalid field element top bytes",
        "serialised data": _NOT_A_FIELD_ELEMENT,
        "not on the": "invalid point: not on curve",
        "not in the subgroup": f"{group} point is not on correct subgroup",
    }
    return next((text for part, text in texts.items() if part in reason), reason)


def _explain_modexp(_data: bytes, _reason: str) -> str:
    return "one or more of base/exponent/modulus length exceeded 1024 bytes"


def _explain_bn254(count: int) -> Callable[[bytes, str], str]:
    def explain(data: bytes, _reason: str) -> str:
        size = _G1_BYTES * count
        padded = data[:size].ljust(size, b"\0")
        found = (_g1_failure(padded[start : start + _G1_BYTES]) for start in range(0, size, _G1_BYTES))
        return next((text for text in found if text is not None), _NOT_ON_CURVE)

    return explain


def _explain_pairing(data: bytes, _reason: str) -> str:
    if len(data) % _PAIR_BYTES:
        return "bad elliptic curve pairing size"
    for start in range(0, len(data), _PAIR_BYTES):
        pair = data[start : start + _PAIR_BYTES]
        text = _g1_failure(pair[:_G1_BYTES]) or _g2_failure(pair[_G1_BYTES:])
        if text is not None:
            return text
    return "point is not in correct subgroup"


def _g1_failure(point: bytes) -> str | None:
    x, y = _numbers(point)
    if max(x, y) >= BN254_FIELD_MODULUS:
        return _NOT_A_FIELD_ELEMENT
    is_point = (x, y) == (0, 0) or (y * y - x * x * x - 3) % BN254_FIELD_MODULUS == 0
    return None if is_point else _NOT_ON_CURVE


def _g2_failure(point: bytes) -> str | None:
    x_imaginary, x_real, y_imaginary, y_real = coordinates = _numbers(point)
    if max(coordinates) >= BN254_FIELD_MODULUS:
        return _NOT_A_FIELD_ELEMENT
    if not any(coordinates):
        return None
    x, y = (x_real, x_imaginary), (y_real, y_imaginary)
    square, cube = _times(y, y), _times(x, _times(x, x))
    rest = _times((square[0] - cube[0], square[1] - cube[1]), _TWIST)
    return None if rest == (3, 0) else _NOT_ON_CURVE


def _times(left: tuple[int, int], right: tuple[int, int]) -> tuple[int, int]:
    """Multiply two numbers of the field that G2 is over: real and imaginary part, i * i being -1."""
    real = left[0] * right[0] - left[1] * right[1]
    imaginary = left[0] * right[1] + left[1] * right[0]
    return real % BN254_FIELD_MODULUS, imaginary % BN254_FIELD_MODULUS


def _numbers(data: bytes) -> list[int]:
    return [int.from_bytes(data[start : start + 32], "big") for start in range(0, len(data), 32)]


def _explain_blake2(data: bytes, _reason: str) -> str:
    return "invalid final flag" if len(data) == _BLAKE2_BYTES else _INVALID_LENGTH


def _explain_point_evaluation(data: bytes, reason: str) -> str:
    if len(data) != _KZG_BYTES:
        return _INVALID_LENGTH
    if "versioned hash" in reason:
        return "mismatched versioned hash"
    return f"error verifying kzg proof: {_kzg_failure(data)}"


def _kzg_failure(data: bytes) -> str:
    if max(_numbers(data[32:96])) >= BLS_ORDER:
        return "scalar is not canonical when interpreted as a big integer in big-endian"
    for point in (data[96:144], data[144:]):
        text = compressed_failure(point)
        if text is not None:
            return text
    return "can't verify opening proof"


def compressed_failure(point: bytes) -> str | None:
    """Return what is wrong with a compressed point of G1, be it only its subgroup; None where nothing seems to be."""
    flags = point[0] & _FLAGS
    if flags in _NO_FLAGS:
        return "invalid point encoding"
    if not flags & _COMPRESSED:
        return "short buffer"
    if flags & _INFINITY:
        return None if point == bytes((flags,)) + bytes(len(point) - 1) else "invalid infinity point encoding"
    x = int.from_bytes(point, "big") & ((1 << (len(point) * 8 - _FLAG_BITS)) - 1)
    if x >= BLS_FIELD_MODULUS:
        return _NOT_A_FIELD_ELEMENT
    if pow(x * x * x + 4, (BLS_FIELD_MODULUS - 1) // 2, BLS_FIELD_MODULUS) != 1:
        return "invalid compressed coordinate: square root doesn't exist"
    return None if _is_in_subgroup(point) else "invalid point: subgroup check failed"


def _is_in_subgroup(point: bytes) -> bool:
    try:
        G1Point.from_compressed_bytes(point)
    except ValueError:
        return False
    return True


_EXPLANATIONS: dict[int, Callable[[bytes, str], str]] = {
    5: _explain_modexp,
    6: _explain_bn254(2),
    7: _explain_bn254(1),
    8: _explain_pairing,
    9: _explain_blake2,
    10: _explain_point_evaluation,
}
