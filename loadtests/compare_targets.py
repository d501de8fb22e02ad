"""What a run that sent its requests to two targets says: differences of pairs, with intervals, and of answers."""

from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fixtures.jsonrpc import JsonRpc, RemoteError
from loadtests.comparing import Example, PairCounts
from loadtests.errors import LoadError
from loadtests.outcomes import GOOD, Kind

RESAMPLES = 1000
CONFIDENCE = 0.95
PAIRS_MAX = 10_000
"""Pairs of a method that are resampled; of more, so many."""
PAIRS_MIN = 10
"""With fewer there is no interval."""
CHUNK = 2_000_000
"""Values resampled at a time."""
TRIES = 10
"""How often blocks are asked for where they differ: two nodes may not have switched to the same fork yet."""
_HASHES_ONLY = False
_STREAM = 3
"""Tells these draws from others of the same seed."""
Times = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Interval:
    """A difference, first target less second, and where it lies with a confidence of 95 %."""

    value: float
    low: float | None
    """None where there are too few pairs."""
    high: float | None


@dataclass(frozen=True, slots=True)
class MethodDifference:
    """How the service times of two targets differ, in milliseconds."""

    method: str
    """`all` for all requests together."""
    pairs: int
    mean_ms: float
    """Of the first target."""
    other_mean_ms: float
    mean_difference_ms: Interval
    median_difference_ms: Interval
    """The median of the differences of pairs."""
    p99_difference_ms: Interval
    """The difference of both percentiles."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two targets side by side; the second one is the reference."""

    against: str
    """The second target's URL."""
    methods: tuple[MethodDifference, ...]
    """All together first, then by how many pairs there are."""
    compared: int
    not_compared: int
    mismatches: int
    examples: tuple[Example, ...]
    other_failures: int
    """Calls that the second target failed."""
    other_kinds: dict[str, int]
    """How the second target's calls ended."""

    def figures(self) -> dict[str, float]:
        """Return what gates may name, of all requests together; differences are first target less second."""
        found = {"mismatches": float(self.mismatches), "other_failures": float(self.other_failures)}
        for each in self.methods[:1]:
            found["mean_difference_ms"] = each.mean_difference_ms.value
            found["median_difference_ms"] = each.median_difference_ms.value
            found["p99_difference_ms"] = each.p99_difference_ms.value
        return found


FIGURES = ("mismatches", "other_failures", "mean_difference_ms", "median_difference_ms", "p99_difference_ms")
"""What `Comparison.figures` can tell."""


def check_same_chain(target: str, other: str) -> None:
    """Make sure that two targets serve one chain.

    Raises:
        LoadError: they don't; the text names the first difference.
        CouldNotJudge: one does not answer.
    """
    with closing(JsonRpc(target)) as ours, closing(JsonRpc(other)) as theirs:
        chain_ids = [int(rpc.call("eth_chainId"), 16) for rpc in (ours, theirs)]
        if chain_ids[0] != chain_ids[1]:
            raise LoadError(f"--compare {other} has chain id {chain_ids[1]}, expected the target's {chain_ids[0]}")
        for _ in range(TRIES):
            number = _first_difference(ours, theirs)
            if number is None:
                return
        raise LoadError(f"--compare {other} has another block {number} than the target, expected the same chain")


