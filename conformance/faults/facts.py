"""Other right answers about the same chain, for faults that give the right answer to another question."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from conformance.answers import Json, UnreadableAnswer, decode_answer, encode_answer
from conformance.corpus import Question

TAGS = ("latest", "safe", "finalized", "pending")
"""Names of blocks that move with the head."""
BLOCK_PARAMETER = {
    "eth_getBlockByNumber": 0, "eth_getBlockReceipts": 0, "eth_getBlockTransactionCountByNumber": 0,
    "eth_getTransactionByBlockNumberAndIndex": 0, "eth_getBalance": 1, "eth_getCode": 1, "eth_getTransactionCount": 1,
    "eth_getStorageAt": 2, "eth_call": 1, "eth_estimateGas": 1, "eth_getProof": 2, "eth_feeHistory": 1,
}  # fmt: skip
"""Which parameter of a method names the block."""


@dataclass(frozen=True, slots=True)
class Known:
    """One right result."""

    params: str
    """As JSON, the block left out."""
    block: int | None
    """The number asked for; None where none is named, or by a tag."""
    result: Json


@dataclass(frozen=True, slots=True)
class Facts:
    """Right results by method."""

    results: Mapping[str, tuple[Known, ...]]
    blocks: Mapping[int, Mapping[str, dict[str, Json]]]
    """By number and hash, with whole transactions where they are known so."""

    def older_results(self, request: dict[str, Any]) -> list[Known]:
        """Return what the same request gives at blocks that are named by number, the newest of them first."""
        method = str(request.get("method"))
        params, block = split_params(method, request.get("params"))
        found = [known for known in self.results.get(method, ()) if known.params == params and known.block is not None]
        older = [known for known in found if block is None or (known.block or 0) < block]
        return sorted(older, key=lambda known: known.block or 0, reverse=True)


NO_FACTS = Facts({}, {})


def gather_facts(questions: Iterable[Question]) -> Facts:
    """Return the facts in recorded answers to single requests."""
    found: dict[str, list[Known]] = defaultdict(list)
    blocks: dict[int, dict[str, dict[str, Json]]] = defaultdict(dict)
    for question in questions:
        requests = question.requests()
        answer = _answer(question)
        if len(requests) != 1 or not isinstance(answer, dict) or answer.get("result") is None:
            continue
        method, result = str(requests[0].get("method")), answer["result"]
        found[method].append(Known(*split_params(method, requests[0].get("params")), result))
        if method.startswith("eth_getBlockBy") and isinstance(result, dict):
            _note_block(blocks, result)
    return Facts({method: tuple(known) for method, known in found.items()}, blocks)


def split_params(method: str, params: Any) -> tuple[str, int | None]:
    """Return the parameters as JSON without the block they name, and that block's number, None for a tag or a hash."""
    place = BLOCK_PARAMETER.get(method)
    if place is None or not isinstance(params, list):
        return encode_answer(params), None
    block = params[place] if place < len(params) else "latest"
    others = encode_answer([param for position, param in enumerate(params) if position != place])
    return others, number_of(block)


def number_of(text: Any) -> int | None:
    """Return what a quantity says, None where a value is none."""
    try:
        return int(text, 16) if isinstance(text, str) and text.startswith("0x") and len(text) <= 18 else None
    except ValueError:
        return None


def _answer(question: Question) -> Json:
    try:
        return decode_answer(question.recorded.encode())
    except UnreadableAnswer:
        return None


def _note_block(blocks: dict[int, dict[str, dict[str, Json]]], block: dict[str, Json]) -> None:
    number, block_hash = number_of(block.get("number")), block.get("hash")
    if number is None or not isinstance(block_hash, str):
        return
    known = blocks[number].get(block_hash)
    if known is None or not is_full(known):
        blocks[number][block_hash] = block


def is_full(block: dict[str, Json]) -> bool:
    """Say whether a block has its transactions whole."""
    transactions = block.get("transactions")
    return isinstance(transactions, list) and all(isinstance(item, dict) for item in transactions)
