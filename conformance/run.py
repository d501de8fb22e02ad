"""Puts every question to reference and candidate and collects the judgements."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from conformance.about import NOTHING, About
from conformance.allowances import Settings
from conformance.corpus import Question
from conformance.findings import judge_by_schema, judge_with_schema
from conformance.keeping import Keeper
from conformance.schema import Schemas
from conformance.subject import Reply, Subject
from conformance.verdict import Judgement, Verdict, judge, overall

SILENT_IN_A_ROW_MAX = 5
"""After this many questions without any reply an endpoint is taken for gone, and asked no more."""


@dataclass(frozen=True, slots=True)
class Run:
    """All that a run found."""

    title: str
    """What it is about: the chain's name or the folder of cases."""
    reference: Subject
    candidate: Subject
    judgements: tuple[Judgement, ...]
    planned: int
    """Questions that were to be asked."""
    seconds: float
    strict_messages: bool
    interrupted: bool
    about: About = NOTHING

    @property
    def verdict(self) -> Verdict:
        """What is said of the candidate: with questions left out, nothing good."""
        left_out = [Verdict.INCONCLUSIVE] * (self.planned - len(self.judgements))
        return overall([*(judgement.verdict for judgement in self.judgements), *left_out])

    @property
    def exit_code(self) -> int:
        """0 match, 1 mismatch or lag, 3 inconclusive or interrupted."""
        if self.interrupted:
            return 3
        return {Verdict.MATCH: 0, Verdict.MISMATCH: 1, Verdict.LAG: 1}.get(self.verdict, 3)


def run_questions(
    title: str,
    questions: Sequence[Question],
    reference: Subject,
    candidate: Subject,
    *,
    strict_messages: bool = False,
    schemas: Schemas | None = None,
    tell: Callable[[Judgement], None] = lambda _: None,
) -> Run:
    """Ask and judge every question in order; Ctrl-C ends it early, with what was judged so far.

    Args:
        title: what the run is about.
        questions: at least one.
        reference: whose answers are right.
        candidate: whose answers are judged.
        strict_messages: whether an error with another message is a mismatch.
        schemas: those that every result must fit besides, and that alone judge the questions marked so.
        tell: called with each judgement when it is made.
    """
    started = time.monotonic()
    judgements: list[Judgement] = []
    interrupted = False
    keeper = Keeper()
    silence = {"reference": 0, "candidate": 0}
    try:
        for question in questions:
            expected = _ask("reference", reference, question, silence)
            got = _ask("candidate", candidate, question, silence)
            if question.speconly:
                judgement = judge_by_schema(question, got, schemas)
            else:
                judgement = judge(question, expected, got, Settings(strict_messages))
                judgement = judgement if schemas is None else judge_with_schema(judgement, got, schemas)
            judgement = keeper.keep(judgement, expected, got)
            judgements.append(judgement)
            tell(judgement)
    except KeyboardInterrupt:
        interrupted = True
    seconds = time.monotonic() - started
    made = tuple(judgements)
    return Run(title, reference, candidate, made, len(questions), seconds, strict_messages, interrupted)


def _ask(role: str, subject: Subject, question: Question, silence: dict[str, int]) -> Reply:
    if silence[role] >= SILENT_IN_A_ROW_MAX:
        return Reply(0, b"", f"not asked, as {SILENT_IN_A_ROW_MAX} questions in a row got none")
    reply = subject.ask(question)
    silence[role] = silence[role] + 1 if reply.failure else 0
    return reply
