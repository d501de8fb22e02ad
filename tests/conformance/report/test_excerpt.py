"""Of long texts the part that differs is shown, and nothing in a text is invisible."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.report.excerpt import CONTEXT_CHARACTERS, cut, excerpt, printable

TEXTS = st.text(alphabet="ab", max_size=60)


@given(TEXTS, TEXTS, st.integers(min_value=25, max_value=60))
def test_an_excerpt_is_a_part_of_the_text_around_the_first_difference(one: str, other: str, most: int) -> None:
    part = excerpt(one, other, most)
    shown = part.before + part.differing + part.after
    assert shown in one
    assert len(shown) == min(len(one), most)
    assert one[: part.first_difference] == other[: part.first_difference]
    rest = (one[part.first_difference :][:1], other[part.first_difference :][:1])
    assert rest[0] != rest[1] or rest == ("", "")
    assert part.is_cut == (len(one) > most)
    if one == other:
        assert part.differing == ""


@given(TEXTS, TEXTS)
def test_what_is_not_marked_is_the_same_in_both(one: str, other: str) -> None:
    left, right = excerpt(one, other, 60), excerpt(other, one, 60)
    assert (left.before, left.after) == (right.before, right.after)


def test_a_long_value_begins_shortly_before_the_difference() -> None:
    part = excerpt("0x" + "0" * 5000 + "1" + "0" * 5000, "0x" + "0" * 10001, 100)
    assert part.plain == "…" + "0" * CONTEXT_CHARACTERS + "1" + "0" * 79 + "…"
    assert part.differing == "1"
    assert (part.characters, part.first_difference) == (10003, 5002)


@pytest.mark.parametrize("sign", ["\x00", "\x1b", "\r", "\n", "\u202e", "\u2066", "\u200b", "\ud800", "\x85"])
def test_signs_that_nobody_sees_are_written_out(sign: str) -> None:
    shown = printable(f"a{sign}b")
    assert sign not in shown
    assert shown.startswith("a\\")
    assert shown.isascii()


def test_other_signs_stay() -> None:
    assert printable("Größe 漢字 ✓") == "Größe 漢字 ✓"


def test_a_cut_text_says_how_long_it_was() -> None:
    assert cut("abcdef", 6) == "abcdef"
    assert cut("abcdefg", 6) == "abcdef… (7 characters)"
