"""Plain counters of what a role has done; `reference_node.metrics` shows them, and only when it is asked.

Each is counted up by one thread alone, without a lock, as some are counted up tens of thousands of times a second;
another thread may read them at any time and sees each number whole.
"""

from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass, field
from time import perf_counter

CALL_SECONDS = (0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0, 30.0)
"""Upper bounds for how long a JSON-RPC call takes: from a cached answer to the longest that is allowed."""
WORK_SECONDS = (0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
"""Upper bounds for how long it takes to apply a batch, or to publish some."""


class Histogram:
    """How many observations fell below each of some bounds, and their sum."""

    __slots__ = ("bounds", "counts", "total")

    def __init__(self, bounds: tuple[float, ...] = WORK_SECONDS) -> None:
        self.bounds = bounds
        self.counts = [0] * (len(bounds) + 1)
        """By bound, not cumulated; the last is of what exceeds them all."""
        self.total = 0.0

    def observe(self, value: float) -> None:
        """Count one observation."""
        self.counts[bisect_left(self.bounds, value)] += 1
        self.total += value


@dataclass(slots=True)
class ApplyCounters:
    """What a replica has applied since it started."""

    records: int = 0
    """Log records taken, marks and repeated ones too."""
    batches: int = 0
    """Batches written to the database."""
    operations: int = 0
    """Puts and deletes in those batches."""
    value_bytes: int = 0
    """Of the records' values."""
    reorgs: int = 0
    """Views whose chain does not continue the one before."""
    seconds: Histogram = field(default_factory=Histogram)
    """How long it took to write a batch and take a new view."""


@dataclass(slots=True)
class PublishCounters:
    """What a master has published since it started."""

    batches: int = 0
    records: int = 0
    value_bytes: int = 0
    heartbeats: int = 0
    published_sequence: int = 0
    """Sequence of the last batch that the log has taken."""
    seconds: Histogram = field(default_factory=Histogram)
    """How long an append took until the log had it."""

    def count(self, batches: int, values: Iterable[bytes], started_seconds: float) -> None:
        """Count an append of batches that the log has taken; it began at `started_seconds` by `perf_counter`."""
        self.seconds.observe(perf_counter() - started_seconds)
        sizes_bytes = [len(value) for value in values]
        self.batches += batches
        self.records += len(sizes_bytes)
        self.value_bytes += sum(sizes_bytes)
