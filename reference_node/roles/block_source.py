"""The node that a following master takes its blocks from, asked over JSON-RPC.

Methods: ethereum/execution-apis, src/eth and src/debug (`debug_getRawBlock`).
"""

from dataclasses import dataclass
from typing import Any, Protocol

from reference_node.chain.block_form import check_block
from reference_node.chain.types import Block, decode_block
from reference_node.errors import InvalidBlock, UsageError
from reference_node.roles.endpoint import Endpoint, HttpRefusal, NodeAway

ANSWER_SECONDS_MAX = 5.0
"""A stop waits so long for a source that hangs, and so do heartbeats."""
RAW_BLOCK = "debug_getRawBlock"
_NO_SUCH_METHOD = -32601
_HASH_BYTES = 32
_WITH_TRANSACTIONS = False


class SourceAway(Exception):
    """The source gave no answer that can be used, or has not what it was asked for; it may later."""


@dataclass(frozen=True, slots=True)
class BlockId:
    """A block by number and hash."""

    number: int
    hash: bytes


@dataclass(frozen=True, slots=True)
class SourceChoice:
    """What a node's tags name."""

    head: BlockId
    safe: BlockId | None
    """None where it names none."""
    finalized: BlockId | None


class BlockSource(Protocol):
    """Gives blocks of a chain; every method raises SourceAway where there is no answer."""

    def choice(self) -> SourceChoice:
        """Return what the tags name now."""

    def hash_at(self, number: int) -> bytes:
        """Return the hash of its canonical block."""

    def block(self, block_hash: bytes) -> Block:
        """Return a block, canonical or not. Raises InvalidBlock where what comes is not the block of this hash."""


class RpcSource:
    """A node's JSON-RPC."""

    def __init__(self, endpoint: Endpoint, name: str) -> None:
        """Ask a node.

        Args:
            endpoint: where it answers; closed by who opened it.
            name: what messages call it.
        """
        self._endpoint = endpoint
        self._name = name

    def choice(self) -> SourceChoice:
        """Return what the tags name now."""
        head = self._head()
        tagged = SourceChoice(head, self._named("safe"), self._named("finalized"))
        # Tags that were read while the head moved may name blocks of no chain that the node ever had.
        return tagged if self._head() == head else SourceChoice(head, None, None)

    def hash_at(self, number: int) -> bytes:
        """Return the hash of its canonical block."""
        found = self._named(hex(number))
        if found is None:
            raise SourceAway(f"{self._name} has no block {number}")
        return found.hash

    def block(self, block_hash: bytes) -> Block:
        """Return a block, canonical or not."""
        wanted = "0x" + block_hash.hex()
        answer = self._call(RAW_BLOCK, wanted)
        if "error" in answer or answer["result"] is None:
            raise SourceAway(f"{self._name} has no block {wanted}: {_error_text(answer)}")
        try:
            data = _bytes(answer["result"])
            check_block(data)
            block = decode_block(data)
        except ValueError as error:
            raise InvalidBlock(f"{self._name} answers {RAW_BLOCK} {wanted} with no block: {error}") from error
        if block.header.hash != block_hash:
            raise InvalidBlock(
                f"{self._name} answers {RAW_BLOCK} {wanted} with block {block.header.number} "
                f"0x{block.header.hash.hex()}"
            )
        return block

    def _head(self) -> BlockId:
        head = self._named("latest")
        if head is None:
            raise SourceAway(f"{self._name} has no block 'latest'")
        return head

    def _named(self, tag: str) -> BlockId | None:
        answer = self._call("eth_getBlockByNumber", tag, _WITH_TRANSACTIONS)
        block = answer.get("result")
        if block is None:
            return None  # a node that knows none yet answers null, or an error as geth does
        try:
            found = BlockId(int(block["number"], 16), _bytes(block["hash"]))
        except (KeyError, TypeError, ValueError) as error:
            raise SourceAway(f"{self._name} answers eth_getBlockByNumber {tag} with no block: {error!r}") from error
        if len(found.hash) != _HASH_BYTES:
            raise SourceAway(f"{self._name} answers eth_getBlockByNumber {tag} with hash {block['hash']!r:.80}")
        return found

    def _call(self, method: str, *params: object) -> dict[str, Any]:
        try:
            answer = self._endpoint.call(method, *params)
        except NodeAway as error:
            raise SourceAway(f"{self._name} does not answer: {error}") from error
        except HttpRefusal as error:
            raise SourceAway(f"{self._name} does not answer: {error}: {error.text.strip()[:100]!r}") from error
        if _error_code(answer) == _NO_SUCH_METHOD:
            namespace = method.partition("_")[0]
            raise UsageError(
                f"{self._name} does not offer {method}: a node to follow has to serve the namespace {namespace!r} "
                "(geth: --http.api eth,debug)"
            )
        return answer


def _error_code(answer: dict[str, Any]) -> object:
    error = answer.get("error")
    return error.get("code") if isinstance(error, dict) else None


def _error_text(answer: dict[str, Any]) -> str:
    error = answer.get("error")
    return str(error.get("message") if isinstance(error, dict) else error)[:200] if error is not None else "null"


def _bytes(text: object) -> bytes:
    if not isinstance(text, str) or not text.startswith("0x"):
        raise ValueError(f"{text!r:.60} is no hex data")
    return bytes.fromhex(text[2:])
