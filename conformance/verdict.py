"""Judges a candidate's reply by the reference's. What could not be judged is inconclusive, and never a match."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from conformance.allowances import EXACT, MESSAGE, Allowance, Settings, find_allowance
from conformance.answers import Json, UnreadableAnswer, decode_answer, is_plainly_same
from conformance.compare import DIFFERENCES_MAX, Difference, Path, differences, show_path
from conformance.corpus import Question
from conformance.rules import Meaning, meaning_at
from conformance.subject import Reply
from conformance.verify.values import Finding

OK = 200
TOO_LARGE = 413
"""What geth answers to a body over its limit: the one refusal by status that is an answer to compare with."""
METHOD_NOT_FOUND = -32601
_METHOD_NOT_FOUND = str(METHOD_NOT_FOUND).encode()
BUSY_STATUSES = {429, 502, 503, 504}
"""A node, or what stands before it, says that it can't answer now."""


class Verdict(StrEnum):
    """What is said of one answer, or of all."""

    MATCH = "match"
    MISMATCH = "mismatch"
    LAG = "lag"
    """It is the reference's answer at an older block."""
    INCONCLUSIVE = "inconclusive"
    """Nothing can be said: no reply to compare, or a chain that moved all the while."""
    UNCHECKED = "unchecked"
    """Only a schema could judge it, and none is given. Counted apart, as it depends on no endpoint."""


@dataclass(frozen=True, slots=True)
class Allowed:
    """A difference and the allowance that covers it."""

    difference: Difference
    allowance: Allowance


@dataclass(frozen=True, slots=True)
class Timing:
    """How long each side took to answer, in seconds; None where it was not asked, as a record is not."""

    reference_seconds: float | None = None
    candidate_seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Replies:
    """What each side said."""

    reference: Reply
    candidate: Reply


@dataclass(frozen=True, slots=True)
class Judgement:
    """What is said of a candidate's answer to one question."""

    question: Question
    verdict: Verdict
    problem: str = ""
    """What is wrong beside differences, or why nothing can be said."""
    differences: tuple[Difference, ...] = ()
    """Those that no allowance covers."""
    message_differences: tuple[Difference, ...] = ()
    """Error messages, where nothing else differs; they don't count."""
    allowed: tuple[Allowed, ...] = ()
    lag_blocks: int = 0
    """How far behind the reference the candidate was, where it lags."""
    findings: tuple[Finding, ...] = ()
    """Where an answer contradicts hashes, itself or its schema."""
    wrong_side: str = ""
    """Whose answer is wrong, where that is proven: `reference`, `candidate` or `both`."""
    timing: Timing = Timing()
    replies: Replies | None = None
    """Kept for reports, where the answer is no match and the replies are not too long."""


def judge(question: Question, expected: Reply, got: Reply, settings: Settings = EXACT) -> Judgement:
    """Compare the candidate's reply with the reference's.

    Args:
        question: what both were asked.
        expected: the reference's reply.
        got: the candidate's reply.
        settings: what the user asks for.
    """
    if problem := _no_reply("the reference", expected) or _no_reply("the candidate", got):
        return Judgement(question, Verdict.INCONCLUSIVE, problem)
    if expected.flaw:
        return Judgement(question, Verdict.INCONCLUSIVE, f"the reference's answer is no standard: {expected.flaw}")
    if got.flaw:
        return Judgement(question, Verdict.MISMATCH, got.flaw)
    if expected.status not in {OK, TOO_LARGE}:
        problem = f"the reference's answer is no standard: HTTP status {expected.status}"
        return Judgement(question, Verdict.INCONCLUSIVE, problem)
    if expected.status != got.status:
        problem = f"HTTP status {got.status}, expected {expected.status}"
        return Judgement(question, Verdict.MISMATCH, problem)
    if expected.body.strip() == got.body.strip() and (expected.status != OK or not expected.body.strip()):
        return Judgement(question, Verdict.MATCH)
    if expected.status == OK and _METHOD_NOT_FOUND not in expected.body and is_plainly_same(expected.body, got.body):
        return Judgement(question, Verdict.MATCH)
    try:
        reference_answer = decode_answer(expected.body)
    except UnreadableAnswer as error:
        if expected.status != OK or not expected.body.strip():
            return Judgement(
                question, Verdict.MISMATCH, f"body {_excerpt(got.body)}, expected {_excerpt(expected.body)}"
            )
        return Judgement(question, Verdict.INCONCLUSIVE, f"the reference's answer can't be read: {error}")
    if problem := _unknown_method(question, reference_answer):
        return Judgement(question, Verdict.INCONCLUSIVE, problem)
    if expected.body.strip() == got.body.strip():
        return Judgement(question, Verdict.MATCH)
    try:
        answer = decode_answer(got.body)
    except UnreadableAnswer as error:
        problem = f"the answer can't be read: {error}; it begins {_excerpt(got.body)}"
        return Judgement(question, Verdict.MISMATCH, problem)
    return _judge_answers(question, reference_answer, answer, settings)


