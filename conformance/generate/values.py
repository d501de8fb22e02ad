"""The values that parameters are made of: right ones, near misses, ones out of range, and ones of a wrong type.

Each kind of parameter is one list to choose from, in which the share of each sort is fixed: one choice costs little.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import cycle, islice
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from conformance.generate.facts import Facts

Values = tuple[Any, ...]
Params = SearchStrategy[Any]
"""Draws what stands behind `params` in a request."""

NEAR_SHARE, WRONG_SHARE = 0.12, 0.04
UNKNOWN_HASH = "0x" + "5e" * 32
UNKNOWN_ACCOUNT = "0x" + "5e" * 20
WRONG: Values = (
    None, 0, 1, -1, 1.5, 10**20, "", " ", True, False, [], {}, [None], ["0x1"], "0x", "0X", "0x0", "0x00", "0xg", "zz",
    "12", "latest ", "Latest", "0x" + "1" * 65, "0x" + "1" * 40, "null", "\u00e9", "0x\u0130", {"a": 1}, [[]],
)  # fmt: skip
"""Stand in place of anything."""
_BOUNDS = (2**31, 2**32, 2**53, 2**63 - 1, 2**63, 2**64 - 1, 2**64, 2**256 - 1, 2**256)
PRECOMPILES = tuple(f"0x{number:040x}" for number in (*range(0x13), 0x100))
_SHAPES = ("right",) * 44 + ("short", "long", "null at end", "object", "null", "text", "empty")


@dataclass(frozen=True, slots=True)
class Kinds:
    """What to choose from for each kind of parameter."""

    accounts: Values
    hashes: Values
    """Of blocks."""
    transaction_hashes: Values
    numbers: Values
    """Of blocks: numbers and tags."""
    blocks: Values
    """Numbers, tags, hashes, and objects of EIP-1898."""
    indices: Values
    slots: Values
    topics: Values
    booleans: Values


def mixed(right: Sequence[Any], near: Sequence[Any] = (), wrong: Sequence[Any] = WRONG) -> Values:
    """Return values in which the three sorts have their shares, the simplest right one first."""
    near_share = NEAR_SHARE if near else 0.0
    right_share = 1 - near_share - WRONG_SHARE
    size = max(len(right) / right_share, len(near) / NEAR_SHARE, len(wrong) / WRONG_SHARE)
    sorts = ((right, right_share), (near, near_share), (wrong, WRONG_SHARE))
    return tuple(
        value for values, share in sorts if values for value in islice(cycle(values), max(1, round(size * share)))
    )


def near_data(text: str) -> Values:
    """Return texts that look like hexadecimal data, but are not quite it."""
    digits = text[2:]
    other = text[:-1] + ("0" if text[-1] != "0" else "1")
    return (
        other, text[:-1], text + "0", text[:-2], text + "00", "0x" + digits.upper(), "0X" + digits, digits, f" {text}",
        text[:-1] + "g", f"{text} ",
    )  # fmt: skip


def near_number(number: int) -> Values:
    """Return ways to write a number, most of which are no quantity."""
    text = hex(number)
    near: Values = (
        f"0x0{number:x}", "0X" + text[2:], text.upper(), str(number), number, float(number), f"-{text}", f"{text}.0",
        f"0x{number:064x}", f" {text}", f"0x{number:016x}", f"0x{number:017x}", f"{text}g",
    )  # fmt: skip
    return near if text.upper() != f"0X{text[2:]}" else near[:1] + near[2:]


def beyond(number: int) -> Values:
    """Return quantities above a number: the next ones, and those around the bounds of integers."""
    return (hex(number + 1), hex(number + 2), hex(number + 1000), *(hex(bound) for bound in _BOUNDS))


def kinds_of(facts: Facts) -> Kinds:
    """Return what to choose from about a chain."""
    hashes = tuple(block.hash for block in (*facts.blocks, *facts.side))
    numbers = tuple(hex(block.number) for block in facts.blocks)
    some = some_of(facts.accounts or (UNKNOWN_ACCOUNT,))
    near_hashes = (UNKNOWN_HASH, "0x" + "00" * 32, *flat(near_data, some_of(hashes)))
    near_numbers = (*beyond(facts.head.number), *flat(near_number, (0, facts.head.number // 2, facts.head.number)))
    tags = (*facts.tags, "pending")
    transactions = tuple(fact.hash for fact in facts.transactions)
    objects = _objects(facts, hashes)
    keys = tuple(dict.fromkeys(key for _, key in facts.slots))
    short_keys = tuple(hex(number) for number in (0, 1, 2, 3, 5, 255, 256))
    return Kinds(
        accounts=mixed(
            (*facts.accounts, UNKNOWN_ACCOUNT, *PRECOMPILES),
            (*flat(near_data, some), *some_of(hashes), *(account.upper() for account in some)),
        ),
        hashes=mixed(hashes, (*near_hashes, *some_of(numbers), *tags)),
        transaction_hashes=mixed(transactions or hashes, (*near_hashes, *flat(near_data, some_of(transactions)))),
        numbers=mixed((*numbers, *tags * 4), (*near_numbers, *some_of(hashes), *some_of(objects))),
        blocks=mixed(
            (*numbers, *tags * 4, *some_of(hashes, 24), *objects),
            (*near_numbers, *near_hashes, *near_objects(facts, hashes)),
        ),
        indices=mixed(
            ("0x0", "0x1", "0x2", *(hex(fact.index) for fact in facts.transactions)),
            (*beyond(max((block.transaction_count for block in facts.blocks), default=0)), *flat(near_number, (0, 1))),
        ),
        slots=mixed(
            (*keys, *short_keys, *(f"0x{number:064x}" for number in range(8))),
            (*flat(near_data, keys[:3]), "0x", "0", "1", "zz", "0x" + "f" * 64, "0x" + "f" * 66, "0x0000", "", "0xabc"),
        ),
        topics=topic_values(facts),
        booleans=mixed((False, True), ("true", "false", 0, 1)),
    )


def topic_values(facts: Facts) -> Values:
    """Return topics that logs have, and others."""
    known = tuple(dict.fromkeys(topic for log in facts.logs for topic in log.topics))
    return mixed(known or (UNKNOWN_HASH,), (UNKNOWN_HASH, *flat(near_data, some_of(known))))


def choose(values: Values) -> SearchStrategy[Any]:
    """Return a strategy that chooses one value."""
    return st.sampled_from(values)


def weighted(*strategies: tuple[int, SearchStrategy[Any]]) -> SearchStrategy[Any]:
    """Return a strategy that draws from one of several, each so many times as often as one of weight 1.

    Hypothesis' `one_of` would make one flat choice of all that its parts choose from.
    """
    table = [strategy for weight, strategy in strategies for _ in range(weight)]
    return table[0] if len(table) == 1 else st.sampled_from(range(len(table))).flatmap(table.__getitem__)


def params(*values: SearchStrategy[Any]) -> Params:
    """Return a strategy of a method's parameters: as many as it takes, and now and then not."""
    return st.tuples(st.sampled_from(_SHAPES), *values).map(_shape)


