"""Two variants of a scenario on the same luck: the difference is told with far fewer runs than from each alone."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from simulation.errors import ScenarioError
from simulation.estimates import MINUTES_A_YEAR, Basis, Estimate, Method, name_of
from simulation.intervals import mean_interval
from simulation.observations import by_replication
from simulation.trace import Replication


@dataclass(frozen=True, slots=True)
class Comparison:
    """How much more downtime the second variant has than the first."""

    measure: str
    unavailability: Estimate
    """Of the second less that of the first: below 0 where the second is better."""
    downtime_minutes_year: Estimate
    variance_ratio: float
    """Variance of the difference as a share of what independent runs would have; nan where neither varies."""

    @property
    def is_told(self) -> bool:
        """Whether the interval leaves 0 out, so that one of both is better."""
        return self.unavailability.low > 0 or self.unavailability.high < 0


def compare_runs(
    first: Sequence[Replication], second: Sequence[Replication], measure: str, basis: Basis | None = None
) -> Comparison:
    """Compare two variants by the paired differences of their replications (common random numbers).

    Args:
        first: replications of one variant.
        second: those of the other, of the same seed, numbers and horizon.
        measure: one that both have.
        basis: confidence and warm-up.

    Raises:
        ScenarioError: there are not two pairs at least, or they are of different length.
    """
    basis = basis or Basis()
    if len(first) != len(second) or len(first) < 2:
        raise ScenarioError(
            f"{len(first)} and {len(second)} replications can't be paired, expected the same, 2 or more"
        )
    if any(a.horizon_hours != b.horizon_hours for a, b in zip(first, second, strict=True)):
        raise ScenarioError("replications of different horizons can't be paired")
    shares = []
    for replications in (first, second):
        seen = by_replication(replications, measure, basis.warmup_hours)
        shares.append(seen.down_hours / seen.hours)
    interval = mean_interval(shares[1] - shares[0], basis.confidence)
    apart = float(np.var(shares[0]) + np.var(shares[1]))
    difference = Estimate(
        name_of(measure, "unavailability_difference"),
        interval.value,
        interval.low,
        interval.high,
        basis.confidence,
        Method.REPLICATIONS,
        len(first),
    )
    return Comparison(
        measure,
        difference,
        difference.times(name_of(measure, "downtime_minutes_year_difference"), MINUTES_A_YEAR),
        float(np.var(shares[1] - shares[0])) / apart if apart else float("nan"),
    )
