"""Counts of a run, by method and in all."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass

from conformance.allowances import ALLOWANCES, MESSAGE, Allowance
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


def by_method(run: Run) -> dict[str, list[Judgement]]:
    """Return the judgements of each method, in the order they were asked."""
    methods: dict[str, list[Judgement]] = {}
    for judgement in run.judgements:
        methods.setdefault(judgement.question.method, []).append(judgement)
    return methods


def count_by_method(run: Run) -> dict[str, Totals]:
    """Return the counts of each method, in the order they were asked."""
    return {method: count(judgements) for method, judgements in by_method(run).items()}


def list_allowances(run: Run) -> list[tuple[Allowance, int]]:
    """Return every row of the table of allowances, and others that were used, with how many differences each let pass.

    Error messages are counted in their row.
    """
    rows = {row.name: row for row in ALLOWANCES}
    uses: Counter[str] = Counter()
    for judgement in run.judgements:
        uses[MESSAGE] += len(judgement.message_differences)
        for allowed in judgement.allowed:
            rows.setdefault(allowed.allowance.name, allowed.allowance)
            uses[allowed.allowance.name] += 1
    return [(row, uses[name]) for name, row in rows.items()]


def count_allowances(run: Run) -> dict[str, int]:
    """Return how many differences each allowance let pass, unused ones too."""
    return {row.name: uses for row, uses in list_allowances(run)}
