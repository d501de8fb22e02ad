"""Exact Markov chains against the textbooks, the closed forms, and what must hold of every chain."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulation import analytic, ctmc
from simulation.errors import NotApplicable
from simulation.laws import NOTHING, Deterministic, Exponential, Gamma, Weibull
from simulation.model import Crew, Discipline, Group, Model, Outage, Refresh, Shock, Shows, Stage, Standby
from tests.simulation.models import dependent_models, independent_models, model_of, rates, units

ONE = Crew("crew", 1)
EXACT = 1e-9


def unavailability(model: Model) -> float:
    return ctmc.unavailability(ctmc.build_chain(model), model.measures[0])


@pytest.mark.parametrize(
    ("model", "expected", "hours"),
    [
        (model_of([units("a", 2, 0.01, 0.1, "crew")], "a", [ONE]), 0.016393442623, 650.0),
        (model_of([units("a", 2, 0.01, 0.1)], "a"), 1 / 121, 650.0),
        (model_of([units("a", 2, 0.01, 0.1, "crew", Standby(1, 0.0))], "a", [ONE]), 1 - 0.990990990991, 1200.0),
        (model_of([units("a", 3, 0.001, 0.1, "crew")], "a >= 2", [ONE]), 1 - 0.999411996437, 17500.0),
        (model_of([units("a", 3, 0.001, 0.1)], "a >= 2"), 1 - 0.999707852365, 17500.0),
        (model_of([units("a", 5, 0.001, 0.1, "crew")], "a >= 3", [ONE]), 1 - 0.999941817074, 180783.333333),
        (model_of([units("a", 5, 0.001, 0.1, "crew")], "a >= 3", [Crew("crew", 2)]), 1 - 0.999985584651, None),
        (model_of([units("a", 5, 0.001, 0.1)], "a >= 3"), 1 - 0.999990437675, 355783.333333),
    ],
    ids=["one crew", "independent", "cold", "2oo3 one crew", "2oo3", "3oo5 one crew", "3oo5 two crews", "3oo5"],
)
def test_textbook_systems(model: Model, expected: float, hours: float | None) -> None:
    chain = ctmc.build_chain(model)
    assert ctmc.unavailability(chain, model.measures[0]) == pytest.approx(expected, abs=1e-12)
    if hours is not None:
        assert ctmc.mean_hours_to_failure(chain, model.measures[0]) == pytest.approx(hours, rel=EXACT)


def test_a_rare_event_keeps_its_digits() -> None:
    model = model_of([units("a", 3, 1e-4, 1.0, "crew")], "a", [ONE])
    assert unavailability(model) == pytest.approx(analytic.machine_repair(3, 1e-4, 1.0, 1)[3], rel=EXACT)
    assert unavailability(model) == pytest.approx(5.9982e-12, rel=1e-5)


@pytest.mark.parametrize(("hours", "expected"), [(0.0, 1.0), (10.0, 0.9393519167), (50.0, 0.9094624338)])
def test_the_transient_of_one_unit(hours: float, expected: float) -> None:
    model = model_of([units("a", 1, 0.01, 0.1)], "a")
    (found,) = ctmc.transient_availability(ctmc.build_chain(model), model.measures[0], [hours])
    assert found == pytest.approx(1 / 1.1 + 0.1 / 1.1 * math.exp(-0.11 * hours), abs=EXACT)
    assert found == pytest.approx(expected, abs=1e-10)


def test_the_transient_is_the_same_by_both_ways_and_ends_in_the_steady_state(monkeypatch: pytest.MonkeyPatch) -> None:
    model = model_of([units("a", 3, 0.01, 0.1, "crew")], "a >= 2", [ONE])
    chain, measure, at = ctmc.build_chain(model), model.measures[0], [1.0, 20.0, 5000.0]
    dense = ctmc.transient_availability(chain, measure, at)
    monkeypatch.setattr(ctmc, "DENSE_MAX", 0)
    assert ctmc.transient_availability(chain, measure, at) == pytest.approx(dense, abs=EXACT)
    assert dense[-1] == pytest.approx(ctmc.availability(chain, measure), abs=EXACT)


def test_a_shared_crew_doubles_and_a_common_cause_of_5_percent_multiplies_by_12() -> None:
    failure, repair, beta = 1 / (14 * 24), 1 / 0.75, 0.05
    alone = unavailability(model_of([units("a", 2, failure, repair)], "a"))
    shared = unavailability(model_of([units("a", 2, failure, repair, "crew")], "a", [ONE]))
    shock = Shock("common cause", 1 / (beta * failure), ("a",))
    common = unavailability(model_of([units("a", 2, failure * (1 - beta), repair)], "a", (), [shock]))
    assert shared / alone == pytest.approx(2.0, rel=0.01)
    assert common / alone == pytest.approx(12.2, rel=0.01)


@given(rates, rates, st.floats(0.0, 1.0))
def test_a_warm_spare_has_the_known_closed_form(failure: float, repair: float, factor: float) -> None:
    model = model_of([units("a", 2, failure, repair, "crew", Standby(1, factor))], "a", [ONE])
    expected = analytic.birth_death([failure * (1 + factor), failure], [repair, repair])[2]
    assert unavailability(model) == pytest.approx(expected, rel=EXACT)


@given(independent_models())
@settings(max_examples=60)
def test_independent_units_have_the_closed_forms_answers(model: Model) -> None:
    chain = ctmc.build_chain(model)
    for measure in model.measures:
        expected = analytic.unavailability(model, measure)
        assert ctmc.unavailability(chain, measure) == pytest.approx(expected, rel=EXACT, abs=1e-14)


@given(st.integers(1, 5), st.integers(1, 5), rates, rates, st.sampled_from(Discipline))
def test_one_group_with_a_crew_is_machine_repair_in_any_discipline(
    count: int, size: int, failure: float, repair: float, discipline: Discipline
) -> None:
    crew = Crew("crew", size, discipline, ("a",))
    model = model_of([units("a", count, failure, repair, "crew")], "a", [crew])
    assert unavailability(model) == pytest.approx(analytic.machine_repair(count, failure, repair, size)[-1], rel=EXACT)


@given(dependent_models())
@settings(max_examples=60)
def test_rows_add_up_to_0_and_shares_to_1(model: Model) -> None:
    chain = ctmc.build_chain(model)
    rates_left = chain.generator.toarray()
    scale = np.abs(rates_left).max()
    assert np.abs(rates_left.sum(axis=1)).max() <= 1e-12 * scale
    assert (rates_left - np.diag(np.diag(rates_left))).min() >= 0
    shares = ctmc.steady_state(chain)
    assert shares.sum() == pytest.approx(1.0, abs=1e-12)
    assert shares.min() >= -1e-15
    assert np.abs(shares @ rates_left).max() <= 1e-12 * scale


@given(dependent_models())
@settings(max_examples=40)
def test_a_crew_sees_to_no_more_units_than_it_is_and_nobody_waits_beside_a_free_one(model: Model) -> None:
    size = model.crews[0].size
    for state in ctmc.build_chain(model).states:
        conditions = [unit for group in state.groups for unit in group]
        busy, waiting = sum(unit.holds_crew for unit in conditions), sum(unit.waits for unit in conditions)
        assert busy <= size
        assert waiting == len(state.queues[0])
        assert waiting == 0 or busy == size


@given(dependent_models())
@settings(max_examples=40)
def test_mtbf_and_outages_an_hour_belong_together(model: Model) -> None:
    """What goes out of the good states comes back: failures an hour are the same counted at either side."""
    chain, measure = ctmc.build_chain(model), model.measures[0]
    holds, shares = chain.holds(measure), ctmc.steady_state(chain)
    back = float(shares[~holds] @ chain.generator[~holds][:, holds].sum(axis=1))
    assert ctmc.failures_an_hour(chain, measure) == pytest.approx(back, rel=1e-9, abs=1e-15)


@given(st.integers(1, 4), rates, rates)
def test_an_erlang_repair_has_the_availability_of_its_mean(steps: int, failure: float, repair: float) -> None:
    model = model_of([units("a", 2, failure, Gamma(float(steps), 1 / repair))], "a")
    chain = ctmc.build_chain(model)
    assert len(chain.states) == math.comb(2 + steps, 2)
    alone = failure / (failure + repair)
    assert ctmc.unavailability(chain, model.measures[0]) == pytest.approx(alone**2, rel=EXACT)


def two_groups(discipline: Discipline, priorities: tuple[str, ...] = ()) -> list[float]:
    """Unavailability of a and of b, both single units, that share a crew with four units of c."""
    crew = Crew("crew", 1, discipline, priorities)
    groups = [units("a", 1, 0.05, 1.0, "crew"), units("b", 1, 0.05, 1.0, "crew"), units("c", 4, 0.2, 1.0, "crew")]
    return [unavailability(model_of(groups, name, [crew])) for name in ("a", "b")]


def test_who_has_priority_waits_less_and_others_more() -> None:
    fifo, random = two_groups(Discipline.FIFO), two_groups(Discipline.RANDOM)
    first = two_groups(Discipline.PRIORITY, ("a", "c", "b"))
    assert first[0] < 0.85 * fifo[0]
    assert first[1] > 1.1 * fifo[1]
    assert fifo[0] == pytest.approx(fifo[1], rel=EXACT)
    assert random[0] == pytest.approx(random[1], rel=EXACT)


def test_of_the_same_priority_the_longest_waiting_comes_first() -> None:
    """With no group preferred, priority is first come, first served."""
    slow = Outage("slow", 0.5, (Stage("repair", Exponential(5.0), needs_crew=True),))
    quick = Outage("quick", 0.5, (Stage("repair", Exponential(0.2), needs_crew=True),))
    groups = [Group("a", 3, Exponential(4.0), (slow, quick), "crew"), units("b", 2, 0.3, 1.0, "crew")]
    fifo, priority = (
        unavailability(model_of(groups, "a >= 2 or b", [Crew("crew", 1, discipline)]))
        for discipline in (Discipline.FIFO, Discipline.PRIORITY)
    )
    assert priority == pytest.approx(fifo, rel=EXACT)


def test_a_crew_is_held_from_the_first_to_the_last_stage_that_needs_one() -> None:
    """The middle stage holds the crew too, so the three stages are one Erlang repair of the whole."""
    need, idle = Stage("work", Exponential(1.0), needs_crew=True), Stage("test", Exponential(1.0))
    held = Group("a", 2, Exponential(10.0), (Outage("o", 1.0, (need, idle, need)),), "crew")
    whole = units("a", 2, Exponential(10.0), Gamma(3.0, 3.0), "crew")
    assert unavailability(model_of([held], "a", [ONE])) == pytest.approx(
        unavailability(model_of([whole], "a", [ONE])), rel=EXACT
    )


@pytest.mark.parametrize("crew", [None, "crew"])
def test_a_stage_of_no_time_is_passed_at_once(crew: str | None) -> None:
    """Such a stage changes nothing, whether it needs a crew or not and whether there is one."""
    work = Stage("repair", Exponential(1.0), needs_crew=True)
    for nothing in (Stage("nothing", NOTHING), Stage("nothing", NOTHING, needs_crew=True)):
        stages = (nothing, work, nothing)
        group = Group("a", 2, Exponential(10.0), (Outage("o", 1.0, stages),), crew)
        expected = unavailability(model_of([units("a", 2, 0.1, 1.0, crew)], "a", [ONE]))
        assert unavailability(model_of([group], "a", [ONE])) == pytest.approx(expected, rel=EXACT)


def test_an_outage_of_nothing_but_a_crews_visit_takes_no_time() -> None:
    """Where the crew is free the unit is back at once; where it is busy it waits, and leaves the crew at once."""
    visit = Group("a", 2, Exponential(10.0), (Outage("o", 1.0, (Stage("look", NOTHING, needs_crew=True),)),), "crew")
    assert unavailability(model_of([visit], "a >= 2", [ONE])) == 0
    busy = model_of([visit, units("b", 1, 0.5, 1.0, "crew")], "a >= 2", [ONE])
    assert 0 < unavailability(busy) < 1 / 3


def test_a_shock_of_its_own_way_fails_all_that_are_up() -> None:
    """Units that fail by shocks only, one day a hundred days, are away for the longest of their repairs."""
    storm = Shock("storm", 100.0, ("a", "b"), (Outage("storm", 1.0, (Stage("wait", Exponential(1.0)),)),))
    groups = [units("a", 1, 1e-12, 1.0), units("b", 1, 1e-12, 1.0)]
    model = model_of(groups, "a and b", (), [storm])
    chain = ctmc.build_chain(model)
    assert ctmc.mean_hours_to_failure(chain, model.measures[0]) == pytest.approx(100.0, rel=1e-6)
    # Balance: both away 1/100 of the rate from up; one away from both at rate 2; a shock at one away takes both again.
    flows = [[1.0, 1.0, 1.0], [-0.01, 0.0, 1.0], [0.0, 2.0, -1.01]]
    shares = np.linalg.solve(np.array(flows), np.array([1.0, 0.0, 0.0]))
    assert ctmc.availability(chain, model.measures[0]) == pytest.approx(shares[0], rel=1e-6)


def test_many_units_struck_by_a_shock_of_many_ways_stay_countable() -> None:
    ways = tuple(Outage(f"way{n}", 0.25, (Stage("wait", Exponential(1.0 + n)),)) for n in range(4))
    model = model_of([units("a", 8, 0.01, 1.0)], "a >= 4", (), [Shock("storm", 100.0, ("a",), ways)])
    assert 0 < unavailability(model) < 0.1


def test_a_measure_that_always_holds_never_fails_and_one_that_never_does_is_refused() -> None:
    model = model_of([units("a", 1, 0.1, 1.0)], "a or not a")
    assert ctmc.mean_hours_to_failure(ctmc.build_chain(model), model.measures[0]) == math.inf
    never = model_of([units("a", 1, 0.1, 1.0)], "a >= 2")
    with pytest.raises(NotApplicable, match="good is not available even with every unit up"):
        ctmc.mean_hours_to_failure(ctmc.build_chain(never), never.measures[0])


def refused_models() -> dict[str, Model]:
    fixed = Group("a", 1, Exponential(1.0), (Outage("o", 1.0, (Stage("boot", Deterministic(1.0)),)),))
    calendar = Group("a", 1, Exponential(1.0), fixed.outages, refresh=Refresh(10.0, Deterministic(1.0)))
    return {
        "failure of 'a' has law weibull": model_of([units("a", 1, Weibull(2.0, 1.0), 1.0)], "a"),
        "stage 'boot' of 'a' has law deterministic": model_of([fixed], "a"),
        "'a' is refreshed by the calendar": model_of([calendar], "a"),
        "'a' waits in standby": model_of([units("a", 2, Gamma(2.0, 1.0), 1.0, None, Standby(1, 0.0))], "a"),
        "failure of 'a' has law gamma": model_of([units("a", 1, Gamma(2.5, 1.0), 1.0)], "a"),
    }


@pytest.mark.parametrize("named", refused_models())
def test_what_has_a_memory_is_refused_by_name(named: str) -> None:
    with pytest.raises(NotApplicable, match=f"exact chain: {named}"):
        ctmc.build_chain(refused_models()[named])


def test_too_many_states_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ctmc, "STATES_MAX", 10)
    with pytest.raises(NotApplicable, match="more than 10 states"):
        ctmc.build_chain(model_of([units("a", 20, 0.1, 1.0)], "a"))


def test_stale_units_are_counted_as_a_measure_says() -> None:
    stages = (Stage("detect", Exponential(1.0), Shows.STALE), Stage("repair", Exponential(3.0)))
    model = model_of([Group("a", 1, Exponential(96.0), (Outage("crash", 1.0, stages),))], "a")
    chain = ctmc.build_chain(model)
    good, fresh = (ctmc.unavailability(chain, measure) for measure in model.measures)
    assert good == pytest.approx(0.03)
    assert fresh == pytest.approx(0.04)
