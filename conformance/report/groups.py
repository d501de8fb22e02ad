"""Puts together what is wrong in the same way, so that one cause that shows in a thousand answers is one line."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from conformance.answers import encode_answer
from conformance.compare import ABSENT, Difference, Path, Value
from conformance.report.diff import WORDS
from conformance.verdict import Judgement, Verdict

_NUMBERS = re.compile(r"0x[0-9a-f]+|\d+")
"""What is not the same in each reason, as blocks and hashes."""
GOOD = {Verdict.MATCH, Verdict.UNCHECKED}


@dataclass(frozen=True, slots=True)
class Group:
    """Answers of one method that are wrong in the same way."""

    method: str
    verdict: Verdict
    what: str
    """The place and what is wrong there, places in arrays being `[*]`; or the first one's reason."""
    places: tuple[int, ...]
    """Which judgements of the run."""


@dataclass(frozen=True, slots=True)
class MessageGroup:
    """Errors of one method whose messages differ in the same way."""

    method: str
    reference: str
    candidate: str
    places: tuple[int, ...]


def group_wrong(judgements: Iterable[Judgement]) -> list[Group]:
    """Return what is wrong, the most frequent of the worst verdict first."""
    found: dict[tuple[str, Verdict, str], list[int]] = {}
    words: dict[tuple[str, Verdict, str], str] = {}
    for place, judgement in enumerate(judgements):
        if judgement.verdict not in GOOD:
            what = what_is_wrong(judgement)
            alike = what if what != judgement.problem else _NUMBERS.sub("#", what)
            key = (judgement.question.method, judgement.verdict, alike)
            found.setdefault(key, []).append(place)
            words.setdefault(key, what)
    worst = [Verdict.MISMATCH, Verdict.LAG, Verdict.INCONCLUSIVE]
    groups = [Group(key[0], key[1], words[key], tuple(places)) for key, places in found.items()]
    return sorted(groups, key=lambda group: (worst.index(group.verdict), -len(group.places)))


def group_messages(judgements: Iterable[Judgement]) -> list[MessageGroup]:
    """Return the messages that differ, the most frequent first."""
    found: dict[tuple[str, str, str], list[int]] = {}
    for place, judgement in enumerate(judgements):
        for difference in judgement.message_differences:
            key = (judgement.question.method, _text(difference.expected), _text(difference.got))
            found.setdefault(key, []).append(place)
    groups = [MessageGroup(*key, tuple(places)) for key, places in found.items()]
    return sorted(groups, key=lambda group: -len(group.places))


def choose_examples(groups: Sequence[Group], count_max: int) -> list[int]:
    """Return which judgements stand for all that is wrong: in turn one of each group, so that every kind is there."""
    chosen: list[int] = []
    rank = 0
    while len(chosen) < count_max and any(rank < len(group.places) for group in groups):
        chosen += [group.places[rank] for group in groups if rank < len(group.places)]
        rank += 1
    return chosen[:count_max]


def what_is_wrong(judgement: Judgement) -> str:
    """Return what is wrong with an answer in a few words, the same for what looks to have one cause."""
    if judgement.problem and judgement.verdict is not Verdict.MISMATCH:
        return judgement.problem
    if judgement.differences:
        first = judgement.differences[0]
        more = len(judgement.differences) - 1
        return f"{_general_path(first.path)} {_words(first)}{', and more' if more else ''}"
    if judgement.findings:
        first_finding = judgement.findings[0]
        return f"{first_finding.claim} of {first_finding.endpoint}"
    return judgement.problem


def _words(difference: Difference) -> str:
    """Return what is wrong in one place; of an error beside a result, and of another code, which."""
    codes = [_code(value, difference.path) for value in (difference.expected, difference.got)]
    said = f" ({' / '.join(code for code in codes if code)})" if any(codes) else ""
    return WORDS[difference.kind] + said


def _code(value: Value, path: Path) -> str:
    if isinstance(value, dict) and isinstance(value.get("code"), int):
        return f"code {value['code']}"
    return f"code {value}" if path[-1:] == ("code",) and isinstance(value, int) else ""


def _general_path(path: Path) -> str:
    return "$" + "".join("[*]" if isinstance(step, int) else f".{step}" for step in path)


def _text(value: Value) -> str:
    return "" if value is ABSENT else encode_answer(value)
