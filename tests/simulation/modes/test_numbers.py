"""Numbers are short, and keep the digits that mean something."""

import math

import pytest

from simulation.estimates import Estimate, Method
from simulation.modes.numbers import short, with_interval


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (15936.4, "15936"),
        (2.6089156, "2.609"),
        (9.99999, "10.00"),
        (0.0646735, "0.06467"),
        (4.77146e-08, "4.771e-08"),
        (5.2e9, "5.200e+09"),
        (-3.14159, "-3.142"),
        (0.0, "0"),
        (math.nan, "-"),
        (math.inf, "-"),
    ],
)
def test_a_number_has_four_digits_that_mean_something(value: float, text: str) -> None:
    assert short(value) == text


def test_a_change_has_its_sign() -> None:
    assert short(4.3514, signed=True) == "+4.351"
    assert short(-4.3514, 3, signed=True) == "-4.35"


def test_an_interval_stands_beside_its_value_unless_it_has_no_width() -> None:
    found = Estimate("x", 4.3512, 3.0333, 5.6678, 0.95, Method.REPLICATIONS, 30)
    assert with_interval(found) == "4.351 [3.03, 5.67]"
    assert with_interval(found, signed=True) == "+4.351 [+3.03, +5.67]"
    assert with_interval(Estimate("x", 0.0, 0.0, 0.0, 0.95, Method.REPLICATIONS, 30)) == "0"
    assert with_interval(Estimate("x", 2.6, 2.6, 2.6, 0.95, Method.EXACT, 0)) == "2.600"
