"""Axes of a sweep are read as they are written, and what can't be read is named."""

import pytest

from simulation.axes import POINTS, Axis, parse_axis
from simulation.errors import ScenarioError


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("N=1,2,3,4", (1, 2, 3, 4)),
        ("kafka.min_insync=2", (2,)),
        ("mttr_minutes=5:65:4", (5, 25, 45, 65)),
        ("mttr_minutes=5:65:linear:4", (5, 25, 45, 65)),
        ("mtbf_days=1:64:log:4", (1, pytest.approx(4), pytest.approx(16), 64)),
        ("crews.operator.discipline=fifo,random", ("fifo", "random")),
        (" N = 1, 2.5 ", (1, 2.5)),
    ],
)
def test_an_axis_is_read(text: str, values: tuple[object, ...]) -> None:
    axis = parse_axis(text)
    assert axis.key == text.partition("=")[0].strip()
    assert axis.values == values


def test_whole_numbers_stay_whole_and_ranges_end_where_they_say() -> None:
    assert [type(value) for value in parse_axis("N=1:3:3").values] == [int, int, int]
    found = parse_axis("mtbf_days=1:60:log").values
    assert len(found) == POINTS
    assert (found[0], found[-1]) == (1, 60)
    assert parse_axis("x=0.1:0.7:log").values[-1] == 0.7
    assert parse_axis("N=1") == Axis("N", (1,))


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("mtbf_days", "expected KEY=LOW:HIGH"),
        ("=1,2", "expected KEY=LOW:HIGH"),
        ("N=", "expected KEY=LOW:HIGH"),
        ("N=1,1", "each once"),
        ("N=1,,2", "each once"),
        ("N=a:3", "'a' is no number"),
        ("N=nan:3", "'nan' is no number"),
        ("N=3:1", "low < high"),
        ("N=0:1:log", "0 < low < high"),
        ("N=1:2:cubic", "'cubic' is no number"),
        ("N=1:2:3:4", "can't be read"),
        ("N=1:2:log:3:4", "can't be read"),
        ("N=1:2:1", "1 points, expected a whole number from 2"),
        ("N=1:2:2.5", "2.5 points"),
        ("N=1:2:100000", "100000 points"),
    ],
)
def test_what_is_no_axis_is_named(text: str, named: str) -> None:
    with pytest.raises(ScenarioError, match=named) as raised:
        parse_axis(text)
    assert repr(text) in str(raised.value)
