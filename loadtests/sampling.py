"""Draws calls from tables of parameters by the seed: hot entries often, cold ones seldom, the same ones in every run.

What can be drawn is a plan: plain values, so that a controller can find them and generators can draw from them. A
method's parameters are JSON text in which `<name>` stands for an entry of a table. The signs below, in an entry, stand
for what only the run knows.
"""

import re
from array import array
from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any, NamedTuple

import numpy as np

SEEN_HEAD = "@seen"
"""The number of the newest block that the client was shown; `latest` where it was shown none."""
SENT_HASH = "@sent"
"""The hash of a transaction that was sent lately."""
RAW_TRANSACTION = "@raw"
"""A transaction to send."""
BLOCK = 1 << 12
"""Requests drawn at a time."""
SLOTS_MAX = 2
"""Tables that one method's parameters name at the most."""
_SLOT = re.compile(r"<(\w+)>")
_STREAM = 2
"""Tells these draws from others of the same seed."""


@dataclass(frozen=True, slots=True)
class Group:
    """Entries of which one is drawn with a share of all draws; the first is the hottest."""

    share: float
    """Relative to the other groups of a table."""
    entries: Sequence[str]
    """JSON texts."""
    blocks: Sequence[int | None] = ()
    """The block that must be there for each one's answer; empty where none is needed."""


Table = Sequence[Group]


@dataclass(frozen=True, slots=True)
class Template:
    """How calls of a method are made."""

    method: str
    weight: float
    params: str
    """JSON text with `<name>` for entries of tables."""

    @property
    def tables(self) -> tuple[str, ...]:
        """The names of the tables it draws from, in their order."""
        return tuple(_SLOT.findall(self.params))


class Entry(NamedTuple):
    """What a table gives for a draw."""

    text: bytes
    block: int | None
    sign: str | None
    """Which sign of those above is in the text."""


class Drawn(NamedTuple):
    """A call before it is numbered."""

    method: str
    tail: bytes
    """The request from its method on, to be put behind the id."""
    block: int | None
    is_of_sent: bool
    """Whether it is about a transaction just sent, so that its answer may be null."""


@dataclass(frozen=True, slots=True)
class Live:
    """What only the run knows."""

    seen_head: Callable[[int], int | None]
    """The newest block that a client was shown."""
    sent_hash: Callable[[], str]
    raw_transaction: Callable[[], str]


def drawable(table: Table) -> list[Group]:
    """Return the groups of a table of which anything is drawn; none where its only entries have no share."""
    return [group for group in table if group.entries and group.share > 0]


def zipf_weights(count: int, skew: float) -> list[float]:
    """Return how often each of some entries is drawn, relative to the first: 1 / rank ** skew (Zipf's law)."""
    return [rank**-skew for rank in range(1, count + 1)]


class Drawer:
    """Draws the calls of numbered requests."""

    def __init__(
        self, templates: Sequence[Template], tables: Mapping[str, Table], skew: float, seed: int, batch: int = 1
    ) -> None:
        """Prepare.

        Args:
            templates: methods with their weights.
            tables: what their parameters name; none is empty.
            skew: exponent of Zipf's law within a group; 0 draws all alike.
            seed: of the run.
            batch: calls of one request.
        """
        self._seed, self._batch = seed, batch
        total = sum(template.weight for template in templates)
        self._methods = _cumulate([template.weight / total for template in templates])
        read = {name: _read_table(table, skew) for name, table in tables.items()}
        self._makers = [_Maker(template, [read[name] for name in template.tables]) for template in templates]
        self._drawn_block = -1
        self._rows: list[list[float]] = []

    def draw(self, number: int, client: int, live: Live) -> list[Drawn]:
        """Return the calls of one request."""
        block, row = divmod(number, BLOCK)
        if block != self._drawn_block:
            self._draw_block(block)
        values = self._rows[row]
        width = 1 + SLOTS_MAX
        return [
            self._makers[bisect_right(self._methods, values[place])].make(values, place + 1, client, live)
            for place in range(0, self._batch * width, width)
        ]

    def _draw_block(self, block: int) -> None:
        random = np.random.default_rng([self._seed, _STREAM, block])
        self._rows = random.random((BLOCK, self._batch * (1 + SLOTS_MAX))).tolist()
        self._drawn_block = block


