"""Rare events through the one call: taken where simulating would see hardly anything, said aloud, judged with care."""

import math
from dataclasses import replace

import pytest

from simulation import compare, ctmc, load_scenario, simulate
from simulation.engines import exact_results
from simulation.errors import NotApplicable, NotReached, ScenarioError
from simulation.estimates import Method
from simulation.gate import Verdict, judge, parse_requirement
from simulation.long_run import CYCLES_MAX, hardly_any_outage
from simulation.model import HOURS_A_YEAR, Crew, Measure, Model
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
    for name in ("availability", "unavailability", "downtime_minutes_year", "outages_year", "mtbf_hours", "mttr_hours"):
        one, truth = found[f"service_{name}"], exact[f"service_{name}"].value
        assert one.low * (1 - 1e-12) <= truth <= one.high * (1 + 1e-12), name
    assert math.isnan(found["service_longest_outage_hours"].value)


def test_it_is_taken_by_itself_where_simulating_would_see_hardly_any_outage() -> None:
    model = too_large_for_the_chain()
    result = simulate(model, horizon_days=365, rel_error=0.05)
    assert result.about.engine == "rare"
    assert "simulating 27 years would see about" in result.why
    found = result.measures["good"].unavailability
    assert found.low <= its_unavailability() <= found.high


def test_it_is_not_taken_where_there_are_outages_enough() -> None:
    model = too_large_for_the_chain()
    assert hardly_any_outage(model, 1e9, seed=0) == ""
    assert hardly_any_outage(load_scenario("operators_guide").model(), 1.0, seed=0) == ""
    assert hardly_any_outage(RARE.model(), 30 * HOURS_A_YEAR, seed=0).endswith("outages of service")


def test_a_relative_error_is_asked_of_the_precise_measures_alone() -> None:
    model = too_large_for_the_chain()
    other = Measure("first", parse_expression("g0", ["g0"]), counts_stale=False)
    both = replace(model, measures=(*model.measures, other))
    result = simulate(both, engine="rare", rel_error=0.05, precise=["good"], max_seconds=60)
    assert result.measures["good"].unavailability.relative_error <= 0.05


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
    assert note == "no outage of service was seen in 2 runs; engine rare tells more"
    (note,) = simulate(load_scenario("office_hours"), engine="simpy", replications=2, horizon_days=0.01).notes
    assert "engine rare can't tell more (rare events: " in note
