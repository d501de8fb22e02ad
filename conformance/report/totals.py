"""Counts of a run, by method and in all."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass

from conformance.allowances import ALLOWANCES, MESSAGE
from conformance.run import Run
from conformance.verdict import Judgement, Verdict


@dataclass(frozen=True, slots=True)
class Totals:
    """Counts over judgements."""

    asked: int
    match: int
    mismatch: int
    lag: int
    inconclusive: int
    unchecked: int
    """Those that only a schema could judge, where none is given."""
    messages: int
    """Answers whose error has another message, and nothing else that counts."""
    allowed: int
    """Answers in which some allowance was used."""

    def as_json(self) -> dict[str, int]:
        """Return the counts by their names."""
        return asdict(self)


def count(judgements: Iterable[Judgement]) -> Totals:
    """Count judgements."""
    every = list(judgements)
    verdicts = Counter(judgement.verdict for judgement in every)
    return Totals(
        asked=len(every),
        match=verdicts[Verdict.MATCH],
        mismatch=verdicts[Verdict.MISMATCH],
        lag=verdicts[Verdict.LAG],
        inconclusive=verdicts[Verdict.INCONCLUSIVE],
        unchecked=verdicts[Verdict.UNCHECKED],
        messages=sum(1 for judgement in every if judgement.message_differences),
        allowed=sum(1 for judgement in every if judgement.allowed),
    )


def count_by_method(run: Run) -> dict[str, Totals]:
    """Return the counts of each method, in the order they were asked."""
    methods: dict[str, list[Judgement]] = {}
    for judgement in run.judgements:
        methods.setdefault(judgement.question.method, []).append(judgement)
    return {method: count(judgements) for method, judgements in methods.items()}


def count_allowances(run: Run) -> dict[str, int]:
    """Return how many differences each row of the table of allowances let pass, unused rows too."""
    uses = Counter(allowed.allowance.name for judgement in run.judgements for allowed in judgement.allowed)
    uses[MESSAGE] = sum(len(judgement.message_differences) for judgement in run.judgements)
    return {row.name: uses[row.name] for row in ALLOWANCES}