class _Maker:
    """Makes calls of one method."""

    def __init__(self, template: Template, tables: "Sequence[tuple[Sequence[float], Sequence[Entry]]]") -> None:
        assert len(tables) <= SLOTS_MAX
        literals = _SLOT.split(template.params)[::2]
        literals[0] = f',"method":"{template.method}","params":{literals[0]}'
        literals[-1] += "}"
        self._method = template.method
        self._literals = [literal.encode() for literal in literals]
        self._tables = tables

    def make(self, values: Sequence[float], place: int, client: int, live: Live) -> Drawn:
        tail, *literals = self._literals
        block: int | None = None
        is_of_sent = False
        for (bounds, entries), literal in zip(self._tables, literals, strict=True):
            entry = entries[bisect_right(bounds, values[place])]
            place += 1
            text = entry.text
            if entry.sign is not None:
                text, needed = _fill(entry, client, live)
                is_of_sent = is_of_sent or entry.sign == SENT_HASH
            else:
                needed = entry.block
            if needed is not None:
                block = needed
            tail = tail + text + literal
        return Drawn(self._method, tail, block, is_of_sent)


def _fill(entry: Entry, client: int, live: Live) -> tuple[bytes, int | None]:
    """Return an entry's text with its sign replaced, and the block that it needs."""
    if entry.sign == SEEN_HEAD:
        head = live.seen_head(client)
        return entry.text.replace(SEEN_HEAD.encode(), b"latest" if head is None else hex(head).encode()), head
    known = live.sent_hash() if entry.sign == SENT_HASH else live.raw_transaction()
    assert entry.sign is not None
    return entry.text.replace(entry.sign.encode(), known.encode()), None


def _read_table(table: Table, skew: float) -> tuple[Sequence[float], Sequence[Entry]]:
    """Return the upper bounds of the draws that lead to each entry but the last, and the entries."""
    groups = drawable(table)
    total = sum(group.share for group in groups)
    weights: list[float] = []
    entries: list[Entry] = []
    for group in groups:
        ranks = zipf_weights(len(group.entries), skew)
        factor = group.share / total / sum(ranks)
        weights += [weight * factor for weight in ranks]
        blocks = group.blocks or [None] * len(group.entries)
        pairs = zip(group.entries, blocks, strict=True)
        entries += [Entry(text.encode(), block, _sign_of(text)) for text, block in pairs]
    return _cumulate(weights), entries


def _cumulate(weights: Sequence[float]) -> "array[float]":
    """Return the running sums but for the last, so that no rounding leads past the last entry."""
    return array("d", list(accumulate(weights))[:-1])


def _sign_of(text: str) -> str | None:
    return next((sign for sign in (SEEN_HEAD, SENT_HASH, RAW_TRANSACTION) if sign in text), None)


def plan_of(templates: Sequence[Template], tables: Mapping[str, Table]) -> dict[str, Any]:
    """Return templates and tables as values that JSON can hold."""
    return {
        "templates": [[each.method, each.weight, each.params] for each in templates],
        "tables": {
            name: [[group.share, list(group.entries), list(group.blocks)] for group in table]
            for name, table in tables.items()
        },
    }


def read_plan(plan: Mapping[str, Any]) -> tuple[list[Template], dict[str, Table]]:
    """Return the templates and tables that `plan_of` wrote."""
    tables: dict[str, Table] = {name: [Group(*group) for group in groups] for name, groups in plan["tables"].items()}
    return [Template(*each) for each in plan["templates"]], tables
