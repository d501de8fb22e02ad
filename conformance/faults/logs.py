"""Faults in logs: their order, their number, their topics and where they say they are."""

from random import Random

from conformance.answers import Json
from conformance.faults.facts import number_of
from conformance.faults.fault import SAME, Changed, Fault, plant_in
from conformance.faults.lists import doubled_item, dropped_item, swapped_neighbours
from conformance.faults.places import lists_of, named, with_keys

_LOGS = lists_of("topics", "data")


def _next_number(value: Json, _random: Random) -> Changed:
    number = number_of(value)
    return SAME if number is None else hex(number + 1)


def _removed(value: Json, _random: Random) -> Changed:
    return {**value, "removed": value["removed"] is not True} if isinstance(value, dict) else SAME


def _topic_to_data(value: Json, _random: Random) -> Changed:
    """Return a log whose last topic has become data, as if the argument were not indexed."""
    if not isinstance(value, dict):
        return SAME
    topics, data = value["topics"], value["data"]
    if not isinstance(topics, list) or not topics or not isinstance(data, str):
        return SAME
    return {**value, "topics": topics[:-1], "data": f"0x{str(topics[-1])[2:]}{data[2:]}"}


LOGS = (
    Fault("logs-swapped", plant_in(_LOGS, swapped_neighbours), "order is what a log says beside its content"),
    Fault("log-dropped", plant_in(_LOGS, dropped_item), "an index that lost an entry"),
    Fault("log-doubled", plant_in(_LOGS, doubled_item), "a range asked in two parts that overlap"),
    Fault("topics-swapped", plant_in(named("topics"), swapped_neighbours), "sender and receiver of a transfer"),
    Fault("topic-dropped", plant_in(named("topics"), dropped_item), "a log without its third argument"),
    Fault("topic-in-data", plant_in(with_keys("topics", "data"), _topic_to_data), "indexed or not, nobody can tell"),
    Fault("log-index-changed", plant_in(named("logIndex"), _next_number), "counted by transaction instead of by block"),
    Fault("log-marked-removed", plant_in(with_keys("topics", "removed"), _removed), "a reorganisation that was none"),
)
