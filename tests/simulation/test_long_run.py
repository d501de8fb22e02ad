"""Rare events through the one call: taken where simulating would see hardly anything, said aloud, judged with care."""

import math
from dataclasses import replace

import pytest

from simulation import compare, compiled, ctmc, load_scenario, simulate
from simulation.engines import exact_results
from simulation.errors import NotApplicable, NotReached, ScenarioError
from simulation.estimates import Method
from simulation.gate import Verdict, judge, parse_requirement
from simulation.laws import Deterministic
from simulation.long_run import CYCLES_MAX, QUANTITIES, hardly_seen
from simulation.model import HOURS_A_YEAR, Crew, Measure, Model, Outage, Refresh, Shock, Stage
from simulation.rare_part import never_fails
from simulation.runs import Progress
from simulation.structure import parse_expression
from tests.simulation.models import model_of, units

RARE = load_scenario("rare")
TRUTH = 5.9982e-12
COUNTS = (7, 6, 5, 4, 3, 2, 2, 2)
"""Units of groups with a crew each: 181,440 states, too many for the exact chain to be taken by itself."""


def too_large_for_the_chain() -> Model:
    """Groups that have nothing to do with each other: the exact answer is that of each alone."""
    groups = [units(f"g{place}", count, 1e-4, 1.0, f"crew{place}") for place, count in enumerate(COUNTS)]
    condition = " and ".join(f"g{place} >= {count - 1}" for place, count in enumerate(COUNTS))
    return model_of(groups, condition, [Crew(f"crew{place}", 1) for place in range(len(COUNTS))])


def its_unavailability() -> float:
    available = 1.0
    for count in COUNTS:
        alone = model_of([units("g", count, 1e-4, 1.0, "crew")], f"g >= {count - 1}", [Crew("crew", 1)])
        available *= 1 - ctmc.unavailability(ctmc.build_chain(alone), alone.measures[0])
    return 1 - available


def test_the_validation_row_through_the_one_call() -> None:
    result = simulate(RARE, engine="rare", rel_error=0.02, seed=5)
    found = result.measures["service"].unavailability
    assert found.half_width <= 0.02 * found.value
    assert found.samples <= CYCLES_MAX
    assert found.low <= TRUTH <= found.high
    assert (found.method, found.warning, result.notes) == (Method.BIASED, "", ())
    assert (result.about.engine, result.samples.replications) == ("rare", ())


def test_all_estimates_agree_with_the_exact_chains() -> None:
    found = simulate(RARE, engine="rare", seed=1).estimates
    exact = simulate(RARE, engine="chain").estimates
    for name in QUANTITIES:
        one, truth = found[f"service_{name}"], exact[f"service_{name}"].value
        assert one.low * (1 - 1e-12) <= truth <= one.high * (1 + 1e-12), name
    assert math.isnan(found["service_longest_outage_hours"].value)


def test_it_is_taken_by_itself_for_measures_of_which_simulating_would_see_hardly_any() -> None:
    model = too_large_for_the_chain()
    often = Measure("often", parse_expression("g0 >= 7", ["g0"]), counts_stale=False)
    result = simulate(replace(model, measures=(*model.measures, often)), horizon_days=365, rel_error=0.1)
    assert "good, fresh by engine rare: the runs would see about" in result.why
    found = {name: each.unavailability for name, each in result.measures.items()}
    assert [each.method for each in found.values()] == [Method.BIASED, Method.BIASED, Method.REPLICATIONS]
    assert found["good"].low <= its_unavailability() <= found["good"].high
    assert all(each.relative_error <= 0.1 for each in found.values())
    assert len(result.samples.replications) >= 30


def test_it_is_not_taken_where_there_are_outages_enough() -> None:
    model = too_large_for_the_chain()
    assert hardly_seen(model, 1e9, seed=0) == {}
    assert hardly_seen(load_scenario("operators_guide").model(), 1.0, seed=0) == {}
    assert list(hardly_seen(RARE.model(), 30 * HOURS_A_YEAR, seed=0)) == ["service"]


def test_a_measure_that_never_fails_is_known_without_any_run() -> None:
    """Reads of the cluster with old data: no age limit takes them away, so that no interval ever gets narrow."""
    scenario = load_scenario("shared_crew")
    result = simulate(scenario, engine="fast", rel_error=0.2, horizon_days=1000)
    assert result.measures["reads"].unavailability.high == 0
    assert result.measures["reads"].availability.method is Method.EXACT
    assert simulate(scenario, engine="chain").measures["reads"].unavailability.value == 0
    assert result.notes == ()
    assert hardly_seen(scenario.model(), 1.0, seed=0).keys() == {"fresh_reads"}


