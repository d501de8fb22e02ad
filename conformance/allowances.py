"""Every difference that is let pass, one row each with its reason; reports count their uses."""

import fnmatch
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction
from functools import partial
from typing import Any

from conformance.compare import Difference, Kind, show_path
from conformance.rules import fits_place

Request = dict[str, Any]
MESSAGE = "error-message"
"""The row for error messages, which reports show apart."""
_QUANTITY = re.compile(r"0x(0|[1-9a-f][0-9a-f]*)")
_HASH = re.compile(r"0x[0-9a-f]{64}")
_DATA = re.compile(r"0x([0-9a-f]{2})*")


@dataclass(frozen=True, slots=True)
class Settings:
    """What a user asks for."""

    strict_messages: bool = False
    """Whether an error with another message is a mismatch."""
    gas_tolerance: Fraction = Fraction(0)
    """How far an estimate of gas may be from the reference's, as a part of that."""


EXACT = Settings()
"""Of who asks for nothing."""


@dataclass(frozen=True, slots=True)
class Allowance:
    """One kind of difference that is let pass."""

    name: str
    methods: str
    """Pattern of the method asked, as a shell's."""
    path: str
    """Pattern of the place in one answer, as a shell's; `$.result` is all of a result."""
    holds: Callable[[Request, Difference, Settings], bool] = field(compare=False)
    """Whether this difference, in an answer to this request, is one of them; of a module, so that rows can be sent."""
    reason: str


def names_pending(request: Request) -> bool:
    """Say whether a request asks about the block that is pending."""
    params = request.get("params")
    values = params.values() if isinstance(params, dict) else params if isinstance(params, list) else ()
    return "pending" in [value for value in values if isinstance(value, str)]


def _both_fit(pattern: re.Pattern[str], request: Request, difference: Difference, _settings: Settings) -> bool:
    """Say whether a request is about the pending block, and both values have the form of their kind."""
    values = (difference.expected, difference.got)
    return names_pending(request) and all(isinstance(v, str) and pattern.fullmatch(v) is not None for v in values)


_both_quantities = partial(_both_fit, _QUANTITY)
_both_hashes = partial(_both_fit, _HASH)
_both_data = partial(_both_fit, _DATA)


def _both_named(_request: Request, difference: Difference, _settings: Settings) -> bool:
    return all(isinstance(value, str) and value != "" for value in (difference.expected, difference.got))


def _both_texts(_request: Request, difference: Difference, settings: Settings) -> bool:
    texts = isinstance(difference.expected, str) and isinstance(difference.got, str)
    return texts and not settings.strict_messages


def _reordered(_request: Request, difference: Difference, _settings: Settings) -> bool:
    return difference.kind is Kind.ORDER


def _near(_request: Request, difference: Difference, settings: Settings) -> bool:
    values = (difference.expected, difference.got)
    if not all(isinstance(value, str) and _QUANTITY.fullmatch(value) for value in values):
        return False
    expected, got = (int(str(value), 16) for value in values)
    return abs(got - expected) <= settings.gas_tolerance * expected


_BLOCK = "eth_getBlockByNumber"
_ACCESSED = "$.result.accessList"
ALLOWANCES = (
    Allowance(
        MESSAGE, "*", "$.error.message", _both_texts,
        "the words of an error are no interface; `--strict-messages` makes them count",
    ),
    Allowance(
        "gas-tolerance", "eth_estimateGas", "$.result", _near,
        "clients search for the least gas in steps; only with `--gas-tolerance FRACTION`, and within it",
    ),
    Allowance(
        "access-list-order", "eth_createAccessList", _ACCESSED, _reordered, "the accounts that a call touches are a set"
    ),
    Allowance(
        "access-list-keys", "eth_createAccessList", f"{_ACCESSED}[*].storageKeys", _reordered,
        "so are the slots of an account",
    ),
    Allowance("client-version", "web3_clientVersion", "$.result", _both_named, "each client says its own name"),
    Allowance(
        "pending-time", _BLOCK, "$.result.timestamp", _both_quantities, "a pending block is as old as its answer"
    ),
    Allowance("pending-state", _BLOCK, "$.result.stateRoot", _both_hashes, "a pending block need not be executed"),
    Allowance(
        "pending-extra", _BLOCK, "$.result.extraData", _both_data, "a client writes its name into its blocks"
    ),
    Allowance("pending-size", _BLOCK, "$.result.size", _both_quantities, "follows from the name in the extra data"),
)  # fmt: skip
"""The first row that fits is the one used."""


def find_allowance(request: Request | None, difference: Difference, settings: Settings = EXACT) -> Allowance | None:
    """Return the row that lets a difference pass, or None where it counts.

    Args:
        request: it is in the answer to; None where that can't be said: then a row has to hold for every method.
        difference: between two whole bodies.
        settings: what the user asks for.
    """
    request = request or {}
    method = str(request.get("method", ""))
    path = difference.path[1:] if difference.path and isinstance(difference.path[0], int) else difference.path
    place = show_path(path)
    for row in ALLOWANCES:
        fits = fnmatch.fnmatchcase(method, row.methods) and fits_place(place, row.path)
        if fits and row.holds(request, difference, settings):
            return row
    return None
