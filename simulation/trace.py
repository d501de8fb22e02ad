"""What a simulating engine returns of one run: when each measure was not available, and nothing that can be derived."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Intervals = NDArray[np.float64]
"""Shape (n, 2): start and end in hours, ascending, disjoint, none of no length."""


@dataclass(frozen=True, slots=True)
class Replication:
    """One run of a model from all units new and up."""

    horizon_hours: float
    """How long it lasted."""
    down: Mapping[str, Intervals]
    """Measure name to the intervals in which it was not available; one cut off by the horizon ends there."""
    regenerations_hours: NDArray[np.float64]
    """When the whole system was as new: every unit up with no age that matters. Starts with 0; only 0 where laws have
    a memory."""
    events: int
    """Changes of state that were simulated."""


def down_hours(intervals: Intervals) -> float:
    """Return the total length of some intervals."""
    return float(np.sum(intervals[:, 1] - intervals[:, 0]))
