"""Plants every kind of fault in every recorded answer that can bear it, and counts what the comparison sees.

A planting is *killed* where the verdict is a mismatch; *allowed* where it fell into a place that an allowance lets
differ; anything else *survived*: a wrong answer that would be called right, or about which nothing is said. A right
answer in another form that is not called a match is a *false alarm*.
"""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from random import Random

from conformance.allowances import EXACT, Settings
from conformance.answers import UnreadableAnswer, decode_answer
from conformance.corpus import Question
from conformance.faults.excuses import find_excuses
from conformance.faults.facts import Facts, gather_facts
from conformance.faults.fault import Fault, Right, Wrong, right_answer
from conformance.faults.table import CONTROLS, FAULTS
from conformance.subject import Reply
from conformance.verdict import Judgement, Verdict, judge

OK = 200
ESCAPED_KEPT_MAX = 200
"""Survivors and false alarms that are kept to be shown; all are counted."""
Judge = Callable[[Question, Reply, Reply, Settings], Judgement]
_KILLED = {Verdict.MISMATCH, Verdict.LAG}


class Fate(StrEnum):
    """What became of one planted fault."""

    KILLED = "killed"
    SURVIVED = "survived"
    ALLOWED = "allowed"


@dataclass(frozen=True, slots=True)
class Escaped:
    """A wrong answer that was not called wrong, or a right one that was not called right."""

    fault: Fault
    right: Right
    wrong: Wrong
    judgement: Judgement


@dataclass(slots=True)
class Tally:
    """What became of one kind of fault in all answers."""

    fault: Fault
    killed: int = 0
    survived: int = 0
    allowed: int = 0
    not_applicable: int = 0
    """Answers in which it can't be seen."""
    allowances: dict[str, int] = field(default_factory=dict)
    """How often each allowance let it pass."""

    @property
    def planted(self) -> int:
        """Answers in which it was planted."""
        return self.killed + self.survived + self.allowed

    @property
    def kill_rate(self) -> float | None:
        """Killed of those that had to be; None where there was none."""
        return self.killed / (self.killed + self.survived) if self.killed + self.survived else None


@dataclass(frozen=True, slots=True)
class SelfTest:
    """All that a self-test found."""

    title: str
    seed: int
    questions: int
    planned: int
    """Answers times kinds, controls included."""
    tried: int
    tallies: tuple[Tally, ...]
    controls: tuple[Tally, ...]
    """Of these, `killed` are false alarms and `survived` are right."""
    escaped: tuple[Escaped, ...]
    """The first survivors and false alarms."""
    seconds: float

    @property
    def is_whole(self) -> bool:
        """Whether everything planned was tried."""
        return self.tried == self.planned

    @property
    def survivors(self) -> int:
        """Faults that were not seen."""
        return sum(tally.survived for tally in self.tallies)

    @property
    def false_alarms(self) -> int:
        """Right answers that were blamed."""
        return sum(tally.killed for tally in self.controls)

    @property
    def exit_code(self) -> int:
        """0 all killed and no false alarm; 1 some not; 3 nothing planted, or ended early."""
        if self.survivors or self.false_alarms:
            return 1
        return 0 if self.is_whole and any(tally.killed for tally in self.tallies) else 3


def self_test(
    title: str,
    questions: Sequence[Question],
    *,
    settings: Settings = EXACT,
    seed: int = 0,
    faults: Sequence[Fault] = FAULTS,
    controls: Sequence[Fault] = CONTROLS,
    judged_by: Judge = judge,
    tell: Callable[[str], None] = lambda _: None,
) -> SelfTest:
    """Plant each fault in each recorded answer, one at a time; Ctrl-C ends it early, with what was found so far.

    Args:
        title: what it is about.
        questions: with their recorded answers, which are right.
        settings: what the user asks for.
        seed: of where in an answer a fault is planted.
        faults: the kinds.
        controls: what is none.
        judged_by: the comparison that is tested.
        tell: called with the fault's name after each kind in each answer.
    """
    started = time.monotonic()
    judged = [question for question in questions if not question.speconly]
    facts = gather_facts(judged)
    tallies = {fault.name: Tally(fault) for fault in (*faults, *controls)}
    harmless = {control.name for control in controls}
    escaped: list[Escaped] = []
    tried = 0
    try:
        for fault, planting in _plantings(judged, (*faults, *controls), facts, seed, settings, judged_by):
            tried += 1
            _count(tallies[fault.name], planting, is_control=fault.name in harmless)
            if planting is not None and _has_escaped(planting, is_control=fault.name in harmless):
                escaped += [planting.found] if len(escaped) < ESCAPED_KEPT_MAX else []
            tell(fault.name)
    except KeyboardInterrupt:
        pass
    return SelfTest(
        title, seed, len(judged), len(judged) * len(tallies), tried,
        tuple(tallies[fault.name] for fault in faults), tuple(tallies[control.name] for control in controls),
        tuple(escaped), time.monotonic() - started,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Planting:
    found: Escaped
    excuses: tuple[str, ...]

    @property
    def fate(self) -> Fate:
        verdict = self.found.judgement.verdict
        if verdict in _KILLED:
            return Fate.KILLED
        return Fate.ALLOWED if verdict is Verdict.MATCH and self.excuses else Fate.SURVIVED


def _plantings(
    questions: Iterable[Question],
    faults: Sequence[Fault],
    facts: Facts,
    seed: int,
    settings: Settings,
    judged_by: Judge,
) -> Iterator[tuple[Fault, _Planting | None]]:
    for question in questions:
        right = right_answer(question, Reply(OK, question.recorded.encode()))
        for fault in faults:
            random = Random(f"{seed} {fault.name} {question.name}")  # noqa: S311 - no secret
            wrong = fault.plant(right, facts, random)
            if wrong is None:
                yield fault, None
                continue
            judgement = judged_by(question, right.reply, Reply(wrong.status, wrong.body), settings)
            yield fault, _Planting(Escaped(fault, right, wrong, judgement), _excuses(right, wrong, judgement, settings))


def _excuses(right: Right, wrong: Wrong, judgement: Judgement, settings: Settings) -> tuple[str, ...]:
    """Return which allowances may have let a wrong answer pass."""
    if judgement.verdict is not Verdict.MATCH or wrong.status != right.reply.status:
        return ()
    try:
        answer = decode_answer(wrong.body)
    except UnreadableAnswer:
        return ()
    return find_excuses(right.question, right.answer, answer, settings) if right.is_json else ()


def _count(tally: Tally, planting: _Planting | None, *, is_control: bool) -> None:
    if planting is None:
        tally.not_applicable += 1
    elif is_control:
        is_match = planting.found.judgement.verdict is Verdict.MATCH
        tally.survived += is_match
        tally.killed += not is_match
    elif planting.fate is Fate.KILLED:
        tally.killed += 1
    elif planting.fate is Fate.SURVIVED:
        tally.survived += 1
    else:
        tally.allowed += 1
        for name in planting.excuses:
            tally.allowances[name] = tally.allowances.get(name, 0) + 1


def _has_escaped(planting: _Planting, *, is_control: bool) -> bool:
    if is_control:
        return planting.found.judgement.verdict is not Verdict.MATCH
    return planting.fate is Fate.SURVIVED
