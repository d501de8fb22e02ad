"""How much each unit matters to a measure, exactly, where units have nothing to do with each other.

Sources: Birnbaum, "On the importance of different components in a multicomponent system" (1969); Rausand, Barros &
Høyland, "System Reliability Theory" (3rd ed., 2021), ch. 7.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

from simulation.analytic import check_independent, good_chances, good_chances_of, unit_shares
from simulation.decompose import Chances, Node, failing_chance, node_of
from simulation.estimates import MINUTES_A_YEAR
from simulation.frames import pandas
from simulation.model import Group, Measure, Model
from simulation.scenario import Scenario
from simulation.variants import choose_measure


@dataclass(frozen=True, slots=True)
class UnitImportance:
    """What one unit of a group is to a measure, in the long run."""

    group: str
    units: int
    """Of the group; all are alike."""
    unavailability: float
    """Share of time in which such a unit is no good one for the measure."""
    birnbaum: float
    """The measure's unavailability with the unit away at all times, less that with it there at all times."""
    criticality: float
    """Chance that the unit is away, and would make the measure good if it were not, given that it is not good."""
    achievement_worth: float
    """How many times as unavailable the measure is with the unit away at all times."""
    reduction_worth: float
    """How many times as unavailable it is as with the unit there at all times; infinite where it would never fail."""
    minutes_saved_year: float
    """Minutes of downtime a year that units of this group cost: none of them would ever be away."""


def birnbaum(scenario: Scenario | Model, measure: str | None = None) -> tuple[UnitImportance, ...]:
    """Return the importance of a unit of each group, the most important first.

    Args:
        scenario: whose units are independent of each other.
        measure: its name; None is fresh reads, or the first.

    Raises:
        NotApplicable: the units are not independent, or the condition is too complex.
        ScenarioError: there is no such measure.
    """
    model = scenario.model() if isinstance(scenario, Scenario) else scenario
    name = choose_measure([each.name for each in model.measures], measure)
    chosen = next(each for each in model.measures if each.name == name)
    check_independent(model)
    whole, chances = node_of(chosen.expression), good_chances(model, chosen)
    failing = _failing(whole, chances)
    found = [_importance(model.group(group), chosen, whole, chances, failing) for group in chances]
    return tuple(sorted(found, key=lambda each: -each.birnbaum))


def importance_frame(found: Sequence[UnitImportance]) -> Any:
    """Return a pandas frame of one row per group."""
    return pandas().DataFrame([{each.name: getattr(unit, each.name) for each in fields(unit)} for unit in found])


def _importance(group: Group, measure: Measure, whole: Node, chances: Chances, failing: float) -> UnitImportance:
    shares = unit_shares(group)
    others = good_chances_of(group.count - 1, shares, counts_stale=measure.counts_stale)
    away = _failing(whole, {**chances, group.name: [*others, 0.0]})
    there = _failing(whole, {**chances, group.name: [0.0, *others]})
    perfect = _failing(whole, {**chances, group.name: [0.0] * group.count + [1.0]})
    bad = shares.down if measure.counts_stale else shares.down + shares.stale
    return UnitImportance(
        group=group.name,
        units=group.count,
        unavailability=bad,
        birnbaum=away - there,
        criticality=(away - there) * bad / failing if failing else 0.0,
        achievement_worth=away / failing if failing else math.inf if away else 1.0,
        reduction_worth=failing / there if there else math.inf if failing else 1.0,
        minutes_saved_year=(failing - perfect) * MINUTES_A_YEAR,
    )


def _failing(whole: Node, chances: Chances) -> float:
    """Return the chance that a condition does not hold."""
    still = {name: [0.0] * len(each) for name, each in chances.items()}
    return failing_chance(whole, chances, still)[0]
