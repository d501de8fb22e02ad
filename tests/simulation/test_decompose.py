"""Chances of conditions by decomposition, against summing over every combination."""

from itertools import product
from math import prod

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulation import decompose
from simulation.decompose import failing_chance, is_monotone, joint_chances, node_of, with_count
from simulation.errors import NotApplicable
from simulation.structure import parse_expression
from tests.simulation.models import expressions

GROUPS = ("a", "b", "c")
shares = st.floats(0.05, 0.95)


def binomial_of_two(good: float) -> list[float]:
    return [(1 - good) ** 2, 2 * good * (1 - good), good**2]


CASES = [
    "a >= 2 or not b and c == 1",
    "atleast(2, a, b >= 2, c) and a + b > c",
    "a + b + c >= 4 or c < 1",
    "not (a <= 1 or b)",
    "1 or a",
    "a and 0",
    "atleast(a, b, c)",
]


def by_enumeration(text: str, chances: dict[str, list[float]]) -> float:
    expression = parse_expression(text, GROUPS)
    return sum(
        prod(chances[name][count] for name, count in zip(GROUPS, counts, strict=True))
        for counts in product(range(3), repeat=3)
        if expression.holds(dict(zip(GROUPS, counts, strict=True)))
    )


@given(st.sampled_from(CASES) | expressions(GROUPS), st.tuples(shares, shares, shares))
def test_it_sums_what_enumeration_sums(text: str, goods: tuple[float, float, float]) -> None:
    chances = {name: binomial_of_two(good) for name, good in zip(GROUPS, goods, strict=True)}
    found = joint_chances((node_of(parse_expression(text, GROUPS)),), chances)
    assert found.get((True,), 0.0) == pytest.approx(by_enumeration(text, chances), abs=1e-12)
    assert sum(found.values()) == pytest.approx(1.0)


@given(st.sampled_from(CASES), st.tuples(*[st.integers(0, 2)] * 3))
def test_a_node_with_all_numbers_fixed_is_the_conditions_value(text: str, counts: tuple[int, int, int]) -> None:
    expression = parse_expression(text, GROUPS)
    node = node_of(expression)
    for name, count in zip(GROUPS, counts, strict=True):
        node = with_count(node, name, count)
    assert isinstance(node, int)
    assert bool(node) is expression.holds(dict(zip(GROUPS, counts, strict=True)))


def test_a_hundred_parallel_paths_cost_no_more_than_their_length() -> None:
    names = [f"{kind}{number}" for number in range(100) for kind in "mr"]
    text = " or ".join(f"m{number} and r{number}" for number in range(100))
    expression = parse_expression(text, names)
    found = joint_chances((node_of(expression),), {name: [0.5, 0.5] for name in names})
    assert found[(False,)] == pytest.approx(0.75**100, rel=1e-12)


@given(st.sampled_from(CASES) | expressions(GROUPS), st.tuples(shares, shares, shares))
def test_a_change_of_chances_changes_the_sum_as_a_small_step_does(text: str, goods: tuple[float, float, float]) -> None:
    node, step = node_of(parse_expression(text, GROUPS)), 1e-6
    chances = {name: binomial_of_two(good) for name, good in zip(GROUPS, goods, strict=True)}
    changes = {name: [0.3, -0.1, -0.2] for name in GROUPS}
    stepped = {name: [a + step * b for a, b in zip(chances[name], changes[name], strict=True)] for name in GROUPS}
    value, rate = failing_chance(node, chances, changes)
    assert value == pytest.approx(1 - by_enumeration(text, chances), abs=1e-12)
    assert rate == pytest.approx((failing_chance(node, stepped, changes)[0] - value) / step, abs=1e-4)


@pytest.mark.parametrize(
    ("text", "monotone"),
    [
        ("a >= 2 or b and c", True),
        ("atleast(2, a, b, c + a > 1)", True),
        ("not a", False),
        ("a and (b or c < 1)", False),
    ],
)
def test_it_knows_where_one_unit_more_never_harms(text: str, monotone: bool) -> None:
    assert is_monotone(node_of(parse_expression(text, GROUPS))) is monotone


def test_two_conditions_are_told_together() -> None:
    both = tuple(node_of(parse_expression(text, GROUPS)) for text in ("a", "a and b"))
    found = joint_chances(both, {"a": [0.1, 0.9], "b": [0.2, 0.8]})
    assert found == {
        (False, False): pytest.approx(0.1),
        (True, False): pytest.approx(0.18),
        (True, True): pytest.approx(0.72),
    }


def test_what_takes_too_many_steps_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decompose, "STEPS_MAX", 3)
    node = node_of(parse_expression("a + b + c >= 4", GROUPS))
    with pytest.raises(NotApplicable, match="more than 3 steps"):
        joint_chances((node,), {name: [0.2, 0.3, 0.5] for name in GROUPS})
