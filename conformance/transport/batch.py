"""Makes one JSON-RPC batch of several questions, and of its answer a reply to each.

In a batch each question has an id of its own, so that it shows when answers are swapped; the replies have the ids of
the questions again, and are else sign by sign as they came. A batch that fails as a whole tells nothing of its
questions: they get no reply. Source: https://www.jsonrpc.org/specification#batch; geth v1.17.8 keeps the order.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from conformance.answers import NESTING_MAX, UnreadableAnswer, decode_answer, problem_at_sight
from conformance.transport.members import NoSuchText, Span, item_spans, member_spans
from conformance.transport.reply import Reply

_OK = 200
_EXCERPT_BYTES = 120
_CUT_CODES = {-32002: "the time for the batch was over", -32003: "the batch's answer was too long"}
"""How geth says that a batch ended early: of the question itself that tells nothing (v1.17.8, rpc/errors.go)."""


@dataclass(frozen=True, slots=True)
class Part:
    """A question that can be part of a batch."""

    before: str
    """Its body up to the id."""
    identity: str
    """Its id as JSON text."""
    after: str
    """Its body behind the id."""


def as_part(body: str) -> Part | None:
    """Return a body cut at its id, or None where it must be sent alone: it is no single request that has an answer."""
    if problem_at_sight(body.encode(), NESTING_MAX - 1):
        return None
    try:
        members = member_spans(body)
    except NoSuchText:
        return None
    names = [name for name, _ in members]
    if len(set(names)) != len(names) or not {"id", "method"} <= set(names):
        return None
    span = dict(members)["id"]
    identity = body[span.start : span.end]
    if not (identity.startswith('"') or identity.isdecimal()):
        return None
    return Part(body[: span.start], identity, body[span.end :])


def join_batch(parts: Sequence[Part]) -> bytes:
    """Return the body of a batch, its ids 1, 2, and so on."""
    requests = (f"{part.before}{place}{part.after}" for place, part in enumerate(parts, start=1))
    return f"[{','.join(requests)}]".encode()


def split_batch(parts: Sequence[Part], reply: Reply) -> list[Reply]:
    """Return the reply to each question of a batch.

    Args:
        parts: as they were joined.
        reply: to the batch.
    """
    failure = reply.failure or _whole_failure(reply)
    if not failure:
        try:
            text = reply.body.decode()
            answers = [_read(text[span.start : span.end]) for span in item_spans(text)]
        except (NoSuchText, UnicodeDecodeError):
            failure = f"it is no JSON array; it begins {_excerpt(reply.body)}"
        else:
            # So geth refuses a batch that is too long: with one error, under the id of the first.
            if len(answers) == 1 < len(parts) and answers[0].value("error"):
                failure = f"one answer for all: {_excerpt(answers[0].text.encode())}"
    if failure:
        silent = replace(reply, status=0, body=b"", failure=f"the batch of {len(parts)} failed as a whole: {failure}")
        return [silent] * len(parts)
    return _assign(parts, answers, reply)


def _excerpt(body: bytes) -> str:
    return repr(body[:_EXCERPT_BYTES].decode(errors="replace"))


def _whole_failure(reply: Reply) -> str:
    if reply.status != _OK:
        return f"HTTP status {reply.status}"
    if problem := problem_at_sight(reply.body, NESTING_MAX + 1):
        return problem
    begin = reply.body[:1000].lstrip()
    if begin.startswith(b"{"):
        return f"one answer for all: {_excerpt(begin)}"
    return ""


@dataclass(frozen=True, slots=True)
class _Answer:
    """One answer of a batch."""

    text: str
    members: tuple[tuple[str, Span], ...]
    """Keys with where their values are; none where it is no object."""

    def value(self, name: str) -> str:
        """Return a value as JSON text; empty where the name is not there once."""
        spans = [span for key, span in self.members if key == name]
        return self.text[spans[0].start : spans[0].end] if len(spans) == 1 else ""

    def with_identity(self, identity: str) -> str:
        """Return the text with another id."""
        span = dict(self.members)["id"]
        return self.text[: span.start] + identity + self.text[span.end :]


def _read(text: str) -> _Answer:
    try:
        return _Answer(text, tuple(member_spans(text)))
    except NoSuchText:
        return _Answer(text, ())


def _assign(parts: Sequence[Part], answers: Sequence[_Answer], reply: Reply) -> list[Reply]:
    """Give each question the answer that has its id, and say where answers are out of place, missing or too many."""
    places: dict[str, list[int]] = {}
    for place, answer in enumerate(answers):
        places.setdefault(answer.value("id"), []).append(place)
    too_many = f"the batch of {len(parts)} got {len(answers)} answers" if len(answers) > len(parts) else ""
    replies: list[Reply] = []
    for place, part in enumerate(parts):
        found = places.get(str(place + 1), [])
        if len(found) == 1:
            answer = answers[found[0]]
            flaw = "" if found == [place] else _moved(place, found[0], len(parts))
            replies.append(_reply(answer, answer.with_identity(part.identity), reply, too_many or flaw))
        else:
            count = len(found) or "no"
            answer = answers[place] if place < len(answers) else _Answer("", ())
            replies.append(_reply(answer, answer.text, reply, too_many or f"{count} answers in the batch have its id"))
    return replies


def _moved(place: int, found: int, size: int) -> str:
    where = f"that of question {place + 1} of {size} is number {found + 1}"
    return f"the answers of the batch are in another order: {where}"


def _reply(answer: _Answer, body: str, whole: Reply, flaw: str) -> Reply:
    code = _error_code(answer)
    if code in _CUT_CODES:
        return replace(whole, status=0, body=b"", failure=f"{_CUT_CODES[code]} (error {code})")
    return replace(whole, body=body.encode(), flaw=flaw)


def _error_code(answer: _Answer) -> int | None:
    error = answer.value("error")
    if not error:
        return None
    try:
        value = decode_answer(error.encode())
    except UnreadableAnswer:
        return None
    code = value.get("code") if isinstance(value, dict) else None
    return code if type(code) is int else None