def _first_difference(ours: JsonRpc, theirs: JsonRpc) -> int | None:
    """Return the first of some numbers up to both heads at which two chains have different blocks."""
    common = min(int(rpc.call("eth_blockNumber"), 16) for rpc in (ours, theirs))
    for number in sorted({0, common // 2, max(common - 64, 0), common}):
        hashes = [_hash_of(rpc, number) for rpc in (ours, theirs)]
        if None not in hashes and hashes[0] != hashes[1]:
            return number
    return None


def _hash_of(rpc: JsonRpc, number: int) -> str | None:
    """Return the hash of a block, None where it is not there (any more)."""
    try:
        block = rpc.call("eth_getBlockByNumber", hex(number), _HASHES_ONLY)
    except RemoteError:
        return None
    return str(block["hash"]) if isinstance(block, dict) else None


def conclude_pairs(counts: PairCounts, against: str, seed: int) -> Comparison:
    """Return the figures of what was counted; the same ones for the same seed."""
    services = {method: (_ms(ours), _ms(theirs)) for method, (ours, theirs) in counts.services.items()}
    methods = [
        difference_of(method, *times, seed)
        for method, times in sorted(services.items(), key=lambda item: (-len(item[1][0]), item[0]))
    ]
    if services:
        ours, theirs = (np.concatenate([pair[side] for pair in services.values()]) for side in (0, 1))
        methods.insert(0, difference_of("all", ours, theirs, seed))
    kinds: dict[str, int] = {}
    for ending, count in counts.endings.items():
        kinds[str(ending.kind)] = kinds.get(str(ending.kind), 0) + count
    return Comparison(
        against=against,
        methods=tuple(methods),
        compared=counts.compared,
        not_compared=counts.not_compared,
        mismatches=counts.mismatches,
        examples=tuple(counts.examples),
        other_failures=sum(count for kind, count in kinds.items() if Kind(kind) not in GOOD),
        other_kinds=kinds,
    )


def difference_of(method: str, ours: Times, theirs: Times, seed: int) -> MethodDifference:
    """Return how paired times differ.

    Intervals are percentile intervals of a bootstrap of pairs (Efron and Tibshirani 1993, chapter 13). They take pairs
    as independent of each other, which requests that queue behind each other are not quite.
    """
    random = np.random.default_rng([seed, _STREAM, len(ours), *method.encode()])
    return MethodDifference(
        method=method,
        pairs=len(ours),
        mean_ms=float(ours.mean()),
        other_mean_ms=float(theirs.mean()),
        mean_difference_ms=bootstrap(ours, theirs, _mean_difference, random),
        median_difference_ms=bootstrap(ours, theirs, _median_difference, random),
        p99_difference_ms=bootstrap(ours, theirs, _p99_difference, random),
    )


def bootstrap(
    ours: Times, theirs: Times, statistic: Callable[[Times, Times], Times], random: np.random.Generator
) -> Interval:
    """Return a statistic of pairs with its percentile interval.

    Of many pairs a part is resampled, and the interval made as much narrower as more pairs make it: by the root of
    their ratio.
    """
    value = _of_one(statistic, ours, theirs)
    if len(ours) < PAIRS_MIN:
        return Interval(value, None, None)
    scale, center = 1.0, value
    if len(ours) > PAIRS_MAX:
        scale = (PAIRS_MAX / len(ours)) ** 0.5
        chosen = random.choice(len(ours), PAIRS_MAX, replace=False)
        ours, theirs = ours[chosen], theirs[chosen]
        center = _of_one(statistic, ours, theirs)
    count = len(ours)
    found: list[Times] = []
    rows_max = max(CHUNK // count, 1)
    for begin in range(0, RESAMPLES, rows_max):
        places = random.integers(0, count, (min(rows_max, RESAMPLES - begin), count))
        found.append(statistic(ours[places], theirs[places]))
    tail = (1 - CONFIDENCE) / 2 * 100
    low, high = np.percentile(np.concatenate(found), [tail, 100 - tail])
    return Interval(value, value + float(low - center) * scale, value + float(high - center) * scale)


def _of_one(statistic: Callable[[Times, Times], Times], ours: Times, theirs: Times) -> float:
    return float(statistic(ours[None, :], theirs[None, :])[0])


def _mean_difference(ours: Times, theirs: Times) -> Times:
    return np.asarray((ours - theirs).mean(axis=1))


def _median_difference(ours: Times, theirs: Times) -> Times:
    return np.asarray(np.median(ours - theirs, axis=1))


def _p99_difference(ours: Times, theirs: Times) -> Times:
    return np.asarray(np.percentile(ours, 99, axis=1) - np.percentile(theirs, 99, axis=1))


def _ms(microseconds: Sequence[int]) -> Times:
    return np.asarray(microseconds, dtype=np.float64) / 1000
