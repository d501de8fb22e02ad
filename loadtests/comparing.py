"""Compares the answers of two targets to the same request, by the rules of conformance, and counts what was found."""

from array import array
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from conformance.compare import show_path
from conformance.corpus import Question
from conformance.subject import Reply as Answer
from conformance.verdict import Judgement, Verdict, judge
from loadtests.calls import Arrival
from loadtests.consistency import BLOCK_HASH
from loadtests.judging import is_static
from loadtests.outcomes import Kind, Outcome
from loadtests.seams import Reply
from loadtests.slices import MICROSECONDS, Ending, pack_times, read_times

EXAMPLES_MAX = 20
"""Mismatches that are kept whole, of one process."""
TEXT_CHARACTERS_MAX = 500
PER_NODE = frozenset({"eth_accounts", "eth_syncing", "net_listening", "net_peerCount", "web3_clientVersion"})
"""Methods whose answers are about the node, not about its chain."""
MISMATCH = Outcome(Kind.MISMATCH)


@dataclass(frozen=True, slots=True)
class Example:
    """A mismatch."""

    method: str
    request: str
    problem: str


@dataclass(slots=True)
class PairCounts:
    """What one process found in pairs of answers since it was asked last."""

    services: "defaultdict[str, tuple[array[int], array[int]]]" = field(
        default_factory=lambda: defaultdict(lambda: (array(MICROSECONDS), array(MICROSECONDS)))
    )
    """Service times of both targets by method, in microseconds, of pairs of which both were answered well."""
    endings: "defaultdict[Ending, int]" = field(default_factory=lambda: defaultdict(int))
    """How the calls of the second target ended."""
    compared: int = 0
    """Pairs of requests whose answers were compared."""
    not_compared: int = 0
    """Pairs whose answers may differ: about different heads, or about nodes; or of which one failed."""
    mismatches: int = 0
    """Calls that were answered differently."""
    examples: list[Example] = field(default_factory=list)

    def take(self) -> "PairCounts":
        """Return what was counted since it was asked last."""
        taken = PairCounts()
        taken.add(self)
        self.services.clear()
        self.endings.clear()
        self.examples.clear()
        self.compared = self.not_compared = self.mismatches = 0
        return taken

    def keep(self, example: Example) -> None:
        """Keep an example, unless there are enough."""
        if len(self.examples) < EXAMPLES_MAX:
            self.examples.append(example)

    def add(self, other: "PairCounts") -> None:
        """Add what was found elsewhere or later."""
        for method, (ours, theirs) in other.services.items():
            self.services[method][0].extend(ours)
            self.services[method][1].extend(theirs)
        for ending, count in other.endings.items():
            self.endings[ending] += count
        self.compared += other.compared
        self.not_compared += other.not_compared
        self.mismatches += other.mismatches
        self.examples = [*self.examples, *other.examples][:EXAMPLES_MAX]


def is_comparable(arrival: Arrival, ours: Reply, theirs: Reply) -> bool:
    """Say whether two right answers must be the same: the heads they name are, or nothing in the request moves."""
    if any(call.method in PER_NODE or call.allows_null for call in arrival.calls):
        return False
    head = ours.headers.get(BLOCK_HASH)
    if head is not None and head == theirs.headers.get(BLOCK_HASH):
        return True
    return all(call.needs_block is not None or is_static(call.method) for call in arrival.calls)


def compare(arrival: Arrival, body: bytes, ours: Reply, theirs: Reply) -> tuple[tuple[int, ...], Example | None]:
    """Return the places of the calls that were answered differently, and one of them as an example.

    Args:
        arrival: the request.
        body: what was sent.
        ours: the candidate's answer.
        theirs: the reference's.
    """
    if ours.body == theirs.body:
        return (), None
    method = arrival.calls[0].method
    question = Question("load", method, "", body.decode(), "")
    judgement = judge(question, Answer(theirs.status, theirs.body), Answer(ours.status, ours.body))
    if judgement.verdict is not Verdict.MISMATCH:
        return (), None
    found = {step.path[0] for step in judgement.differences if arrival.is_batch and step.path}
    places = [place for place in found if isinstance(place, int) and place < len(arrival.calls)]
    wrong = tuple(sorted(places)) or tuple(range(len(arrival.calls)))
    call = arrival.calls[wrong[0]]
    return wrong, Example(call.method, call.body.decode()[:TEXT_CHARACTERS_MAX], _problem(judgement))


def mark_mismatches(outcomes: Sequence[Outcome], wrong: Sequence[int]) -> tuple[Outcome, ...]:
    """Return outcomes in which calls at some places are mismatches."""
    return tuple(MISMATCH if place in wrong else outcome for place, outcome in enumerate(outcomes))


def _problem(judgement: Judgement) -> str:
    """Return what differs, as one line."""
    if judgement.problem or not judgement.differences:
        return judgement.problem[:TEXT_CHARACTERS_MAX]
    first = judgement.differences[0]
    text = f"{show_path(first.path)} is {first.got!r}, expected {first.expected!r} ({first.kind})"
    more = len(judgement.differences) - 1
    return text[:TEXT_CHARACTERS_MAX] + (f", and {more} more" if more else "")


def to_plain(counts: PairCounts) -> dict[str, Any]:
    """Return counts as values that JSON can hold."""
    return {
        "services": {method: [pack_times(one), pack_times(other)] for method, (one, other) in counts.services.items()},
        "endings": [[*ending, count] for ending, count in counts.endings.items()],
        "compared": counts.compared,
        "not_compared": counts.not_compared,
        "mismatches": counts.mismatches,
        "examples": [[each.method, each.request, each.problem] for each in counts.examples],
    }


def read_plain(found: Mapping[str, Any]) -> PairCounts:
    """Return the counts that `to_plain` wrote."""
    counts = PairCounts(
        compared=found["compared"],
        not_compared=found["not_compared"],
        mismatches=found["mismatches"],
        examples=[Example(*each) for each in found["examples"]],
    )
    for method, (one, other) in found["services"].items():
        counts.services[method] = (read_times(one), read_times(other))
    for method, kind, code, count in found["endings"]:
        counts.endings[Ending(method, Kind(kind), code)] = count
    return counts
