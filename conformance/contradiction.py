"""Finds endpoints that answer a question now so, now so, though no head moved: that blames nobody else.

A reference that does it is no standard: geth v1.17.8 itself has races (eth_feeHistory where a fork changes the blob
fee, eth/gasprice/feehistory.go). A candidate that does it is wrong at least once; it is blamed where that is seen
several times, and else what it said first is not forgotten because it said the right thing later.
"""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from conformance.answers import UnreadableAnswer, decode_answer
from conformance.corpus import Question
from conformance.heads import Heads, Side
from conformance.subject import Reply
from conformance.verdict import BUSY_STATUSES, Judgement, Verdict

ASKED_AGAIN_MAX = 6
"""How often a reference is asked again before a candidate is blamed."""
BLAMED_MAX = 100
"""Candidates blamed of which that is done; a run with so many wrong answers is wrong."""
CAUGHT_MAX = 12
"""How often both are asked again to see a candidate's other answer once more."""
_TIMED_OUT, _ABORTED = -32002, "execution aborted (timeout"
"""What geth says of a call for which it had no time, as on a machine with too much to do (v1.17.8, rpc/errors.go,
internal/ethapi/api.go)."""

Judge = Callable[[Question, Reply, Reply], Judgement]


@dataclass(frozen=True, slots=True)
class Settled:
    """What is said in the end, and of which replies."""

    judgement: Judgement
    expected: Reply
    got: Reply


class Blamer:
    """Blames a candidate, once its reference has been found to stand by what it said; one for a whole run."""

    def __init__(self, reference: Side, judge: Judge) -> None:
        """Name who is asked again; nothing is asked yet."""
        self._reference = reference
        self._judge = judge
        self._blamed = 0
        self._lock = threading.Lock()

    def blame(self, question: Question, seen: Sequence[Settled], heads: Heads) -> Settled:
        """Return the last that was said, a mismatch; inconclusive where the reference itself contradicts it.

        Args:
            question: as it was asked.
            seen: all that was said at the same blocks, the last one at the end.
            heads: where the reference was then.
        """
        last = seen[-1]
        with self._lock:
            self._blamed += 1
            is_asked_again = self._blamed <= BLAMED_MAX
        again = self._ask_again(question, last.expected) if is_asked_again else []
        if self._reference.heads(tuple(heads)) != heads:
            again = []
        expected = [*(each.expected for each in seen), *again]
        wavering = reference_wavers(question, expected, last.got, self._judge)
        return last if wavering is None else replace(last, judgement=wavering)

    def _ask_again(self, question: Question, expected: Reply) -> list[Reply]:
        """Return further replies of the reference, up to the first that is another."""
        again: list[Reply] = []
        while len(again) < ASKED_AGAIN_MAX and not is_wavering(question, [expected, *again[-1:]], self._judge):
            again.append(self._reference.ask(question))
        return again


def is_wavering(question: Question, replies: Sequence[Reply], judge: Judge) -> bool:
    """Say whether replies of one endpoint to one question are not all the same, but for what is allowed.

    Args:
        question: what was asked each time.
        replies: what came back; those that tell nothing, as a node is busy, gone or out of time, are left out.
        judge: compares two.
    """
    whole = [reply for reply in replies if not _tells_nothing(reply)]
    return any(not _is_same(question, whole[0], other, judge) for other in whole[1:])


def reference_wavers(question: Question, expected: Sequence[Reply], got: Reply, judge: Judge) -> Judgement | None:
    """Return that nothing can be said, where a reference contradicts itself; None where it does not.

    Args:
        question: what was asked.
        expected: the reference's replies, all at the same blocks.
        got: the candidate's reply at these blocks.
        judge: compares two replies.
    """
    if not is_wavering(question, expected, judge):
        return None
    is_one = any(_is_same(question, reply, got, judge) for reply in expected)
    problem = (
        f"the reference contradicts itself: its {len(expected)} answers at the same blocks are not the same; "
        f"the candidate's is {'one' if is_one else 'none'} of them"
    )
    return Judgement(question, Verdict.INCONCLUSIVE, problem)


def candidate_wavers(said: Judgement, wrong: int, asked: int, confirmations: int) -> Judgement:
    """Return what to say of a candidate that contradicts itself while the reference does not.

    Args:
        said: of one of its answers that are wrong.
        wrong: how many of its answers were.
        asked: how often it was asked while no head moved.
        confirmations: how many wrong ones it takes to blame it.
    """
    is_blamed = wrong >= confirmations
    problem = f"the candidate contradicts itself: {wrong} of its {asked} answers at the same blocks were wrong"
    problem += "" if is_blamed else f" (it is blamed for {confirmations})"
    verdict = Verdict.MISMATCH if is_blamed else Verdict.INCONCLUSIVE
    return replace(said, verdict=verdict, problem="; ".join(filter(None, (problem, said.problem))))


def _tells_nothing(reply: Reply) -> bool:
    if reply.failure or reply.status in BUSY_STATUSES:
        return True
    if b'"error"' not in reply.body:
        return False
    try:
        answer = decode_answer(reply.body)
    except UnreadableAnswer:
        return False
    error = answer.get("error") if isinstance(answer, dict) else None
    if not isinstance(error, dict):
        return False
    return error.get("code") == _TIMED_OUT or str(error.get("message")).startswith(_ABORTED)


def _is_same(question: Question, reply: Reply, other: Reply, judge: Judge) -> bool:
    if (reply.status, reply.body, reply.flaw) == (other.status, other.body, other.flaw):
        return True
    return judge(question, reply, other).verdict is Verdict.MATCH
