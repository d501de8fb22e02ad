"""The readable engine: held to exact chains over random models, and to stories whose every hour is known."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from simulation import analytic, ctmc
from simulation.estimates import Basis, estimate_measures
from simulation.laws import Deterministic, Exponential, Law, Lognormal, Uniform, Weibull
from simulation.model import Crew, Discipline, Group, Measure, Model, Outage, Refresh, Shock, Shows, Stage, Standby
from simulation.processes import simulate_once
from simulation.structure import parse_expression
from simulation.trace import Replication
from tests.simulation.models import dependent_models, independent_models, model_of, units

NEVER = Exponential(1e12)
RUNS = 12
CONFIDENCE = 0.999
HOURS = 600.0
"""Of one run in the comparison with exact answers; the slowest law's mean is 50."""
QUICK = settings(max_examples=12, derandomize=True, deadline=None, phases=[Phase.generate])
"""The same examples each time: of so many intervals of 99.9 %, some example would miss one day."""


def down(model: Model, hours: float, seed: int = 1) -> list[list[float]]:
    """The intervals in which a model's first measure is not available."""
    found: list[list[float]] = simulate_once(model, hours, seed).down[model.measures[0].name].tolist()
    return found


def runs_of(model: Model) -> list[Replication]:
    return [simulate_once(model, HOURS, 7, number) for number in range(RUNS)]


@given(dependent_models(hours=(2.0, 10.0)))
@QUICK
def test_shared_crews_standby_and_shocks_are_those_of_the_exact_chain(model: Model) -> None:
    chain = ctmc.build_chain(model)
    found = estimate_measures(model, runs_of(model), Basis(CONFIDENCE, HOURS / 10))
    for measure in model.measures:
        exact, estimate = ctmc.unavailability(chain, measure), found[measure.name].unavailability
        assert estimate.low - 1e-12 <= exact <= estimate.high + 1e-12


means = st.floats(2.0, 10.0)
any_laws = (
    st.builds(Exponential, means)
    | st.builds(Weibull.of_mean, st.floats(0.7, 3.0), means)
    | st.builds(Lognormal.of_mean, means, st.floats(0.1, 1.0))
    | st.builds(Uniform, st.just(0.0), means)
)


@given(independent_models(any_laws))
@QUICK
def test_independent_units_of_any_law_are_those_of_the_closed_form(model: Model) -> None:
    found = estimate_measures(model, runs_of(model), Basis(CONFIDENCE, HOURS / 10))
    for measure in model.measures:
        estimate = found[measure.name].unavailability
        assert estimate.low - 1e-12 <= analytic.unavailability(model, measure) <= estimate.high + 1e-12


@pytest.mark.parametrize("discipline", Discipline)
def test_who_waits_for_the_crew_waits_as_in_the_exact_chain(discipline: Discipline) -> None:
    """Six units and one busy crew: the disciplines differ by far more than the interval's width."""
    crew = Crew("crew", 1, discipline, ("a", "c", "b"))
    groups = [units("a", 1, 0.05, 1.0, "crew"), units("b", 1, 0.05, 1.0, "crew"), units("c", 4, 0.2, 1.0, "crew")]
    measures = tuple(Measure(name, parse_expression(name, ["a", "b", "c"]), counts_stale=False) for name in "ab")
    model = replace(model_of(groups, "a", [crew]), measures=measures)
    chain = ctmc.build_chain(model)
    found = estimate_measures(model, [simulate_once(model, 1500.0, 3, run) for run in range(16)], Basis(0.999, 50.0))
    for measure in measures:
        estimate = found[measure.name].unavailability
        assert estimate.low <= ctmc.unavailability(chain, measure) <= estimate.high
        assert estimate.relative_error < 0.3


def test_the_same_seed_gives_the_same_run_and_another_another() -> None:
    model = model_of([units("a", 3, 0.1, 0.5, "crew")], "a >= 3", [Crew("crew", 1, Discipline.RANDOM)])
    first, again = simulate_once(model, 500.0, 11, 2), simulate_once(model, 500.0, 11, 2)
    assert np.array_equal(first.down["good"], again.down["good"])
    assert np.array_equal(first.regenerations_hours, again.regenerations_hours)
    assert first.events == again.events
    for other in (simulate_once(model, 500.0, 12, 2), simulate_once(model, 500.0, 11, 3)):
        assert not np.array_equal(first.down["good"], other.down["good"])


def test_another_law_of_one_group_leaves_the_draws_of_all_others() -> None:
    storm = Shock("storm", 40.0, ("b",))

    def run(failure: Law) -> Replication:
        changed, same = units("a", 2, failure, 0.5), units("b", 3, 0.1, Weibull(0.8, 2.0))
        measures = tuple(Measure(name, parse_expression(f"{name} >= 2", "ab"), counts_stale=False) for name in "ab")
        return simulate_once(replace(model_of([changed, same], "a", (), [storm]), measures=measures), 1000.0, 5)

    before, after = run(Exponential(10.0)), run(Uniform(1.0, 3.0))
    assert np.array_equal(before.down["b"], after.down["b"])
    assert not np.array_equal(before.down["a"], after.down["a"])


