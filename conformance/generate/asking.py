"""Asks an endpoint for facts, many calls at a time; an error counts as no answer."""

import json
from collections.abc import Callable, Sequence
from typing import Any

from conformance.answers import Json, UnreadableAnswer, decode_answer
from conformance.corpus import Question
from conformance.subject import Subject
from reference_node.errors import CouldNotJudge

CALLS_AT_ONCE = 40
Call = tuple[str, Sequence[Any]]
"""A method and its parameters."""
Ask = Callable[[Sequence[Call]], list[Any]]
"""Makes calls and returns the result of each, None where it was answered with an error."""


def asking(subject: Subject) -> Ask:
    """Return a function that puts calls to an endpoint, in batches where it takes them.

    It raises CouldNotJudge where the endpoint doesn't answer.
    """

    def ask(calls: Sequence[Call]) -> list[Any]:
        found: list[Any] = []
        for start in range(0, len(calls), CALLS_AT_ONCE):
            part = calls[start : start + CALLS_AT_ONCE]
            found += _ask_batch(subject, part) or [_ask_one(subject, call) for call in part]
        return found

    return ask


def _ask_batch(subject: Subject, calls: Sequence[Call]) -> list[Any] | None:
    """Return the results, or None where this endpoint does not answer batches."""
    answers = _send(subject, [_message(place, call) for place, call in enumerate(calls)])
    if not isinstance(answers, list):
        return None
    by_place = {answer.get("id"): answer for answer in answers if isinstance(answer, dict)}
    if set(by_place) != set(range(len(calls))):
        return None
    return [by_place[place].get("result") for place in range(len(calls))]


def _ask_one(subject: Subject, call: Call) -> Any:
    answer = _send(subject, _message(1, call))
    return answer.get("result") if isinstance(answer, dict) else None


def _message(identity: int, call: Call) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": identity, "method": call[0], "params": list(call[1])}


def _send(subject: Subject, content: Any) -> Json:
    reply = subject.ask(Question("facts", "facts", "", json.dumps(content), ""))
    if reply.failure:
        raise CouldNotJudge(f"{subject.name} does not tell about its chain: {reply.failure}")
    try:
        return decode_answer(reply.body)
    except UnreadableAnswer:
        return None
