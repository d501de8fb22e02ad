"""Rare events against the exact chain: intervals hold the truth as often as they say, or warn."""

from contextlib import suppress
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulation import compiled, ctmc
from simulation.errors import NotApplicable
from simulation.intervals import Interval
from simulation.laws import NOTHING, Deterministic, Exponential, Gamma
from simulation.model import Crew, Discipline, Group, Measure, Model, Outage, Refresh, Shock, Shows, Stage, Standby
from simulation.rare import RareEstimate, estimate_rare
from simulation.structure import parse_expression
from tests.simulation.models import dependent_models, model_of, units

ONE = Crew("crew", 1)
SEEDS = 100
COVERED_MIN = 87
"""Of 100 intervals of 95 % fewer hold the truth by chance in less than one case of 1000."""
THREE = model_of([units("a", 3, 1e-4, 1.0, "crew")], "a", [ONE])


def staged() -> Model:
    """Found after a while, repaired by one crew in three steps, in a queue by priority."""
    stages = (Stage("detect", Exponential(0.1), Shows.STALE), Stage("repair", Gamma(3.0, 1.0), needs_crew=True))
    ways = (Outage("crash", 1.0, (*stages, Stage("nothing", NOTHING))),)
    groups = [Group("a", 2, Exponential(5e3), ways, "crew"), Group("b", 3, Exponential(2e3), ways, "crew")]
    return model_of(groups, "a and b >= 1", [Crew("crew", 1, Discipline.PRIORITY, ("b", "a"))])


def uncovered() -> Model:
    """One failure in a thousand takes two hundred times as long as the others: most down time is with them."""
    ways = tuple(
        Outage(name, chance, (Stage("repair", Exponential(hours)),))
        for name, chance, hours in (("easy", 0.999, 1.0), ("hard", 0.001, 200.0))
    )
    return model_of([Group("a", 3, Exponential(1e4), ways)], "a")


MODELS = {
    "one crew": THREE,
    "3 out of 5, two crews": model_of([units("a", 5, 1e-3, 1.0, "crew")], "a >= 3", [Crew("crew", 2)]),
    "stages and priority": staged(),
    "random discipline": model_of(
        [units("a", 2, 1e-3, 1.0, "crew"), units("b", 2, 1e-3, 0.3, "crew")],
        "a and b",
        [Crew("crew", 1, Discipline.RANDOM)],
    ),
    "common cause dominates": model_of([units("a", 3, 1e-4, 1.0)], "a", (), [Shock("storm", 1e9, ("a",))]),
    "a way of failing dominates": uncovered(),
    "the rarer group dominates": model_of([units("a", 1, 1e-7, 1.0), units("b", 3, 1e-2, 1.0)], "a and b"),
    "the crew's other duty dominates": model_of(
        [units("a", 2, 1e-4, 1.0, "crew"), units("c", 1, 1e-6, 1e-3, "crew")], "a", [ONE]
    ),
    "warm standby": model_of([units("a", 3, 1e-3, 1.0, "crew", Standby(1, 0.2))], "a", [ONE]),
    "not rare at all": model_of([units("a", 2, 0.1, 1.0, "crew")], "a", [ONE]),
}


def exact(model: Model) -> float:
    return ctmc.unavailability(ctmc.build_chain(model), model.measures[0])


def covers(estimate: RareEstimate, truth: float) -> bool:
    return holds(estimate.unavailability, truth)


def holds(interval: Interval, truth: float) -> bool:
    """Say whether the truth is in an interval; it may have no width (a time to repair that only one state has)."""
    return interval.low * (1 - 1e-12) <= truth <= interval.high * (1 + 1e-12)


def estimates(model: Model, balance: float = 0.5, cycles: int = 4_000) -> list[RareEstimate]:
    return [estimate_rare(model, "good", 0.0, cycles, seed, balance=balance) for seed in range(SEEDS)]


def test_twelve_nines_to_two_percent_within_a_million_cycles() -> None:
    estimate = estimate_rare(THREE, "good", rel_error=0.02, cycles_max=1_000_000, seed=3)
    assert estimate.relative_half_width <= 0.02
    assert estimate.cycles <= 1_000_000
    assert not estimate.warnings
    assert covers(estimate, 5.9982e-12)


def long_run(model: Model) -> dict[str, float]:
    """What the exact chain says of all that is estimated."""
    chain, measure = ctmc.build_chain(model), model.measures[0]
    lost, failures = ctmc.unavailability(chain, measure), ctmc.failures_an_hour(chain, measure)
    return {
        "unavailability": lost,
        "failures_an_hour": failures,
        "mean_hours_to_failure": ctmc.mean_hours_to_failure(chain, measure),
        "mtbf_hours": (1 - lost) / failures,
        "mttr_hours": lost / failures,
    }


def test_all_that_is_estimated_is_the_chains() -> None:
    whole = estimate_rare(THREE, "good", rel_error=0.0, cycles_max=200_000, seed=4)
    for name, truth in long_run(THREE).items():
        found = getattr(whole, name)
        assert holds(found, truth), name
        assert found.value == pytest.approx(truth, rel=0.02), name


