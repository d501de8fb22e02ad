"""What a fault is: a kind of wrong answer, made of a right one.

Nothing here uses the comparison's own rules or search for differences: what they overlook must not be overlooked here.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from random import Random
from typing import TypeAlias

from conformance.answers import Json, UnreadableAnswer, decode_answer, encode_answer
from conformance.corpus import Question
from conformance.faults.facts import Facts
from conformance.subject import Reply

Path = tuple[str | int, ...]
Place = tuple[Path, Json]
"""Where a value is in a body, and the value."""


@dataclass(frozen=True, slots=True)
class Right:
    """A right answer to a question."""

    question: Question
    reply: Reply
    answer: Json
    """What the body holds; None where it holds no JSON."""
    is_json: bool


@dataclass(frozen=True, slots=True)
class Wrong:
    """What an endpoint with the fault would say."""

    body: bytes
    status: int
    content_type: str = "application/json"


Plant = Callable[[Right, Facts, Random], Wrong | None]
"""Makes a wrong answer of a right one; None where the fault can't be seen in it."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One kind of wrong answer."""

    name: str
    plant: Plant
    reason: str
    """Who answers so, or what would overlook it."""


class Same:
    """Stands for a value that the fault leaves as it is."""


SAME = Same()
"""Said of a value in which the fault can't be seen."""

Changed: TypeAlias = "Json | Same"
Change: TypeAlias = Callable[[Json, Random], Changed]


def right_answer(question: Question, reply: Reply) -> Right:
    """Return a right reply with what its body holds."""
    try:
        return Right(question, reply, decode_answer(reply.body), is_json=True)
    except UnreadableAnswer:
        return Right(question, reply, None, is_json=False)


def plant_in(find: Callable[[Json], Iterator[Place]], change: Change) -> Plant:
    """Return a fault that changes one value, chosen by chance among those in which it can be seen.

    Args:
        find: gives the values of a body that may be changed.
        change: returns the value to stand in one's place, SAME where the fault can't be seen in it.
    """

    def plant(right: Right, _facts: Facts, random: Random) -> Wrong | None:
        places = list(find(right.answer)) if right.is_json else []
        random.shuffle(places)
        for path, value in places:
            new = change(value, random)
            if not isinstance(new, Same) and text_of(new) != text_of(value):
                return wrong_answer(right, replaced(right.answer, path, new))
        return None

    return plant


def wrong_answer(right: Right, answer: Json) -> Wrong | None:
    """Return a wrong answer with a right one's status, None where it is the right one."""
    text = text_of(answer)
    return None if text == text_of(right.answer) else Wrong(text.encode(), right.reply.status)


def text_of(value: Json) -> str:
    """Return a value as JSON, nothing rounded."""
    if isinstance(value, Decimal):
        return str(value)
    try:
        return json.dumps(value, separators=(",", ":"))
    except TypeError:  # a decimal somewhere in it
        return encode_answer(value)


def replaced(whole: Json, path: Path, value: Json) -> Json:
    """Return a copy of a value in which another one stands at a path."""
    if not path:
        return value
    step, rest = path[0], path[1:]
    if isinstance(whole, dict):
        return {key: replaced(item, rest, value) if key == step else item for key, item in whole.items()}
    assert isinstance(whole, list)
    return [replaced(item, rest, value) if place == step else item for place, item in enumerate(whole)]
