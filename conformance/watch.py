"""Watches what the tags of both endpoints stand for while questions are asked, and judges that by itself.

A tag is right where it names a block that the reference has; where finalized, safe and latest are one chain in that
order; where latest goes back only as the chain reorganises; and where in the end it names what the reference's does.
"""

import json
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise

from conformance.corpus import Question
from conformance.heads import Heads, Side, is_seen
from conformance.pin import LATEST
from conformance.settle import CONFIRMATIONS, PATIENT, Patience
from conformance.subject import Position
from conformance.verdict import Judgement, Verdict

METHOD = "eth_getBlockByNumber"
TAGS = ("finalized", "safe", LATEST)
"""In the order in which they are read, so that none is older than the one read before it on a chain that grows."""
BETWEEN_SECONDS = 0.5
LOOKS_MAX = 20_000
_JOIN_SECONDS_MAX = 5.0
_WAIT_SECONDS = 0.05
_NO_BLOCK = "the candidate told no newest block"


@dataclass(frozen=True, slots=True)
class Look:
    """What the candidate's tags stood for at one time."""

    blocks: Heads
    is_still: bool
    """Whether its newest block was the same before and after."""
    is_one_chain: bool
    """Whether its blocks at the numbers of safe and finalized were those."""
    unknown: tuple[str, ...]
    """Tags whose block the reference should have, and has not."""
    went_back: bool = False
    """Whether the block that was the newest before is newer, and the reference has both in its chain."""


class Watch:
    """Looks at both endpoints from time to time."""

    def __init__(
        self,
        reference: Side,
        candidate: Side,
        patience: Patience = PATIENT,
        is_wanted: Callable[[Question], bool] = lambda _: True,
    ) -> None:
        """Name both sides; nothing is asked yet.

        Args:
            reference: whose tags are right.
            candidate: whose tags are judged.
            patience: how long to wait for a candidate that is behind.
            is_wanted: says of what stands for a property in reports whether to judge it.
        """
        self._reference, self._candidate, self._patience = reference, candidate, patience
        self._is_wanted = is_wanted
        self._looks: list[Look] = []

    def look(self) -> Look:
        """Look once more, and return what was seen."""
        own = self._candidate
        before = own.block(LATEST)
        # Who tells no block is not asked for more: it may be one that hangs.
        blocks = dict.fromkeys(TAGS) if before is None else {tag: own.block(tag) for tag in TAGS}
        is_one_chain = all(block is None or own.has(block) for block in blocks.values())
        is_still = before is not None and before == blocks[LATEST] == own.block(LATEST)
        unknown = tuple(tag for tag, block in blocks.items() if block is not None and self._is_unknown(block))
        last = self._looks[-1].blocks[LATEST] if self._looks else None
        found = Look(blocks, is_still, is_one_chain, unknown, self._went_back(last, blocks[LATEST]))
        if len(self._looks) < LOOKS_MAX:
            self._looks.append(found)
        return found

    def judgements(self) -> list[Judgement]:
        """Return what is to be said of all looks, and of the tags as they are in the end."""
        while len(self._looks) < CONFIRMATIONS and self.look().blocks[LATEST] is not None:
            pass
        found = [*judge_looks(self._looks), self._judge_end()]
        return [judgement for judgement in found if self._is_wanted(judgement.question)]

    @contextmanager
    def running(self) -> Iterator[None]:
        """Look every BETWEEN_SECONDS, beside what is done inside."""
        stopping = threading.Event()

        def run() -> None:
            while not stopping.wait(BETWEEN_SECONDS):
                self.look()

        thread = threading.Thread(target=run, name="conform-watch", daemon=True)
        thread.start()
        try:
            yield
        finally:
            stopping.set()
            thread.join(_JOIN_SECONDS_MAX)

    def _is_unknown(self, block: Position) -> bool:
        if self._reference.block_by_hash(block.hash) == block:
            return False
        newest = self._reference.block(LATEST)
        return newest is not None and newest.number >= block.number

    def _went_back(self, last: Position | None, newest: Position | None) -> bool:
        if last is None or newest is None or newest.number >= last.number:
            return False
        return self._reference.has(newest) and self._reference.has(last)

    def _judge_end(self) -> Judgement:
        """Wait until all tags are the same on both sides, and return how far that was from so."""
        deadline = self._patience.clock() + self._patience.seconds
        if self._looks[-1].blocks[LATEST] is None and self._candidate.block(LATEST) is None:
            return _judgement("tags-caught-up", Verdict.INCONCLUSIVE, _NO_BLOCK)
        while True:
            theirs, own = self._reference.heads(TAGS), self._candidate.heads(TAGS)
            if theirs == own:
                return _judgement("tags-caught-up", Verdict.MATCH)
            if self._patience.clock() >= deadline:
                return judge_gap(theirs, own)
            self._patience.pause(_WAIT_SECONDS)


