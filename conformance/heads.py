"""Reads where an endpoint is on its chain."""

import itertools
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from conformance.answers import Json, UnreadableAnswer, decode_answer
from conformance.corpus import Question
from conformance.pin import LATEST
from conformance.subject import Position, Reply
from conformance.verdict import BUSY_STATUSES

Heads = Mapping[str, Position | None]
"""The block behind each tag or number asked for; None where an endpoint tells none, and a block that is the same
as no other where it tells nothing at all, being busy or gone: see `is_seen`."""
_NUMBER_DIGITS_MAX = 18
_HEADER_ONLY = False
"""Of transactions their hashes alone."""
_UNSEEN = itertools.count()


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two endpoints."""

    ask: Callable[[Question], Reply]

    def result(self, method: str, *params: Json) -> Json:
        """Return the result of a call, None where there is none."""
        return _result(self._call(method, *params))

    def block(self, name: str) -> Position | None:
        """Return the block behind a tag or a number in hex."""
        return read_block(self.result("eth_getBlockByNumber", name, _HEADER_ONLY))

    def block_by_hash(self, block_hash: str) -> Position | None:
        """Return the block of a hash."""
        return read_block(self.result("eth_getBlockByHash", block_hash, _HEADER_ONLY))

    def has(self, block: Position) -> bool:
        """Say whether a block is of this endpoint's chain now."""
        return self.block(hex(block.number)) == block

    def heads(self, anchors: Sequence[str]) -> Heads:
        """Return the blocks of tags and numbers; where there is none the newest block, too."""
        found = {name: self._look(name) for name in anchors}
        if None in found.values() and LATEST not in found:
            found[LATEST] = self._look(LATEST)
        return found

    def _look(self, name: str) -> Position | None:
        reply = self._call("eth_getBlockByNumber", name, _HEADER_ONLY)
        if reply.failure or reply.status in BUSY_STATUSES:
            return Position(-1, f"unseen {next(_UNSEEN)}")
        return read_block(_result(reply))

    def _call(self, method: str, *params: Json) -> Reply:
        body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params})
        return self.ask(Question(f"{method}/head", method, "", body, ""))


def is_seen(block: Position | None) -> bool:
    """Say whether an endpoint told of a block."""
    return block is not None and block.number >= 0


def _result(reply: Reply) -> Json:
    try:
        content = decode_answer(reply.body)
    except UnreadableAnswer:
        return None
    return content.get("result") if isinstance(content, dict) else None


def read_block(block: Json) -> Position | None:
    """Return the number and hash of a block, None where it has none of their form."""
    if not isinstance(block, dict):
        return None
    number, block_hash = block.get("number"), block.get("hash")
    if not isinstance(number, str) or not isinstance(block_hash, str) or not number.startswith("0x"):
        return None
    try:
        return Position(int(number, 16), block_hash) if len(number) <= _NUMBER_DIGITS_MAX else None
    except ValueError:
        return None
