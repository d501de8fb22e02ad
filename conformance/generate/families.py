"""The table of what requests are made of: every method in its family, and each family as often as any other."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from hypothesis.strategies import SearchStrategy

from conformance.generate import blocks, calls, fees, logs, node, state, transactions
from conformance.generate.bodies import batches, broken_bodies, message, write_body
from conformance.generate.facts import Facts
from conformance.generate.values import Params, weighted

BODIES, BATCHES = "bodies", "batches"
"""Stand in place of a method for what belongs to none."""


@dataclass(frozen=True, slots=True)
class Family:
    """Methods about one thing."""

    name: str
    strategies: Callable[[Facts], Mapping[str, Params]]


FAMILIES = (
    Family("blocks", blocks.strategies),
    Family("transactions", transactions.strategies),
    Family("state", state.strategies),
    Family("proofs", state.proof_strategies),
    Family("logs", logs.strategies),
    Family("calls", calls.strategies),
    Family("estimates", calls.estimate_strategies),
    Family("fees", fees.strategies),
    Family("node", node.strategies),
)

_SHARES = 84
"""Of a family among all; its methods share them."""
Asked: TypeAlias = tuple[str, str]
"""A method, or what stands in its place, and the body to send."""


def methods_of(facts: Facts) -> tuple[str, ...]:
    """Return every method that requests are made of, and the names that stand in place of one."""
    return (*(name for family in FAMILIES for name in family.strategies(facts)), BODIES, BATCHES)


def requests_about(facts: Facts, is_wanted: Callable[[str], bool] = lambda _: True) -> SearchStrategy[Asked] | None:
    """Return a strategy of requests about a chain, or None where nothing is wanted.

    Args:
        facts: of the chain.
        is_wanted: whether to ask a method (or `bodies`, or `batches`).
    """
    families = [
        [(name, params) for name, params in family.strategies(facts).items() if is_wanted(name)] for family in FAMILIES
    ]
    table = [(_share(members), _single(member)) for members in families for member in members]
    if is_wanted(BODIES):
        table.append((_SHARES // 2, broken_bodies().map(lambda body: (BODIES, body))))
    if is_wanted(BATCHES) and any(families):
        table.append((_SHARES // 2, batches(_quick(families)).map(lambda body: (BATCHES, body))))
    return weighted(*table) if table else None


def _share(members: Sequence[object]) -> int:
    return round(_SHARES / len(members))


def _single(member: tuple[str, Params]) -> SearchStrategy[Asked]:
    name, params = member
    return params.map(lambda drawn: (name, write_body(message(name, drawn))))


def _quick(families: Sequence[Sequence[tuple[str, Params]]]) -> list[tuple[str, Params]]:
    """Return the methods that batches are made of: all but calls, many of which at once would take long."""
    every = [member for members in families for member in members]
    return [member for member in every if member[0] not in {"eth_call", "eth_estimateGas"}] or every
