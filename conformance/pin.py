"""What of a moving chain a request names, and the same request about blocks that stand still. Nothing is asked here.

Blocks are named by tag, number or hash; by EIP-1898 most methods take `{"blockHash": …}` where they take a number.
"""

import fnmatch
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any

from conformance.answers import Json, UnreadableAnswer, decode_answer, encode_answer
from conformance.corpus import Question
from conformance.subject import Position

LATEST = "latest"
TAGS = (LATEST, "safe", "finalized")
"""The tags that move from block to block."""
PENDING = "pending"
UNKNOWN_HASH = "0x" + "e7c0" * 16
"""A hash that no block and no transaction has."""
_NUMBER = re.compile(r"0x(0|[1-9a-f][0-9a-f]{0,15})")
_HASH = re.compile(r"0x[0-9a-fA-F]{64}")
STATIC = ("web3_*", "net_*", "rpc_*", "eth_chainId", "eth_accounts", "eth_protocolVersion")
"""Patterns of methods whose answers no block changes."""


class Takes(Enum):
    """How an argument may name a block."""

    NUMBER = "tag or number"
    BLOCK = "tag, number, hash or object"
    FILTER = "object with fromBlock and toBlock, or blockHash"


@dataclass(frozen=True, slots=True)
class Place:
    """The argument of a method that names a block."""

    index: int
    takes: Takes
    is_optional: bool = False
    """Where it is left out it is the newest block."""


PLACES = {
    "eth_getBalance": Place(1, Takes.BLOCK),
    "eth_getCode": Place(1, Takes.BLOCK),
    "eth_getTransactionCount": Place(1, Takes.BLOCK),
    "eth_getStorageAt": Place(2, Takes.BLOCK),
    "eth_getProof": Place(2, Takes.BLOCK),
    "eth_call": Place(1, Takes.BLOCK, is_optional=True),
    "eth_estimateGas": Place(1, Takes.BLOCK, is_optional=True),
    "eth_createAccessList": Place(1, Takes.BLOCK, is_optional=True),
    "eth_getBlockReceipts": Place(0, Takes.BLOCK),
    "eth_getBlockByNumber": Place(0, Takes.NUMBER),
    "eth_getHeaderByNumber": Place(0, Takes.NUMBER),
    "eth_getBlockTransactionCountByNumber": Place(0, Takes.NUMBER),
    "eth_getUncleCountByBlockNumber": Place(0, Takes.NUMBER),
    "eth_getUncleByBlockNumberAndIndex": Place(0, Takes.NUMBER),
    "eth_getTransactionByBlockNumberAndIndex": Place(0, Takes.NUMBER),
    "eth_getRawTransactionByBlockNumberAndIndex": Place(0, Takes.NUMBER),
    "eth_feeHistory": Place(1, Takes.NUMBER),
    "eth_getLogs": Place(0, Takes.FILTER),
}
BY_BLOCK_HASH = (
    "eth_getBlockByHash", "eth_getHeaderByHash", "eth_getBlockTransactionCountByHash", "eth_getUncleCountByBlockHash",
    "eth_getUncleByBlockHashAndIndex", "eth_getTransactionByBlockHashAndIndex",
    "eth_getRawTransactionByBlockHashAndIndex",
)  # fmt: skip
BY_TRANSACTION_HASH = ("eth_getTransactionByHash", "eth_getRawTransactionByHash", "eth_getTransactionReceipt")
"""Methods whose first argument is a hash."""


@dataclass(frozen=True, slots=True)
class Named:
    """What a question names of a chain."""

    is_static: bool
    """No block changes its answer."""
    tags: frozenset[str]
    """Also `latest`, where the answer depends on the newest block without naming it."""
    numbers: frozenset[int]
    block_hashes: frozenset[str]
    transaction_hashes: frozenset[str]

    @property
    def anchors(self) -> tuple[str, ...]:
        """What to ask for to know whether the answer may have changed: tags, and numbers in hex."""
        tags = {LATEST if tag == PENDING else tag for tag in self.tags}
        if tags or self.block_hashes or self.transaction_hashes:
            tags.add(LATEST)  # answers say at most which one was the newest
        return (*sorted(tags), *map(hex, sorted(self.numbers)))


@dataclass(frozen=True, slots=True)
class Pinned:
    """A question whose tags are replaced by blocks."""

    question: Question
    by_number: tuple[Position, ...]
    """Blocks that it names by their number only: its answer is about them while they are of the chain."""


def read_named(question: Question) -> Named:
    """Return what the requests of a question name."""
    tags: set[str] = set()
    numbers: set[int] = set()
    hashes: set[str] = set()
    transactions: set[str] = set()

    def note(name: str, _takes: Takes) -> Json:
        if name in (*TAGS, PENDING):
            tags.add(name)
        elif _NUMBER.fullmatch(name):
            numbers.add(int(name, 16))
        elif _HASH.fullmatch(name):
            hashes.add(name)
        return None

    requests = [request for request in question.requests() if not _is_static(request)]
    for request in requests:
        method = request.get("method")
        before = (len(tags), len(numbers), len(hashes))
        _rewrite(request, note)
        known = _hash_argument(request)
        if known is not None:
            (hashes if method in BY_BLOCK_HASH else transactions).add(known)
        if known is None and before == (len(tags), len(numbers), len(hashes)):
            tags.add(LATEST)
    return Named(not requests, frozenset(tags), frozenset(numbers), frozenset(hashes), frozenset(transactions))


