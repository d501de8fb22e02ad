"""A replica's life is counted and logged: heads, reorgs, epochs, and the log coming and going."""

import logging
from typing import Any

import pytest

from reference_node.log.interface import Record, StoredRecord
from reference_node.roles.witness import Witness
from reference_node.store.view import View
from reference_node.writeset import WriteSet
from tests.reference_node.rpc.served import view_of
from tests.reference_node.worlds import World


@pytest.fixture
def lines(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    caplog.set_level(logging.DEBUG, "reference_node.roles.witness")
    return caplog


def said(lines: pytest.LogCaptureFixture) -> list[tuple[str, str, dict[str, Any]]]:
    return [(record.levelname, record.message, getattr(record, "fields", {})) for record in lines.records]


def grown(world: World, blocks: int = 1, **attributes: Any) -> View:
    for _ in range(blocks):
        world.add(**attributes)
    return view_of(world)


def test_records_and_what_they_led_to_are_counted() -> None:
    witness = Witness()
    stored = StoredRecord(3, Record(b"12345"), 0)
    witness.record_taken(stored, None, 9.0)
    witness.record_taken(stored, WriteSet(((b"a", b"b"), (b"c", None))), 0.002)
    found = witness.counters
    assert (found.records, found.value_bytes, found.batches, found.operations) == (2, 10, 1, 2)
    assert (sum(found.seconds.counts), found.seconds.total) == (1, 0.002)


def test_a_new_head_is_for_those_who_want_every_detail(lines: pytest.LogCaptureFixture) -> None:
    witness, world = Witness(), World()
    first = view_of(world)
    second = grown(world)
    third = grown(world, 2)
    for before, after in ((None, first), (first, first), (first, second), (second, third), (third, None)):
        witness.view_taken(before, after)
    assert [(level, text, facts["number"]) for level, text, facts in said(lines)] == [
        ("DEBUG", "new head", 0), ("DEBUG", "new head", 1), ("DEBUG", "new head", 3),
    ]  # fmt: skip
    assert witness.counters.reorgs == 0


@pytest.mark.parametrize("length", [1, 2, 3])
def test_a_head_that_does_not_continue_the_one_before_is_a_reorg(lines: pytest.LogCaptureFixture, length: int) -> None:
    witness = Witness()
    before = grown(World(), 2)
    after = grown(World(), length, extra_data=b"another")
    witness.view_taken(before, after)
    facts = {
        "number": length,
        "hash": after.head.hash,
        "offset": after.position,
        "number_before": 2,
        "hash_before": before.head.hash,
    }
    assert said(lines) == [("INFO", "reorg", facts)]
    assert witness.counters.reorgs == 1


def test_epochs_and_the_log_coming_and_going_are_told(lines: pytest.LogCaptureFixture) -> None:
    witness = Witness()
    view = view_of(World())
    witness.epoch_moved(2, 2)
    witness.epoch_moved(2, 3)
    witness.log_went_away("no route")
    witness.log_came_back()
    witness.caught_up(view)
    assert said(lines) == [
        ("INFO", "epoch opened", {"epoch": 3, "epoch_before": 2}),
        ("WARNING", "the log is away", {"reason": "no route"}),
        ("WARNING", "the log is back", {}),
        ("INFO", "caught up", {"number": 0, "hash": view.head.hash, "offset": view.position}),
    ]
