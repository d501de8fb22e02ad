"""Every way in which two values can differ is seen, told apart from the others, and placed."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from conformance.answers import Json, decode_answer, encode_answer
from conformance.compare import ABSENT, DIFFERENCES_MAX, Difference, Kind, Path, differences, is_same, show_path
from conformance.rules import Meaning

scalars = st.none() | st.booleans() | st.integers() | st.text(st.characters(exclude_categories=["Cs"]), max_size=5)
values: st.SearchStrategy[Any] = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text("abc", max_size=2), inner, max_size=4)
)


@given(values)
def test_a_value_does_not_differ_from_itself(value: Json) -> None:
    assert differences(value, decode_answer(encode_answer(value).encode())) == ()


@given(values, values)
def test_different_texts_differ_and_so_both_ways(left: Json, right: Json) -> None:
    def canonical(value: Any) -> Any:
        if isinstance(value, dict):
            return ("object", sorted((key, canonical(item)) for key, item in value.items()))
        return ("array", [canonical(item) for item in value]) if isinstance(value, list) else (type(value), value)

    assume(repr(canonical(left)) != repr(canonical(right)))
    assert differences(left, right)
    assert len(differences(left, right)) == len(differences(right, left))


@pytest.mark.parametrize(
    ("expected", "got", "kind", "path"),
    [
        ({"a": 1}, {}, Kind.MISSING, "$.a"),
        ({"a": None}, {}, Kind.MISSING, "$.a"),
        ({}, {"a": 1}, Kind.EXTRA, "$.a"),
        ({}, {"a": None}, Kind.EXTRA, "$.a"),
        ({"a": 1}, {"a": None}, Kind.NULL, "$.a"),
        ({"a": []}, {"a": None}, Kind.NULL, "$.a"),
        ({"a": None}, {"a": {}}, Kind.NOT_NULL, "$.a"),
        ({"a": None}, {"a": False}, Kind.NOT_NULL, "$.a"),
        (1, "1", Kind.TYPE, "$"),
        (1, True, Kind.TYPE, "$"),
        (0, False, Kind.TYPE, "$"),
        (1, Decimal("1.0"), Kind.TYPE, "$"),
        ([], {}, Kind.TYPE, "$"),
        ("0xa", "0xA", Kind.FORM, "$"),
        ("0x1", "0x01", Kind.DIFFERENT, "$"),
        (2**53, 2**53 + 1, Kind.DIFFERENT, "$"),
        (Decimal("0.1"), Decimal("0.10000000000000000001"), Kind.DIFFERENT, "$"),
        ("é", "e\u0301", Kind.DIFFERENT, "$"),
        ([1, 2], [2, 1], Kind.ORDER, "$"),
        ({"logs": [{"a": 1}, {"a": 2}]}, {"logs": [{"a": 2}, {"a": 1}]}, Kind.ORDER, "$.logs"),
        ([1, 2], [1], Kind.MISSING, "$[1]"),
        ([1], [1, 2], Kind.EXTRA, "$[1]"),
        ({"a": [{"b": "x"}]}, {"a": [{"b": "y"}]}, Kind.DIFFERENT, "$.a[0].b"),
    ],
)
def test_each_kind_of_difference_has_its_name_and_place(expected: Json, got: Json, kind: Kind, path: str) -> None:
    (found,) = differences(expected, got)
    assert (found.kind, show_path(found.path)) == (kind, path)


def sets(path: Path) -> Meaning | None:
    """Say that a list at the top and lists named keys are sets."""
    return Meaning.SET if not path or path[-1] == "keys" else None


def found_in_sets(expected: Json, got: Json) -> list[tuple[Kind, str]]:
    """Return the kinds and places of the differences of two sets."""
    return [(found.kind, show_path(found.path)) for found in differences(expected, got, sets)]


ENTRIES: list[Any] = [{"a": 1, "keys": [1, 2]}, {"a": 2, "keys": [3, 4, 5]}, {"a": 3, "keys": []}]


@pytest.mark.parametrize(
    ("got", "found"),
    [
        (ENTRIES, []),
        (ENTRIES[::-1], [(Kind.ORDER, "$")]),
        ([{"a": 1, "keys": [2, 1]}, *ENTRIES[1:]], [(Kind.ORDER, "$[0].keys")]),
        (
            [ENTRIES[2], {"keys": [2, 1], "a": 1}, {"a": 2, "keys": [4, 3, 5]}],
            [(Kind.ORDER, "$"), (Kind.ORDER, "$[0].keys"), (Kind.ORDER, "$[1].keys")],
        ),
        (ENTRIES[1:], [(Kind.MISSING, "$[0]")]),
        ([*ENTRIES, ENTRIES[0]], [(Kind.EXTRA, "$[3]")]),
        ([ENTRIES[2], {"a": 2, "keys": [3, 5]}, ENTRIES[0]], [(Kind.MISSING, "$[1].keys[1]")]),
        ([ENTRIES[0], ENTRIES[0], ENTRIES[2]], [(Kind.DIFFERENT, "$[1].a"), (Kind.DIFFERENT, "$[1].keys[0]"),
         (Kind.DIFFERENT, "$[1].keys[1]"), (Kind.MISSING, "$[1].keys[2]")]),
    ],
)  # fmt: skip
def test_sets_are_compared_item_by_item_and_their_order_is_told_apart(got: Json, found: list[tuple[Kind, str]]) -> None:
    assert found_in_sets(ENTRIES, got) == found


@given(st.lists(st.integers(0, 3), max_size=6), st.lists(st.integers(0, 3), max_size=6))
def test_sets_differ_in_order_alone_where_they_have_the_same_items(left: list[int], right: list[int]) -> None:
    kinds = {kind for kind, _ in found_in_sets([*left], [*right])}
    same_items = sorted(left) == sorted(right)
    assert kinds == set() if left == right else (kinds == {Kind.ORDER}) == same_items


def test_large_sets_are_compared_in_little_time() -> None:
    items: list[Json] = [{"keys": [number]} for number in range(20_000)]
    assert found_in_sets(items, items[::-1]) == [(Kind.ORDER, "$")]
    assert len(found_in_sets(items, [*items[1:], {"keys": [-1]}])) == 1


def test_the_order_of_keys_is_no_difference() -> None:
    assert differences({"a": 1, "b": [2]}, {"b": [2], "a": 1}) == ()


def test_a_decimal_is_the_same_however_it_is_written() -> None:
    assert differences([Decimal("0.50"), 1], [Decimal("0.5"), 1]) == ()
    assert differences([Decimal("0.50"), 1], [1, Decimal("0.5")]) != ()


def test_all_differences_of_an_answer_are_found() -> None:
    found = differences({"a": 1, "b": [1, {"c": None}]}, {"b": [2, {"c": 0}], "d": 4})
    assert found == (
        Difference(("a",), Kind.MISSING, 1, ABSENT),
        Difference(("b", 0), Kind.DIFFERENT, 1, 2),
        Difference(("b", 1, "c"), Kind.NOT_NULL, None, 0),
        Difference(("d",), Kind.EXTRA, ABSENT, 4),
    )


def test_the_number_of_differences_has_a_bound() -> None:
    assert len(differences(list(range(5000)), [])) == DIFFERENCES_MAX


@pytest.mark.parametrize(
    ("left", "right"),
    [(1, True), (0, False), (1, Decimal("1.0")), (1, "1"), (None, False), ([], {}), ("", None), (2**53, 2**53 + 1)],
)
def test_values_that_python_may_take_for_equal_are_not_the_same(left: Json, right: Json) -> None:
    assert not is_same([left], [right])
    assert differences([left], [right])


@pytest.mark.parametrize("value", [2**64, -(2**63) - 1, Decimal("1.5"), "\ud800"])
def test_what_cannot_be_compared_quickly_is_compared_all_the_same(value: Json) -> None:
    assert not is_same([value], [value])
    assert differences([value], [value]) == ()
