"""The gap to the guide's formula starts at it and ends at the scenario; effects cost what is known of them."""

import math
from typing import Any

import pytest

from simulation import list_scenarios, load_scenario, simulate
from simulation.gap import Gap, Step, explain
from simulation.gap_effects import CLUSTER_EFFECTS, SYSTEM_EFFECTS

FORMULA_2 = 2.6089156303788
SHORT: dict[str, Any] = {"replications": 4, "horizon_days": 300.0}
PRESENT = {
    "common_cause": {"common cause"},
    "guide_3": set(),
    "office_hours": {"replicas", "refreshes"},
    "old_snapshots": {"crew", "detection", "replicas", "snapshot and retention"},
    "operators_guide": {
        "crew", "common cause", "detection", "replicas", "Kafka", "balancer", "snapshot and retention",
        "restart in place", "sync", "relays", "regions",
    },
    "region_outage": {"detection", "replicas", "Kafka", "regions", "shocks"},
    "shared_crew": {"crew"},
    "standby_master": {"detection", "failover", "replicas"},
    "bridge": set(),
    "cold_standby": {"crew", "standby"},
    "two_machines": {"crew"},
}  # fmt: skip


def step(gap: Gap, effect: str, measure: str = "fresh_reads") -> Step:
    return next(each for each in gap.waterfalls[measure].steps if each.effect == effect)


@pytest.mark.parametrize(("name", "times"), [("guide_2", 1.0), ("shared_crew", 2.0), ("common_cause", 12.1755)])
def test_what_is_known_of_two_clusters_is_told_exactly(name: str, times: float) -> None:
    fall = explain(load_scenario(name)).waterfalls["fresh_reads"]
    assert fall.start_minutes == pytest.approx(FORMULA_2, rel=1e-12)
    assert fall.steps[0].total.value == pytest.approx(FORMULA_2, rel=1e-9)
    assert fall.end.value / FORMULA_2 == pytest.approx(times, rel=1e-3)


@pytest.mark.parametrize("name", sorted(PRESENT))
def test_effects_are_found_or_said_to_be_absent(name: str) -> None:
    gap = explain(load_scenario(name), **SHORT)
    fall = next(iter(gap.waterfalls.values()))
    assert {each.effect for each in fall.steps[1:] if each.is_present} == PRESENT[name]
    effects = CLUSTER_EFFECTS if "fresh_reads" in gap.waterfalls else SYSTEM_EFFECTS
    assert [each.effect for each in fall.steps[1:]] == [effect.name for effect in effects]
    for each in fall.steps[1:]:
        assert (each.without is not None) is each.is_present
        if not each.is_present:
            assert (each.added.low, each.added.high) == (0, 0)


@pytest.mark.parametrize("name", [scenario.name for scenario in list_scenarios()])
def test_steps_add_up_from_the_formula_to_what_simulate_says(name: str) -> None:
    scenario = load_scenario(name)
    gap = explain(scenario, **SHORT)
    found = simulate(scenario, **SHORT)
    for measure, fall in gap.waterfalls.items():
        assert fall.start_minutes is not None
        whole = fall.start_minutes + sum(each.added.value for each in fall.steps)
        assert whole == pytest.approx(fall.end.value, rel=1e-6, abs=1e-9)
        assert fall.end.value == pytest.approx(found.measures[measure].downtime_minutes_year.value, rel=1e-9)
        assert fall.steps[-1].total == fall.end


def test_simulated_steps_hold_the_exact_ones() -> None:
    scenario = load_scenario("common_cause")
    exact = step(explain(scenario), "common cause").added.value
    found = step(explain(scenario, engine="fast", replications=100, confidence=0.999), "common cause").added
    assert found.low < exact < found.high
    assert found.half_width < exact / 2


def test_old_data_counts_for_reads_alone() -> None:
    gap = explain(load_scenario("guide_2"))
    assert gap.waterfalls["reads"].steps[0].added.value == pytest.approx(-FORMULA_2)
    assert gap.waterfalls["fresh_reads"].steps[0].added.value == pytest.approx(0, abs=1e-12)


def test_writes_are_as_fresh_reads_until_relays_come() -> None:
    gap = explain(load_scenario("operators_guide"), **SHORT)
    for fresh, writes in zip(gap.waterfalls["fresh_reads"].steps, gap.waterfalls["writes"].steps, strict=True):
        if fresh.effect == "relays":
            break
        assert fresh.total.value == writes.total.value
    assert gap.replications == 4


def test_the_same_seed_tells_the_same_gap_and_another_one_another() -> None:
    scenario = load_scenario("old_snapshots")
    assert explain(scenario, seed=3, **SHORT) == explain(scenario, seed=3, **SHORT)
    assert explain(scenario, seed=3, **SHORT) != explain(scenario, seed=4, **SHORT)


def test_a_wanted_precision_is_of_the_whole_scenario_and_all_get_as_many_runs() -> None:
    gap = explain(load_scenario("region_outage"), replications=10, horizon_days=1000, rel_error=0.5)
    assert gap.replications > 10
    assert gap.waterfalls["fresh_reads"].end.relative_error <= 0.5
    assert gap.waterfalls["fresh_reads"].end.samples == gap.replications


def test_when_the_time_is_up_the_scenario_itself_is_known_and_the_rest_is_missing() -> None:
    gap = explain(load_scenario("old_snapshots"), engine="simpy", max_seconds=1e-6)
    assert gap.missing
    assert gap.waterfalls["reads"].end.value >= 0
    assert len(gap.waterfalls["reads"].steps) < len(CLUSTER_EFFECTS)


def test_a_frame_has_a_row_for_each_measure_and_step() -> None:
    gap = explain(load_scenario("shared_crew"))
    frame = gap.to_frame()
    assert len(frame) == 2 * (len(CLUSTER_EFFECTS) + 1)
    row = frame[(frame["measure"] == "fresh_reads") & (frame["effect"] == "crew")].iloc[0]
    assert row["added"] == row["added_low"] == row["without"] == pytest.approx(FORMULA_2, rel=1e-3)
    absent = frame[frame["effect"] == "Kafka"].iloc[0]
    assert math.isnan(absent["without"])
