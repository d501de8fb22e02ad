"""Boolean expressions over numbers of good units."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulation.errors import ScenarioError
from simulation.structure import parse_expression
from tests.simulation.models import expressions

GROUPS = ("a", "b", "c")


@pytest.mark.parametrize(
    ("text", "counts", "holds"),
    [
        ("a", (1, 0, 0), True),
        ("a", (0, 9, 9), False),
        ("a and b", (1, 1, 0), True),
        ("a and b", (1, 0, 0), False),
        ("a >= 1 and (b >= 2 or c >= 1)", (1, 1, 1), True),
        ("a >= 1 and (b >= 2 or c >= 1)", (1, 1, 0), False),
        ("a + b + c >= 4", (2, 1, 1), True),
        ("a + b + c >= 4", (2, 1, 0), False),
        ("a + b > c + 1", (2, 1, 2), False),
        ("not a", (0, 0, 0), True),
        ("atleast(2, a, b, c)", (5, 0, 0), False),
        ("atleast(2, a, b >= 2, c)", (1, 2, 0), True),
        ("a <= 1 or b < 1 or c == 7", (2, 1, 7), True),
        ("a\n  and b", (1, 1, 0), True),
    ],
)
def test_a_condition_holds_as_written(text: str, counts: tuple[int, int, int], holds: bool) -> None:
    assert parse_expression(text, GROUPS).holds(dict(zip(GROUPS, counts, strict=True))) is holds


def test_it_knows_its_groups_in_the_order_they_are_written() -> None:
    assert parse_expression("(b or atleast(1, a, b)) and c >= 1", GROUPS).names == ("b", "a", "c")


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("", "can't be read"),
        ("a and", "can't be read"),
        ("d >= 1", "names 'd', expected one of a, b, c"),
        ("a * 2 >= 1", "a * 2"),
        ("a >= 1.5", "1.5"),
        ("a >= True", "True"),
        ("a or print(b)", "print(b)"),
        ("a.b", "a.b"),
        ("1 <= a <= 2", "1 <= a <= 2"),
        ("a is b", "a is b"),
        ("atleast(2)", "atleast(2)"),
        ("atleast(k=2)", "atleast(k=2)"),
        ("a if b else c", "a if b else c"),
        ("[x for x in a]", "names 'x'"),
        ("a\0", "can't be read"),
        ("not " * 4000 + "a", "can't be read"),
        ("(" * 4000 + "a" + ")" * 4000, "can't be read"),
        ("a or " * 5000 + "a", "expected at most"),
    ],
)
def test_anything_else_is_refused_in_one_line(text: str, named: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        parse_expression(text, GROUPS)
    assert named in str(caught.value)
    assert "\n" not in str(caught.value)


@given(expressions(GROUPS), st.tuples(*[st.integers(0, 3)] * 3))
def test_python_understands_a_condition_alike(text: str, counts: tuple[int, int, int]) -> None:
    values = dict(zip(GROUPS, counts, strict=True))

    def atleast(least: int, *parts: int) -> bool:
        return sum(bool(part) for part in parts) >= least

    assert parse_expression(text, GROUPS).holds(values) is bool(eval(text, {"atleast": atleast}, values))


@given(expressions(GROUPS), st.tuples(*[st.integers(0, 2)] * 3), st.sampled_from(GROUPS))
def test_without_not_one_unit_more_never_harms(text: str, counts: tuple[int, int, int], group: str) -> None:
    fewer = dict(zip(GROUPS, counts, strict=True))
    more = {**fewer, group: fewer[group] + 1}
    expression = parse_expression(text, GROUPS)
    assert expression.holds(more) >= expression.holds(fewer)