@pytest.mark.parametrize(
    ("condition", "never"),
    [("a", False), ("a >= 3", False), ("b", True), ("b >= 2", False), ("a or b", True), ("not b", False), ("c", True)],
)
def test_what_never_fails_is_told_from_the_worst_that_can_be(condition: str, never: bool) -> None:
    blink = (Outage("blink", 1.0, (Stage("nothing", Deterministic(0.0)),)),)
    refreshed = replace(units("b", 2, 1.0, 1.0), outages=blink, refresh=Refresh(24.0, Deterministic(1.0)))
    model = model_of([units("a", 3, 1.0, 1.0), refreshed, replace(units("c", 1, 1.0, 1.0), outages=blink)], condition)
    assert never_fails(model, model.measures[0]) is never
    struck = replace(model, shocks=(Shock("storm", 9.0, ("b", "c"), units("a", 1, 1.0, 1.0).outages),))
    assert not never_fails(struck, model.measures[0])


def test_a_relative_error_is_asked_of_the_precise_measures_alone() -> None:
    model = too_large_for_the_chain()
    other = Measure("first", parse_expression("g0", ["g0"]), counts_stale=False)
    both = replace(model, measures=(*model.measures, other))
    result = simulate(both, engine="rare", rel_error=0.1, precise=["good"], max_seconds=60)
    assert result.measures["good"].unavailability.relative_error <= 0.1


def test_what_is_not_reached_in_time_carries_what_there_is() -> None:
    with pytest.raises(
        NotReached, match=r"relative error of service is .*, expected at most 0\.01%; [0-9,]+ cycles"
    ) as seen:
        simulate(RARE, engine="rare", rel_error=1e-4, max_seconds=0.01)
    assert seen.value.result is not None
    found = seen.value.result.measures["service"].unavailability
    assert found.low <= TRUTH <= found.high


def test_an_interval_that_is_not_to_be_trusted_is_noted_and_decides_nothing() -> None:
    """Twelve units have to be down at once: twenty thousand cycles see it too seldom to be sure."""
    model = model_of([units("a", 12, 1e-3, 1.0)], "a", [])
    result = simulate(model, engine="rare", max_seconds=1e-6)
    found = result.measures["good"].unavailability
    assert "degenerate" in found.warning
    assert result.notes[0] == f"good: {found.warning}"
    assert judge(parse_requirement("good_unavailability<=0.5"), found) is Verdict.STRADDLES
    assert judge(parse_requirement("good_unavailability<=0.5"), replace(found, warning="")) is Verdict.PASS


def test_the_same_seed_gives_the_same_estimates_and_progress_is_told() -> None:
    told: list[Progress] = []
    one, same, other = (simulate(RARE, engine="rare", seed=seed, progress=told.append) for seed in (1, 1, 2))
    assert one.measures == same.measures
    assert one.measures != other.measures
    assert all(0 < each.done <= each.planned for each in told)


def test_what_rare_can_not_take_is_said_in_one_line() -> None:
    with pytest.raises(
        NotApplicable, match=r"rare events: stage 'age' of 'kafka' has law uniform, expected exponential"
    ):
        simulate(load_scenario("operators_guide"), engine="rare")
    with pytest.raises(ScenarioError, match="engine 'rare' has no runs to compare, expected fast or simpy"):
        compare(RARE, RARE, engine="rare")
    with pytest.raises(NotApplicable, match="engine rare gives samples"):
        exact_results(RARE.model(), "rare")  # type: ignore[arg-type]


def test_runs_that_see_no_outage_say_what_would_tell_more() -> None:
    (note,) = simulate(RARE, engine="simpy", replications=2, horizon_days=10).notes
    assert note == "no outage of service was seen in any run; engine rare tells more"
    (note,) = simulate(load_scenario("office_hours"), engine="simpy", replications=2, horizon_days=0.01).notes
    assert "engine rare can't tell more (rare events: " in note


def test_without_numba_nothing_is_taken_for_rare(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compiled, "njit", None)
    assert hardly_seen(RARE.model(), 1.0, seed=0) == {}
