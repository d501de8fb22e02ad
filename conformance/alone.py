"""Judges an endpoint without a reference: by its own hashes and proofs, against itself, and by schemas."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from conformance.corpus import Question
from conformance.findings import judge_by_schema, judge_outcome
from conformance.run import Run
from conformance.schema import Schemas
from conformance.schema_check import example_is_error
from conformance.subject import Reply, Subject
from conformance.verdict import Judgement, Verdict
from conformance.verify.answer import verify_answer
from conformance.verify.ask import Asker, read_answer
from conformance.verify.chain import Plan, verify_chain
from conformance.verify.evidence import Evidence
from conformance.verify.forms import is_verifiable
from conformance.verify.values import State

NONE = "none"
SECONDS_MAX = 3600.0
"""How long an endpoint is asked about its chain; what is not asked by then can't be judged."""


@dataclass(frozen=True, slots=True)
class NoReference:
    """Stands in reports where there is no reference."""

    name: str = NONE
    version: str = "their own hashes and each other"

    def ask(self, question: Question) -> Reply:
        """Say that nobody answers."""
        return Reply(0, b"", f"there is no reference to ask {question.name}")


def run_alone(
    title: str,
    questions: Sequence[Question],
    candidate: Subject,
    plan: Plan,
    schemas: Schemas | None = None,
    tell: Callable[[Judgement], None] = lambda _: None,
) -> Run:
    """Verify the candidate's chain, then its answers to those questions whose answers say by themselves if they hold.

    Ctrl-C ends it early, with what was judged so far.

    Args:
        title: what the run is about.
        questions: those that can't be judged without a reference are left out.
        candidate: who is judged.
        plan: how much of the chain is verified.
        schemas: those of the results, if any.
        tell: called with each judgement when it is made.
    """
    started = time.monotonic()
    judgements: list[Judgement] = []
    interrupted = False
    try:
        for judgement in _judgements(questions, candidate, plan, schemas):
            judgements.append(judgement)
            tell(judgement)
    except KeyboardInterrupt:
        interrupted = True
    seconds = time.monotonic() - started
    planned = len(judgements) + interrupted
    return Run(title, NoReference(), candidate, tuple(judgements), planned, seconds, False, interrupted)  # noqa: FBT003


def _judgements(
    questions: Sequence[Question], candidate: Subject, plan: Plan, schemas: Schemas | None
) -> Iterator[Judgement]:
    asker = Asker(candidate, SECONDS_MAX)
    for outcome in verify_chain(asker, plan):
        yield judge_outcome(outcome)
    evidence = Evidence([asker])
    for question in questions:
        judgement = judge_alone(question, asker, evidence, schemas)
        if judgement is not None:
            yield judgement


def judge_alone(question: Question, asker: Asker, evidence: Evidence, schemas: Schemas | None) -> Judgement | None:
    """Ask a question and judge the answer by hashes and schema; None where they have nothing to say of it."""
    requests = question.requests()
    # What is recorded is no standard here, but it tells whether a result is to be expected.
    if len(requests) != 1 or example_is_error(question) is not False:
        return None
    request = requests[0]
    method = str(request.get("method"))
    by_schema = schemas is not None and schemas.knows(method)
    if not by_schema and not is_verifiable(request):
        return None
    reply = asker.put(question)
    answer = read_answer(asker.name, method, question.body, reply, request.get("id"))
    if reply.failure:
        return Judgement(question, Verdict.INCONCLUSIVE, answer.problem)
    if answer.error_code is not None:
        # A node may have let go of an old block or its state by now: without a reference nobody knows.
        return Judgement(question, Verdict.INCONCLUSIVE, f"nothing proves an error right or wrong: {answer.problem}")
    verified = verify_answer(request, answer, asker, evidence)
    if verified.state is State.BROKEN:
        return replace(judge_outcome(verified), question=question)
    formed = judge_by_schema(question, reply, schemas if by_schema else None)
    if by_schema and formed.verdict is not Verdict.MATCH:
        return formed
    if verified.state is State.HOLDS:
        return Judgement(question, Verdict.MATCH, allowed=formed.allowed)
    return formed if by_schema else None