def pin_tags(question: Question, blocks: Mapping[str, Position]) -> Pinned | None:
    """Return a question about the blocks that its tags stand for, by hash where the method takes one.

    None where it names none of these tags, or names the pending block, which has no name but that.

    Args:
        question: one or several requests.
        blocks: the block of each tag.
    """
    by_number: dict[Position, None] = {}
    is_pending = False

    def change(name: str, takes: Takes) -> Json:
        nonlocal is_pending
        is_pending = is_pending or name == PENDING
        block = blocks.get(name)
        if block is None:
            return None
        if takes is Takes.BLOCK:
            return {"blockHash": block.hash}
        by_number[block] = None
        return hex(block.number)

    found = _changed(question, change)
    return None if found is None or is_pending else Pinned(found, tuple(by_number))


def shift_numbers(question: Question, above: int, by: int) -> Question | None:
    """Return a question with every number above another raised, None where it names none."""

    def change(name: str, _takes: Takes) -> Json:
        is_above = _NUMBER.fullmatch(name) is not None and int(name, 16) > above
        return hex(int(name, 16) + by) if is_above else None

    return _changed(question, change)


def forget_hashes(question: Question, hashes: frozenset[str]) -> Question | None:
    """Return a question with a hash that nobody knows in place of these, None where it names none of them."""

    def change(name: str, takes: Takes) -> Json:
        is_asked = name in hashes
        return (UNKNOWN_HASH if takes is not Takes.BLOCK else {"blockHash": UNKNOWN_HASH}) if is_asked else None

    return _changed(question, change, hashes)


Change = Callable[[str, Takes], Json]
"""Gives what to write in place of a tag, number or hash; None to leave it."""


def _is_static(request: Mapping[str, Any]) -> bool:
    method = request.get("method")
    return not isinstance(method, str) or any(fnmatch.fnmatchcase(method, pattern) for pattern in STATIC)


def _hash_argument(request: Mapping[str, Any]) -> str | None:
    params = request.get("params")
    is_by_hash = request.get("method") in (*BY_BLOCK_HASH, *BY_TRANSACTION_HASH)
    first = params[0] if is_by_hash and isinstance(params, list) and params else None
    return first if isinstance(first, str) and _HASH.fullmatch(first) else None


def _changed(question: Question, change: Change, hashes: frozenset[str] = frozenset()) -> Question | None:
    try:
        content = decode_answer(question.body.encode())
    except UnreadableAnswer:
        return None
    requests = content if isinstance(content, list) else [content]
    rewritten: list[Json] = []
    for request in requests:
        if not isinstance(request, dict) or _is_static(request):
            rewritten.append(request)
        elif _hash_argument(request) in hashes:
            rewritten.append({**request, "params": [UNKNOWN_HASH, *request["params"][1:]]})  # type: ignore[index, misc]
        else:
            rewritten.append({**request, **_rewrite(request, change)})
    if rewritten == requests:
        return None
    return replace(question, body=encode_answer(rewritten if isinstance(content, list) else rewritten[0]))


def _rewrite(request: Mapping[str, Any], change: Change) -> dict[str, Json]:
    """Return `params` with what names a block changed, empty where nothing does."""
    place = PLACES.get(str(request.get("method")))
    params = request.get("params", [])
    if place is None or not isinstance(params, list) or len(params) < place.index:
        return {}
    if len(params) == place.index:
        added = change(LATEST, place.takes) if place.is_optional else None
        return {"params": [*params, added]} if added is not None else {}
    value = params[place.index]
    if value is None and place.is_optional:
        value = LATEST
    changed = _rewrite_filter(value, change) if place.takes is Takes.FILTER else _rewrite_block(value, place, change)
    if changed is None:
        return {}
    return {"params": [*params[: place.index], changed, *params[place.index + 1 :]]}


def _rewrite_block(value: Json, place: Place, change: Change) -> Json:
    if isinstance(value, str):
        return change(value, place.takes)
    if place.takes is not Takes.BLOCK or not isinstance(value, dict):
        return None
    inner = value.get("blockNumber", value.get("blockHash"))
    changed = change(inner, place.takes) if isinstance(inner, str) else None
    if isinstance(changed, str):
        return {**value, "blockNumber": changed}
    return {**value, **changed} if isinstance(changed, dict) and "blockHash" in value else changed


def _rewrite_filter(value: Json, change: Change) -> Json:
    if not isinstance(value, dict):
        return None
    keys = ("blockHash",) if "blockHash" in value else ("fromBlock", "toBlock")
    found: dict[str, Json] = {}
    for key in keys:
        # A filter without bounds is about the newest block; null is as good as left out.
        name = value.get(key) or (LATEST if key != "blockHash" else None)
        changed = change(name, Takes.FILTER) if isinstance(name, str) else None
        if changed is not None:
            found[key] = changed
    return {**value, **found} if found else None
