"""How values are compared: sign by sign and in order, unless a row of this table says what a value means.

A row never lets a value pass. It says that a list is a set, so that its order is told apart from its items; or that a
text is a quantity or data, so that the same number in another form is named so. What is let pass is in `allowances`.

Forms of values: execution-apis, `src/schemas/base-types.yaml`; https://ethereum.org/developers/docs/apis/json-rpc.
"""

import fnmatch
import re
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from conformance.answers import Json


class Meaning(StrEnum):
    """What a value stands for."""

    QUANTITY = "quantity"
    """A number: `0x` and hex digits in lower case without leading zeros, `0x0` for zero."""
    DATA = "data"
    """Bytes: `0x` and two hex digits in lower case for each; leading zeros are part of it."""
    SET = "set"
    """A list whose order has no meaning."""


@dataclass(frozen=True, slots=True)
class Rule:
    """What the values at some places of some methods' answers mean."""

    methods: str
    """Pattern of the method asked, as a shell's."""
    paths: tuple[str, ...]
    """Patterns of places in one answer, as a shell's; `$.result` is all of a result."""
    meaning: Meaning


RULES = (
    Rule("eth_createAccessList", ("$.result.accessList", "$.result.accessList[*].storageKeys"), Meaning.SET),
    Rule("eth_getBlockBy*", ("$.result.nonce",), Meaning.DATA),
    Rule("eth_getHeaderBy*", ("$.result.nonce",), Meaning.DATA),
    Rule("eth_getUncleBy*", ("$.result.nonce",), Meaning.DATA),
    Rule(
        "eth_*",
        (
            "*.number", "*.blockNumber", "*.timestamp", "*.blockTimestamp", "*.size", "*.gasLimit", "*.gasUsed",
            "*.difficulty", "*.totalDifficulty", "*.baseFeePerGas", "*.blobGasUsed", "*.excessBlobGas",
        ),
        Meaning.QUANTITY,
    ),
    Rule("eth_*", ("*.index", "*.validatorIndex", "*.amount"), Meaning.QUANTITY),
    Rule(
        "eth_*",
        (
            "*.type", "*.nonce", "*.gas", "*.gasPrice", "*.maxFeePerGas", "*.maxPriorityFeePerGas",
            "*.maxFeePerBlobGas", "*.value", "*.chainId", "*.v", "*.r", "*.s", "*.yParity", "*.transactionIndex",
        ),
        Meaning.QUANTITY,
    ),
    Rule(
        "eth_*",
        ("*.status", "*.cumulativeGasUsed", "*.effectiveGasPrice", "*.blobGasPrice", "*.logIndex"),
        Meaning.QUANTITY,
    ),
    Rule("eth_getProof", ("$.result.balance",), Meaning.QUANTITY),
    Rule(
        "eth_feeHistory",
        (
            "$.result.oldestBlock", "$.result.baseFeePerGas[*]", "$.result.baseFeePerBlobGas[*]",
            "$.result.reward[*][*]",
        ),
        Meaning.QUANTITY,
    ),
    *(
        Rule(method, ("$.result",), Meaning.QUANTITY)
        for method in (
            "eth_blockNumber", "eth_chainId", "eth_gasPrice", "eth_maxPriorityFeePerGas", "eth_blobBaseFee",
            "eth_getBalance", "eth_getTransactionCount", "eth_estimateGas", "eth_getBlockTransactionCountBy*",
            "eth_getUncleCountBy*", "net_peerCount",
        )
    ),
)  # fmt: skip
"""The first row that fits is the one used; a text without a row is data, as far as that shows."""

_HEX = re.compile(r"[0-9a-fA-F]*")
_PADDED = re.compile(r"0[0-9a-fA-F]+")


@lru_cache(maxsize=4096)
def meaning_at(method: str, place: str) -> Meaning | None:
    """Return what is at a place of an answer, None where no row says.

    Args:
        method: that was asked.
        place: in one answer, `$.result.logs[2].topics`.
    """
    for rule in RULES:
        if fnmatch.fnmatchcase(method, rule.methods) and any(fits_place(place, pattern) for pattern in rule.paths):
            return rule.meaning
    return None


def fits_place(place: str, pattern: str) -> bool:
    """Match a place as a shell would, but for brackets, which stand for themselves."""
    return fnmatch.fnmatchcase(place, pattern.replace("[", "[[]"))


def other_form(meaning: Meaning | None, expected: Json, got: Json) -> str:
    """Return in what way two texts are the same value in two forms; empty where they are two values.

    Args:
        meaning: what the values stand for.
        expected: the reference's.
        got: the candidate's.
    """
    if not isinstance(expected, str) or not isinstance(got, str):
        return ""
    is_quantity = meaning is Meaning.QUANTITY
    left, right = _value(expected, is_quantity=is_quantity), _value(got, is_quantity=is_quantity)
    if left is None or left != right:
        return ""
    said = _flaws(got, is_quantity=is_quantity)
    theirs = [f"the reference's: {flaw}" for flaw in _flaws(expected, is_quantity=is_quantity) if flaw not in said]
    return ", ".join([*said, *theirs])


def _value(text: str, *, is_quantity: bool) -> str | None:
    """Return what a text means, the same for all its forms; None where it is no hex."""
    digits = text[2:] if text[:2] in ("0x", "0X") else text
    if _HEX.fullmatch(digits) is None or (digits == text and not digits):
        return None
    return digits.lower().lstrip("0") if is_quantity else digits.lower()


def _flaws(text: str, *, is_quantity: bool) -> list[str]:
    """Return what is wrong with the form of hex."""
    digits = text[2:] if text[:2] in ("0x", "0X") else text
    found = {
        "without 0x": digits == text,
        "0X for 0x": text.startswith("0X"),
        "upper-case hex": digits != digits.lower(),
        "padded": is_quantity and _PADDED.fullmatch(digits) is not None,
        "empty": is_quantity and not digits,
    }
    return [name for name, is_so in found.items() if is_so]
