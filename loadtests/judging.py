"""Says what became of each call by the bytes of its answer: no error counts as a success."""

from collections.abc import Sequence
from fnmatch import fnmatchcase
from functools import lru_cache
from typing import Any

import orjson

from conformance.pin import STATIC
from loadtests.calls import Arrival, Call
from loadtests.consistency import HeadWatch
from loadtests.outcomes import Kind, Outcome
from loadtests.seams import Reply

OK = 200
DECODED_BYTES_MAX = 2048
"""Answers up to this size are decoded; larger ones only where they don't look as usual."""
RESULT, NULL, MISSING, STALE, MALFORMED = (
    Outcome(kind) for kind in (Kind.RESULT, Kind.NULL, Kind.MISSING, Kind.STALE, Kind.MALFORMED)
)
_ONE_RESULT = (RESULT,)


class AnswerJudge:
    """Judges answers by themselves, and by what their client was shown before; a `loadtests.seams.Judge`."""

    def __init__(self, watch: HeadWatch, stale_seconds: float) -> None:
        """Judge with what a watch has seen.

        Args:
            watch: sees every answer after it was judged.
            stale_seconds: how long after a newer head was known an answer about an older one is stale.
        """
        self._watch = watch
        self._stale_seconds = stale_seconds

    def __call__(self, arrival: Arrival, reply: Reply, sent_seconds: float) -> tuple[Outcome, ...]:
        """Return one outcome for each call."""
        if reply.status != OK:
            outcomes: tuple[Outcome, ...] = (Outcome(Kind.HTTP, reply.status),) * len(arrival.calls)
        elif arrival.is_batch:
            outcomes = judge_batch(arrival.calls, reply.body)
        else:
            outcomes = judge_single(arrival.calls[0], reply.body)
        head = self._watch.head_of(arrival, reply)
        if head is not None and self._watch.stale_seconds(head, sent_seconds) > self._stale_seconds:
            outcomes = self._mark_stale(arrival.calls, outcomes)
        seen = self._watch.seen_head(arrival.client)
        if seen is None:
            return outcomes
        return tuple(
            outcome if call.needs_block is None else self._judge_own(call, outcome, seen, head)
            for call, outcome in zip(arrival.calls, outcomes, strict=True)
        )

    def _mark_stale(self, calls: Sequence[Call], outcomes: Sequence[Outcome]) -> tuple[Outcome, ...]:
        """Return outcomes in which results that depend on the newest block are stale."""
        marked = tuple(
            STALE if not outcome.is_failure and call.needs_block is None and not is_static(call.method) else outcome
            for call, outcome in zip(calls, outcomes, strict=True)
        )
        self._watch.count("stale_answers", sum(outcome is STALE for outcome in marked))
        return marked

    def _judge_own(self, call: Call, outcome: Outcome, seen: int, head: int | None) -> Outcome:
        """Judge a call about a block that must be there, as the client was shown it or a later one."""
        assert call.needs_block is not None
        if call.needs_block > seen:
            return outcome
        self._watch.count("own_block_calls")
        if outcome.kind not in (Kind.MISSING, Kind.RPC):
            return outcome
        self._watch.count("read_your_block_failures")
        is_behind = head is not None and head < call.needs_block
        return STALE if outcome.kind is Kind.MISSING and is_behind else outcome


def judge_single(call: Call, body: bytes) -> tuple[Outcome]:
    """Return the outcome of a call, as a tuple of one."""
    if len(body) > DECODED_BYTES_MAX and looks_usual(call.id, body):
        return _ONE_RESULT
    try:
        answer = orjson.loads(body)
    except orjson.JSONDecodeError:
        return (MALFORMED,)
    return (judge_answer(call, answer),)


def judge_batch(calls: Sequence[Call], body: bytes) -> tuple[Outcome, ...]:
    """Return the outcome of each call of a batch; an error about the whole is one of each call."""
    try:
        answers = orjson.loads(body)
    except orjson.JSONDecodeError:
        return (MALFORMED,) * len(calls)
    if isinstance(answers, dict) and isinstance(answers.get("error"), dict):
        return (_judge_error(answers["error"]),) * len(calls)
    if not isinstance(answers, list):
        return (MALFORMED,) * len(calls)
    by_id: dict[int, Any] = {}
    for answer in answers:
        identity = answer.get("id") if isinstance(answer, dict) else None
        if type(identity) is int:
            by_id[identity] = None if identity in by_id else answer  # one that comes twice is none
    return tuple(judge_answer(call, by_id.get(call.id)) for call in calls)


def judge_answer(call: Call, answer: Any) -> Outcome:
    """Return what a decoded answer is to a call."""
    if type(answer) is not dict or answer.get("jsonrpc") != "2.0":
        return MALFORMED
    identity = answer.get("id")
    if "error" in answer:
        # An answer to what could not be read as a request has no id.
        is_ours = "result" not in answer and (identity is None or _is_id(identity, call))
        return _judge_error(answer["error"]) if is_ours else MALFORMED
    if not _is_id(identity, call) or "result" not in answer:
        return MALFORMED
    if answer["result"] is None:
        return NULL if call.allows_null else MISSING
    return RESULT


def looks_usual(identity: int, body: bytes) -> bool:
    """Say whether a body begins and ends as answers with a result do, and all that is opened in it is closed."""
    if not body.startswith(b'{"jsonrpc":"2.0","id":%d,"result":' % identity) or body.rstrip()[-1:] != b"}":
        return False
    return body.count(b"{") == body.count(b"}") and body.count(b"[") == body.count(b"]")


@lru_cache(maxsize=1024)
def is_static(method: str) -> bool:
    """Say whether no block changes the answers of a method."""
    return any(fnmatchcase(method, pattern) for pattern in STATIC)


def _is_id(identity: Any, call: Call) -> bool:
    return type(identity) is int and identity == call.id


def _judge_error(error: Any) -> Outcome:
    code = error.get("code") if isinstance(error, dict) else None
    return Outcome(Kind.RPC, code) if type(code) is int else MALFORMED
