"""Faults in blocks, transactions and receipts: another one, one less, or fields that changed places."""

from random import Random

from conformance.answers import Json
from conformance.faults.fault import SAME, Change, Changed, Fault, plant_in
from conformance.faults.lists import dropped_item, swapped_neighbours
from conformance.faults.places import lists_of, named, with_keys

_RECEIPTS = lists_of("transactionHash", "cumulativeGasUsed")


def _exchange(one: str, other: str) -> Change:
    """Return a change of objects in which two fields have each other's values."""

    def exchanged(value: Json, _random: Random) -> Changed:
        return {**value, one: value[other], other: value[one]} if isinstance(value, dict) else SAME

    return exchanged


def _other_status(value: Json, _random: Random) -> Changed:
    return {"0x0": "0x1", "0x1": "0x0"}.get(str(value), SAME)


def _contract_for_null(value: Json, _random: Random) -> Changed:
    return {**value, "contractAddress": value["to"]} if isinstance(value, dict) and value["to"] else SAME


def _other_kind(value: Json, _random: Random) -> Changed:
    return {"0x0": "0x2", "0x1": "0x2", "0x2": "0x0", "0x3": "0x2", "0x4": "0x2"}.get(str(value), SAME)


CHAIN = (
    Fault("transaction-dropped", plant_in(named("transactions"), dropped_item), "a block that lost one on its way"),
    Fault("transactions-swapped", plant_in(named("transactions"), swapped_neighbours), "sorted by something else"),
    Fault("receipt-dropped", plant_in(_RECEIPTS, dropped_item), "a type of transaction that was not known"),
    Fault("receipts-swapped", plant_in(_RECEIPTS, swapped_neighbours), "gathered in parallel, as they came"),
    Fault("status-flipped", plant_in(named("status"), _other_status), "a failure shown as a success"),
    Fault("from-to-swapped", plant_in(with_keys("from", "to"), _exchange("from", "to")), "money that flows back"),
    Fault(
        "gas-exchanged", plant_in(with_keys("gasUsed", "cumulativeGasUsed"), _exchange("gasUsed", "cumulativeGasUsed")),
        "the same number in the first receipt of a block, another in all others",
    ),
    Fault(
        "contract-address-invented", plant_in(with_keys("contractAddress", "to"), _contract_for_null),
        "a value where the reference says null: a comparison that takes null for anything passes it",
    ),
    Fault("transaction-type-changed", plant_in(named("type"), _other_kind), "every transaction shown as of one type"),
    Fault(
        "roots-exchanged", plant_in(with_keys("stateRoot", "receiptsRoot"), _exchange("stateRoot", "receiptsRoot")),
        "two fields of one kind, filled in the wrong order",
    ),
)  # fmt: skip
