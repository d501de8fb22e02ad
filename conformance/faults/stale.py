"""Faults of time and place: the right answer to another question."""

from random import Random
from typing import Any

from conformance.answers import Json
from conformance.faults.facts import BLOCK_PARAMETER, TAGS, Facts, is_full, number_of
from conformance.faults.fault import Fault, Right, Wrong, replaced, text_of, wrong_answer


def _result(right: Right) -> tuple[dict[str, Any], Json] | None:
    """Return the request and the result of a single answer, None where there is another thing."""
    requests = right.question.requests()
    is_single = isinstance(right.answer, dict) and "result" in right.answer and len(requests) == 1
    return (requests[0], right.answer["result"]) if is_single and isinstance(right.answer, dict) else None


def _with_result(right: Right, result: Json) -> Wrong | None:
    return wrong_answer(right, replaced(right.answer, ("result",), result))


def _stale_block(right: Right, facts: Facts, _random: Random) -> Wrong | None:
    """Plant the newest known block before the right one."""
    block = _block(right)
    number = number_of(block.get("number")) if block else None
    if block is None or number is None:
        return None
    older = [height for height in facts.blocks if height < number]
    if not older:
        return None
    return _with_result(right, _in_form(block, next(iter(facts.blocks[max(older)].values()))))


def _sibling_block(right: Right, facts: Facts, random: Random) -> Wrong | None:
    """Plant another block of the same height."""
    block = _block(right)
    number = number_of(block.get("number")) if block else None
    if block is None or number is None:
        return None
    siblings = [other for other_hash, other in facts.blocks.get(number, {}).items() if other_hash != block.get("hash")]
    return _with_result(right, _in_form(block, random.choice(siblings))) if siblings else None


def _stale_state(right: Right, facts: Facts, _random: Random) -> Wrong | None:
    """Plant what the same request gives at an older block, where that is something else."""
    found = _result(right)
    if found is None:
        return None
    request, result = found
    method, params = str(request.get("method")), request.get("params")
    if method == "eth_blockNumber" and (number := number_of(result)):
        return _with_result(right, hex(number - 1))
    place = BLOCK_PARAMETER.get(method)
    if place is None or not isinstance(params, list):
        return None
    asks_the_newest = place >= len(params) or params[place] in TAGS
    if not asks_the_newest and number_of(params[place]) is None:
        return None
    others = [known.result for known in facts.older_results(request) if text_of(known.result) != text_of(result)]
    return _with_result(right, others[0]) if others else None


def _another_answer(right: Right, facts: Facts, random: Random) -> Wrong | None:
    """Plant another result of the same method."""
    found = _result(right)
    if found is None:
        return None
    request, result = found
    known = facts.results.get(str(request.get("method")), ())
    others = [other.result for other in known if text_of(other.result) != text_of(result)]
    return _with_result(right, random.choice(others)) if others else None


def _block(right: Right) -> dict[str, Json] | None:
    found = _result(right)
    if found is None or not str(found[0].get("method")).startswith("eth_getBlockBy"):
        return None
    return found[1] if isinstance(found[1], dict) else None


def _in_form(block: dict[str, Json], other: dict[str, Json]) -> Json:
    """Return another block with its transactions as hashes where the first one has them so."""
    transactions = other.get("transactions")
    if is_full(block) or not is_full(other) or not isinstance(transactions, list):
        return other
    return {**other, "transactions": [item["hash"] for item in transactions if isinstance(item, dict)]}


STALE = (
    Fault("block-stale", _stale_block, "a replica that is behind, and whole and consistent in itself"),
    Fault("block-of-a-sibling", _sibling_block, "the block that a reorganisation dropped: every hash in it is right"),
    Fault("state-stale", _stale_state, "`latest` that is not, or a state one block off"),
    Fault("answer-to-another", _another_answer, "answers mixed up between connections; a schema passes it"),
)
