"""Every way in which geth's answers are let not be as the published schema asks, one row each with its reason."""

import fnmatch
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from conformance.allowances import names_pending
from conformance.answers import Json
from conformance.schema import Violation

Request = dict[str, Any]


@dataclass(frozen=True, slots=True)
class SchemaAllowance:
    """One kind of violation that is let pass."""

    name: str
    methods: str
    """Pattern of the method asked, as a shell's."""
    path: tuple[str, ...]
    """The place in the result."""
    rule: str
    """The keyword that is broken."""
    holds: Callable[[Request, Json], bool]
    """Whether it may be, in this result of this request."""
    reason: str


def _is_empty(_request: Request, result: Json) -> bool:
    return result == []


def _hides_hash(request: Request, result: Json) -> bool:
    return names_pending(request) and isinstance(result, dict) and result.get("hash", "") is None


def _has_no_blocks(request: Request, result: Json) -> bool:
    params = request.get("params")
    count = params[0] if isinstance(params, list) and params else None
    asked_none = count in (0, "0x0")
    return asked_none and isinstance(result, dict) and result.get("oldestBlock") == "0x0"


SCHEMA_ALLOWANCES = (
    SchemaAllowance(
        "schema-no-logs", "eth_getLogs", (), "oneOf", _is_empty,
        "an empty list is one of hashes and one of logs, and so fits two alternatives where one must",
    ),
    SchemaAllowance(
        "schema-pending-hash", "eth_getBlockByNumber", ("hash",), "type", _hides_hash,
        "a pending block has no hash yet",
    ),
    SchemaAllowance(
        "schema-no-fees", "eth_feeHistory", (), "required", _has_no_blocks,
        "a history of no blocks has no fees",
    ),
    SchemaAllowance(
        "schema-no-gas", "eth_feeHistory", ("gasUsedRatio",), "type", _has_no_blocks,
        "nor has it any gas",
    ),
)  # fmt: skip
"""The first row that fits is the one used."""


def find_schema_allowance(request: Request, result: Json, violation: Violation) -> SchemaAllowance | None:
    """Return the row that lets a violation pass, or None where it counts."""
    for row in SCHEMA_ALLOWANCES:
        fits = fnmatch.fnmatchcase(str(request.get("method")), row.methods)
        if fits and violation.path == row.path and violation.rule == row.rule and row.holds(request, result):
            return row
    return None
