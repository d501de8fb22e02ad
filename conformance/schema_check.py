"""Holds the answers in a reply to the schemas of their methods' results."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from conformance.answers import Json, UnreadableAnswer, decode_answer
from conformance.compare import show_path
from conformance.corpus import Question
from conformance.schema import Schemas, Violation
from conformance.schema_allowances import SchemaAllowance, find_schema_allowance
from conformance.subject import Reply
from conformance.verify.values import Finding

CLAIM = "schema"


@dataclass(frozen=True, slots=True)
class AllowedViolation:
    """A violation, and the allowance that covers it."""

    finding: Finding
    allowance: SchemaAllowance


@dataclass(frozen=True, slots=True)
class SchemaReport:
    """What the schemas say of a reply."""

    checked: int = 0
    """Results that were held to a schema."""
    findings: tuple[Finding, ...] = ()
    """Violations that no allowance covers."""
    allowed: tuple[AllowedViolation, ...] = ()
    unchecked: tuple[str, ...] = ()
    """Methods in the reply whose results the file has no schema for."""
    errors: int = 0
    """Answers that are errors, for which there is no schema."""


def check_reply(endpoint: str, question: Question, reply: Reply, schemas: Schemas) -> SchemaReport:
    """Hold every result in a reply to its schema; a body that can't be read has none.

    Args:
        endpoint: what findings call who answered.
        question: what was asked, a batch included.
        reply: what came back.
        schemas: those of the methods asked.
    """
    checked = errors = 0
    findings: list[Finding] = []
    allowed: list[AllowedViolation] = []
    unchecked: list[str] = []
    for prefix, request, answer in _pairs(question, reply):
        method = str(request.get("method"))
        if "result" not in answer:
            errors += "error" in answer
            continue
        if not schemas.knows(method):
            unchecked.append(method)
            continue
        checked += 1
        for violation in schemas.violations(method, answer["result"]):
            finding = _finding(endpoint, question, method, prefix, violation)
            row = find_schema_allowance(request, answer["result"], violation)
            if row is None:
                findings.append(finding)
            else:
                allowed.append(AllowedViolation(finding, row))
    return SchemaReport(checked, tuple(findings), tuple(allowed), tuple(unchecked), errors)


def _pairs(question: Question, reply: Reply) -> Iterator[tuple[tuple[int, ...], dict[str, Any], dict[str, Json]]]:
    """Yield each answer with its request and its place in a batch; those that belong to none are left out."""
    requests = question.requests()
    try:
        content = decode_answer(reply.body)
    except UnreadableAnswer:
        return
    if isinstance(content, dict):
        if len(requests) == 1:
            yield (), requests[0], content
        return
    for place, answer in enumerate(content if isinstance(content, list) else []):
        if isinstance(answer, dict):
            asked = [request for request in requests if request.get("id") == answer.get("id")]
            if len(asked) == 1:
                yield (place,), asked[0], answer


def _finding(endpoint: str, question: Question, method: str, prefix: tuple[int, ...], violation: Violation) -> Finding:
    place = show_path((*prefix, "result", *violation.path))
    asked = f"{violation.rule} {violation.asked}"
    return Finding(CLAIM, endpoint, method, question.body, place, asked, violation.found)


def example_is_error(question: Question) -> bool | None:
    """Say whether the recorded answer to a question is an error; None where nothing that can be read is recorded."""
    try:
        content = decode_answer(question.recorded.encode())
    except UnreadableAnswer:
        return None
    return "error" in content if isinstance(content, dict) else None
