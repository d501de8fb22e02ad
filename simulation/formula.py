"""The guide's formula beside a scenario: a = 1 - (1 - mtbf / (mttr + mtbf))^N with the scenario's own numbers."""

from dataclasses import dataclass

from simulation.cluster_plan import ClusterPlan
from simulation.estimates import MINUTES_A_YEAR
from simulation.scenario import Scenario

GUIDE_REPAIR_HOURS = 0.75
"""From the failure of a master to the next one in its place (operator's guide): 45 minutes."""


@dataclass(frozen=True, slots=True)
class Formula:
    """What the formula says of a cluster."""

    mtbf_hours: float
    mttr_hours: float
    clusters: int

    @property
    def unavailability(self) -> float:
        """The share of time in which all masters are away; exact also where it is tiny."""
        return (self.mttr_hours / (self.mttr_hours + self.mtbf_hours)) ** self.clusters

    @property
    def availability(self) -> float:
        """The share of time in which a master is there."""
        return 1 - self.unavailability

    @property
    def downtime_minutes_year(self) -> float:
        """Minutes in 365.25 days."""
        return self.unavailability * MINUTES_A_YEAR

    def __str__(self) -> str:
        """Return its numbers as people write them."""
        days, minutes = self.mtbf_hours / 24, self.mttr_hours * 60
        return f"the guide's formula, mtbf {days:.4g} days, mttr {minutes:.4g} min, N = {self.clusters}"


def formula_of(scenario: Scenario) -> Formula | None:
    """Return the formula with a cluster's numbers, or None where a scenario is of another kind.

    Its mttr is the mean repair of a master, or the guide's 45 minutes where masters come back from snapshots.
    """
    plan = scenario.plan
    if not isinstance(plan, ClusterPlan):
        return None
    part = plan.master.part
    mttr = part.repair.mean_hours if part.repair is not None else GUIDE_REPAIR_HOURS
    return Formula(part.failure.mean_hours, mttr, plan.clusters)
