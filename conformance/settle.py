"""Judges answers that differ while chains move: asks again between looks at both heads, and places the candidate's.

An answer is wrong only where the blocks that it depends on were the same on both sides before and after (or where the
candidate's is none that the reference knows), CONFIRMATIONS times in a row; nothing else blames a candidate. So one is
blamed in error only if a head leaves and comes back between two looks, that often in a row. It lags where its answer is
what the reference says of the block that the candidate was at. All that can't be placed is inconclusive.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from conformance.answers import Json, encode_answer
from conformance.corpus import Question
from conformance.heads import Heads, Side
from conformance.pin import LATEST, TAGS, Named, Pinned, forget_hashes, pin_tags, read_named, shift_numbers
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
class Settled:
    """What is said in the end, and of which replies."""

    judgement: Judgement
    expected: Reply
    got: Reply


@dataclass(frozen=True, slots=True)
class Exchange:
    """The replies to one question between two looks at the blocks that they depend on."""

    expected: Reply
    got: Reply
    reference: tuple[Heads, Heads]
    """Before and after."""
    candidate: tuple[Heads, Heads]


Judge = Callable[[Question, Reply, Reply], Judgement]


class Settler:
    """Settles differences between two endpoints; one for a whole run."""

    def __init__(self, reference: Side, candidate: Side, judge: Judge, patience: Patience = PATIENT) -> None:
        """Name both sides; nothing is asked yet."""
        self._reference = reference
        self._candidate = candidate
        self._judge = judge
        self._patience = patience
        self._is_behind = False
        """Whether the last wait for the candidate was in vain; then the next one is a single look."""

    def settle(self, question: Question, said: Judgement, expected: Reply, got: Reply) -> Settled:
        """Return what to say of a question whose answers differed when they were asked first.

        Args:
            question: as it was asked.
            said: what was said then.
            expected: the reference's reply then.
            got: the candidate's reply then.
        """
        named = read_named(question)
        if named.is_static:
            return Settled(said, expected, got)
        lag: Settled | None = None
        confirmed = 0
        reference, candidate = self._look(named)
        for _ in range(ATTEMPTS_MAX):
            expected, got = self._reference.ask(question), self._candidate.ask(question)
            after = self._look(named)
            exchange = Exchange(expected, got, (reference, after[0]), (candidate, after[1]))
            reference, candidate = after
            said = self._judge(question, expected, got)
            if said.verdict is not Verdict.MISMATCH:
                return Settled(said, expected, got)
            confirmed = confirmed + 1 if self._stood_still(exchange, named) else 0
            if confirmed == CONFIRMATIONS:
                if self._is_beside_chain(question, named, got):
                    said = Judgement(question, Verdict.INCONCLUSIVE, _BESIDE)
                return Settled(said, expected, got)
            if confirmed:
                continue
            placed = self._place(question, named, exchange)
            if placed is not None and placed.verdict is Verdict.MATCH:
                return Settled(placed, expected, got)
            lag = lag if placed is None else Settled(placed, expected, got)
            if not self._wait(named) and lag is not None:
                break
            reference, candidate = self._look(named)
        return lag or Settled(Judgement(question, Verdict.INCONCLUSIVE, _NOT_PLACED), expected, got)

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
        before, after = ({k: v for k, v in heads.items() if v is not None} for heads in exchange.candidate)
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
        head = exchange.got.position or exchange.candidate[0].get(LATEST) or self._candidate.block(LATEST)
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
