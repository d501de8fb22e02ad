"""Faults around the result: ids, the version, and batches."""

from collections.abc import Iterator
from itertools import pairwise
from random import Random

from conformance.answers import Json
from conformance.faults.facts import Facts
from conformance.faults.fault import SAME, Change, Changed, Fault, Place, Right, Wrong, plant_in, text_of, wrong_answer
from conformance.faults.lists import doubled_item, dropped_item, swapped_neighbours
from conformance.faults.places import answers


def _wrong_id(value: Json, _random: Random) -> Changed:
    if not isinstance(value, dict) or "id" not in value:
        return SAME
    identity = value["id"]
    return {**value, "id": identity + 1 if isinstance(identity, int) else f"{identity}?"}


def _retyped_id(value: Json, _random: Random) -> Changed:
    identity = value.get("id") if isinstance(value, dict) else None
    if not isinstance(value, dict) or identity is None:
        return SAME
    return {**value, "id": 1 if isinstance(identity, str) else text_of(identity)}


def _null_id(value: Json, _random: Random) -> Changed:
    return {**value, "id": None} if isinstance(value, dict) and value.get("id") is not None else SAME


def _without(key: str) -> Change:
    def without(value: Json, _random: Random) -> Changed:
        return {name: item for name, item in value.items() if name != key} if isinstance(value, dict) else SAME

    return without


def _other_version(value: Json, _random: Random) -> Changed:
    return {**value, "jsonrpc": "1.0"} if isinstance(value, dict) else SAME


def _version_as_number(value: Json, _random: Random) -> Changed:
    return {**value, "jsonrpc": 2} if isinstance(value, dict) else SAME


def _extra(value: Json, _random: Random) -> Changed:
    return {**value, "planted": 1} if isinstance(value, dict) else SAME


def _exchanged_contents(value: Json, _random: Random) -> Changed:
    """Return a batch in which two answers have each other's ids: in order by id, wrong by content."""
    if not isinstance(value, list):
        return SAME
    for place, (one, other) in enumerate(pairwise(value)):
        if isinstance(one, dict) and isinstance(other, dict) and one.get("id") != other.get("id"):
            swapped = [{**one, "id": other.get("id")}, {**other, "id": one.get("id")}]
            return [*value[:place], *swapped[::-1], *value[place + 2 :]]
    return SAME


def _batch(body: Json) -> Iterator[Place]:
    """Yield a body that is a batch."""
    if isinstance(body, list):
        yield (), body


def _single_of_batch(value: Json, _random: Random) -> Changed:
    return value[0] if isinstance(value, list) and value else SAME


def _batch_of_single(right: Right, _facts: Facts, _random: Random) -> Wrong | None:
    return wrong_answer(right, [right.answer]) if isinstance(right.answer, dict) else None


ENVELOPE = (
    Fault("id-wrong", plant_in(answers, _wrong_id), "the answer to somebody else's request"),
    Fault("id-of-another-type", plant_in(answers, _retyped_id), '`"1"` for `1`: clients then find no request for it'),
    Fault("id-null", plant_in(answers, _null_id), "what is said of requests that could not be read"),
    Fault("id-missing", plant_in(answers, _without("id")), "a notification is no answer"),
    Fault("version-wrong", plant_in(answers, _other_version), "`jsonrpc` is `2.0`, sign by sign"),
    Fault("version-as-number", plant_in(answers, _version_as_number), "the same version to a person only"),
    Fault("version-missing", plant_in(answers, _without("jsonrpc")), "JSON-RPC 1.0 had none"),
    Fault("envelope-extra", plant_in(answers, _extra), "a gateway that adds a field of its own"),
    Fault("batch-reordered", plant_in(_batch, swapped_neighbours), "answers as they came; a sort by id passes it"),
    Fault("batch-contents-exchanged", plant_in(_batch, _exchanged_contents), "ids in order, answers to each other"),
    Fault("batch-answer-missing", plant_in(_batch, dropped_item), "a request that got no answer"),
    Fault("batch-answer-doubled", plant_in(_batch, doubled_item), "an answer to a notification, or one retried"),
    Fault("batch-as-single", plant_in(_batch, _single_of_batch), "the first answer of a batch only"),
    Fault("single-as-batch", _batch_of_single, "a gateway that makes a batch of everything"),
)
