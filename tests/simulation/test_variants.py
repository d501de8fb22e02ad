"""Variants have the same luck, and their differences have intervals that hold, also where hardly anything is seen."""

from typing import Any

import pytest

from simulation import load_scenario, simulate
from simulation.errors import ScenarioError
from simulation.estimates import Estimate, Method
from simulation.variants import Worked, choose_measure, difference, work_out
from tests.simulation.models import model_of, units

ONE, WORSE = (model_of([units("a", 1, 0.01, rate)], "a") for rate in (0.1, 0.08))
EXACT = (0.01 / 0.09 - 0.01 / 0.11) * 8766 * 60


def difference_of(worked: Worked) -> Estimate:
    first, second = worked.results
    return difference(first, second, "good")


def test_a_difference_of_exact_results_is_exact() -> None:
    found = difference(simulate(ONE), simulate(WORSE), "good")
    assert found.method is Method.EXACT
    assert found.low == found.value == found.high == pytest.approx(EXACT)


@pytest.mark.parametrize("engines", [("fast", "fast"), ("form", "fast"), ("fast", "form")])
def test_a_difference_holds_the_exact_one_whatever_the_engines(engines: tuple[str, str]) -> None:
    results = [
        simulate(model, engine=engine, replications=40, horizon_days=400, confidence=0.999)
        for model, engine in zip((ONE, WORSE), engines, strict=True)
    ]
    found = difference(results[0], results[1], "good")
    assert found.low < EXACT < found.high
    assert found.method is Method.REPLICATIONS
    backward = difference(results[1], results[0], "good")
    assert (backward.low, backward.high) == pytest.approx((-found.high, -found.low))


def test_the_same_luck_tells_a_difference_better_than_its_two_ends() -> None:
    paired = difference_of(work_out([ONE, WORSE], engine="fast", horizon_days=400))
    apart = [simulate(model, engine="fast", horizon_days=400) for model in (ONE, WORSE)]
    ends = [result.measures["good"].downtime_minutes_year.half_width for result in apart]
    assert paired.half_width < max(ends)


def test_where_no_outage_was_seen_a_difference_is_not_called_nothing() -> None:
    never = [model_of([units("a", 2, rate, 1.0)], "a") for rate in (1e-9, 2e-9)]
    found = difference_of(work_out(never, engine="fast", replications=10, horizon_days=10))
    assert found.value == 0
    assert found.low < 0 < found.high


def test_the_same_outages_are_no_difference_but_for_what_was_not_seen() -> None:
    widths = []
    for replications in (4, 40):
        first, second = work_out([ONE, ONE], engine="fast", replications=replications, horizon_days=30).results
        found = difference(first, second, "good")
        assert (found.value, found.low) == (0, -found.high)
        widths.append(found.high)
        itself = difference(first, first, "good")
        assert (itself.low, itself.value, itself.high) == (0, 0, 0)
    assert widths[0] > 5 * widths[1] > 0


def test_when_the_time_is_up_what_there_is_comes_back_with_a_line() -> None:
    told: list[tuple[int, int]] = []
    worked = work_out([ONE, WORSE], engine="simpy", max_seconds=1e-6, tell=lambda *seen: told.append(seen))
    assert len(worked.results) == 1
    assert worked.missing == "1 of 2 variants in 1e-06 s"
    assert told == [(1, 2)]


def test_fresh_reads_are_the_measure_unless_another_is_asked_for() -> None:
    assert choose_measure(["reads", "fresh_reads"], None) == "fresh_reads"
    assert choose_measure(["flow"], None) == "flow"
    assert choose_measure(["reads", "fresh_reads"], "reads") == "reads"
    with pytest.raises(ScenarioError, match="measure is 'red', expected one of reads, fresh_reads"):
        choose_measure(["reads", "fresh_reads"], "red")


def test_every_variant_of_a_scenario_is_worked_out_with_the_same_seed() -> None:
    scenario = load_scenario("guide_1")
    worked = work_out([scenario, scenario.changed("N", 2)], engine="fast", replications=2, horizon_days=10, seed=5)
    assert [result.about.seed for result in worked.results] == [5, 5]
    assert worked.missing == ""


def test_intervals_of_differences_hold_the_exact_one_as_often_as_they_say() -> None:
    settings: dict[str, Any] = {"engine": "fast", "replications": 12, "horizon_days": 150, "confidence": 0.8}
    found = [difference_of(work_out([ONE, WORSE], seed=seed, **settings)) for seed in range(20)]
    held = sum(each.low <= EXACT <= each.high for each in found)
    assert 12 <= held <= 19  # 16 expected; beyond once in 25 times, and seeds are fixed
