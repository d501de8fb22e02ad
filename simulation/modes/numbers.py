"""Numbers as tables show them: four digits that mean something, and their interval in brackets."""

import math

from simulation.estimates import Estimate, Method

LARGE, SMALL = 1e7, 1e-4
"""Beyond them numbers are written with an exponent."""


def short(value: float, digits: int = 4, *, signed: bool = False) -> str:
    """Return a number with so many digits that mean something: 15940, 2.609, 0.06466, 4.771e-08."""
    sign = "+" if signed else ""
    if not math.isfinite(value):
        return "-"
    if value == 0:
        return "0"
    if not SMALL <= abs(value) < LARGE:
        return f"{value:{sign}.{digits - 1}e}"
    rounded = float(f"{value:.{digits - 1}e}")
    places = max(0, digits - 1 - math.floor(math.log10(abs(rounded))))
    return f"{value:{sign}.{places}f}"


def with_interval(found: Estimate, *, signed: bool = False) -> str:
    """Return a value with its interval, as `+4.351 [+3.03, +5.67]`; an exact one alone."""
    value = short(found.value, signed=signed)
    if found.method is Method.EXACT or found.low == found.high:
        return value
    return f"{value} [{short(found.low, 3, signed=signed)}, {short(found.high, 3, signed=signed)}]"
