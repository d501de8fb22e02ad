"""Says which of two endpoints is wrong where their answers differ, by what the hashes of their blocks prove."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from conformance.corpus import Question
from conformance.subject import Reply
from conformance.verify.answer import verify_answer
from conformance.verify.ask import Asker, read_answer
from conformance.verify.evidence import Evidence
from conformance.verify.forms import is_verifiable
from conformance.verify.values import Finding, Outcome, State


class Side(StrEnum):
    """Whose answer is wrong."""

    REFERENCE = "reference"
    CANDIDATE = "candidate"
    BOTH = "both"
    UNKNOWN = "unknown"
    """Nothing proves or refutes either, or both can be right, as on two branches of a chain."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """Which side is wrong, and how that is known."""

    side: Side
    findings: tuple[Finding, ...] = ()
    """What contradicts the answers that are wrong."""
    reason: str = ""
    """Why it is not known."""


@dataclass(frozen=True, slots=True)
class Endpoints:
    """Whom to ask for proofs; a record has no endpoint, and is asked nothing."""

    reference: Asker | None
    candidate: Asker | None


def explain(question: Question, expected: Reply, got: Reply, endpoints: Endpoints) -> Explanation:
    """Say which of two answers to a question is wrong.

    Args:
        question: what was asked; only one request at a time can be explained.
        expected: the reference's reply.
        got: the candidate's reply.
        endpoints: both, for proofs; a block, its receipts or an account may come from either, as hashes prove them.
    """
    requests = question.requests()
    if len(requests) != 1 or not is_verifiable(requests[0]) or question.body.lstrip().startswith("["):
        return Explanation(Side.UNKNOWN, (), "no hash proves the answer to such a request")
    askers = [asker for asker in (endpoints.reference, endpoints.candidate) if asker is not None]
    sides = (("reference", expected, endpoints.reference), ("candidate", got, endpoints.candidate))
    reference, candidate = (_verify(requests[0], question, *side, askers) for side in sides)
    findings = reference.findings + candidate.findings
    if reference.state is State.BROKEN and candidate.state is State.BROKEN:
        return Explanation(Side.BOTH, findings)
    if findings:
        return Explanation(Side.REFERENCE if reference.state is State.BROKEN else Side.CANDIDATE, findings)
    reason = reference.reason or candidate.reason or "both are proven as far as can be, and may be of two branches"
    return Explanation(Side.UNKNOWN, (), reason)


def _verify(
    request: dict[str, Any], question: Question, name: str, reply: Reply, asker: Asker | None, askers: Sequence[Asker]
) -> Outcome:
    """Verify one side's reply; what only its endpoint could say stays unchecked where there is none."""
    answer = read_answer(name, str(request.get("method")), question.body, reply, request.get("id"))
    others = [other for other in askers if other is not asker]
    evidence = Evidence([asker, *others] if asker is not None else others)
    return verify_answer(request, answer, asker, evidence)
