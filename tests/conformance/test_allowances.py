"""Each allowance lets pass what its row says, and nothing beside it."""

from fractions import Fraction
from typing import Any

import pytest

from conformance.allowances import ALLOWANCES, Settings, find_allowance
from conformance.compare import ABSENT, Difference, Kind, Path, Value

VERSION: dict[str, Any] = {"method": "web3_clientVersion", "params": []}
PENDING: dict[str, Any] = {"method": "eth_getBlockByNumber", "params": ["pending", False]}
LATEST: dict[str, Any] = {"method": "eth_getBlockByNumber", "params": ["latest", False]}
BALANCE: dict[str, Any] = {"method": "eth_getBalance", "params": ["0x00", "pending"]}
ESTIMATE: dict[str, Any] = {"method": "eth_estimateGas", "params": [{}]}
ACCESS: dict[str, Any] = {"method": "eth_createAccessList", "params": [{}]}
ROOTS = ("0x" + "1a" * 32, "0x" + "2b" * 32)


def name_of(request: dict[str, Any] | None, path: Path, expected: Value, got: Value) -> str | None:
    """Return the name of the row that lets a difference pass."""
    row = find_allowance(request, Difference(path, Kind.DIFFERENT, expected, got))
    return row.name if row else None


def estimate(expected: Value, got: Value, tolerance: str) -> str | None:
    """Return the name of the row that lets an estimate of gas pass."""
    difference = Difference(("result",), Kind.DIFFERENT, expected, got)
    row = find_allowance(ESTIMATE, difference, Settings(gas_tolerance=Fraction(tolerance)))
    return row.name if row else None


@pytest.mark.parametrize(
    ("expected", "got", "tolerance", "allowed"),
    [
        (100, 101, "0.01", True),
        (100, 99, "0.01", True),
        (100, 102, "0.01", False),
        (100, 98, "0.01", False),
        (2**70, 2**70 + 2**60, "1/1024", True),
        (2**70, 2**70 + 2**60 + 1, "1/1024", False),
        (0, 1, "0.5", False),
    ],
)
def test_estimates_may_differ_by_a_tolerance_and_no_more(
    expected: int, got: int, tolerance: str, allowed: bool
) -> None:
    assert estimate(hex(expected), hex(got), tolerance) == ("gas-tolerance" if allowed else None)


def test_a_tolerance_is_for_quantities_in_their_form_alone() -> None:
    assert estimate("0x64", "0x065", "0.5") is None
    assert estimate("0x64", None, "0.5") is None
    assert estimate("0x64", 100, "0.5") is None


def test_the_order_of_an_access_list_may_differ() -> None:
    difference = Difference(("result", "accessList"), Kind.ORDER, [1, 2], [2, 1])
    keys = Difference(("result", "accessList", 3, "storageKeys"), Kind.ORDER, [1, 2], [2, 1])
    assert [find_allowance(ACCESS, found) is not None for found in (difference, keys)] == [True, True]
    for method in ("eth_getTransactionByHash", "eth_getBlockByNumber"):
        assert find_allowance({"method": method}, difference) is None


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
        (VERSION, ("error", "message"), ("a", "b"), "error-message"),
        (None, (2, "error", "message"), ("a", "b"), "error-message"),
        (VERSION, ("error", "message"), ("a", None), None),
        (VERSION, ("error", "message"), ("a", ABSENT), None),
        (VERSION, ("error", "code"), ("a", "b"), None),
        (VERSION, ("result", "error", "message"), ("a", "b"), None),
        (ESTIMATE, ("result",), ("0x5208", "0x5209"), None),
        (ACCESS, ("result", "accessList"), ([1], [2]), None),
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
