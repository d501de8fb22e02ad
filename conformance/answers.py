"""From the bytes of a reply to JSON values that can be compared exactly: nothing is rounded, dropped or merged."""

import json
import re
from collections import Counter
from decimal import Decimal
from typing import TypeAlias

import orjson

Json: TypeAlias = "bool | int | Decimal | str | list[Json] | dict[str, Json] | None"

NESTING_MAX = 128
"""Levels of arrays and objects that are read; every step after this one may rely on it."""
INTEGER_DIGITS_MAX = 4000
VALUES_MAX = 2_000_000
"""Values in one body, counted by its commas and brackets: a small text can be a large tree."""
_SPACE = b" \t\r\n"
"""What JSON allows between signs."""
_STRING = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"?', re.DOTALL)
"""Fits at every quote, ended or not, so that no sign is read twice however a body is made."""
_BRACKET = re.compile(rb"[\[\]{}]")
_NO_SIGNS_OF_FORM = bytes(set(range(256)) - set(b'"\\[]{}'))


class UnreadableAnswer(ValueError):
    """A reply is not JSON; the text says what is wrong with it."""


def decode_answer(body: bytes) -> Json:
    """Return what a body holds: integers of any common size exact, other numbers as decimals.

    Raises:
        UnreadableAnswer: the body is not UTF-8 or not JSON, repeats a key, is nested too deeply or holds too much.
    """
    if problem := problem_at_sight(body):
        raise UnreadableAnswer(problem)
    try:
        value: Json = json.loads(
            body.decode("utf-8"),
            parse_int=_integer,
            parse_float=Decimal,
            parse_constant=_refuse_constant,
            object_pairs_hook=_object,
        )
    except (ValueError, ArithmeticError, RecursionError) as error:
        raise UnreadableAnswer(f"it is not JSON: {error or 'a number is out of range'}") from error
    return value


def is_plainly_same(one: bytes, other: bytes) -> bool:
    """Say quickly whether `decode_answer` reads the same from two bodies; where it can't be said quickly, no.

    It can be where a parser in C, which rounds, and of a key's values keeps the last, writes the same bytes again: then
    nothing was lost. So most nodes' bodies are, without spaces between signs; objects may differ in the order of keys.
    """
    one, other = one.strip(_SPACE), other.strip(_SPACE)
    bodies = (one,) if one == other else (one, other)
    if any(map(problem_at_sight, bodies)):
        return False
    try:
        values = [orjson.loads(body) for body in bodies]
        if any(orjson.dumps(value) != body for value, body in zip(values, bodies, strict=True)):
            return False
        return len({orjson.dumps(value, option=orjson.OPT_SORT_KEYS) for value in values}) == 1
    except (ValueError, TypeError):  # no JSON; half a surrogate pair
        return False


def encode_answer(value: Json) -> str:
    """Return a value as JSON text in ASCII, keys in their order, nothing rounded."""
    if isinstance(value, dict):
        return "{" + ",".join(f"{json.dumps(key)}:{encode_answer(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(encode_answer, value)) + "]"
    return str(value) if isinstance(value, Decimal) else json.dumps(value)


def _integer(text: str) -> int:
    if len(text) > INTEGER_DIGITS_MAX:
        raise ValueError(f"a number has {len(text)} digits, expected at most {INTEGER_DIGITS_MAX}")
    return int(text)


def _refuse_constant(text: str) -> Json:
    raise ValueError(f"{text} is no JSON value")


def _object(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    found = dict(pairs)
    if len(found) != len(pairs):
        times = Counter(key for key, _ in pairs)
        twice = next(key for key in times if times[key] > 1)
        raise ValueError(f"key {twice!r} is there twice")
    return found


def problem_at_sight(body: bytes, levels_max: int = NESTING_MAX) -> str:
    """Return why a body must not be given to a parser; empty where it may be."""
    if len(body) > VALUES_MAX and sum(map(body.count, (b",", b"[", b"{"))) > VALUES_MAX:
        return f"it holds more than {VALUES_MAX} values"
    # The parser in C overruns its stack where some library has raised Python's recursion limit.
    return f"it is nested deeper than {levels_max} levels" if is_nested_deeper(body, levels_max) else ""


def is_nested_deeper(body: bytes, levels_max: int) -> bool:
    """Say whether the arrays and objects of a body go deeper than so many levels; it need not be JSON."""
    if body.count(b"[") + body.count(b"{") <= levels_max or _is_plainly_flat(body, levels_max):
        return False
    levels = 0
    for bracket in _BRACKET.finditer(_STRING.sub(b"", body)):
        levels += 1 if bracket[0] in b"[{" else -1
        if levels > levels_max:
            return True
    return False


def _is_plainly_flat(body: bytes, levels_max: int) -> bool:
    """Say quickly whether a body is not nested deeper, as common ones show: no bracket or backslash in a string.

    Quotes that stand in pairs are strings without brackets; a pair of brackets taken away is a level less.
    """
    signs = body.translate(None, _NO_SIGNS_OF_FORM).replace(b'""', b"")
    for _ in range(levels_max):
        if not signs:
            return True
        fewer = signs.replace(b"[]", b"").replace(b"{}", b"")
        if len(fewer) == len(signs):
            return False
        signs = fewer
    return not signs
