"""Reads where an endpoint is on its chain."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from conformance.answers import Json, UnreadableAnswer, decode_answer
from conformance.corpus import Question
from conformance.pin import LATEST
from conformance.subject import Position, Reply

Heads = Mapping[str, Position | None]
"""The block behind each tag or number that was asked for; None where an endpoint tells none."""
_NUMBER_DIGITS_MAX = 18
_HEADER_ONLY = False
"""Of transactions their hashes alone."""


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two endpoints."""

    ask: Callable[[Question], Reply]

    def result(self, method: str, *params: Json) -> Json:
        """Return the result of a call, None where there is none."""
        body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params})
        try:
            content = decode_answer(self.ask(Question(f"{method}/head", method, "", body, "")).body)
        except UnreadableAnswer:
            return None
        return content.get("result") if isinstance(content, dict) else None

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
        found = {name: self.block(name) for name in anchors}
        if None in found.values() and LATEST not in found:
            found[LATEST] = self.block(LATEST)
        return found


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
