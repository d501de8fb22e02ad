"""What the page shows of each case: all of what is wrong, and of the others one short row each."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from conformance.about import without_secrets
from conformance.answers import UnreadableAnswer, decode_answer, encode_answer
from conformance.compare import ABSENT, Difference, Value, show_path
from conformance.corpus import Question
from conformance.report.diff import WORDS
from conformance.report.excerpt import Excerpt, cut, excerpt, printable
from conformance.report.groups import GOOD, what_is_wrong
from conformance.report.latency import show_seconds
from conformance.report.side_by_side import Line, Mark, lay_side_by_side
from conformance.subject import Reply
from conformance.verdict import Judgement, Replies, Timing, Verdict

VALUE_CHARACTERS_MAX = 100
WHOLE_CHARACTERS_MAX = 4000
"""Of a value that is cut, so much can be unfolded."""
BODY_CHARACTERS_MAX = 2000
"""Of an answer that is no JSON."""
REQUEST_CHARACTERS_MAX = 400
ROW_REQUEST_CHARACTERS_MAX = 100
ROW_NOTE_CHARACTERS_MAX = 160
DIFFERENCES_MAX = 40
VERDICTS = (Verdict.MISMATCH, Verdict.LAG, Verdict.INCONCLUSIVE, Verdict.UNCHECKED, Verdict.MATCH)

_PROVEN = {"reference", "candidate", "both"}
_REQUEST = re.compile(
    r'\{"jsonrpc": ?"2\.0", ?"id": ?1, ?"method": ?"(?P<method>\w+)", ?"params": ?(?P<params>\[.*\])\}', re.DOTALL
)

Row = list[str | int | float | None]
"""A case as the page's program reads it; see ROW_FIELDS."""
ROW_FIELDS = ("method", "case", "verdict", "marks", "reference_ms", "candidate_ms", "request", "note", "has_detail")


@dataclass(frozen=True, slots=True)
class Shown:
    """A text on the page: what is seen at once, and what can be unfolded."""

    excerpt: Excerpt
    whole: str
    """Empty where all is seen at once."""


@dataclass(frozen=True, slots=True)
class SideLine:
    """One line of two answers side by side."""

    depth: int
    label: str
    reference: Shown | None
    candidate: Shown | None
    mark: str
    """`same`, `different`, `allowed`, `message` or `left-out`."""
    place: str
    """The path, on the line where a difference begins."""
    words: str
    left_out: int


@dataclass(frozen=True, slots=True)
class Place:
    """One difference, as it is listed."""

    path: str
    words: str
    reference: Shown | None
    candidate: Shown | None


@dataclass(frozen=True, slots=True)
class Body:
    """One side's reply where it can't be laid beside the other as JSON."""

    status: str
    text: str


@dataclass(frozen=True, slots=True)
class Detail:
    """Everything about a case that is wrong."""

    place: int
    """In the run."""
    name: str
    verdict: str
    headline: str
    why: str
    source: str
    request: Shown
    problem: str
    wrong_side: str
    findings: tuple[str, ...]
    lines: tuple[SideLine, ...]
    """Both answers; empty where they are not kept or no JSON."""
    places: tuple[Place, ...]
    places_more: int
    bodies: tuple[Body, Body] | None
    footer: str
    """How long each side took, and the file it comes from."""


def detail_of(place: int, judgement: Judgement) -> Detail:
    """Return everything about one case."""
    question = judgement.question
    lines, bodies = _answers(judgement)
    listed = () if lines else judgement.differences[:DIFFERENCES_MAX]
    return Detail(
        place=place,
        name=printable(question.name),
        verdict=judgement.verdict.value,
        headline=cut(printable(what_is_wrong(judgement)), ROW_NOTE_CHARACTERS_MAX),
        why=printable(question.why),
        source=printable(question.source),
        request=_shown(printable(question.body), None, REQUEST_CHARACTERS_MAX),
        problem=printable(_problem(judgement)),
        wrong_side=judgement.wrong_side if judgement.wrong_side in _PROVEN else "",
        findings=tuple(printable(f"{without_secrets(one.endpoint)}: {one}") for one in judgement.findings),
        lines=lines,
        places=tuple(map(_place, listed)),
        places_more=0 if lines else len(judgement.differences) - len(listed),
        bodies=bodies,
        footer=" · ".join(part for part in (_took(judgement.timing), printable(question.source)) if part),
    )


