"""The one place where what verification and schemas find becomes the judgements that reports show."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from conformance.allowances import Allowance
from conformance.compare import ABSENT, Difference, Kind
from conformance.corpus import Question
from conformance.schema import Schemas
from conformance.schema_allowances import SchemaAllowance
from conformance.schema_check import AllowedViolation, SchemaReport, check_reply, example_is_error
from conformance.subject import Reply
from conformance.verdict import Allowed, Judgement, Verdict
from conformance.verify.ask import read_answer
from conformance.verify.values import Finding, Outcome, State

if TYPE_CHECKING:  # takes longer to import than all else, and is needed only where answers differ
    from conformance.verify.explain import Endpoints

FINDINGS_SHOWN_MAX = 5
_VERDICTS = {State.HOLDS: Verdict.MATCH, State.BROKEN: Verdict.MISMATCH, State.UNCHECKED: Verdict.INCONCLUSIVE}


def judge_outcome(outcome: Outcome) -> Judgement:
    """Return the judgement on a claim that was verified."""
    body = outcome.findings[0].request if outcome.findings else ""
    name = f"{outcome.method}/verify-{outcome.claim}-{outcome.about}"
    question = Question(name, outcome.method, outcome.meaning, body, "")
    problem = _tell(outcome.findings) or outcome.reason
    return Judgement(question, _VERDICTS[outcome.state], problem, findings=outcome.findings)


def name_wrong_side(judgement: Judgement, expected: Reply, got: Reply, endpoints: "Endpoints") -> Judgement:
    """Return a judgement that says whose answer is wrong, where that is proven; its verdict stays what it is."""
    from conformance.verify.explain import Side, explain

    found = explain(judgement.question, expected, got, endpoints)
    if found.side is Side.UNKNOWN:
        return judgement
    return replace(judgement, wrong_side=found.side.value, findings=(*judgement.findings, *found.findings))


def judge_with_schema(judgement: Judgement, got: Reply, schemas: Schemas) -> Judgement:
    """Return a judgement to which the schemas of the results had their say; they never make it better."""
    if judgement.verdict in {Verdict.INCONCLUSIVE, Verdict.UNCHECKED}:
        return judgement
    report = check_reply("candidate", judgement.question, got, schemas)
    allowed = (*judgement.allowed, *map(_allowed, report.allowed))
    if not report.findings:
        return replace(judgement, allowed=allowed)
    problem = "; ".join(part for part in (judgement.problem, _tell(report.findings)) if part)
    findings = (*judgement.findings, *report.findings)
    return replace(judgement, verdict=Verdict.MISMATCH, problem=problem, allowed=allowed, findings=findings)


def judge_by_schema(question: Question, got: Reply, schemas: Schemas | None) -> Judgement:
    """Return the judgement on an answer that need only have the form its schema asks for.

    An error has none: where the example is one, code and message are all that is asked; elsewhere it is a failure.
    """
    requests = question.requests()
    identity = requests[0].get("id") if len(requests) == 1 else None
    answer = read_answer("candidate", question.method, question.body, got, identity)
    if len(requests) == 1 and not question.body.lstrip().startswith("[") and answer.is_broken:
        return Judgement(question, Verdict.MISMATCH, f"it is no answer to the request: {answer.problem}")
    if answer.problem and answer.error_code is None and not answer.is_broken:
        return Judgement(question, Verdict.INCONCLUSIVE, answer.problem)
    if schemas is None:
        return Judgement(question, Verdict.UNCHECKED, "judged by its schema only, and --openrpc names no file of them")
    report = check_reply("candidate", question, got, schemas)
    return replace(_by_report(question, report, schemas), allowed=tuple(map(_allowed, report.allowed)))


def _by_report(question: Question, report: SchemaReport, schemas: Schemas) -> Judgement:
    if report.findings:
        return Judgement(question, Verdict.MISMATCH, _tell(report.findings), findings=report.findings)
    if report.errors:
        return _judge_error(question)
    if report.unchecked or not report.checked:
        missing = ", ".join(report.unchecked) or question.method
        return Judgement(question, Verdict.UNCHECKED, f"{schemas.source} has no schema for the results of {missing}")
    return Judgement(question, Verdict.MATCH)


def _judge_error(question: Question) -> Judgement:
    is_error = example_is_error(question)
    if is_error is None:
        return Judgement(question, Verdict.UNCHECKED, "it is an error, which no schema is for")
    if not is_error:
        return Judgement(question, Verdict.MISMATCH, "it is an error, and the example is a result")
    # That it has a code and a message was seen to when it was read.
    return Judgement(question, Verdict.MATCH)


def _tell(findings: Sequence[Finding]) -> str:
    """Return findings in one line, the first few of them."""
    text = "; ".join(str(finding) for finding in findings[:FINDINGS_SHOWN_MAX])
    left = len(findings) - FINDINGS_SHOWN_MAX
    return f"{text}; and {left} more" if left > 0 else text


def _allowed(item: AllowedViolation) -> Allowed:
    difference = Difference(("result", *_steps(item)), Kind.DIFFERENT, ABSENT, item.finding.found)
    return Allowed(difference, _as_allowance(item.allowance))


def _steps(item: AllowedViolation) -> tuple[str, ...]:
    return item.allowance.path


def _as_allowance(row: SchemaAllowance) -> Allowance:
    place = ".".join(("$.result", *row.path))
    return Allowance(row.name, row.methods, place, _never, row.reason)


def _never(*_: object) -> bool:
    return False
