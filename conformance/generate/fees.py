"""Strategies of the methods about what gas costs and has cost."""

from collections.abc import Mapping
from typing import Any

from hypothesis import strategies as st

from conformance.generate.facts import Facts
from conformance.generate.values import Params, choose, kinds_of, mixed, near_number, params, weighted

_COUNTS = (1, 2, 3, 5, 10, 20, 64, 1024, 2000, 2**32, 2**63)
_PERCENTILES = (0, 1, 5, 25, 33.3, 50, 75, 99.9, 100)
_NEAR_PERCENTILES = (-1, 101, 1e-7, "50", True, None, 100.0000001, 1e308)


def strategies(facts: Facts) -> Mapping[str, Params]:
    """Return a strategy of parameters for each method."""
    kinds = kinds_of(facts)
    counts = mixed(
        tuple(form(count) for count in _COUNTS for form in (hex, int)),
        (0, "0x0", "5", "0x", "x", -1, 1.5, 2**64, hex(2**64), *near_number(3)),
    )
    one = choose(mixed(_PERCENTILES, _NEAR_PERCENTILES))
    rising = st.lists(st.sampled_from(_PERCENTILES), max_size=5).map(lambda drawn: sorted(set(drawn)))
    percentiles = weighted((3, rising), (1, st.lists(one, max_size=3)), (1, choose(mixed(([],)))))
    without_race = _Range(facts)
    drawn = st.tuples(choose(counts), choose(kinds.numbers), percentiles)
    odd = params(*_odd(counts, kinds.numbers))
    history = weighted((2, drawn.map(without_race.cut)), (1, odd))
    return {
        "eth_gasPrice": params(),
        "eth_maxPriorityFeePerGas": params(),
        "eth_blobBaseFee": params(),
        "eth_feeHistory": history,
    }


def _odd(counts: tuple[Any, ...], numbers: tuple[Any, ...]) -> list[Any]:
    """Return parameters of one block or none, of which any may be wrong."""
    few = tuple(count for count in counts if not isinstance(count, int | str) or count in (0, 1, "0x0", "0x1", "1"))
    return [choose(few), choose(numbers), choose(mixed(([], [50], [0, 100])))]


class _Range:
    """Keeps a history from crossing a block whose blob fee is not what its parent foretells.

    Geth v1.17.8 itself answers that one way or the other: its workers race for one place (eth/gasprice/feehistory.go).
    """

    def __init__(self, facts: Facts) -> None:
        self._facts = facts

    def cut(self, drawn: tuple[Any, Any, Any]) -> list[Any]:
        """Return parameters with fewer blocks where they would cross one."""
        count, newest, percentiles = drawn
        last = self._number(newest)
        for edge in self._facts.blob_fee_edges:
            if edge <= last and _as_number(count) > last - edge + 1:
                return [hex(last - edge + 1), newest, percentiles]
        return [count, newest, percentiles]

    def _number(self, newest: Any) -> int:
        if isinstance(newest, str) and newest in (*self._facts.tags, "pending"):
            return self._facts.tags.get(newest, self._facts.head.number + 1)
        return min(_as_number(newest), self._facts.head.number)


def _as_number(value: Any) -> int:
    """Return the number that a value may be read as; -1 for none."""
    if isinstance(value, bool) or not isinstance(value, int | str):
        return -1
    try:
        return int(value, 0) if isinstance(value, str) else value
    except ValueError:
        return -1
