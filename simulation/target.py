"""How many are enough: the smallest number of clusters (or of anything else) that reaches an availability."""

import math
import time
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from simulation.api import REPLICATIONS, simulate
from simulation.cluster_plan import ClusterPlan
from simulation.errors import NotReached, ScenarioError
from simulation.estimates import Estimate, name_of
from simulation.frames import estimate_columns, pandas
from simulation.gate import Requirement, Verdict, judge
from simulation.result import Result
from simulation.scenario import Scenario
from simulation.variants import Tell, choose_measure

VALUES_MAX = 50
GROWTH = 4
"""Runs are so many times as many at the next look, where the interval leaves it open."""
LOOKS_MAX = 3
"""What is open after so many looks stays open."""
GAIN_MIN = 0.01
"""A further one that takes less than this share off the unavailability gains nothing."""
PATIENCE = 3
"""After one and so many more the largest number is tried at once; after so many in a row that gain nothing, no more."""


class Outcome(StrEnum):
    """What came of the search."""

    REACHED = "reached"
    OUT_OF_REACH = "out of reach"
    """Not even the largest number is enough."""
    OPEN = "open"
    """An interval holds the target, or the time was up."""


@dataclass(frozen=True, slots=True)
class Try:
    """One number that was tried."""

    value: int
    engine: str
    availability: Estimate
    downtime_minutes_year: Estimate
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Target:
    """The smallest number that is enough, if there is one."""

    title: str
    measure: str
    key: str
    """Of the scenario, whose number was raised."""
    wanted: float
    """Availability, a share of time."""
    seed: int
    outcome: Outcome
    smallest: int | None
    """The first number that surely is enough; where the outcome is open, a smaller one may be."""
    reason: str
    """Why none is enough, or what is open, in a line; empty where the target is reached."""
    tries: tuple[Try, ...]

    def to_frame(self) -> Any:
        """Return a pandas frame of one row per number tried."""
        rows = [
            {
                self.key: each.value,
                "engine": each.engine,
                **estimate_columns("availability", each.availability),
                **estimate_columns("downtime_minutes_year", each.downtime_minutes_year),
                "verdict": str(each.verdict),
            }
            for each in self.tries
        ]
        return pandas().DataFrame(rows)


def smallest_count(
    scenario: Scenario,
    wanted: float,
    *,
    measure: str | None = None,
    key: str = "N",
    tell: Tell | None = None,
    max_seconds: float | None = None,
    **settings: Any,
) -> Target:
    """Raise a number from 1 until the availability is reached with all of its interval.

    Args:
        scenario: what is varied.
        wanted: the availability, above 0 and below 1.
        measure: its name; None is fresh reads, or the first.
        key: of the scenario, as `Scenario.changed` takes it; its value is a whole number.
        tell: told after each number.
        max_seconds: of the whole search.
        settings: as of `simulate`; runs are added where the interval holds the target.

    Raises:
        ScenarioError: the target is impossible, or there is no such key or measure.
        NotApplicable: the engine that was asked for can't take a variant.
    """
    if not 0 < wanted < 1:
        raise ScenarioError(f"target is {wanted:g}, expected above 0 and below 1: nothing is available at all times")
    if key == "N" and not isinstance(scenario.plan, ClusterPlan):
        raise ScenarioError("a system has no N, expected --vary with what is counted, as components.NAME.count")
    name = choose_measure([each.name for each in scenario.model().measures], measure)
    search = _Search(
        name, Requirement(name_of(name, "availability"), is_least=True, bound=wanted), settings, max_seconds
    )
    variants = _variants(scenario, key)
    tries = dict[int, Try]()
    for value, variant in variants.items():
        if value in tries:
            break
        if search.is_late and tries:
            return _concluded(scenario, key, search, list(tries.values()), f"the time was up ({max_seconds:g} s)")
        tries[value] = search.tried(value, variant)
        if tell is not None:
            tell(len(tries), len(variants))
        if tries[value].verdict is Verdict.PASS:
            break
        most = max(variants)
        if most not in tries and len(tries) > PATIENCE:
            tries[most] = search.tried(most, variants[most], looks_max=1)
        if most in tries and tries[most].verdict is not Verdict.PASS and _is_hopeless(tries, most):
            break
    return _concluded(scenario, key, search, sorted(tries.values(), key=lambda each: each.value))


