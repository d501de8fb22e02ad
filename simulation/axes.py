"""What a sweep runs over, as people write it: `mtbf_days=1:60:log`, `mttr_minutes=5:60:12`, `N=1,2,3,4`."""

import math
from dataclasses import dataclass

import numpy as np

from simulation.errors import ScenarioError

POINTS = 16
"""Of a range that does not say how many."""
POINTS_MAX = 1000
SPACINGS = ("linear", "log")
_FORMS = "expected KEY=LOW:HIGH, KEY=LOW:HIGH:COUNT, KEY=LOW:HIGH:log, KEY=LOW:HIGH:log:COUNT or KEY=A,B,C"
Value = int | float | str
"""Whole numbers stay whole, so that they can count something; a text is a choice such as a discipline."""


@dataclass(frozen=True, slots=True)
class Axis:
    """One key of a scenario and the values it takes in turn."""

    key: str
    """As `Scenario.changed` takes it."""
    values: tuple[Value, ...]


def parse_axis(text: str) -> Axis:
    """Read an axis.

    Raises:
        ScenarioError: it is none, or has too many points; the text is named.
    """
    key, equals, values = (part.strip() for part in text.partition("="))
    if not equals or not key or not values:
        raise ScenarioError(f"sweep {text!r} can't be read, {_FORMS}")
    if ":" in values:
        return Axis(key, _range(text, values.split(":")))
    listed = tuple(_value(each.strip()) for each in values.split(","))
    if len(set(listed)) < len(listed) or "" in listed or len(listed) > POINTS_MAX:
        raise ScenarioError(f"sweep {text!r}: expected up to {POINTS_MAX} values, each once")
    return Axis(key, listed)


def _range(text: str, parts: list[str]) -> tuple[Value, ...]:
    """Return the values from low to high, both included."""
    low, high, *rest = parts
    spacing = rest.pop(0) if rest and rest[0] in SPACINGS else "linear"
    bounds = _number(text, low), _number(text, high)
    count = _number(text, rest.pop(0)) if rest else float(POINTS)
    if rest:
        raise ScenarioError(f"sweep {text!r} can't be read, {_FORMS}")
    if not bounds[0] < bounds[1] or (spacing == "log" and bounds[0] <= 0):
        raise ScenarioError(f"sweep {text!r}: expected {'0 < ' if spacing == 'log' else ''}low < high")
    if count != int(count) or not 2 <= count <= POINTS_MAX:
        raise ScenarioError(f"sweep {text!r}: {count:g} points, expected a whole number from 2 to {POINTS_MAX}")
    space = np.geomspace if spacing == "log" else np.linspace
    found = [float(value) for value in space(*bounds, int(count))]
    found[0], found[-1] = bounds  # not bounds that were rounded on their way through logarithms
    return tuple(_whole(value) for value in found)


def _number(text: str, part: str) -> float:
    try:
        number = float(part)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise ScenarioError(f"sweep {text!r}: {part!r} is no number; {_FORMS}")
    return number


def _whole(value: float) -> Value:
    """Return a whole number as one: 3 for 3.0."""
    return int(value) if value == int(value) else value


def _value(text: str) -> Value:
    """Return a number where it is one, else the text."""
    try:
        number = float(text)
    except ValueError:
        return text
    return _whole(number) if math.isfinite(number) else text