def staged(name: str, law: Law, *stages: Stage, count: int = 1, crew: str | None = None) -> Group:
    return Group(name, count, law, (Outage("failure", 1.0, stages),), crew)


def test_a_life_of_known_hours() -> None:
    """Up 10, stale 2, down 3, and again; the horizon cuts the last outage."""
    stale, dead = Stage("detect", Deterministic(2.0), Shows.STALE), Stage("repair", Deterministic(3.0))
    model = model_of([staged("a", Deterministic(10.0), stale, dead)], "a")
    run = simulate_once(model, 28.0, 1)
    assert run.down["good"].tolist() == [[12.0, 15.0], [27.0, 28.0]]
    assert run.down["fresh"].tolist() == [[10.0, 15.0], [25.0, 28.0]]


def test_a_crew_goes_from_one_unit_to_the_next_that_waits() -> None:
    repair = Stage("repair", Deterministic(2.0), needs_crew=True)
    model = model_of([staged("a", Deterministic(10.0), repair, count=3, crew="crew")], "a >= 3", [Crew("crew", 1)])
    assert down(model, 21.0) == [[10.0, 16.0]]
    assert down(replace(model, crews=(Crew("crew", 2),)), 23.0) == [[10.0, 14.0], [22.0, 23.0]]


def test_a_crew_is_held_between_two_stages_that_need_it() -> None:
    need, idle = Stage("work", Deterministic(1.0), needs_crew=True), Stage("test", Deterministic(1.0))
    held = staged("a", Deterministic(10.0), need, idle, need, count=2, crew="crew")
    assert down(model_of([held], "a >= 2", [Crew("crew", 1)]), 18.0) == [[10.0, 16.0]]
    free = staged("a", Deterministic(10.0), need, idle, idle, count=2, crew="crew")
    assert down(model_of([free], "a >= 2", [Crew("crew", 1)]), 18.0) == [[10.0, 14.0]]


def test_waiting_for_a_crew_shows_as_the_stage_it_waits_for() -> None:
    stale = Stage("replay", Deterministic(2.0), Shows.STALE, needs_crew=True)
    model = model_of([staged("a", Deterministic(10.0), stale, count=2, crew="crew")], "a >= 2", [Crew("crew", 1)])
    run = simulate_once(model, 15.0, 1)
    assert run.down["good"].tolist() == []
    assert run.down["fresh"].tolist() == [[10.0, 14.0]]


def test_a_cold_spare_begins_to_age_when_it_is_put_to_work() -> None:
    """One works 10 hours, then the other for 10; repairs take 4."""
    repair = Stage("repair", Deterministic(4.0))
    spare = replace(staged("a", Deterministic(10.0), repair, count=2), standby=Standby(1, 0.0))
    assert down(model_of([spare], "a >= 2"), 45.0) == [[10.0, 14.0], [20.0, 24.0], [30.0, 34.0], [40.0, 44.0]]
    assert down(model_of([spare], "a >= 1"), 45.0) == []


def test_a_warm_spare_fails_as_much_more_seldom_as_its_factor_says() -> None:
    """The working unit fails at 10; the spare, at half the rate, would at 20, but begins anew when put to work."""
    repair = Stage("repair", Deterministic(100.0))
    spare = replace(staged("a", Deterministic(10.0), repair, count=2), standby=Standby(1, 0.5))
    assert down(model_of([spare], "a"), 50.0) == [[20.0, 50.0]]
    idle = replace(spare, count=3)
    assert down(model_of([idle], "a >= 3"), 15.0) == [[10.0, 15.0]]


def test_a_shock_fails_all_that_are_up_and_none_that_is_away() -> None:
    away = Outage("storm", 1.0, (Stage("rebuild", Deterministic(1.0)),))
    shock = Shock("storm", 30.0, ("a", "b"), (away,))
    quiet = [staged(name, NEVER, Stage("repair", Deterministic(5.0)), count=2) for name in "ab"]
    model = model_of(quiet, "a >= 1 or b >= 1", (), [shock])
    both = down(model, 3000.0)
    assert len(both) > 50
    assert [round(end - start, 9) for start, end in both[:-1]] == [1.0] * (len(both) - 1)
    assert down(replace(model, shocks=(replace(shock, groups=("a",)),)), 3000.0) == []


