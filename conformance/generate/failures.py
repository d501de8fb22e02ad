"""Finds for each generated question that failed the simplest one that fails in the same way, and keeps it as a case."""

import re
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from conformance.compare import Difference
from conformance.corpus import Question
from conformance.generate.run import Generator
from conformance.subject import Reply
from conformance.verdict import Judgement
from fixtures.io_cases import Case, RoundTrip, write_case

SHRUNK_PER_SIGNATURE_MAX = 3
"""Of failures that look the same, so many are shrunk; the others are kept as they are."""
SHRUNK_MAX = 60
_WHY_CHARACTERS_MAX = 300
_NUMBERS = re.compile(r"\d+")

Signature = tuple[str, str, str, str]
"""In what way a question failed: its method, the place in the answer, the kind of difference, and more of it."""


@dataclass(frozen=True, slots=True)
class Kept:
    """What became of one failure."""

    question: Question
    """As it was shrunk."""
    path: Path


def signature_of(judgement: Judgement) -> Signature:
    """Return in what way an answer is wrong, the same for all that seem to have one cause.

    Places in lists are not told apart, nor are values, but for the codes of errors.
    """
    method = judgement.question.method
    if not judgement.differences:
        return (method, "", judgement.verdict.value, _NUMBERS.sub("#", judgement.problem))
    first = judgement.differences[0]
    place = ".".join("*" if isinstance(step, int) else step for step in first.path)
    return (method, place, first.kind.value, _code(first))


def keep_failures(
    failures: Iterable[Judgement],
    generator: Generator,
    folder: Path,
    judge_again: Callable[[Question], Judgement],
    ask_reference: Callable[[Question], Reply],
) -> list[Kept]:
    """Shrink failures and save each as an `.io` case with the reference's answer; the same case is saved once.

    Args:
        failures: what was said of questions that the generator made and that failed.
        generator: made them.
        folder: where `<method>/<case>.io` is written.
        judge_again: asks both endpoints a question and judges the answers.
        ask_reference: asks the reference alone.
    """
    counts: Counter[Signature] = Counter()
    kept: dict[str, Kept] = {}
    for failure in failures:
        wanted = signature_of(failure)
        counts[wanted] += 1
        question = failure.question
        if counts[wanted] <= SHRUNK_PER_SIGNATURE_MAX and counts.total() <= SHRUNK_MAX:
            question = generator.shrink(question, _same_failure(failure, wanted, judge_again))
        if question.body not in kept:
            path = write_case(folder, _case(question, failure, wanted, ask_reference(question)))
            kept[question.body] = Kept(question, path)
    return list(kept.values())


def _same_failure(
    failure: Judgement, wanted: Signature, judge_again: Callable[[Question], Judgement]
) -> Callable[[Question], bool]:
    def still_fails(simpler: Question) -> bool:
        again = judge_again(simpler)
        return again.verdict is failure.verdict and signature_of(again) == wanted

    return still_fails


def _case(question: Question, failure: Judgement, signature: Signature, reply: Reply) -> Case:
    _, place, kind, more = signature
    what = f"{kind} at {place}" if place else kind
    comments: tuple[str, ...] = (f"{question.why}: {what} {more}".rstrip()[:_WHY_CHARACTERS_MAX],)
    if question.body != failure.question.body:
        comments += (f"shrunk from {failure.question.body}"[:_WHY_CHARACTERS_MAX],)
    response = reply.body.decode(errors="replace").strip()
    name = question.name.rpartition("/")[2]
    return Case(question.method, name, comments, (RoundTrip(question.body, response),))


def _code(difference: Difference) -> str:
    """Return the codes of errors in a difference, for errors of several causes stand in the same place."""
    codes = []
    for value in (difference.expected, difference.got):
        if isinstance(value, dict):
            codes.append(str(value.get("code", "")))
        elif difference.path[-1:] == ("code",):
            codes.append(str(value))
    return " ".join(codes)
