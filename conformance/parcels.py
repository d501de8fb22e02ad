"""What goes from a run to the processes that judge for it, and back."""

import pickle
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection
from typing import Any, TypeAlias

from conformance.corpus import Question
from conformance.examine import Examiner
from conformance.verdict import Judgement, Timing, Verdict

Link: TypeAlias = "Connection[Any, Any]"


@dataclass(frozen=True, slots=True)
class Order:
    """What comes first: how to judge."""

    recipe: Callable[..., Examiner]
    """Makes what judges, with the run's `counts`."""
    threads: int
    """That judge at a time."""


@dataclass(frozen=True, slots=True)
class Raised:
    """What came instead of a judgement."""

    error: BaseException


Answer = Timing | Judgement | Raised
"""What is sent of a judgement: only its times where it is a plain match, as most are."""


Questions = Sequence[tuple[int, Question]]
Answers = Sequence[tuple[int, Answer]]
"""With the questions' numbers."""


def pack(answers: Answers) -> bytes:
    """Return answers as they are sent."""
    try:
        return pickle.dumps(answers)
    except Exception as error:  # noqa: BLE001 - an error that can't be sent is told in words
        return pickle.dumps([(number, Raised(RuntimeError(f"{what!r:.500}: {error}"))) for number, what in answers])


def shorten(judgement: Judgement) -> Timing | Judgement:
    """Return what of a judgement can't be told from its question."""
    is_plain = judgement == Judgement(judgement.question, Verdict.MATCH, timing=judgement.timing)
    return judgement.timing if is_plain else judgement


def restore(question: Question, answer: Timing | Judgement) -> Judgement:
    """Return the judgement that was shortened."""
    if isinstance(answer, Timing):
        return Judgement(question, Verdict.MATCH, timing=answer)
    return replace(answer, question=question) if answer.question == question else answer
