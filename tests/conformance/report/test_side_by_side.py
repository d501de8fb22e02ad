"""Side by side, every difference is on a marked line, and what is left out is equal."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.answers import Json, decode_answer
from conformance.report.side_by_side import LINES_MAX, Line, Mark, lay_side_by_side, show_place
from conformance.subject import Recorded, Reply
from conformance.verdict import judge
from tests.conformance.questions import answer, error_answer, question

VALUES: st.SearchStrategy[Json] = st.recursive(
    st.none() | st.booleans() | st.integers(0, 3) | st.sampled_from(["", "0x1"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=8,
)


def laid(expected: object, got: str) -> list[Line]:
    """Return the lines of a recorded result and an answer."""
    asked = question("eth_getBlockByNumber", ["pending"], expected)
    judgement = judge(asked, Recorded("").ask(asked), Reply(200, got.encode()))
    return lay_side_by_side(judgement, decode_answer(asked.recorded.encode()), decode_answer(got.encode()))


def marked(lines: list[Line]) -> dict[str, tuple[str | None, str | None]]:
    """Return both sides of the lines where a difference begins, by its path."""
    return {show_place(line): (line.reference, line.candidate) for line in lines if line.difference is not None}


def test_every_kind_of_difference_has_its_line() -> None:
    lines = laid({"a": 1, "b": 2, "n": 3, "o": [1]}, answer({"a": 2, "x": [1], "n": None, "o": {"p": 1}}))
    assert marked(lines) == {
        "$.result.a": ("1", "2"),
        "$.result.b": ("2", None),
        "$.result.n": ("3", "null"),
        "$.result.o": (None, "{"),
        "$.result.x": (None, "["),
    }


def test_what_is_below_a_difference_is_marked_too() -> None:
    lines = laid({"a": {"b": [1, 2]}}, answer(None))
    assert [line.reference for line in lines if line.mark is Mark.DIFFERENT] == ["{", "{", "[", "1", "2", "]", "}", "}"]


def test_messages_and_allowances_are_marked_apart() -> None:
    asked = question("eth_call")
    expected, got = error_answer(3, "a"), error_answer(3, "b")
    judgement = judge(asked, Reply(200, expected.encode()), Reply(200, got.encode()))
    lines = lay_side_by_side(judgement, json.loads(expected), json.loads(got))
    assert [line.reference for line in lines if line.mark is Mark.MESSAGE] == ['"a"']
    assert {line.mark for line in lines} == {Mark.SAME, Mark.MESSAGE, Mark.LEFT_OUT}
    pending = laid({"timestamp": "0x1", "x": 1}, answer({"timestamp": "0x2", "x": 1}))
    assert [line.reference for line in pending if line.mark is Mark.ALLOWED] == ['"0x1"']


def test_equal_lines_far_from_a_difference_are_left_out_and_counted() -> None:
    expected = list(range(1000))
    lines = laid(expected, answer([*expected[:500], -1, *expected[501:]]))
    assert [line.left_out for line in lines if line.mark is Mark.LEFT_OUT] == [501, 498]
    assert len(lines) == 9
    assert marked(lines) == {"$.result[500]": ("500", "-1")}


def test_no_pair_of_answers_fills_the_page() -> None:
    lines = laid(list(range(900)), answer(list(range(1, 901))))
    assert len(lines) <= LINES_MAX + 2
    assert sum(line.left_out for line in lines) > 700


@pytest.mark.parametrize("deep", [100, 127])
def test_deep_answers_are_laid_too(deep: int) -> None:
    nested: object = 1
    for _ in range(deep - 1):
        nested = [nested]
    assert marked(laid(nested, answer(nested).replace("1]", "2]"))) != {}


@given(VALUES, VALUES)
def test_all_differences_are_on_the_page_or_counted_as_left_out(expected: Json, got: Json) -> None:
    asked = question("eth_call", [], expected)
    judgement = judge(asked, Recorded("").ask(asked), Reply(200, answer(got).encode()))
    lines = lay_side_by_side(judgement, {"result": expected}, {"result": got})
    shown = [line.difference for line in lines if line.difference is not None]
    assert all(difference in shown for difference in judgement.differences)
    assert all(difference in judgement.differences for difference in shown)
    if not judgement.differences:
        assert all(line.mark in {Mark.SAME, Mark.LEFT_OUT} for line in lines)
    for line in lines:
        if line.mark is Mark.SAME:
            assert line.reference == line.candidate