def overall(verdicts: Iterable[Verdict]) -> Verdict:
    """Return the verdict on a whole: mismatch, lag, inconclusive, match; with no match at all, inconclusive."""
    said = set(verdicts)
    for worse in (Verdict.MISMATCH, Verdict.LAG, Verdict.INCONCLUSIVE):
        if worse in said:
            return worse
    return Verdict.MATCH if Verdict.MATCH in said else Verdict.INCONCLUSIVE


def _judge_answers(question: Question, expected: Json, got: Json, settings: Settings) -> Judgement:
    requests = question.requests()

    def meaning_of(path: Path) -> Meaning | None:
        request = _request_of(path, requests, expected) or {}
        return meaning_at(str(request.get("method", "")), show_path(_inside(path)))

    every = differences(expected, got, meaning_of)
    remaining: list[Difference] = []
    allowed: list[Allowed] = []
    counting = 0
    for difference in every:
        allowance = find_allowance(_request_of(difference.path, requests, expected), difference, settings)
        if allowance is None or allowance.name == MESSAGE:
            remaining.append(difference)
            counting += allowance is None
        else:
            allowed.append(Allowed(difference, allowance))
    problem = f"there are {DIFFERENCES_MAX} differences or more" if len(every) == DIFFERENCES_MAX else ""
    if counting or problem:
        return Judgement(question, Verdict.MISMATCH, problem, tuple(remaining), (), tuple(allowed))
    return Judgement(question, Verdict.MATCH, "", (), tuple(remaining), tuple(allowed))


def _inside(path: Path) -> Path:
    """Return a path inside one answer, the place in a batch left out."""
    return path[1:] if path and isinstance(path[0], int) else path


def _unknown_method(question: Question, expected: Json) -> str:
    """Return the complaint about a case whose own method the reference does not have; empty where it has.

    Two nodes that both lack a method agree on nothing. A case that is recorded so is about just that, and judged.
    """
    if _error_code(expected) != METHOD_NOT_FOUND:
        return ""
    if [each.get("method") for each in question.requests()] != [question.method]:
        return ""
    try:
        recorded = decode_answer(question.recorded.encode())
    except UnreadableAnswer:
        recorded = None
    if _error_code(recorded) == METHOD_NOT_FOUND:
        return ""
    return f"{question.source or question.name}: the reference has no method {question.method}"


def _error_code(answer: Json) -> Json:
    error = answer.get("error") if isinstance(answer, dict) else None
    return error.get("code") if isinstance(error, dict) else None


def _no_reply(who: str, reply: Reply) -> str:
    if reply.failure:
        return f"{who} gave no whole reply: {reply.failure}"
    return f"{who} is not serving: HTTP status {reply.status}" if reply.status in BUSY_STATUSES else ""


def _request_of(path: Path, requests: Sequence[dict[str, Any]], expected: Json) -> dict[str, Any] | None:
    """Return the request that a path in the answer belongs to, or None where that can't be said."""
    if not isinstance(expected, list):
        return requests[0] if len(requests) == 1 else None
    place = path[0] if path else None
    if not isinstance(place, int) or place >= len(expected):
        return None
    answer = expected[place]
    identity = answer.get("id") if isinstance(answer, dict) else None
    asked = [request for request in requests if request.get("id") == identity]
    return asked[0] if len(asked) == 1 else None


def _excerpt(body: bytes) -> str:
    return repr(body[:60].decode(errors="replace")) + ("…" if len(body) > 60 else "") if body else "(empty)"
