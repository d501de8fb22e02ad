"""Judges answers that differ while chains move: asks again between looks at both heads, and places the candidate's.

An answer is wrong only where the blocks that it depends on were the same on both sides before and after (or where the
candidate's is none that the reference knows), CONFIRMATIONS times in a row; nothing else blames a candidate. So one is
blamed in error only if a head leaves and comes back between two looks, that often in a row. It lags where its answer is
what the reference says of the block that the candidate was at. All that can't be placed is inconclusive; so is what the
reference answers now so, now so, and what the candidate answers rightly in the end, but did not at the same blocks.

Answers that are the same from the beginning are a match without a look at heads, and need none. A question that names
its block has one right answer, wherever heads are: equal ones are equal to that. What a tag or no block names is right
at some head only; there the candidate said what the reference said at the same time, within the time of one question,
which is all that a client can want. Where its head was older or newer, its answer is none the less the reference's own,
and that it names its heads wrongly shows where they are asked for (`conformance.watch`).
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from conformance.answers import Json, encode_answer
from conformance.contradiction import (
    CAUGHT_MAX,
    Blamer,
    Judge,
    Settled,
    candidate_wavers,
    is_wavering,
    reference_wavers,
)
from conformance.corpus import Question
from conformance.heads import Heads, Side, is_seen
from conformance.pin import LATEST, TAGS, Named, Pinned, forget_hashes, pin_tags, read_named, shift_numbers
from conformance.steady import Steady
from conformance.subject import Position, Reply
from conformance.verdict import Judgement, Verdict

ATTEMPTS_MAX = 8
CONFIRMATIONS = 3
BETWEEN_MAX = 8
"""Blocks that a candidate may have come by while it was asked, of which each is tried."""
_BEYOND = 1000
"""Blocks past the reference's newest of which it is asked to learn what is said of blocks that are not there yet."""
_LOOKS_SECONDS = 0.02
_NOT_PLACED = "the chains moved all the while, and the answer is the reference's at no block that the candidate was at"
_BESIDE = "it does not know a block beside the chain, as a node need not that was never shown it"


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to wait for a candidate to be where the reference is; clock and pause can be replaced in tests."""

    seconds: float = 2.0
    clock: Callable[[], float] = time.monotonic
    pause: Callable[[float], None] = time.sleep


PATIENT = Patience()


@dataclass(frozen=True, slots=True)
class Exchange:
    """The replies to one question between two looks at the blocks that they depend on."""

    expected: Reply
    got: Reply
    reference: tuple[Heads, Heads]
    """Before and after."""
    candidate: tuple[Heads, Heads]


class Settler:
    """Settles differences between two endpoints; one for a whole run."""

    def __init__(self, reference: Side, candidate: Side, judge: Judge, patience: Patience = PATIENT) -> None:
        """Name both sides; nothing is asked yet."""
        self._reference = reference
        self._candidate = candidate
        self._judge = judge
        self._patience = patience
        self._steady = Steady(reference, candidate, patience.clock)
        self._is_behind = False
        """Whether the last wait for the candidate was in vain; then the next one is a single look."""
        self._blamer = Blamer(reference, judge)

    def ticket(self) -> int:
        """Return what `settle` needs of the time before a question is asked."""
        return self._steady.ticket()

    def settle(self, question: Question, said: Judgement, expected: Reply, got: Reply, ticket: int = 0) -> Settled:
        """Return what to say of a question whose answers differed when they were asked first.

        Args:
            question: as it was asked.
            said: what was said then.
            expected: the reference's reply then.
            got: the candidate's reply then.
            ticket: taken before they were asked.
        """
        named = read_named(question)
        if named.is_static:
            return self._blamer.blame(question, [Settled(said, expected, got)], {})
        lag: Settled | None = None
        heads = self._look(named)
        at_first = Exchange(expected, got, (heads[0], heads[0]), (heads[1], heads[1]))
        seen: list[Settled] = []
        """What was said at the blocks of now."""
        if self._steady.stood_still_since(ticket) and self._stood_still(at_first, named):
            seen.append(Settled(said, expected, got))
        needed = CONFIRMATIONS + len(seen)  # the look before that one may be a while ago
        confirmed = 0
        for _ in range(ATTEMPTS_MAX):
            exchange, now, heads = self._exchange(question, named, heads)
            is_still = self._stood_still(exchange, named)
            seen = [*seen, now] if is_still else []
            if now.judgement.verdict is not Verdict.MISMATCH:
                is_settled = len(seen) < 2 or now.judgement.verdict is not Verdict.MATCH
                return now if is_settled else self._settle_contradiction(question, named, seen, needed, heads)
            confirmed = confirmed + 1 if is_still else 0
            if confirmed == CONFIRMATIONS:
                if self._is_beside_chain(question, named, now.got):
                    return replace(now, judgement=Judgement(question, Verdict.INCONCLUSIVE, _BESIDE))
                return self._blamer.blame(question, seen, heads[0])
            if confirmed:
                continue
            placed = self._place(question, named, exchange)
            if placed is not None and placed.verdict is Verdict.MATCH:
                return replace(now, judgement=placed)
            lag = lag if placed is None else replace(now, judgement=placed)
            if not self._wait(named) and lag is not None:
                break
            heads = self._look(named)
        return lag or replace(now, judgement=Judgement(question, Verdict.INCONCLUSIVE, _NOT_PLACED))

    def _exchange(
        self, question: Question, named: Named, before: tuple[Heads, Heads]
    ) -> tuple[Exchange, Settled, tuple[Heads, Heads]]:
        """Ask both sides once more; return that with what is said of it, and where they are after it."""
        expected, got = self._reference.ask(question), self._candidate.ask(question)
        after = self._look(named)
        exchange = Exchange(expected, got, (before[0], after[0]), (before[1], after[1]))
        return exchange, Settled(self._judge(question, expected, got), expected, got), after

    def _settle_contradiction(
        self, question: Question, named: Named, seen: list[Settled], confirmations: int, heads: tuple[Heads, Heads]
    ) -> Settled:
        """Return what to say where answers differed and now match, though nothing moved.

        Args:
            question: as it was asked.
            named: what it names.
            seen: all that was said at these blocks, the match last.
            confirmations: how many wrong answers it takes to blame the candidate.
            heads: these blocks, on both sides.
        """
        first, last = seen[0], seen[-1]
        wavering = reference_wavers(question, [each.expected for each in seen], last.got, self._judge)
        if wavering is not None:
            return replace(first, judgement=wavering)
        if not is_wavering(question, [each.got for each in seen], self._judge):
            return last
        wrong = [each for each in seen if each.judgement.verdict is Verdict.MISMATCH]
        for _ in range(CAUGHT_MAX):
            if len(wrong) == confirmations:
                break
            exchange, now, heads = self._exchange(question, named, heads)
            if not self._stood_still(exchange, named):
                break
            seen = [*seen, now]
            wrong += [now] if now.judgement.verdict is Verdict.MISMATCH else []
        said = candidate_wavers(wrong[-1].judgement, len(wrong), len(seen), confirmations)
        found = replace(wrong[-1], judgement=said)
        return found if said.verdict is not Verdict.MISMATCH else self._blamer.blame(question, [*seen, found], heads[0])

    def _stood_still(self, exchange: Exchange, named: Named) -> bool:
        """Say whether nothing that the answers depend on can explain why they differ."""
        (reference, theirs), (candidate, own) = exchange.reference, exchange.candidate
        if reference != theirs or candidate != own or not _was_there(exchange, named):
            return False
        if own.get(LATEST, True) is None:
            return True  # a candidate that tells no head can't have it as an excuse
        if reference.get(LATEST, True) is None:
            return False
        return all(self._is_same(name, reference.get(name), own.get(name)) for name in named.anchors)

    def _is_same(self, name: str, block: Position | None, own: Position | None) -> bool:
        """Say whether the candidate's block is the reference's, or none that a replica of it could ever be at."""
        if block == own:
            return True
        if block is None:
            return name in TAGS  # a block past the reference's newest may be right, a tag it does not have is not
        if own is None:
            return False
        newest = self._reference.block(LATEST)
        is_known = newest is None or own.number > newest.number or self._reference.block_by_hash(own.hash) is not None
        return not is_known

    def _look(self, named: Named) -> tuple[Heads, Heads]:
        return self._reference.heads(named.anchors), self._candidate.heads(named.anchors)

    def _wait(self, named: Named) -> bool:
        """Wait until both sides are at the same blocks, and say whether they are; after a wait in vain only look."""
        deadline = self._patience.clock() + (0.0 if self._is_behind else self._patience.seconds)
        while True:
            reference, candidate = self._look(named)
            if reference == candidate:
                self._is_behind = False
                return True
            if self._patience.clock() >= deadline:
                self._is_behind = True
                return False
            self._patience.pause(_LOOKS_SECONDS)

    def _place(self, question: Question, named: Named, exchange: Exchange) -> Judgement | None:
        """Return a match or lag where the answer is the reference's at a block that the candidate was at."""
        tags = [tag for tag in named.tags if tag in TAGS]
        for blocks in self._whereabouts(exchange):
            if any(exchange.reference[1].get(tag) is None for tag in tags):
                break
            expected = self._ask_at(question, blocks)
            if expected is not None and self._judge(question, expected, exchange.got).verdict is Verdict.MATCH:
                return _judge_place(question, blocks, exchange)
        return self._place_unknown(question, named, exchange)

    def _whereabouts(self, exchange: Exchange) -> Iterator[dict[str, Position]]:
        """Yield what the candidate's tags may have stood for when it answered."""
        before, after = (
            {k: v for k, v in heads.items() if v is not None and is_seen(v)} for heads in exchange.candidate
        )
        if exchange.got.position is not None:
            yield {**after, LATEST: exchange.got.position}
            return
        yield before
        if after != before:
            yield after
        if LATEST in before and LATEST in after:
            for number in range(before[LATEST].number + 1, after[LATEST].number)[:BETWEEN_MAX]:
                between = self._candidate.block(hex(number))
                if between is not None:
                    yield {**after, LATEST: between}

    def _ask_at(self, question: Question, blocks: dict[str, Position]) -> Reply | None:
        """Return what the reference says to a question at other blocks than its own newest ones; None if it can't."""
        requests = question.requests()
        if len(requests) == 1 and requests[0].get("method") == "eth_blockNumber" and LATEST in blocks:
            known = self._reference.block_by_hash(blocks[LATEST].hash) == blocks[LATEST]
            content: Json = {"jsonrpc": "2.0", "id": requests[0].get("id"), "result": hex(blocks[LATEST].number)}
            return Reply(200, encode_answer(content).encode()) if known else None
        pinned = pin_tags(question, {tag: block for tag, block in blocks.items() if tag in TAGS})
        return None if pinned is None else self._ask_pinned(pinned)

    def _ask_pinned(self, pinned: Pinned) -> Reply | None:
        def is_theirs() -> bool:
            return all(map(self._reference.has, pinned.by_number))

        if not is_theirs():
            return None
        reply = self._reference.ask(pinned.question)
        return reply if is_theirs() else None

    def _is_beside_chain(self, question: Question, named: Named, got: Reply) -> bool:
        """Say whether the candidate only does not know blocks that are not of the reference's chain."""
        blocks = {name: self._reference.block_by_hash(name) for name in named.block_hashes}
        beside = [name for name, block in blocks.items() if block is not None and not self._reference.has(block)]
        lacking = frozenset(name for name in beside if self._candidate.block_by_hash(name) is None)
        asked = forget_hashes(question, lacking) if lacking else None
        if asked is None:
            return False
        return self._judge(question, self._reference.ask(asked), got).verdict is Verdict.MATCH

    def _place_unknown(self, question: Question, named: Named, exchange: Exchange) -> Judgement | None:
        """Return lag where the candidate says rightly that it does not know what it has not come to yet."""
        before = exchange.candidate[0].get(LATEST)
        head = exchange.got.position or (before if is_seen(before) else None) or self._candidate.block(LATEST)
        newest = self._reference.block(LATEST)
        if head is None or newest is None:
            return None
        missing = self._missing(named, head)
        if not missing:
            return None
        asked = shift_numbers(question, head.number, max(0, newest.number - head.number) + _BEYOND) or question
        asked = forget_hashes(asked, named.block_hashes | named.transaction_hashes) or asked
        expected = self._reference.ask(asked)
        if asked is question or self._judge(question, expected, exchange.got).verdict is not Verdict.MATCH:
            return None
        return _lag(question, head, max(missing) - head.number, "it has not come to what is asked for yet")

    def _missing(self, named: Named, head: Position) -> list[int]:
        """Return the numbers of blocks that are named, known to the reference, and not of the candidate's chain."""
        blocks = [self._reference.block_by_hash(name) for name in named.block_hashes]
        for name in named.transaction_hashes:
            found = self._reference.result("eth_getTransactionByHash", name)
            block_hash = found.get("blockHash") if isinstance(found, dict) else None
            blocks.append(self._reference.block_by_hash(block_hash) if isinstance(block_hash, str) else None)
        there = [block.number for block in blocks if block is not None and not self._candidate.has(block)]
        is_known = [block is not None for block in blocks]
        return [*(n for n in named.numbers if n > head.number), *there] if all(is_known) else []


