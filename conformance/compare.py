"""The differences between two JSON values: exact in type and value, strict in order, blind to nothing.

Keys of an object have no order in JSON; that is the only thing not compared. What a value means decides only how a
difference is named, and which items of two sets belong together.
"""

from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, StrEnum
from typing import TypeAlias

import orjson

from conformance.answers import Json, encode_answer
from conformance.rules import Meaning, other_form

DIFFERENCES_MAX = 1000
"""Differences that are listed of one answer; with this many the search ends."""

Path = tuple[str | int, ...]
"""Keys and places from the whole answer down to a value."""


class Absent(Enum):
    """Stands where there is no value at all, which is another thing than null."""

    ABSENT = "absent"


ABSENT = Absent.ABSENT
Value: TypeAlias = "Json | Absent"


class Kind(StrEnum):
    """How a candidate's value differs from the reference's."""

    MISSING = "missing"
    """The reference has it, the candidate has not."""
    EXTRA = "extra"
    """The candidate has it, the reference has not."""
    NULL = "null"
    """The candidate says null where the reference has a value."""
    NOT_NULL = "not null"
    """The candidate has a value where the reference says null."""
    TYPE = "type"
    """Both have a value, of different JSON types; 1 and 1.0 are of two types."""
    ORDER = "order"
    """Both have the same items in another order."""
    FORM = "form"
    """The same value in another form, as `0x01` for the quantity `0x1`."""
    DIFFERENT = "different"
    """Same type, another value."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One place where two answers are not the same."""

    path: Path
    kind: Kind
    expected: Value
    """The reference's value."""
    got: Value
    """The candidate's value."""
    detail: str = ""
    """What is wrong with the form."""


MeaningOf = Callable[[Path], Meaning | None]


def _unknown(_path: Path) -> Meaning | None:
    return None


def differences(expected: Json, got: Json, meaning_of: MeaningOf = _unknown) -> tuple[Difference, ...]:
    """Return every difference in the order of the expected value, DIFFERENCES_MAX of them at the most.

    Args:
        expected: the reference's value.
        got: the candidate's.
        meaning_of: says what is at a place of the expected value.
    """
    if is_same(expected, got):
        return ()
    found: list[Difference] = []
    waiting: list[tuple[Path, Value, Value]] = [((), expected, got)]
    while waiting and len(found) < DIFFERENCES_MAX:
        path, left, right = waiting.pop()
        if isinstance(left, dict) and isinstance(right, dict):
            keys = [*left, *(key for key in right if key not in left)]
            waiting += [((*path, key), left.get(key, ABSENT), right.get(key, ABSENT)) for key in reversed(keys)]
        elif isinstance(left, list) and isinstance(right, list):
            if _is_reordered(left, right):
                found.append(Difference(path, Kind.ORDER, left, right))
                continue
            pairs, is_moved = _pairs_in_order(left, right), False
            if left != right and meaning_of(path) is Meaning.SET:
                pairs, is_moved = _pairs_of_sets(path, left, right, meaning_of)
            if is_moved:
                found.append(Difference(path, Kind.ORDER, left, right))
            waiting += [((*path, place), *pair) for place, pair in reversed(list(enumerate(pairs)))]
        elif (kind := _kind(left, right)) is not None:
            found.append(_named(Difference(path, kind, left, right), meaning_of))
    return tuple(found)


def is_same(expected: Json, got: Json) -> bool:
    """Say quickly whether two values are the same but for the order of keys; where it can't be said quickly, no."""
    try:
        return orjson.dumps(expected, option=orjson.OPT_SORT_KEYS) == orjson.dumps(got, option=orjson.OPT_SORT_KEYS)
    except TypeError:  # decimals, integers of more than 64 bits, halves of surrogate pairs
        return False


def show_path(path: Path) -> str:
    """Return a path as text: `$.result.logs[2].topics`."""
    return "$" + "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)


def _named(difference: Difference, meaning_of: MeaningOf) -> Difference:
    """Return a difference, named as one of form where both values are the same."""
    path, expected, got = difference.path, difference.expected, difference.got
    if difference.kind is not Kind.DIFFERENT or expected is ABSENT or got is ABSENT:
        return difference
    detail = other_form(meaning_of(path), expected, got)
    return Difference(path, Kind.FORM, expected, got, detail) if detail else difference


def _kind(left: Value, right: Value) -> Kind | None:
    if left is ABSENT:
        return Kind.EXTRA
    if right is ABSENT:
        return Kind.MISSING
    if type(left) is not type(right):
        return Kind.NULL if right is None else Kind.NOT_NULL if left is None else Kind.TYPE
    return None if left == right else Kind.DIFFERENT


Pairs: TypeAlias = "list[tuple[Value, Value]]"


def _pairs_in_order(left: list[Json], right: list[Json]) -> Pairs:
    return [(_item(left, place), _item(right, place)) for place in range(max(len(left), len(right)))]


def _item(items: list[Json], place: int) -> Value:
    return items[place] if place < len(items) else ABSENT


def _pairs_of_sets(path: Path, left: list[Json], right: list[Json], meaning_of: MeaningOf) -> tuple[Pairs, bool]:
    """Return each item with its equal in the other set, those that have none as they stand, and whether order differs.

    Order differs only where every item has its equal.
    """
    places: dict[str, deque[int]] = {}
    for place, item in enumerate(right):
        places.setdefault(_set_text((*path, 0), item, meaning_of), deque()).append(place)
    equals = [places.get(_set_text((*path, 0), item, meaning_of)) for item in left]
    partners = [found.popleft() if found else None for found in equals]
    lonely = deque(sorted(place for left_over in places.values() for place in left_over))
    is_same_set = not lonely and None not in partners
    pairs: Pairs = []
    for item, partner in zip(left, partners, strict=True):
        found = lonely.popleft() if partner is None and lonely else partner
        pairs.append((item, ABSENT if found is None else right[found]))
    pairs += [(ABSENT, right[place]) for place in lonely]
    return pairs, is_same_set and partners != list(range(len(left)))


def _set_text(path: Path, value: Json, meaning_of: MeaningOf) -> str:
    """Return a text that is the same for equal values, the order of sets inside left out."""
    if isinstance(value, dict):
        items = (f"{encode_answer(key)}:{_set_text((*path, key), value[key], meaning_of)}" for key in sorted(value))
        return "{" + ",".join(items) + "}"
    if isinstance(value, list):
        texts = [_set_text((*path, place), item, meaning_of) for place, item in enumerate(value)]
        return "[" + ",".join(sorted(texts) if meaning_of(path) is Meaning.SET else texts) + "]"
    return encode_answer(value)


def _is_reordered(left: list[Json], right: list[Json]) -> bool:
    """Say whether two lists hold the same items, and not in the same order."""
    if len(left) != len(right) or len(left) < 2:
        return False
    left_texts, right_texts = ([_sorted_text(item) for item in items] for items in (left, right))
    return left_texts != right_texts and Counter(left_texts) == Counter(right_texts)


def _sorted_text(value: Json) -> str:
    """Return a text that is the same for equal values but for how decimals are written, and another for others."""
    if isinstance(value, dict):
        return "{" + ",".join(f"{encode_answer(key)}:{_sorted_text(value[key])}" for key in sorted(value)) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(_sorted_text, value)) + "]"
    return encode_answer(value)