def judge_looks(looks: Sequence[Look]) -> list[Judgement]:
    """Return a judgement for each property that tags have, over all looks."""
    still = [look for look in looks if look.is_still]
    is_unknown = [bool(look.unknown) for look in still]
    disordered = [not (is_in_order(look.blocks) and look.is_one_chain) for look in still]
    went_back = [(before.blocks[LATEST], after.blocks[LATEST]) for before, after in pairwise(looks) if after.went_back]
    judgements = [
        _over_looks("tags-known", is_unknown, "a tag names a block that the reference does not have"),
        _over_looks("tags-in-order", disordered, "finalized, safe and latest are not blocks of one chain in order"),
    ]
    if all(look.blocks[LATEST] is None for look in looks):
        return [*judgements, _judgement("latest-forward", Verdict.INCONCLUSIVE, _NO_BLOCK)]
    gaps = [before.number - after.number for before, after in went_back if before is not None and after is not None]
    if not gaps:
        return [*judgements, _judgement("latest-forward", Verdict.MATCH)]
    problem = f"latest went back {len(gaps)} times, {max(gaps)} blocks at the most, while the reference did not"
    return [*judgements, _judgement("latest-forward", Verdict.LAG, problem, max(gaps))]


def is_in_order(blocks: Mapping[str, Position | None]) -> bool:
    """Say whether the tags there are name blocks of ascending numbers."""
    numbers = [block.number for block in (blocks[tag] for tag in TAGS) if block is not None]
    return numbers == sorted(numbers)


def judge_gap(theirs: Heads, own: Heads) -> Judgement:
    """Return what to say of tags that are not the same on both sides after a wait."""
    name = "tags-caught-up"
    if not is_seen(own.get(LATEST)):
        return _judgement(name, Verdict.INCONCLUSIVE, _NO_BLOCK)
    if not all(block is None or is_seen(block) for block in (*theirs.values(), *own.values())):
        return _judgement(name, Verdict.INCONCLUSIVE, "a look at a tag had no answer")
    if theirs.get(LATEST) is None:
        return _judgement(name, Verdict.INCONCLUSIVE, "the reference told no newest block")
    gaps = []
    for tag in TAGS:
        block, mine = theirs.get(tag), own.get(tag)
        if mine is None and theirs.get(LATEST) != own.get(LATEST):
            continue  # it may come with the blocks that are still missing
        if (block is None) != (mine is None):
            who, other = ("candidate", "reference") if mine is None else ("reference", "candidate")
            return _judgement(name, Verdict.MISMATCH, f"the {who} has no {tag} block, and the {other} has one")
        if block is not None and mine is not None and block != mine:
            gaps.append((max(1, block.number - mine.number), f"{tag} is block {mine.number}, expected {block.number}"))
    blocks, problem = max(gaps, default=(1, "a tag is another block"))
    return _judgement(name, Verdict.LAG, problem, blocks)


def _over_looks(name: str, wrong: Sequence[bool], problem: str) -> Judgement:
    """Return a mismatch where looks were wrong several times in a row, a match where most recent ones were not."""
    in_a_row = most = 0
    for is_wrong in wrong:
        in_a_row = in_a_row + 1 if is_wrong else 0
        most = max(most, in_a_row)
    if most >= CONFIRMATIONS:
        return _judgement(name, Verdict.MISMATCH, f"{problem}, {most} times in a row")
    if all(wrong):
        return _judgement(name, Verdict.INCONCLUSIVE, "its head moved whenever it was looked at")
    return _judgement(name, Verdict.MATCH)


_MEANINGS: dict[str, str] = {
    "tags-known": "Each tag names a block that the reference has",
    "tags-in-order": "Finalized, safe and latest are blocks of one chain, in that order",
    "latest-forward": "Latest goes back only as the chain reorganises",
    "tags-caught-up": "In the end each tag names the block that it names at the reference",
}


def _judgement(name: str, verdict: Verdict, problem: str = "", lag_blocks: int = 0) -> Judgement:
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": METHOD, "params": [LATEST, False]})
    question = Question(f"{METHOD}/{name}", METHOD, _MEANINGS[name], body, "")
    return Judgement(question, verdict, problem, lag_blocks=lag_blocks)


def watched_questions() -> list[Question]:
    """Return what stands for each property in reports."""
    return [_judgement(name, Verdict.MATCH).question for name in _MEANINGS]
