"""Each number of a scenario is changed by itself, and ranked by what that does."""

from typing import Any

import pytest

from simulation import load_scenario, simulate
from simulation.errors import ScenarioError
from simulation.scenario import Scenario, read_scenario
from simulation.tornado import Tornado, parameters, tornado
from simulation.variants import difference

AT_ONCE = {"law": "deterministic", "value_hours": 0}
SHORT: dict[str, Any] = {"replications": 4, "horizon_days": 200.0}


def keys(found: Tornado) -> list[str]:
    return [bar.parameter.key for bar in found.bars]


def test_a_clusters_numbers_are_worth_what_the_formula_says() -> None:
    found = tornado(load_scenario("guide_2"))
    assert keys(found) == ["clusters", "master.failure.mean_days", "master.repair.mean_minutes"]
    clusters, failure, repair = found.bars
    assert clusters.smaller is not None
    assert clusters.smaller.value == pytest.approx(1171.4031 - 2.6089156, rel=1e-6)
    twice = (1.5 / (336 + 1.5)) ** 2 * 525960 - 2.6089156
    for side in (failure.smaller, repair.larger):
        assert side is not None
        assert side.low == side.high == pytest.approx(twice, rel=1e-3)
    assert found.base.value == pytest.approx(2.6089156)
    assert found.engine == "form"


def test_the_factor_is_the_callers() -> None:
    found = {each.key: each for each in parameters(load_scenario("guide_2"), 10)}
    assert found["master.failure.mean_days"].smaller == pytest.approx(1.4)
    assert found["master.failure.mean_days"].larger == 140
    assert (found["clusters"].smaller, found["clusters"].larger) == (1, 3)


def scenario_of(**tables: Any) -> Scenario:
    whole = {"title": "t", "kind": "system", "measures": {"m": "a"}, **tables}
    return read_scenario(whole, "t", load_scenario("guide_1").folder)


def test_numbers_are_changed_as_what_they_are() -> None:
    scenario = scenario_of(
        components={
            "a": {
                "count": 1,
                "failure": {"law": "empirical", "values_days": [1, 2]},
                "outages": [
                    {"name": "x", "probability": 1, "stages": [{"name": "s", "time": {"mean_hours": 2}}]},
                ],
                "common_cause_beta": 0.9,
                "standby": {"kind": "warm", "active": 1, "dormant_factor": 0.3},
            }
        },
        load={"by_hour": [1] * 24},
        shocks=[
            {
                "name": "storm",
                "mean_days": 100,
                "components": ["a"],
                "repair": {"law": "deterministic", "value_hours": 0},
            }
        ],
    )
    found = {each.key: (each.smaller, each.larger) for each in parameters(scenario)}
    assert found == {
        "components.a.count": (None, 2),
        "components.a.failure.values_days": ([0.5, 1], [2, 4]),
        "components.a.outages.0.stages.0.time.mean_hours": (1, 4),
        "components.a.common_cause_beta": (pytest.approx(0.8), pytest.approx(0.95)),
        "components.a.standby.active": (None, 2),
        "components.a.standby.dormant_factor": (0.15, 0.6),
        "shocks.0.mean_days": (50, 200),
    }
    assert simulate(scenario.changed("shocks.0.mean_days", 50), engine="fast", **SHORT)


def test_a_side_is_what_simulate_says_of_that_variant() -> None:
    scenario, key = load_scenario("region_outage"), "region.failure.mean_days"
    bar = next(each for each in tornado(scenario, "reads", **SHORT).bars if each.parameter.key == key)
    base, variant = (simulate(each, **SHORT) for each in (scenario, scenario.changed(key, 182.5)))
    assert bar.smaller == difference(base, variant, "reads")


def test_bars_are_in_order_and_none_is_lost() -> None:
    scenario = load_scenario("standby_master")
    found = tornado(scenario)
    assert [bar.swing for bar in found.bars] == sorted((bar.swing for bar in found.bars), reverse=True)
    assert sorted(keys(found)) == sorted(each.key for each in parameters(scenario))


def test_what_the_scenario_refuses_is_said() -> None:
    bars = {bar.parameter.key: bar for bar in tornado(load_scenario("standby_master")).bars}
    bar = bars["master.per_cluster"]
    assert bar.smaller is None
    assert "master.per_cluster is 1, expected no [master.failover] with it" in bar.refused
    assert bar.larger is not None
    assert bars["master.failover.coverage"].refused == ""


def test_when_the_time_is_up_the_base_is_known() -> None:
    found = tornado(load_scenario("old_snapshots"), engine="simpy", max_seconds=1e-6)
    assert found.missing
    assert all(bar.smaller is None and bar.larger is None for bar in found.bars)


def test_a_frame_has_a_row_for_each_number() -> None:
    frame = tornado(load_scenario("guide_2")).to_frame()
    assert list(frame["key"]) == ["clusters", "master.failure.mean_days", "master.repair.mean_minutes"]
    assert frame["swing"].is_monotonic_decreasing


@pytest.mark.parametrize("factor", [1.0, 0.5, -2.0, 1e9, float("nan")])
def test_a_factor_out_of_range_is_named(factor: float) -> None:
    with pytest.raises(ScenarioError, match=f"factor is {factor}"):
        tornado(load_scenario("guide_2"), factor=factor)
