"""Lays two answers side by side, line by line, with the places marked where they differ."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from conformance.answers import Json, encode_answer
from conformance.compare import ABSENT, Difference, Path, Value, show_path
from conformance.verdict import Judgement

CONTEXT_LINES = 3
"""Equal lines that are shown before and after one that is marked."""
LINES_MAX = 160
"""Lines shown of one pair of answers."""


class Mark(StrEnum):
    """What is said of a line."""

    SAME = "same"
    DIFFERENT = "different"
    """A difference that counts."""
    ALLOWED = "allowed"
    """A difference that an allowance lets pass."""
    MESSAGE = "message"
    """An error's message."""
    LEFT_OUT = "left out"
    """Stands for lines that are not shown."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of both answers; None on the side that has nothing there."""

    depth: int
    label: str
    """The key, or the place in an array in brackets."""
    reference: str | None
    candidate: str | None
    mark: Mark = Mark.SAME
    difference: Difference | None = None
    """On the line where a difference begins."""
    left_out: int = 0
    """How many lines this one stands for."""


def lay_side_by_side(judgement: Judgement, expected: Json, got: Json) -> list[Line]:
    """Return the lines to show of two answers, equal ones far from any difference left out.

    Args:
        judgement: says where they differ.
        expected: the reference's answer.
        got: the candidate's answer.
    """
    return _shorten(list(_Walk(judgement).lines("", expected, got)))


class _Walk:
    """Walks two values at once; what is marked, everything below is marked too."""

    def __init__(self, judgement: Judgement) -> None:
        counted = {difference.path: (Mark.DIFFERENT, difference) for difference in judgement.differences}
        messages = {difference.path: (Mark.MESSAGE, difference) for difference in judgement.message_differences}
        allowed = {one.difference.path: (Mark.ALLOWED, one.difference) for one in judgement.allowed}
        self._marks: dict[Path, tuple[Mark, Difference]] = {**allowed, **messages, **counted}

    def lines(
        self, label: str, left: Value, right: Value, path: Path = (), above: Mark = Mark.SAME
    ) -> Iterator[Line]:  # fmt: skip
        """Yield the lines of two values that stand in one place."""
        mark, difference = self._marks.get(path, (above, None))
        of_left, of_right = _brackets(left, right), _brackets(right, left)
        depth = len(path)
        if of_left and of_right and of_left != of_right:
            yield from self.lines(label, left, ABSENT, path, above)
            yield from self.lines(label, ABSENT, right, path, above)
            return
        # Where one side alone has items, the other has a plain value, or nothing, beside its first line.
        opening = (of_left[0] if of_left else _text(left), of_right[0] if of_right else _text(right))
        yield Line(depth, label, *opening, mark, difference)
        if of_left is None and of_right is None:
            return
        for step in _steps(left, right):
            name = f"[{step}]" if isinstance(step, int) else f"{encode_answer(step)}:"
            yield from self.lines(name, _at(left, step), _at(right, step), (*path, step), mark)
        yield Line(depth, "", of_left[1] if of_left else None, of_right[1] if of_right else None, mark)


def show_place(line: Line) -> str:
    """Return the path of a line where a difference begins, and an empty text elsewhere."""
    return show_path(line.difference.path) if line.difference is not None else ""


def _shorten(lines: Sequence[Line]) -> list[Line]:
    """Return the marked lines with some context; for what is left out there is one line that says how much."""
    marked = [place for place, line in enumerate(lines) if line.mark is not Mark.SAME]
    shown = {
        near
        for place in marked or range(len(lines))
        for near in range(max(0, place - CONTEXT_LINES), min(len(lines), place + CONTEXT_LINES + 1))
    }
    result: list[Line] = []
    for place, line in enumerate(lines):
        if place in shown and len(result) < LINES_MAX:
            result.append(line)
        elif result and result[-1].mark is Mark.LEFT_OUT:
            result[-1] = replace(result[-1], left_out=result[-1].left_out + 1)
        else:
            result.append(Line(0, "", None, None, Mark.LEFT_OUT, None, 1))
    return result


def _brackets(value: Value, other: Value) -> tuple[str, str] | None:
    """Return what a value begins and ends with that has lines of its own: it, or what it stands beside, has items."""
    if isinstance(value, dict) and (value or (isinstance(other, dict) and other)):
        return "{", "}"
    return ("[", "]") if isinstance(value, list) and (value or (isinstance(other, list) and other)) else None


def _text(value: Value) -> str | None:
    return None if value is ABSENT else encode_answer(value)


def _steps(left: Value, right: Value) -> list[str | int]:
    """Return keys and places of both, the left one's first; of a list and an object, those of the left one alone."""
    if isinstance(left, list) and isinstance(right, list):
        return list(range(max(len(left), len(right))))
    if isinstance(left, dict) and isinstance(right, dict):
        return [*left, *(key for key in right if key not in left)]
    own = left if isinstance(left, dict | list) and left else right
    return list(range(len(own))) if isinstance(own, list) else list(own) if isinstance(own, dict) else []


def _at(value: Value, step: str | int) -> Value:
    if isinstance(value, dict) and isinstance(step, str):
        return value.get(step, ABSENT)
    if isinstance(value, list) and isinstance(step, int) and step < len(value):
        return value[step]
    return ABSENT
