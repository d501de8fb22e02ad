"""What verification says: a claim about answers held, was broken with findings, or could not be checked."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum

from conformance.answers import encode_answer
from conformance.compare import ABSENT, show_path
from conformance.verify.spot import Malformed, Unchecked, Wrong

FINDINGS_MAX = 20
"""Findings that are kept of one claim about one thing."""
VALUE_CHARACTERS_MAX = 400


class State(StrEnum):
    """What became of a claim."""

    HOLDS = "holds"
    BROKEN = "broken"
    UNCHECKED = "unchecked"


@dataclass(frozen=True, slots=True)
class Finding:
    """A place where an endpoint contradicts its own hashes, or itself."""

    claim: str
    """The name of what does not hold."""
    endpoint: str
    """Whose answer is wrong."""
    method: str
    request: str
    """The body sent."""
    place: str
    """Where in the answer: `$.result.transactions[3].from`."""
    expected: str
    found: str

    def __str__(self) -> str:
        return f"{self.claim}: {self.place} of {self.method} is {self.found}, expected {self.expected}"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What is said of one claim about one thing."""

    claim: str
    about: str
    """The thing: `block-61`."""
    method: str
    """The method whose answers the claim is mostly about."""
    meaning: str
    """The claim in a sentence."""
    state: State
    findings: tuple[Finding, ...] = ()
    reason: str = ""
    """Why it could not be checked."""


def check_claim(claim: str, about: str, method: str, meaning: str, check: Callable[[], Iterable[Wrong]]) -> Outcome:
    """Run a check, whatever the answers are that it reads: findings go before what could not be checked."""
    findings: list[Finding] = []
    reason = ""
    try:
        for wrong in check():
            findings.append(_finding(claim, wrong))
            if len(findings) == FINDINGS_MAX:
                break
    except Malformed as malformed:
        findings.append(_finding(claim, malformed.wrong))
    except Unchecked as error:
        reason = str(error)
    state = State.BROKEN if findings else State.UNCHECKED if reason else State.HOLDS
    return Outcome(claim, about, method, meaning, state, tuple(findings), reason)


def _finding(claim: str, wrong: Wrong) -> Finding:
    spot = wrong.spot
    found = "not there" if spot.value is ABSENT else _cut(encode_answer(spot.value))
    answer = spot.answer
    return Finding(claim, answer.endpoint, answer.method, answer.request, show_path(spot.path), wrong.expected, found)


def _cut(text: str) -> str:
    if len(text) <= VALUE_CHARACTERS_MAX:
        return text
    return f"{text[:VALUE_CHARACTERS_MAX]}… ({len(text)} characters)"
