"""Verifies what an endpoint says of a chain, or of a sample of its blocks."""

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

from conformance.verify.ask import Answer, Asker
from conformance.verify.checks import check_scene
from conformance.verify.checks_chain import check_chain
from conformance.verify.scene import ask_scene
from conformance.verify.spot import Wrong, result_of
from conformance.verify.values import Outcome, State, check_claim

SHORT_BLOCKS = 128
"""A chain that is no longer is verified whole where nothing else is asked for."""
SAMPLE_BLOCKS = 64
_RANGE_BLOCKS = 8
_RANGES_MAX = 12
_EDGE_BLOCKS = 2


@dataclass(frozen=True, slots=True)
class Plan:
    """How much is verified."""

    blocks: int | None = None
    """How many; None for all of a short chain, and SAMPLE_BLOCKS of a long one."""
    seed: int = 0
    """Of all that is chosen: the same seed on the same chain asks the same."""
    transactions_max: int = 8
    """Transactions of a block that are asked for one by one."""
    accounts_max: int = 3
    """Accounts of a block whose proofs are asked for."""


def verify_chain(asker: Asker, plan: Plan) -> Iterator[Outcome]:
    """Yield what becomes of every claim: those about each block chosen, then those about the whole.

    Every claim about every block has an outcome, also where the asker stops in between: then, not checked.
    """
    before = asker.ask("eth_blockNumber")
    head: list[int] = []
    reading = check_claim(
        "head-number", "latest", "eth_blockNumber", "The head has a number", lambda: _read_head(before, head)
    )
    yield reading
    if reading.state is not State.HOLDS:
        return
    numbers = choose_blocks(head[0], plan)
    for number in numbers:
        # Each block has a chance of its own, so that what is asked of one does not depend on the others.
        chance = Random(f"{plan.seed} {number}")  # noqa: S311 - no secret
        yield from check_scene(ask_scene(asker, number, chance, plan.transactions_max, plan.accounts_max))
    yield from check_chain(asker, choose_ranges(head[0], plan), Random(plan.seed))  # noqa: S311


def choose_blocks(head: int, plan: Plan) -> tuple[int, ...]:
    """Return the numbers of the blocks to verify, the first and the last ones among them as far as there is room."""
    count = plan.blocks if plan.blocks is not None else head + 1 if head < SHORT_BLOCKS else SAMPLE_BLOCKS
    if count > head:
        return tuple(range(head + 1))
    edges = [head, 0, *range(head - 1, head - _EDGE_BLOCKS, -1)][:count]
    chance = Random(plan.seed)  # noqa: S311
    chosen = set(edges)
    while len(chosen) < count:  # fewer than all, so that each draw finds a new one soon enough
        chosen.add(chance.randint(0, head))
    return tuple(sorted(chosen))


def choose_ranges(head: int, plan: Plan) -> tuple[tuple[int, int], ...]:
    """Return ranges of blocks whose logs are asked for in one and in parts."""
    if head < 1:
        return ()
    starts = range(0, head, _RANGE_BLOCKS)
    chance = Random(plan.seed)  # noqa: S311
    count = min(len(starts), _RANGES_MAX if plan.blocks is None else max(1, plan.blocks // _RANGE_BLOCKS))
    chosen = sorted(chance.sample(starts, min(count, _RANGES_MAX)))
    return tuple((start, min(start + _RANGE_BLOCKS - 1, head)) for start in chosen)


def _read_head(answer: Answer, found: list[int]) -> Iterator[Wrong]:
    found.append(result_of(answer).quantity(8))
    yield from ()
