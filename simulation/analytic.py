"""Closed forms: what can be written down without simulating or solving a chain.

Independent units (each with a crew of its own, no shocks, no standby): by the renewal theorem the long-run share of
time a unit is up depends on the means of its laws alone, whatever their shapes. Numbers of good units are binomial,
and a measure's availability follows from them (simulation/decompose.py). Source: Rausand, Barros & Høyland, "System
Reliability Theory" (3rd ed., 2021), ch. 6 and 10; the clusters' formula is the operator's guide's.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from simulation.decompose import failing_chance, is_monotone, joint_chances, node_of, with_count
from simulation.errors import NotApplicable
from simulation.model import Group, Measure, Model, Shows

UNITS_MAX = 1000
"""Of a group; beyond, binomial coefficients are too large."""


@dataclass(frozen=True, slots=True)
class Shares:
    """The long-run shares of time of one unit; they add up to 1."""

    up: float
    stale: float
    down: float

    def good(self, *, counts_stale: bool) -> float:
        """Return the share in which the unit is a good one."""
        return self.up + self.stale if counts_stale else self.up


def clusters_availability(mtbf_hours: float, mttr_hours: float, clusters: int) -> float:
    """Return the guide's a = 1 - (1 - mtbf / (mttr + mtbf))^N: at least one of N independent masters is up."""
    return 1 - (1 - mtbf_hours / (mttr_hours + mtbf_hours)) ** clusters


def unit_shares(group: Group) -> Shares:
    """Return the shares of one independent unit of a group."""
    up = group.failure.mean_hours
    stale = down = 0.0
    for outage in group.outages:
        for stage in outage.stages:
            hours = outage.probability * stage.law.mean_hours
            stale += hours if stage.shows is Shows.STALE else 0.0
            down += hours if stage.shows is Shows.DOWN else 0.0
    cycle = up + stale + down
    return Shares(up / cycle, stale / cycle, down / cycle)


def needs_crew(group: Group) -> bool:
    """Say whether a unit of a group may ever need a crew."""
    return any(stage.needs_crew for outage in group.outages if outage.probability for stage in outage.stages)


def check_independent(model: Model) -> None:
    """Raise NotApplicable, naming the first thing by which units of a model depend on each other."""
    served = {
        crew.name: sum(group.count for group in model.groups if group.crew == crew.name and needs_crew(group))
        for crew in model.crews
    }
    short = next((crew for crew in model.crews if crew.size < served[crew.name]), None)
    if short is not None:
        raise NotApplicable(f"closed form: crew {short.name!r} of {short.size} is shared by {served[short.name]} units")
    if model.shocks:
        raise NotApplicable(f"closed form: shock {model.shocks[0].name!r} fails units together")
    for group in model.groups:
        if group.count > UNITS_MAX:
            raise NotApplicable(f"closed form: {group.count} units of {group.name!r}, expected at most {UNITS_MAX}")
        if group.standby is not None and group.standby.active < group.count and group.standby.dormant_factor != 1:
            raise NotApplicable(f"closed form: units of {group.name!r} wait in standby for each other")
        if group.refresh is not None:
            raise NotApplicable(f"closed form: units of {group.name!r} are refreshed one after the other")


def availability(model: Model, measure: Measure) -> float:
    """Return the long-run share of time in which a measure is available.

    Raises:
        NotApplicable: the units are not independent, or the condition is too complex.
    """
    return 1 - unavailability(model, measure)


def unavailability(model: Model, measure: Measure) -> float:
    """Return the long-run share of time in which a measure is not available, exact also where it is tiny.

    Raises:
        NotApplicable: as `availability`.
    """
    check_independent(model)
    chances = good_chances(model, measure)
    still = {name: [0.0] * len(each) for name, each in chances.items()}
    return failing_chance(node_of(measure.expression), chances, still)[0]


def failures_an_hour(model: Model, measure: Measure) -> float:
    """Return how often a measure stops being available in the long run, per hour.

    At the moment when one unit changes, the others are as at any time; so it is the sum, over units, of how often each
    goes bad, times the chance that the measure holds with it and not without it (Birnbaum's importance).

    Raises:
        NotApplicable: as `availability`.
    """
    check_independent(model)
    whole = node_of(measure.expression)
    groups = {group.name: group for group in model.groups if group.name in measure.expression.names}
    turns = {name: _turns(group, counts_stale=measure.counts_stale) for name, group in groups.items()}
    if is_monotone(whole):
        changes = {name: np.diff([0.0, *rates, 0.0]).tolist() for name, rates in turns.items()}
        return failing_chance(whole, good_chances(model, measure), changes)[1]
    found = 0.0
    for name, rates in turns.items():
        for number, rate in enumerate(rates):
            pair = (with_count(whole, name, number + 1), with_count(whole, name, number))
            truths = joint_chances(pair, good_chances(model, measure))
            found += rate * (truths.get((True, False), 0.0) + truths.get((False, True), 0.0))
    return found


def _turns(group: Group, *, counts_stale: bool) -> list[float]:
    """Return how often a group goes down to each number of good units from the one above, per hour."""
    a_unit = group.count * _bad_turns(group, counts_stale=counts_stale)
    others = good_chances_of(group.count - 1, unit_shares(group), counts_stale=counts_stale)
    return [a_unit * chance for chance in others]


def good_chances(model: Model, measure: Measure) -> dict[str, list[float]]:
    """Return the chance of each number of good units of each group that a measure speaks of, in the model's order.

    That order keeps what belongs together (one cluster) side by side, so that little has to be remembered.
    """
    return {
        group.name: good_chances_of(group.count, unit_shares(group), counts_stale=measure.counts_stale)
        for group in model.groups
        if group.name in measure.expression.names
    }


def _bad_turns(group: Group, *, counts_stale: bool) -> float:
    """Return how often a unit of a group turns from good to bad, per hour."""
    turns, cycle = 0.0, group.failure.mean_hours
    for outage in group.outages:
        was_good = True
        for stage in outage.stages:
            cycle += outage.probability * stage.law.mean_hours
            if stage.law.mean_hours > 0:
                is_good = counts_stale and stage.shows is Shows.STALE
                turns += outage.probability * (was_good and not is_good)
                was_good = is_good
    return turns / cycle


def good_chances_of(count: int, shares: Shares, *, counts_stale: bool) -> list[float]:
    """Return the chance of each number of good units; the shares of bad time are summed, not taken from 1."""
    bad = shares.down if counts_stale else shares.down + shares.stale
    good = shares.good(counts_stale=counts_stale)
    return [math.comb(count, number) * good**number * bad ** (count - number) for number in range(count + 1)]


def birth_death(failure_rates: Sequence[float], repair_rates: Sequence[float]) -> list[float]:
    """Return the steady state of a birth-death chain.

    Args:
        failure_rates: from 0 failed to 1, from 1 to 2, … per hour.
        repair_rates: from 1 failed to 0, from 2 to 1, … per hour; as many.

    Returns:
        The chance of each number of failed units, 0 first.
    """
    weights = [1.0]
    for down, back in zip(failure_rates, repair_rates, strict=True):
        weights.append(weights[-1] * down / back)
    total = math.fsum(weights)
    return [weight / total for weight in weights]


def machine_repair(units: int, failure_rate: float, repair_rate: float, crews: int) -> list[float]:
    """Return the chance of each number of failed units, of like exponential units that share some crews."""
    failures = [(units - failed) * failure_rate for failed in range(units)]
    repairs = [min(failed, crews) * repair_rate for failed in range(1, units + 1)]
    return birth_death(failures, repairs)
