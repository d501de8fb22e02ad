"""Words become straight pieces; what is no shape names those that are."""

import pytest

from loadtests.errors import LoadError
from loadtests.shapes import KNOWN, Segment, level_at, read_shape, with_warmup


def shown(text: str, level: float = 100.0, duration: float = 10.0) -> list[tuple[float, float, float, float]]:
    return [(s.begin_seconds, s.end_seconds, s.begin_level, s.end_level) for s in read_shape(text, level, duration)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("constant", [(0, 10, 100, 100)]),
        (" constant ", [(0, 10, 100, 100)]),
        ("ramp", [(0, 10, 0, 100)]),
        ("ramp from 12.5", [(0, 10, 12.5, 100)]),
        ("step 2", [(0, 5, 50, 50), (5, 10, 100, 100)]),
        ("step", [(0, 2.5, 25, 25), (2.5, 5, 50, 50), (5, 7.5, 75, 75), (7.5, 10, 100, 100)]),
        ("spike", [(0, 4, 100, 100), (4, 6, 500, 500), (6, 10, 100, 100)]),
        ("spike x2 at 1s for 3s", [(0, 1, 100, 100), (1, 4, 200, 200), (4, 10, 100, 100)]),
        ("spike at 0s for 10s", [(0, 10, 500, 500)]),
        ("spike for 6s", [(0, 4, 100, 100), (4, 10, 500, 500)]),
    ],
)
def test_words_become_pieces(text: str, expected: list[tuple[float, ...]]) -> None:
    assert shown(text) == expected


@pytest.mark.parametrize(
    "text", ["", "wave", "ramps", "ramp to 5", "ramp from -1", "step two", "spike 5", "constant 3", "spike x2 at 1"]
)
def test_what_is_no_shape_names_those_that_are(text: str) -> None:
    with pytest.raises(LoadError) as raised:
        shown(text)
    assert repr(text) in str(raised.value)
    assert KNOWN in str(raised.value)


@pytest.mark.parametrize("text", ["step 0", "step 1001", "spike at 9s for 2s"])
def test_what_does_not_fit_is_named(text: str) -> None:
    with pytest.raises(LoadError, match="expected"):
        shown(text)


def test_a_warmup_goes_before_at_the_first_level() -> None:
    warmed = with_warmup(read_shape("ramp from 10", 100, 10), 2.0)
    assert warmed == (Segment(0.0, 2.0, 10.0, 10.0), Segment(2.0, 12.0, 10.0, 100.0))
    assert with_warmup(read_shape("constant", 5, 10), 0.0) == (Segment(0.0, 10, 5, 5),)


def test_levels_are_read_at_any_moment() -> None:
    ramp = with_warmup(read_shape("ramp from 10", 110, 10), 2.0)
    assert [level_at(ramp, at) for at in (-1.0, 0.0, 2.0, 7.0, 12.0)] == [0.0, 10.0, 10.0, 60.0, 0.0]
