"""Faults in lists of any kind: order, length, repetition."""

from random import Random

from conformance.answers import Json
from conformance.faults.fault import SAME, Changed, Fault, plant_in, text_of
from conformance.faults.places import lists


def swapped_neighbours(value: Json, random: Random) -> Changed:
    """Return a list in which two neighbours that are not equal have changed places."""
    if not isinstance(value, list):
        return SAME
    unequal = [place for place in range(len(value) - 1) if text_of(value[place]) != text_of(value[place + 1])]
    if not unequal:
        return SAME
    place = random.choice(unequal)
    return [*value[:place], value[place + 1], value[place], *value[place + 2 :]]


def dropped_item(value: Json, random: Random) -> Changed:
    """Return a list without one item."""
    if not isinstance(value, list) or not value:
        return SAME
    place = random.randrange(len(value))
    return [*value[:place], *value[place + 1 :]]


def doubled_item(value: Json, random: Random) -> Changed:
    """Return a list with one item twice."""
    if not isinstance(value, list) or not value:
        return SAME
    place = random.randrange(len(value))
    return [*value[: place + 1], *value[place:]]


def _reversed(value: Json, _random: Random) -> Changed:
    return value[::-1] if isinstance(value, list) else SAME


def _truncated(value: Json, _random: Random) -> Changed:
    return value[: len(value) // 2] if isinstance(value, list) and value else SAME


def _emptied(value: Json, _random: Random) -> Changed:
    return [] if isinstance(value, list) else SAME


def _null_for_empty(value: Json, _random: Random) -> Changed:
    return None if value == [] else SAME


def _null_added(value: Json, _random: Random) -> Changed:
    return [*value, None] if isinstance(value, list) else SAME


LISTS = (
    Fault("items-swapped", plant_in(lists, swapped_neighbours), "a comparison that sorts arrays passes it"),
    Fault("items-reversed", plant_in(lists, _reversed), "a search that walks back from the head"),
    Fault("item-dropped", plant_in(lists, dropped_item), "a boundary that is off by one"),
    Fault("item-doubled", plant_in(lists, doubled_item), "two pages that overlap; a comparison of sets passes it"),
    Fault("array-truncated", plant_in(lists, _truncated), "a limit on results that cuts without a word"),
    Fault("array-emptied", plant_in(lists, _emptied), "a comparison of only what both sides have passes it"),
    Fault("null-for-empty-array", plant_in(lists, _null_for_empty), "a list that was never made"),
    Fault("null-added", plant_in(lists, _null_added), "a list with room for one more"),
)