def _was_there(exchange: Exchange, named: Named) -> bool:
    """Say whether the candidate's reply was given at the blocks seen, as far as it says where it was given."""
    position, blocks = exchange.got.position, exchange.candidate[1]
    if position is None:
        return True
    newest = blocks.get(LATEST)
    reached = [number for number in named.numbers if blocks.get(hex(number)) is not None]
    return newest in (None, position) and all(number <= position.number for number in reached)


def _judge_place(question: Question, blocks: dict[str, Position], exchange: Exchange) -> Judgement:
    """Return a match where a candidate was at the blocks that the reference is at, else by how much it lags."""
    if any(all(look.get(tag) == blocks.get(tag) for tag in look) for look in exchange.reference):
        return Judgement(question, Verdict.MATCH)
    gaps = [
        (newest.number - blocks[tag].number, blocks[tag])
        for tag, newest in exchange.reference[1].items()
        if newest is not None and tag in blocks
    ]
    gap, block = max(gaps, key=lambda pair: pair[0], default=(1, next(iter(blocks.values()))))
    return _lag(question, block, gap, "its answer is the reference's at that block")


def _lag(question: Question, block: Position, gap: int, why: str) -> Judgement:
    blocks = max(1, gap)
    problem = f"it is at block {block.number} ({block.hash}), {blocks} behind the reference: {why}"
    return replace(Judgement(question, Verdict.LAG, problem), lag_blocks=blocks)