def test_a_shocks_outage_keeps_its_law_where_it_has_the_name_of_the_units_own() -> None:
    own = Group("a", 1, Exponential(20.0), (Outage("failure", 1.0, (Stage("repair", Uniform(1.0, 2.0)),)),))
    shock = Shock("storm", 20.0, ("a",), (Outage("failure", 1.0, (Stage("repair", Uniform(5.0, 6.0)),)),))
    lengths = np.array([end - start for start, end in down(model_of([own], "a", (), [shock]), 3000.0)[:-1]])
    assert np.all((lengths < 2.0) | (lengths > 5.0))
    assert 20 < np.count_nonzero(lengths > 5.0) < len(lengths) - 20


def test_a_shock_queues_units_in_the_order_of_the_models_groups() -> None:
    """The crew sees to b, then a, whatever order the shock names them in."""
    repair = Stage("repair", Deterministic(1.0), needs_crew=True)
    groups = [staged("b", NEVER, repair, crew="crew"), staged("a", NEVER, repair, crew="crew")]
    shock = Shock("storm", 500.0, ("a", "b"))
    model = model_of(groups, "b", [Crew("crew", 1)], [shock])
    assert [round(end - start, 9) for start, end in down(model, 3000.0)] == [1.0] * len(down(model, 3000.0))
    assert next(round(end - start, 9) for start, end in down(replace(model, measures=(_of("a"),)), 3000.0)) == 2.0


def _of(text: str) -> Measure:
    return Measure("good", parse_expression(text, ["a", "b"]), counts_stale=True)


def test_a_failure_of_no_length_within_a_shock_is_no_fresh_start() -> None:
    """The first unit is back at once while the second is about to go: the system is not as new in between."""
    gone = Group("b", 1, NEVER, (Outage("failure", 1.0, (Stage("repair", Deterministic(1.0)),)),))
    back = Group("a", 1, NEVER, (Outage("failure", 1.0, (Stage("nothing", Deterministic(0.0)),)),))
    run = simulate_once(model_of([back, gone], "b", (), [Shock("storm", 10.0, ("a", "b"))]), 500.0, 1)
    ends = run.down["good"][:, 1]
    assert run.regenerations_hours.tolist() == [0.0, *ends[ends < 500.0].tolist()]


def test_each_unit_is_refreshed_in_its_turn_every_round() -> None:
    group = replace(
        staged("a", NEVER, Stage("repair", Deterministic(1.0)), count=3), refresh=Refresh(100.0, Deterministic(1.0))
    )
    assert down(model_of([group], "a >= 3"), 250.0) == [[100.0, 103.0], [200.0, 203.0]]
    assert down(model_of([group], "a >= 2"), 250.0) == []
    later = replace(group, refresh=Refresh(100.0, Deterministic(1.0), offset_hours=30.0))
    assert down(model_of([later], "a >= 3"), 250.0) == [[130.0, 133.0], [230.0, 233.0]]


def test_nothing_is_refreshed_while_another_unit_is_away() -> None:
    """Both fail at 95 and are back at 105: the round at 100 is left out, that at 200 finds them failed again."""
    group = staged("a", Deterministic(95.0), Stage("repair", Deterministic(10.0)), count=2)
    refreshed = replace(group, refresh=Refresh(100.0, Deterministic(1.0)))
    assert (
        down(model_of([refreshed], "a >= 2"), 215.0)
        == [[95.0, 105.0], [200.0, 210.0]]
        == down(model_of([group], "a >= 2"), 215.0)
    )


def test_a_refresh_makes_the_unit_new_and_can_show_as_stale() -> None:
    group = staged("a", Deterministic(150.0), Stage("repair", Deterministic(10.0)))
    refreshed = replace(group, refresh=Refresh(100.0, Deterministic(1.0), Shows.STALE))
    run = simulate_once(model_of([refreshed], "a"), 350.0, 1)
    assert run.down["good"].tolist() == []
    assert run.down["fresh"].tolist() == [[100.0, 101.0], [200.0, 201.0], [300.0, 301.0]]
    assert run.regenerations_hours.tolist() == [0.0]


@given(dependent_models(), st.integers(0, 5))
@QUICK
def test_intervals_ascend_and_do_not_touch_and_regenerations_are_good_times(model: Model, seed: int) -> None:
    run = simulate_once(model, 300.0, seed)
    assert np.all(np.diff(run.regenerations_hours) > 0)
    for measure in model.measures:
        intervals = run.down[measure.name]
        assert np.all(intervals[:, 0] < intervals[:, 1])
        assert np.all(intervals[1:, 0] > intervals[:-1, 1])
        assert not len(intervals) or (intervals[0, 0] >= 0 and intervals[-1, 1] <= 300.0)
        everything = {group.name: group.count for group in model.groups}
        if measure.expression.holds(everything):
            for at in run.regenerations_hours:
                assert not np.any((intervals[:, 0] < at) & (at < intervals[:, 1]))
