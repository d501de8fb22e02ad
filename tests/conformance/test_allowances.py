"""Each allowance lets pass what its row says, and nothing beside it."""

from typing import Any

import pytest

from conformance.allowances import ALLOWANCES, find_allowance
from conformance.compare import ABSENT, Difference, Kind, Path, Value

VERSION: dict[str, Any] = {"method": "web3_clientVersion", "params": []}
PENDING: dict[str, Any] = {"method": "eth_getBlockByNumber", "params": ["pending", False]}
LATEST: dict[str, Any] = {"method": "eth_getBlockByNumber", "params": ["latest", False]}
BALANCE: dict[str, Any] = {"method": "eth_getBalance", "params": ["0x00", "pending"]}
ROOTS = ("0x" + "1a" * 32, "0x" + "2b" * 32)


def name_of(request: dict[str, Any] | None, path: Path, expected: Value, got: Value) -> str | None:
    """Return the name of the row that lets a difference pass."""
    row = find_allowance(request, Difference(path, Kind.DIFFERENT, expected, got))
    return row.name if row else None


@pytest.mark.parametrize(
    ("request_", "path", "values", "name"),
    [
        (VERSION, ("result",), ("Geth/v1", "Other/v2"), "client-version"),
        (VERSION, (3, "result"), ("Geth/v1", "Other/v2"), "client-version"),
        (VERSION, ("result",), ("Geth/v1", ""), None),
        (VERSION, ("result",), ("Geth/v1", None), None),
        (VERSION, ("result",), ("Geth/v1", ABSENT), None),
        (VERSION, ("result",), ("Geth/v1", 1), None),
        (VERSION, ("id",), ("1", "2"), None),
        (VERSION, ("error", "message"), ("a", "b"), None),
        (None, ("result",), ("Geth/v1", "Other/v2"), None),
        (PENDING, ("result", "timestamp"), ("0x1", "0x2"), "pending-time"),
        (PENDING, ("result", "timestamp"), ("0x1", "0x02"), None),
        (PENDING, ("result", "timestamp"), ("0x1", None), None),
        (PENDING, ("result", "stateRoot"), ROOTS, "pending-state"),
        (PENDING, ("result", "stateRoot"), (ROOTS[0], ROOTS[1].upper()), None),
        (PENDING, ("result", "extraData"), ("0x", "0x00ff"), "pending-extra"),
        (PENDING, ("result", "extraData"), ("0x", "0x0"), None),
        (PENDING, ("result", "size"), ("0x25f", "0x246"), "pending-size"),
        (PENDING, ("result", "number"), ("0x51", "0x50"), None),
        (PENDING, ("result", "transactions", 0, "size"), ("0x1", "0x2"), None),
        (LATEST, ("result", "timestamp"), ("0x1", "0x2"), None),
        (LATEST, ("result", "stateRoot"), ROOTS, None),
        (BALANCE, ("result",), ("0x1", "0x2"), None),
    ],
)
def test_a_row_lets_pass_what_it_says_and_no_more(
    request_: dict[str, Any] | None, path: Path, values: tuple[Value, Value], name: str | None
) -> None:
    assert name_of(request_, path, *values) == name


def test_every_row_has_a_name_of_its_own_and_a_reason() -> None:
    names = [row.name for row in ALLOWANCES]
    assert len(set(names)) == len(names)
    assert all(row.reason for row in ALLOWANCES)
