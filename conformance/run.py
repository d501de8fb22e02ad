"""Puts every question to reference and candidate, several at a time, and collects the judgements in order."""

import time
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import closing, nullcontext
from dataclasses import dataclass
from functools import partial

from conformance.about import NOTHING, About
from conformance.allowances import EXACT, Settings
from conformance.corpus import Question
from conformance.examine import SILENT_IN_A_ROW_MAX, Examiner
from conformance.pool import map_in_order
from conformance.processes import ProcessLost, judge_in_processes
from conformance.schema import Schemas
from conformance.settle import PATIENT, Patience
from conformance.subject import Subject
from conformance.verdict import Judgement, Verdict, overall
from conformance.watch import Watch

__all__ = ["SILENT_IN_A_ROW_MAX", "Limits", "Run", "run_questions"]


@dataclass(frozen=True, slots=True)
class Limits:
    """How much is asked, and how much may be wrong."""

    jobs: int = 1
    """Questions asked at a time."""
    shares: tuple[int, ...] = ()
    """By how many threads in each of several processes; where there are none, by threads of this one."""
    mismatches_max: int | None = None
    """After so many wrong answers no more is asked."""
    seconds_max: float | None = None
    """After this time no more is asked; what is left then was not meant to be asked."""
    lag_blocks_max: int = 0
    """A candidate that lags by so many blocks is as good as one that matches."""


UNLIMITED = Limits()


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
    lag_blocks_max: int = 0
    stopped: str = ""
    """Why it ended before the last question, where that was asked for."""

    @property
    def verdict(self) -> Verdict:
        """What is said of the candidate: with questions left out, nothing good."""
        left_out = [Verdict.INCONCLUSIVE] * (self.planned - len(self.judgements))
        return overall([*(self._counted(judgement) for judgement in self.judgements), *left_out])

    @property
    def exit_code(self) -> int:
        """0 match, 1 mismatch or lag, 3 inconclusive or interrupted."""
        if self.interrupted:
            return 3
        return {Verdict.MATCH: 0, Verdict.MISMATCH: 1, Verdict.LAG: 1}.get(self.verdict, 3)

    def _counted(self, judgement: Judgement) -> Verdict:
        is_little = judgement.verdict is Verdict.LAG and judgement.lag_blocks <= self.lag_blocks_max
        return Verdict.MATCH if is_little else judgement.verdict


def run_questions(
    title: str,
    questions: Iterable[Question],
    reference: Subject,
    candidate: Subject,
    *,
    settings: Settings = EXACT,
    schemas: Schemas | None = None,
    limits: Limits = UNLIMITED,
    planned: int | None = None,
    patience: Patience = PATIENT,
    watch: Watch | None = None,
    tell: Callable[[Judgement], None] = lambda _: None,
) -> Run:
    """Ask and judge every question; Ctrl-C ends it early, with what was judged so far.

    Args:
        title: what the run is about.
        questions: taken as they are asked; at least one.
        reference: whose answers are right.
        candidate: whose answers are judged.
        settings: what is asked of answers.
        schemas: those that every result must fit besides, and that alone judge the questions marked so.
        limits: how much is asked.
        planned: how many questions there are, where they have no length.
        patience: how long to wait for a candidate that is behind.
        watch: looks at both sides meanwhile; what it says comes last.
        tell: called with each judgement when it is made, in the order of questions.
    """
    recipe = partial(Examiner, reference, candidate, settings, schemas, patience)
    planned = len(questions) if isinstance(questions, Sequence) else planned
    collected = _Collected(limits, tell)
    interrupted = False
    watched: list[Judgement] = []
    try:
        with (
            watch.running() if watch is not None else nullcontext(),
            closing(_judged(recipe, collected.until_limit(questions), limits)) as judgements,
        ):
            for judgement in judgements:
                if collected.add(judgement):
                    break
        watched = watch.judgements() if watch is not None else []
    except KeyboardInterrupt:
        interrupted = True
    except ProcessLost as error:
        interrupted, collected.stopped = True, f"because {error}"
    made = tuple(collected.judgements)
    meant = len(made) + interrupted if planned is None or collected.is_time_up else planned
    seconds = time.monotonic() - collected.started
    return Run(
        title, reference, candidate, (*made, *watched), meant + len(watched), seconds, settings.strict_messages,
        interrupted, lag_blocks_max=limits.lag_blocks_max, stopped=collected.stopped,
    )  # fmt: skip


def _judged(
    recipe: Callable[..., Examiner], questions: Iterable[Question], limits: Limits
) -> Generator[Judgement, None, None]:
    """Return the judgement on each question, in order."""
    if not limits.shares:
        return map_in_order(recipe().examine, questions, limits.jobs)
    return judge_in_processes(recipe, questions, limits.shares)


class _Collected:
    """Judgements made so far, and whether a limit is reached."""

    def __init__(self, limits: Limits, tell: Callable[[Judgement], None]) -> None:
        self.judgements: list[Judgement] = []
        self.started = time.monotonic()
        self.stopped = ""
        self.is_time_up = False
        self._limits = limits
        self._wrong = 0
        self._tell = tell

    def add(self, judgement: Judgement) -> bool:
        """Take a judgement, and say whether enough answers were wrong."""
        self.judgements.append(judgement)
        is_lag = judgement.verdict is Verdict.LAG and judgement.lag_blocks > self._limits.lag_blocks_max
        self._wrong += is_lag or judgement.verdict is Verdict.MISMATCH
        self._tell(judgement)
        if self._limits.mismatches_max is None or self._wrong < self._limits.mismatches_max:
            return False
        self.stopped = f"after {self._wrong} wrong answers"
        return True

    def until_limit(self, questions: Iterable[Question]) -> Iterator[Question]:
        """Yield questions until time is up."""
        seconds_max = self._limits.seconds_max
        for question in questions:
            if seconds_max is not None and time.monotonic() - self.started > seconds_max:
                self.stopped, self.is_time_up = f"after {seconds_max:g} s", True
                return
            yield question
