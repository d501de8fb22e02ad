"""The run as JSON for other programs; docs/conformance.md describes every field."""

import json
from typing import Any

from conformance.allowances import ALLOWANCES
from conformance.answers import encode_answer
from conformance.compare import ABSENT, Difference, Value, show_path
from conformance.report.totals import count, count_allowances, count_by_method
from conformance.run import Run
from conformance.subject import Subject
from conformance.verdict import Judgement

SCHEMA = "ethercattle.conform/2"
"""Changes its number when a field changes its meaning or goes; new fields may come at any time."""


def as_json(run: Run) -> str:
    """Return the report's text."""
    uses = count_allowances(run)
    report = {
        "schema": SCHEMA,
        "verdict": run.verdict.value,
        "exit_code": run.exit_code,
        "interrupted": run.interrupted,
        "title": run.title,
        "reference": _subject(run.reference),
        "candidate": _subject(run.candidate),
        "strict_messages": run.strict_messages,
        "seconds": round(run.seconds, 3),
        "planned": run.planned,
        "totals": count(run.judgements).as_json(),
        "methods": {method: totals.as_json() for method, totals in sorted(count_by_method(run).items())},
        "allowances": [
            {"name": row.name, "methods": row.methods, "path": row.path, "reason": row.reason, "uses": uses[row.name]}
            for row in ALLOWANCES
        ],
        "cases": [_case(judgement) for judgement in run.judgements],
    }
    return json.dumps(report, indent=1) + "\n"


def _subject(subject: Subject) -> dict[str, str]:
    return {"name": subject.name, "version": subject.version}


def _case(judgement: Judgement) -> dict[str, Any]:
    question = judgement.question
    return {
        "case": question.name,
        "method": question.method,
        "why": question.why,
        "request": question.body,
        "verdict": judgement.verdict.value,
        "problem": judgement.problem,
        "differences": [_difference(difference) for difference in judgement.differences],
        "message_differences": [_difference(difference) for difference in judgement.message_differences],
        "allowed": [
            {"allowance": allowed.allowance.name, **_difference(allowed.difference)} for allowed in judgement.allowed
        ],
    }


def _difference(difference: Difference) -> dict[str, Any]:
    return {
        "path": show_path(difference.path),
        "kind": difference.kind.value,
        "detail": difference.detail,
        "reference": _text(difference.expected),
        "candidate": _text(difference.got),
    }


def _text(value: Value) -> str | None:
    """Return a value as JSON text, in which numbers keep every digit; None where there is no value."""
    return None if value is ABSENT else encode_answer(value)