class _Search:
    """What every number is asked, and the time there is for it."""

    def __init__(
        self, measure: str, requirement: Requirement, settings: dict[str, Any], max_seconds: float | None
    ) -> None:
        """Start the clock."""
        self.measure = measure
        self.requirement = requirement
        self.settings = settings
        self._deadline = math.inf if max_seconds is None else time.monotonic() + max_seconds

    @property
    def is_late(self) -> bool:
        """Whether the time is up."""
        return time.monotonic() >= self._deadline

    def tried(self, value: int, variant: Scenario, looks_max: int = LOOKS_MAX) -> Try:
        """Work one number out, with more runs as long as the interval holds the target."""
        runs = self.settings.get("replications", REPLICATIONS)
        for look in range(1, looks_max + 1):
            result = self._result(variant, runs)
            found = result.measures[self.measure]
            verdict = judge(self.requirement, found.availability)
            seen = len(result.samples.replications)
            if verdict is not Verdict.STRADDLES or not seen or self.is_late or look == looks_max:
                break
            runs = max(runs, seen) * GROWTH
        return Try(value, result.about.engine, found.availability, found.downtime_minutes_year, verdict)

    def _result(self, variant: Scenario, runs: int) -> Result:
        """Return a result, with what there is where it was not reached."""
        left = max(self._deadline - time.monotonic(), 1e-9)
        limit = {"max_seconds": left} if math.isfinite(left) else {}
        try:
            return simulate(variant, **{**self.settings, **limit, "replications": runs})
        except NotReached as error:
            if error.result is None:
                raise
            return error.result


def _variants(scenario: Scenario, key: str) -> dict[int, Scenario]:
    """Return the scenario with each number that it takes, the smallest first.

    Raises:
        ScenarioError: it takes none of them.
    """
    refused, found = "", dict[int, Scenario]()
    for value in range(1, VALUES_MAX + 1):
        try:
            found[value] = scenario.changed(key, value)
        except ScenarioError as error:
            refused = refused or f"{key}={value}: {error}"
    if not found:
        raise ScenarioError(refused)
    return found


def _is_hopeless(tries: dict[int, Try], most: int) -> bool:
    """Say whether no number between will be enough where the largest is not.

    It is the best so far, so more of them help, but not enough. Or, where too many do harm as they share a crew, the
    last ones took hardly anything off the unavailability.
    """
    largest = tries[most].downtime_minutes_year.value
    lost = [each.downtime_minutes_year.value for value, each in tries.items() if value != most]
    return largest <= min(lost) or min(lost[-PATIENCE:]) > (1 - GAIN_MIN) * min(lost[:-PATIENCE])


def _concluded(scenario: Scenario, key: str, search: _Search, tries: list[Try], reason: str = "") -> Target:
    """Return what follows from the tries; the reason is why they ended before."""
    smallest = next((each.value for each in tries if each.verdict is Verdict.PASS), None)
    is_open = [each.value for each in tries if each.verdict is Verdict.STRADDLES]
    wanted = search.requirement.bound
    outcome = Outcome.REACHED if smallest is not None else Outcome.OUT_OF_REACH
    if is_open or reason:
        outcome = Outcome.OPEN
        reason = reason or f"with {key} = {is_open[0]} the interval holds {wanted:g}"
    elif smallest is None:
        best = max(tries, key=lambda each: each.availability.value)
        reason = (
            f"{key} = {best.value} gives {best.availability.value:.10g}, the best up to {tries[-1].value}; "
            "what they share sets the limit"
        )
    seed = search.settings.get("seed", 0)
    return Target(scenario.title, search.measure, key, wanted, seed, outcome, smallest, reason, tuple(tries))
