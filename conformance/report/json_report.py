"""The run as JSON for other programs; docs/conformance.md describes every field."""

import json
from collections.abc import Sequence
from typing import Any

from conformance.about import without_secrets
from conformance.answers import encode_answer
from conformance.compare import ABSENT, Difference, Value, show_path
from conformance.report.latency import measure
from conformance.report.totals import by_method, count, list_allowances
from conformance.run import Run
from conformance.subject import Subject
from conformance.verdict import Judgement
from conformance.verify.values import Finding

SCHEMA = "ethercattle.conform/2"
"""Changes its number when a field changes its meaning or goes; new fields may come at any time."""


def as_json(run: Run) -> str:
    """Return the report's text."""
    about = run.about
    report = {
        "schema": SCHEMA,
        "verdict": run.verdict.value,
        "exit_code": run.exit_code,
        "interrupted": run.interrupted,
        "stopped": run.stopped,
        "title": run.title,
        "chain": about.chain,
        "seed": about.seed,
        "flags": about.flags,
        "started_at": about.started_at,
        "reference": _subject(run.reference),
        "candidate": _subject(run.candidate),
        "strict_messages": run.strict_messages,
        "lag_blocks_max": run.lag_blocks_max,
        "seconds": round(run.seconds, 3),
        "planned": run.planned,
        "totals": count(run.judgements).as_json(),
        "latency": _latency(run.judgements),
        "methods": {
            method: {**count(judgements).as_json(), "latency": _latency(judgements)}
            for method, judgements in sorted(by_method(run).items())
        },
        "allowances": [
            {"name": row.name, "methods": row.methods, "path": row.path, "reason": row.reason, "uses": uses}
            for row, uses in list_allowances(run)
        ],
        "cases": [_case(judgement) for judgement in run.judgements],
    }
    return json.dumps(report, indent=1) + "\n"


def _subject(subject: Subject) -> dict[str, str]:
    return {"name": without_secrets(subject.name), "version": subject.version}


def _latency(judgements: Sequence[Judgement]) -> dict[str, Any]:
    found = measure(judgements)
    return {"reference": found.reference.as_json(), "candidate": found.candidate.as_json()}


def _case(judgement: Judgement) -> dict[str, Any]:
    question = judgement.question
    return {
        "case": question.name,
        "method": question.method,
        "why": question.why,
        "source": question.source,
        "request": question.body,
        "verdict": judgement.verdict.value,
        "problem": judgement.problem,
        "lag_blocks": judgement.lag_blocks,
        "wrong_side": judgement.wrong_side,
        "reference_seconds": _rounded(judgement.timing.reference_seconds),
        "candidate_seconds": _rounded(judgement.timing.candidate_seconds),
        "differences": [_difference(difference) for difference in judgement.differences],
        "message_differences": [_difference(difference) for difference in judgement.message_differences],
        "allowed": [
            {"allowance": allowed.allowance.name, **_difference(allowed.difference)} for allowed in judgement.allowed
        ],
        "findings": [_finding(finding) for finding in judgement.findings],
    }


def _finding(finding: Finding) -> dict[str, str]:
    return {
        "claim": finding.claim,
        "endpoint": without_secrets(finding.endpoint),
        "method": finding.method,
        "request": finding.request,
        "path": finding.place,
        "expected": finding.expected,
        "found": finding.found,
    }


def _rounded(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, 6)


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
