"""Faults in the shape of results: fields, null and missing, types."""

from random import Random

from conformance.answers import Json
from conformance.faults.fault import SAME, Changed, Fault, plant_in
from conformance.faults.places import objects, results, values

_OPTIONAL = (
    "blobGasUsed", "withdrawals", "requestsHash", "maxFeePerGas", "accessList", "authorizationList", "blobGasPrice",
    "contractAddress", "root", "revertReason",
)  # fmt: skip
"""Fields that some answers have and others have not."""


def _missing_for_null(value: Json, random: Random) -> Changed:
    if not isinstance(value, dict):
        return SAME
    nulls = [key for key, item in value.items() if item is None]
    return _without(value, random.choice(nulls)) if nulls else SAME


def _null_for_missing(value: Json, random: Random) -> Changed:
    if not isinstance(value, dict):
        return SAME
    return {**value, random.choice([key for key in _OPTIONAL if key not in value]): None}


def _null_for_value(value: Json, random: Random) -> Changed:
    keys = [key for key, item in value.items() if item is not None] if isinstance(value, dict) else []
    return {**value, random.choice(keys): None} if isinstance(value, dict) and keys else SAME


def _value_for_null(value: Json, random: Random) -> Changed:
    return random.choice(("0x0", "0x", [], {})) if value is None else SAME


def _missing(value: Json, random: Random) -> Changed:
    return _without(value, random.choice(list(value))) if isinstance(value, dict) and value else SAME


def _extra(value: Json, _random: Random) -> Changed:
    return {**value, "planted": "0x1"} if isinstance(value, dict) else SAME


def _renamed(value: Json, random: Random) -> Changed:
    """Return an object with one field in snake case, or capitalised where it is one word."""
    if not isinstance(value, dict) or not value:
        return SAME
    chosen = random.choice(list(value))
    snake = "".join(f"_{sign.lower()}" if sign.isupper() else sign for sign in chosen)
    name = snake if snake != chosen else chosen.capitalize()
    return {name if key == chosen else key: item for key, item in value.items()}


def _flipped(value: Json, _random: Random) -> Changed:
    return not value if isinstance(value, bool) else SAME


def _truth_as_text(value: Json, _random: Random) -> Changed:
    return str(value).lower() if isinstance(value, bool) else SAME


def _wrapped(value: Json, _random: Random) -> Changed:
    return [value]


def _other_text(value: Json, _random: Random) -> Changed:
    return f"{value}~" if isinstance(value, str) and not value.startswith("0x") else SAME


def _nested(value: Json, random: Random) -> Changed:
    return SAME if not isinstance(value, str) else {"value": value} if random.random() < 1 / 2 else [value]


def _null(value: Json, _random: Random) -> Changed:
    return SAME if value is None else None


def _without(value: dict[str, Json], left_out: str) -> Json:
    return {key: item for key, item in value.items() if key != left_out}


SHAPES = (
    Fault("missing-for-null", plant_in(objects, _missing_for_null), "a serialiser that leaves out what is null"),
    Fault("null-for-missing", plant_in(objects, _null_for_missing), "a serialiser that writes every field it knows"),
    Fault("null-for-value", plant_in(objects, _null_for_value), "a field that is not known of old blocks"),
    Fault("value-for-null", plant_in(values, _value_for_null), "a comparison that takes null for anything passes it"),
    Fault("null-for-result", plant_in(results, _null), "what is there is not found"),
    Fault("field-missing", plant_in(objects, _missing), "a fork whose fields are not known"),
    Fault("field-extra", plant_in(objects, _extra), "a comparison of only what the reference has passes it"),
    Fault("field-renamed", plant_in(objects, _renamed), "another convention for names"),
    Fault("boolean-flipped", plant_in(values, _flipped), "`removed` or `net_listening` the wrong way round"),
    Fault("boolean-as-text", plant_in(values, _truth_as_text), '`"false"` is true in many languages'),
    Fault("result-wrapped", plant_in(results, _wrapped), "one result given as a list of one"),
    Fault("text-changed", plant_in(values, _other_text), "a network's or a client's name that is another's"),
    Fault("text-nested", plant_in(values, _nested), "a value given as an object or a list of one"),
)
