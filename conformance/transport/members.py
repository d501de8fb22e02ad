"""Finds where the parts of a JSON text are, so that they can be taken out or exchanged sign by sign.

What nests deeper than `answers.NESTING_MAX` levels is to be kept from here: the parser in C would overrun its stack.
"""

import json
import re
from dataclasses import dataclass

_SPACE = re.compile(r"[ \t\n\r]*")
_DECODER = json.JSONDecoder(parse_int=str, parse_float=str)
"""Only says where values end, so that numbers stay texts of any length."""


class NoSuchText(ValueError):
    """A text is not the JSON that is looked for."""


@dataclass(frozen=True, slots=True)
class Span:
    """Where a value stands."""

    start: int
    end: int


def item_spans(text: str) -> list[Span]:
    """Return where the items of an array are. Raises NoSuchText where the text is no JSON array."""
    spans: list[Span] = []
    place = _after(text, 0, "[")
    if text[place : place + 1] == "]":
        place += 1
    else:
        while True:
            spans.append(_value(text, place))
            place = _skip(text, spans[-1].end)
            if text[place : place + 1] == "]":
                place += 1
                break
            place = _after(text, place, ",")
    _check_end(text, place)
    return spans


def member_spans(text: str) -> list[tuple[str, Span]]:
    """Return keys with where their values are, in order. Raises NoSuchText where the text is no JSON object."""
    members: list[tuple[str, Span]] = []
    place = _after(text, 0, "{")
    if text[place : place + 1] == "}":
        place += 1
    else:
        while True:
            name = _value(text, place)
            if text[name.start : name.start + 1] != '"':
                raise NoSuchText("a key is no string")
            value = _value(text, _after(text, name.end, ":"))
            members.append((json.loads(text[name.start : name.end]), value))
            place = _skip(text, value.end)
            if text[place : place + 1] == "}":
                place += 1
                break
            place = _after(text, place, ",")
    _check_end(text, place)
    return members


def _value(text: str, place: int) -> Span:
    try:
        _, end = _DECODER.raw_decode(text, place)
    except (ValueError, RecursionError) as error:
        raise NoSuchText(f"it is not JSON: {error}") from None
    return Span(place, end)


def _skip(text: str, place: int) -> int:
    space = _SPACE.match(text, place)
    assert space is not None
    return space.end()


def _after(text: str, place: int, sign: str) -> int:
    """Return the place of what follows a sign, space around it left out."""
    place = _skip(text, place)
    if text[place : place + 1] != sign:
        raise NoSuchText(f"expected {sign} at character {place}")
    return _skip(text, place + 1)


def _check_end(text: str, place: int) -> None:
    if _skip(text, place) != len(text):
        raise NoSuchText(f"there is more at character {place}")
