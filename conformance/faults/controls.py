"""What is no fault: answers that are written otherwise and say the same. None may be blamed."""

import json
from decimal import Decimal
from random import Random

from conformance.answers import Json
from conformance.faults.facts import Facts
from conformance.faults.fault import Fault, Right, Wrong, text_of


def _unchanged(right: Right, _facts: Facts, _random: Random) -> Wrong | None:
    return Wrong(right.reply.body, right.reply.status)


def _other_key_order(right: Right, _facts: Facts, random: Random) -> Wrong | None:
    text = text_of(_shuffled(right.answer, random)) if right.is_json else ""
    return Wrong(text.encode(), right.reply.status) if text and text != text_of(right.answer) else None


def _shuffled(value: Json, random: Random) -> Json:
    if isinstance(value, list):
        return [_shuffled(item, random) for item in value]
    if not isinstance(value, dict):
        return value
    keys = list(value)
    random.shuffle(keys)
    return {key: _shuffled(value[key], random) for key in keys}


def _spaced(right: Right, _facts: Facts, _random: Random) -> Wrong | None:
    """Return the same with white space wherever JSON lets it be."""
    if not right.is_json or _has_decimals(right.answer):
        return None
    text = json.dumps(right.answer, indent="\t", separators=(" ,", " :\r\n "))
    return Wrong(b" \n" + text.encode() + b"\r\n\t ", right.reply.status)


def _escaped(right: Right, _facts: Facts, _random: Random) -> Wrong | None:
    """Return the same with the first sign of every text and key written as an escape."""
    if not right.is_json:
        return None
    parts = text_of(right.answer).split('"')
    # Where no text has a quote in it, every second part is the inside of a text.
    if any("\\" in part for part in parts):
        return None
    inside = [f"\\u{ord(part[0]):04x}{part[1:]}" if place % 2 and part else part for place, part in enumerate(parts)]
    return Wrong('"'.join(inside).encode(), right.reply.status)


def _has_decimals(value: Json) -> bool:
    if isinstance(value, dict):
        return any(map(_has_decimals, value.values()))
    return any(map(_has_decimals, value)) if isinstance(value, list) else isinstance(value, Decimal)


CONTROLS = (
    Fault("unchanged", _unchanged, "the right answer, byte by byte"),
    Fault("key-order", _other_key_order, "the keys of an object have no order"),
    Fault("white-space", _spaced, "JSON lets it be anywhere between values"),
    Fault("escapes", _escaped, "`\\u0030x1` is the text `0x1`"),
)
