"""The differences between two JSON values: exact in type and value, strict in order, blind to nothing.

Keys of an object have no order in JSON; that is the only thing not compared.
"""

from collections import Counter
from dataclasses import dataclass
from enum import Enum, StrEnum
from typing import TypeAlias

from conformance.answers import Json, encode_answer

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


def differences(expected: Json, got: Json) -> tuple[Difference, ...]:
    """Return every difference in the order of the expected value, DIFFERENCES_MAX of them at the most."""
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
            places = reversed(range(max(len(left), len(right))))
            waiting += [((*path, place), _item(left, place), _item(right, place)) for place in places]
        elif (kind := _kind(left, right)) is not None:
            found.append(Difference(path, kind, left, right))
    return tuple(found)


def show_path(path: Path) -> str:
    """Return a path as text: `$.result.logs[2].topics`."""
    return "$" + "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)


def _kind(left: Value, right: Value) -> Kind | None:
    if left is ABSENT:
        return Kind.EXTRA
    if right is ABSENT:
        return Kind.MISSING
    if type(left) is not type(right):
        return Kind.NULL if right is None else Kind.NOT_NULL if left is None else Kind.TYPE
    return None if left == right else Kind.DIFFERENT


def _item(items: list[Json], place: int) -> Value:
    return items[place] if place < len(items) else ABSENT


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
