"""Faults in numbers: another value, or the right one in a form that is none."""

import re
from decimal import Decimal
from random import Random

from conformance.answers import Json
from conformance.faults.fault import SAME, Change, Changed, Fault, plant_in
from conformance.faults.places import texts, values

_QUANTITY = re.compile(r"0x(0|[1-9a-f][0-9a-f]*)")
_DATA_LENGTHS = {2 + 2 * 20, 2 + 2 * 32}
"""Addresses and hashes: they may look like quantities."""
_UINT256_DIGITS = 64
DOUBLE_EXACT_MAX = 2**53
"""Above it a double can't tell neighbouring integers apart."""
_WORD = 2**64


def _quantity(value: Json) -> int | None:
    if not isinstance(value, str) or len(value) in _DATA_LENGTHS or len(value) > 2 + _UINT256_DIGITS:
        return None
    return int(value, 16) if _QUANTITY.fullmatch(value) else None


def _padded(value: Json, _random: Random) -> Changed:
    return SAME if _quantity(value) is None else f"0x0{str(value)[2:]}"


def _as_number(value: Json, _random: Random) -> Changed:
    number = _quantity(value)
    return SAME if number is None else number


def _as_decimal_text(value: Json, _random: Random) -> Changed:
    number = _quantity(value)
    return SAME if number is None else str(number)


def _off_by_one(value: Json, random: Random) -> Changed:
    number = _quantity(value)
    return SAME if number is None else hex(number + 1 if number == 0 else number + random.choice((-1, 1)))


def _off_beyond_double(value: Json, _random: Random) -> Changed:
    number = _quantity(value)
    if number is None or number <= DOUBLE_EXACT_MAX:
        return SAME
    other = number + 1 if float(number + 1) == float(number) else number - 1
    return hex(other) if float(other) == float(number) else SAME


def _rounded(value: Json, _random: Random) -> Changed:
    number = _quantity(value)
    return SAME if number is None or number <= DOUBLE_EXACT_MAX else hex(int(float(number)))


def _cut_to_a_word(value: Json, _random: Random) -> Changed:
    number = _quantity(value)
    return SAME if number is None or number < _WORD else hex(number % _WORD)


def _empty(value: Json, _random: Random) -> Changed:
    return "0x" if value == "0x0" else SAME


def _negative(value: Json, _random: Random) -> Changed:
    number = _quantity(value)
    return SAME if not number else f"-{value}"


def _upper_case(value: Json, _random: Random) -> Changed:
    return f"0x{value[2:].upper()}" if isinstance(value, str) and value.startswith("0x") else SAME


def _bare(value: Json, _random: Random) -> Changed:
    return value[2:] if isinstance(value, str) and value.startswith("0x") else SAME


def _other_number(value: Json, _random: Random) -> Changed:
    """Return a JSON number with another last digit; not the same one with a zero behind it."""
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        return SAME
    last = Decimal(1).scaleb(int(Decimal(value).as_tuple().exponent))
    return int(value) + 1 if isinstance(value, int) else value + last


def _float_form(value: Json, _random: Random) -> Changed:
    return Decimal(f"{value}.0") if isinstance(value, int) and not isinstance(value, bool) else SAME


def _fault(name: str, change: Change, reason: str) -> Fault:
    return Fault(name, plant_in(texts, change), reason)


QUANTITIES = (
    _fault("quantity-padded", _padded, "a form that other clients refuse to read; a comparison as numbers passes it"),
    _fault("hex-upper-case", _upper_case, "a comparison in one case passes it, consumers that compare texts don't"),
    _fault("hex-unprefixed", _bare, "a serialiser that prints bare digits"),
    _fault("quantity-as-number", _as_number, "a JSON number is rounded by most of its readers"),
    _fault("quantity-as-decimal-text", _as_decimal_text, "a serialiser of big numbers that knows no hex"),
    _fault("quantity-off-by-one", _off_by_one, "the smallest wrong number there is"),
    _fault(
        "quantity-off-beyond-double", _off_beyond_double,
        "a neighbour above 2^53 that is the same double: a comparison as floats passes it",
    ),
    _fault("quantity-rounded-to-double", _rounded, "a balance that went through a language with one number type"),
    _fault("quantity-cut-to-64-bits", _cut_to_a_word, "a balance that went through a machine word"),
    _fault("quantity-empty", _empty, "`0x` for zero, as bytes without leading zeros give it"),
    _fault("quantity-negative", _negative, "signed arithmetic"),
    Fault("number-changed", plant_in(values, _other_number), "a ratio of eth_feeHistory off in its last digit"),
    Fault("number-as-float", plant_in(values, _float_form), "`1.0` for `1`: readers of integers refuse it"),
)  # fmt: skip