@pytest.mark.slow
@pytest.mark.parametrize("name", ["one crew", "stages and priority", "not rare at all"])
def test_every_interval_holds_the_truth_as_often_as_it_says(name: str) -> None:
    found = estimates(MODELS[name])
    for quantity, truth in long_run(MODELS[name]).items():
        intervals = [getattr(each, quantity) for each in found]
        assert sum(holds(each, truth) for each in intervals) >= COVERED_MIN, quantity


@pytest.mark.slow
@pytest.mark.parametrize("name", MODELS)
def test_intervals_hold_the_truth_as_often_as_they_say(name: str) -> None:
    truth, found = exact(MODELS[name]), estimates(MODELS[name])
    assert sum(covers(estimate, truth) for estimate in found) >= COVERED_MIN
    mean = np.mean([estimate.unavailability.value for estimate in found])
    assert mean == pytest.approx(truth, rel=0.1)


def test_without_balance_the_common_cause_is_missed_and_coverage_shows_it() -> None:
    """The check above can fail: failures made likely as their rates are never come to the shock that matters."""
    model = MODELS["common cause dominates"]
    truth, found = exact(model), estimates(model, balance=0.0)
    assert sum(covers(estimate, truth) for estimate in found) < COVERED_MIN


@given(dependent_models(), st.integers(0, 1000))
@settings(max_examples=12)
def test_any_markov_model_rare_or_not_has_the_chains_unavailability(model: Model, seed: int) -> None:
    """The interval is of 99.99 %; a warning is an answer, too."""
    counts = {group.name: group.count for group in model.groups}
    for measure in model.measures:
        estimate = estimate_if_whole_at_times(model, measure.name, seed)
        if estimate is None:
            assert not measure.expression.holds(counts) or availability_of_all(model) < 0.01
        else:
            assert estimate.warnings or covers(estimate, exact(replace(model, measures=(measure,))))


def estimate_if_whole_at_times(model: Model, measure: str, seed: int) -> RareEstimate | None:
    with suppress(NotApplicable):
        return estimate_rare(model, measure, 0.0, 5_000, seed, confidence=0.9999)
    return None


def availability_of_all(model: Model) -> float:
    """The share of time in which every unit is up."""
    everything = " and ".join(f"{group.name} >= {group.count}" for group in model.groups)
    names = [group.name for group in model.groups]
    measure = Measure("all", parse_expression(everything, names), counts_stale=False)
    return 1 - exact(replace(model, measures=(measure,)))


def test_the_same_seed_gives_the_same_estimate() -> None:
    one, same, other = (estimate_rare(THREE, "good", 0.0, 4_000, seed) for seed in (1, 1, 2))
    assert one == same
    assert one.unavailability != other.unavailability


def test_few_failures_are_warned_of() -> None:
    """Ten units that must all be down, in forty cycles."""
    model = model_of([units("a", 10, 1e-3, 1.0, "crew")], "a", [ONE])
    estimate = estimate_rare(model, "good", 0.0, 40)
    assert any("effective failures" in warning for warning in estimate.warnings)
    assert estimate.relative_half_width > 0.1


def test_a_measure_that_never_fails_has_no_narrow_interval() -> None:
    estimate = estimate_rare(model_of([units("a", 1, 1.0, 1.0)], "a or not a"), "good", cycles_max=1_000)
    assert estimate.unavailability.value == 0
    assert estimate.unavailability.high == np.inf
    assert estimate.warnings


def test_groups_that_have_nothing_to_do_with_a_measure_do_not_slow_it_down() -> None:
    others = [units(f"b{place}", 5, 1.0, 0.1) for place in range(5)]
    model = model_of([*THREE.groups, *others], "a", [ONE], [Shock("storm", 10.0, ("b1",))])
    estimate = estimate_rare(model, "good", 0.05, seed=1)
    assert covers(estimate, exact(THREE))


REFUSED = {
    "failure of 'a' has law gamma": model_of([units("a", 1, Gamma(2.0, 1.0), 1.0)], "a"),
    "stage 'repair' of 'a' has law deterministic": model_of([units("a", 1, 1.0, Deterministic(1.0))], "a"),
    "'a' is refreshed by the calendar": model_of(
        [replace(units("a", 1, 1.0, 1.0), refresh=Refresh(10.0, Deterministic(1.0)))], "a"
    ),
    "good is not available even with every unit up": model_of([units("a", 1, 1.0, 1.0)], "a >= 2"),
    "all units are hardly ever up at once": model_of([units("a", 40, 10.0, 0.1, "crew")], "a", [ONE]),
}


@pytest.mark.parametrize("named", REFUSED)
def test_what_can_not_be_done_is_refused_by_name(named: str) -> None:
    with pytest.raises(NotApplicable, match=f"rare events: {named}"):
        estimate_rare(REFUSED[named], "good")


def test_without_numba_one_line_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compiled, "njit", None)
    with pytest.raises(NotApplicable, match="rare events: numba is not installed"):
        estimate_rare(THREE, "good")
