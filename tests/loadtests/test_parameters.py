"""Every method's parameters are made of what the chain holds."""

import re
from dataclasses import replace

import orjson
import pytest

from loadtests.mix import Parameters
from loadtests.parameters import NUMBERS_MAX, PARAMS, block_numbers, make_tables
from loadtests.sampling import SLOTS_MAX, Drawer, Live, Table, Template
from tests.loadtests.test_probes import known, probed

SHARES = Parameters(latest_share=0.5, seen_head_share=0.25, full_blocks_share=0.5, own_receipts_share=0.5)
LIVE = Live(lambda client: 5, lambda: "0x" + "11" * 32, lambda: "0x02")


def tables(*, is_sending: bool = False, **changes: object) -> dict[str, Table]:
    facts = replace(known()[1], **changes)  # type: ignore[arg-type]
    return make_tables(facts, probed(), SHARES, is_sending=is_sending)


@pytest.mark.parametrize("method", sorted(PARAMS))
def test_every_method_can_be_drawn_as_json(method: str) -> None:
    template = Template(method, 1, PARAMS[method])
    assert len(template.tables) <= SLOTS_MAX
    which = Drawer([template], tables(is_sending=True), 1.0, 0)
    for number in range(50):
        (drawn,) = which.draw(number, 0, LIVE)
        request = orjson.loads(b'{"id":1' + drawn.tail)
        assert request["method"] == method
        assert isinstance(request["params"], list)
        assert not re.search(rb"[<>@]", drawn.tail)


def test_every_table_is_used_and_every_name_has_one() -> None:
    named = {name for params in PARAMS.values() for name in Template("", 1, params).tables}
    assert named == set(tables())


def shares_of(table: Table) -> list[float]:
    return [group.share for group in table if group.entries]


def test_shares_are_those_of_the_mix() -> None:
    for name in ("block", "state_block", "call", "filter", "proof_block"):
        assert shares_of(tables()[name]) == [0.5, 0.25, 0.25], name


def test_without_old_state_only_the_newest_is_asked_for() -> None:
    found = tables(first_state=5)
    assert [list(group.entries) for group in found["state_block"]] == [['"latest"']]
    assert not found["call"][1].entries
    assert shares_of(found["block"]) == [0.5, 0.25, 0.25]


def test_receipts_of_transactions_just_sent_are_asked_for_where_any_are_sent() -> None:
    assert [group.share for group in tables()["receipt"]] == [1.0, 0.0]
    assert [group.share for group in tables(is_sending=True)["receipt"]] == [0.5, 0.5]


def test_numbers_of_a_short_chain_are_all_before_the_head() -> None:
    assert block_numbers(known()[1]) == [4, 3, 2, 1, 0]


def test_numbers_of_a_long_chain_are_within_it_and_denser_near_the_head() -> None:
    facts = replace(known()[1], head=20_000_000, first_block=1000)
    numbers = block_numbers(facts)
    assert len(numbers) <= NUMBERS_MAX
    assert numbers == sorted(set(numbers), reverse=True)
    assert (numbers[0], numbers[-1]) == (19_999_999, 1000)
    assert sum(number > 19_999_000 for number in numbers) > 500


def test_a_chain_of_one_block_has_it() -> None:
    assert block_numbers(replace(known()[1], head=7, first_block=7)) == [7]
