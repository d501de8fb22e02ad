"""Every difference that is let pass, one row each with its reason; reports count their uses."""

import fnmatch
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from conformance.compare import Difference, show_path

Request = dict[str, Any]
_QUANTITY = re.compile(r"0x(0|[1-9a-f][0-9a-f]*)")
_HASH = re.compile(r"0x[0-9a-f]{64}")
_DATA = re.compile(r"0x([0-9a-f]{2})*")


@dataclass(frozen=True, slots=True)
class Allowance:
    """One kind of difference that is let pass."""

    name: str
    methods: str
    """Pattern of the method asked, as a shell's."""
    path: str
    """Pattern of the place in one answer, as a shell's; `$.result` is all of a result."""
    holds: Callable[[Request, Difference], bool]
    """Whether this difference, in an answer to this request, is one of them."""
    reason: str


def names_pending(request: Request) -> bool:
    """Say whether a request asks about the block that is pending."""
    params = request.get("params")
    values = params.values() if isinstance(params, dict) else params if isinstance(params, list) else ()
    return "pending" in [value for value in values if isinstance(value, str)]


def _both_fit(pattern: re.Pattern[str]) -> Callable[[Request, Difference], bool]:
    """Return whether a request is about the pending block, and both values have the form of their kind."""

    def holds(request: Request, difference: Difference) -> bool:
        values = (difference.expected, difference.got)
        return names_pending(request) and all(isinstance(v, str) and pattern.fullmatch(v) is not None for v in values)

    return holds


def _both_named(_request: Request, difference: Difference) -> bool:
    return all(isinstance(value, str) and value != "" for value in (difference.expected, difference.got))


_BLOCK = "eth_getBlockByNumber"
ALLOWANCES = (
    Allowance("client-version", "web3_clientVersion", "$.result", _both_named, "each client says its own name"),
    Allowance(
        "pending-time", _BLOCK, "$.result.timestamp", _both_fit(_QUANTITY), "a pending block is as old as its answer"
    ),
    Allowance("pending-state", _BLOCK, "$.result.stateRoot", _both_fit(_HASH), "a pending block need not be executed"),
    Allowance(
        "pending-extra", _BLOCK, "$.result.extraData", _both_fit(_DATA), "a client writes its name into its blocks"
    ),
    Allowance("pending-size", _BLOCK, "$.result.size", _both_fit(_QUANTITY), "follows from the name in the extra data"),
)
"""The first row that fits is the one used."""


def find_allowance(request: Request | None, difference: Difference) -> Allowance | None:
    """Return the row that lets a difference pass, or None where it counts."""
    if request is None or not isinstance(request.get("method"), str):
        return None
    path = difference.path[1:] if difference.path and isinstance(difference.path[0], int) else difference.path
    place = show_path(path)
    for row in ALLOWANCES:
        fits = fnmatch.fnmatchcase(request["method"], row.methods) and _fits_path(place, row.path)
        if fits and row.holds(request, difference):
            return row
    return None


def _fits_path(place: str, pattern: str) -> bool:
    """Match a path as a shell would, but for brackets, which stand for themselves."""
    return fnmatch.fnmatchcase(place, pattern.replace("[", "[[]"))
