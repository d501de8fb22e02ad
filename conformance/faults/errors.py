"""Faults in errors, and between errors and results."""

from random import Random

from conformance.answers import Json
from conformance.faults.fault import SAME, Changed, Fault, plant_in
from conformance.faults.places import answers, errors

_INTERNAL: dict[str, Json] = {"code": -32603, "message": "internal error"}


def _with(value: Json, **more: Json) -> Changed:
    return {**value, **more} if isinstance(value, dict) else SAME


def _other_code(value: Json, random: Random) -> Changed:
    codes = [code for code in (-32000, -32602, -32603, 3) if not isinstance(value, dict) or code != value.get("code")]
    return _with(value, code=random.choice(codes))


def _code_as_text(value: Json, _random: Random) -> Changed:
    return _with(value, code=str(value.get("code"))) if isinstance(value, dict) else SAME


def _other_message(value: Json, _random: Random) -> Changed:
    return _with(value, message=f"planted: {value.get('message')}") if isinstance(value, dict) else SAME


def _as_text(value: Json, _random: Random) -> Changed:
    return str(value.get("message")) if isinstance(value, dict) else SAME


def _without_data(value: Json, _random: Random) -> Changed:
    if not isinstance(value, dict) or "data" not in value:
        return SAME
    return {key: item for key, item in value.items() if key != "data"}


def _data_added(value: Json, _random: Random) -> Changed:
    return _with(value, data="0x") if isinstance(value, dict) and "data" not in value else SAME


def _other_revert(value: Json, random: Random) -> Changed:
    """Return an error whose data ends in another digit, or that has some where it had none."""
    data = value.get("data") if isinstance(value, dict) else None
    if not isinstance(data, str):
        return SAME
    last = random.choice([digit for digit in "0123456789abcdef" if digit != data[-1]])
    return _with(value, data=f"{data[:-1]}{last}" if len(data) > 2 else "0x00")


def _empty_result(value: Json, random: Random) -> Changed:
    return _result(value, random.choice(("0x", [], "0x0", None)))


def _null_result(value: Json, _random: Random) -> Changed:
    return _result(value, None)


def _result(value: Json, result: Json) -> Changed:
    """Return an answer with a result in place of its error."""
    if not isinstance(value, dict) or "error" not in value:
        return SAME
    return {**{key: item for key, item in value.items() if key != "error"}, "result": result}


def _error(value: Json, _random: Random) -> Changed:
    """Return an answer with an error in place of its result."""
    if not isinstance(value, dict) or "result" not in value:
        return SAME
    return {**{key: item for key, item in value.items() if key != "result"}, "error": dict(_INTERNAL)}


def _both(value: Json, _random: Random) -> Changed:
    if not isinstance(value, dict):
        return SAME
    return {**value, "error": dict(_INTERNAL)} if "error" not in value else {**value, "result": None}


def _neither(value: Json, _random: Random) -> Changed:
    if not isinstance(value, dict):
        return SAME
    return {key: item for key, item in value.items() if key not in {"result", "error"}}


ERRORS = (
    Fault("revert-data-changed", plant_in(errors, _other_revert), "a comparison that ignores errors passes it"),
    Fault("error-data-dropped", plant_in(errors, _without_data), "a contract's reason that never reaches its caller"),
    Fault("error-data-added", plant_in(errors, _data_added), "empty data where there is none"),
    Fault("error-code-changed", plant_in(errors, _other_code), "two errors that are taken for equal"),
    Fault("error-code-as-text", plant_in(errors, _code_as_text), "a code is a number"),
    Fault("error-message-changed", plant_in(errors, _other_message), "counts under `--strict-messages` only"),
    Fault("error-as-text", plant_in(errors, _as_text), "an error that is its message alone"),
    Fault("error-to-empty-result", plant_in(answers, _empty_result), "a failure that looks like nothing found"),
    Fault("error-to-null", plant_in(answers, _null_result), "a failure that looks like not there yet"),
    Fault("result-to-error", plant_in(answers, _error), "a method or a form of request that is not known"),
    Fault("result-and-error", plant_in(answers, _both), "JSON-RPC 2.0, section 5: one of the two, never both"),
    Fault("result-nor-error", plant_in(answers, _neither), "a null result that was left out"),
)