def flat(make: Callable[[Any], Values], values: Iterable[Any]) -> Values:
    """Return all that a function makes of values."""
    return tuple(made for value in values for made in make(value))


def some_of(values: Sequence[Any], count: int = 4) -> Values:
    """Return a few of the values, evenly from all of them."""
    count = min(count, len(values))
    return tuple(values[place * len(values) // count] for place in range(count))


def _shape(drawn: tuple[Any, ...]) -> Any:
    shape, values = drawn[0], list(drawn[1:])
    if shape == "right":
        return values
    shapes: dict[str, Any] = {
        "short": values[:-1],
        "long": [*values, "0x1"],
        "null at end": [*values[:-1], None],
        "object": {"block": values[-1] if values else None},
        "null": None,
        "text": "0x1",
        "empty": [],
    }
    return shapes[shape]


def _objects(facts: Facts, hashes: Sequence[str]) -> Values:
    """Return objects of EIP-1898 that are right."""
    side = [block.hash for block in facts.side][:4]
    found: list[dict[str, Any]] = []
    for block_hash in (*some_of(hashes, 8), *side):
        found += [{"blockHash": block_hash}, {"blockHash": block_hash, "requireCanonical": True}]
        found.append({"requireCanonical": False, "blockHash": block_hash})
    found += [{"blockNumber": hex(block.number)} for block in some_of(facts.blocks)]
    found += [{"blockNumber": tag} for tag in facts.tags]
    return tuple(found)


def near_objects(facts: Facts, hashes: Sequence[str]) -> Values:
    """Return objects that are not quite EIP-1898's."""
    known, number = hashes[0], hex(facts.head.number)
    return (
        {}, {"blockHash": known, "blockNumber": number}, {"requireCanonical": True}, {"blockHash": None},
        {"BLOCKHASH": known}, {"blocknumber": number}, {"blockHash": UNKNOWN_HASH},
        {"blockHash": UNKNOWN_HASH, "requireCanonical": True}, {"blockHash": known, "requireCanonical": "true"},
        {"blockHash": known[:-1]}, {"blockHash": 1}, {"blockNumber": facts.head.number}, {"blockNumber": ""},
        {"blockNumber": known}, {"blockNumber": hex(facts.head.number + 1)}, {"blockHash": known, "other": 1},
        {"blockNumber": hex(2**63)}, {"blockNumber": None, "blockHash": known}, {"number": number},
    )  # fmt: skip
