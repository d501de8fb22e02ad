"""Where a wrong value may go unpunished is entered twice, and both entries are the same."""

import json
from fractions import Fraction

import pytest

from conformance.allowances import ALLOWANCES, EXACT, Settings
from conformance.answers import Json, decode_answer
from conformance.faults.excuses import EXCUSES, changed_places, find_excuses
from tests.conformance.questions import question

BLOCK = {"timestamp": "0x1", "hash": "0xa"}


def test_every_allowance_is_entered_here_and_no_other() -> None:
    rows = {(row.name, row.methods, row.path.replace("[*]", ".*").replace("$.", "")) for row in ALLOWANCES}
    assert {(excuse.allowance, excuse.method, ".".join(excuse.path)) for excuse in EXCUSES} == rows


@pytest.mark.parametrize(
    ("right", "wrong", "places"),
    [
        ({"a": 1}, {"a": 1}, []),
        ({"a": 1, "b": 2}, {"a": 1, "b": 3}, [("b",)]),
        ({"a": 1}, {"a": 1, "b": 2}, [()]),
        ({"a": [1, 2]}, {"a": [2, 1]}, [("a",)]),
        ({"a": [1, 2]}, {"a": [1, 3]}, [("a", 1)]),
        ({"a": [1, 2]}, {"a": [1]}, [("a",)]),
        ({"a": 1}, {"a": True}, [("a",)]),
        ({"a": 1}, {"a": "1"}, [("a",)]),
    ],
)
def test_the_places_that_changed_are_found(right: Json, wrong: Json, places: list[tuple[str | int, ...]]) -> None:
    assert list(changed_places(right, wrong)) == places


@pytest.mark.parametrize(
    ("method", "params", "wrong", "excuses"),
    [
        ("web3_clientVersion", [], "another", ("client-version",)),
        ("net_version", [], "another", ()),
        ("eth_getBlockByNumber", ["pending", False], {**BLOCK, "timestamp": "0x2"}, ("pending-time",)),
        ("eth_getBlockByNumber", ["pending", False], {"timestamp": "0x2", "hash": "0xb"}, ()),
        ("eth_getBlockByNumber", ["latest", False], {**BLOCK, "timestamp": "0x2"}, ()),
        ("eth_estimateGas", [], "0x2", ()),
    ],
)
def test_a_change_is_excused_only_where_all_of_it_is(
    method: str, params: list[object], wrong: object, excuses: tuple[str, ...]
) -> None:
    asked = question(method, params, BLOCK if isinstance(wrong, dict) else "0x1")
    answer = decode_answer(json.dumps({"jsonrpc": "2.0", "id": 1, "result": wrong}).encode())
    assert find_excuses(asked, decode_answer(asked.recorded.encode()), answer, EXACT) == excuses


def test_settings_turn_excuses_on_and_off() -> None:
    asked = question("eth_estimateGas", result="0x1")
    wrong = decode_answer(b'{"jsonrpc":"2.0","id":1,"result":"0x2"}')
    loose = Settings(gas_tolerance=Fraction(1, 2))
    assert find_excuses(asked, decode_answer(asked.recorded.encode()), wrong, loose) == ("gas-tolerance",)