def table_of(judgements: Iterable[Judgement], detailed: set[int]) -> dict[str, Any]:
    """Return what the page's program reads: a row for each case, with numbers for texts that come often."""
    methods: dict[str, int] = {}
    notes: dict[str, int] = {"": 0}
    rows: list[Row] = []
    for place, judgement in enumerate(judgements):
        question, timing = judgement.question, judgement.timing
        case = printable(question.name).removeprefix(f"{question.method}/")
        marks = (1 if judgement.message_differences else 0) + (2 if judgement.allowed else 0)
        note = "" if judgement.verdict in GOOD and not judgement.problem else what_is_wrong(judgement)
        rows.append([
            methods.setdefault(question.method, len(methods)), case, VERDICTS.index(judgement.verdict), marks,
            _milliseconds(timing.reference_seconds), _milliseconds(timing.candidate_seconds),
            _start(printable(_parameters(question)), ROW_REQUEST_CHARACTERS_MAX),
            notes.setdefault(_start(printable(note), ROW_NOTE_CHARACTERS_MAX), len(notes)),
            int(place in detailed),
        ])  # fmt: skip
    return {
        "methods": list(methods),
        "verdicts": [verdict.value for verdict in VERDICTS],
        "notes": list(notes),
        "fields": ROW_FIELDS,
        "rows": rows,
    }


def _problem(judgement: Judgement) -> str:
    """Return what is wrong beside differences and findings; findings are listed by themselves."""
    told = bool(judgement.findings) and judgement.problem.startswith(str(judgement.findings[0]))
    return "" if told else judgement.problem


def _took(timing: Timing) -> str:
    sides = (("reference", timing.reference_seconds), ("candidate", timing.candidate_seconds))
    return ", ".join(f"{side} {show_seconds(seconds)}" for side, seconds in sides if seconds is not None)


def _answers(judgement: Judgement) -> tuple[tuple[SideLine, ...], tuple[Body, Body] | None]:
    """Return both answers as lines of JSON, or, where they are none, as they came."""
    replies = judgement.replies
    if replies is None:
        return (), None
    try:
        if replies.reference.failure or replies.candidate.failure:
            return (), _bodies(replies)
        expected, got = decode_answer(replies.reference.body), decode_answer(replies.candidate.body)
    except UnreadableAnswer:
        return (), _bodies(replies)
    lines = lay_side_by_side(judgement, expected, got)
    return tuple(map(_side_line, lines)), None


def _side_line(line: Line) -> SideLine:
    left, right = line.reference, line.candidate
    difference = line.difference
    marked = line.mark not in {Mark.SAME, Mark.LEFT_OUT}
    return SideLine(
        depth=min(line.depth, 12),
        label=cut(line.label, VALUE_CHARACTERS_MAX),
        reference=None if left is None else _shown(left, right if marked else None),
        candidate=None if right is None else _shown(right, left if marked else None),
        mark=line.mark.value.replace(" ", "-"),
        place="" if difference is None else printable(show_path(difference.path)),
        words="" if difference is None else _words(difference),
        left_out=line.left_out,
    )


def _place(difference: Difference) -> Place:
    left, right = _text(difference.expected), _text(difference.got)
    return Place(
        path=printable(show_path(difference.path)),
        words=_words(difference),
        reference=None if left is None else _shown(left, right),
        candidate=None if right is None else _shown(right, left),
    )


def _words(difference: Difference) -> str:
    detail = f": {difference.detail}" if difference.detail else ""
    return printable(WORDS[difference.kind] + detail)


def _shown(text: str, other: str | None, characters_max: int = VALUE_CHARACTERS_MAX) -> Shown:
    part = excerpt(text, other, characters_max)
    return Shown(part, cut(text, WHOLE_CHARACTERS_MAX) if part.is_cut else "")


def _bodies(replies: Replies) -> tuple[Body, Body]:
    return _body(replies.reference), _body(replies.candidate)


def _body(reply: Reply) -> Body:
    if reply.failure:
        return Body("no whole reply", printable(reply.failure))
    text = reply.body[: 4 * BODY_CHARACTERS_MAX].decode(errors="replace")
    shown = "\n".join(printable(line) for line in text[:BODY_CHARACTERS_MAX].splitlines())
    more = f"… ({len(reply.body)} bytes)" if len(text) > BODY_CHARACTERS_MAX else ""
    return Body(f"HTTP status {reply.status}" if reply.status else "no status", shown + more or "(empty)")


def _text(value: Value) -> str | None:
    return None if value is ABSENT else encode_answer(value)


def _milliseconds(seconds: float | None) -> float | None:
    return None if seconds is None else float(f"{seconds * 1000:.3g}")


def _parameters(question: Question) -> str:
    """Return a request's parameters, or all of a body that is not written as ours are."""
    match = _REQUEST.fullmatch(question.body)
    return match["params"] if match is not None and match["method"] == question.method else question.body


def _start(text: str, characters_max: int) -> str:
    return text if len(text) <= characters_max else f"{text[: characters_max - 1]}…"
