"""Sweeps: every point is what `simulate` says of that variant, and mistakes name the value."""

from typing import Any

import pytest

from simulation import load_scenario, simulate
from simulation.analytic import clusters_availability, machine_repair
from simulation.axes import Axis
from simulation.errors import ScenarioError
from simulation.sweep import sweep


def test_the_guides_formula_comes_out_at_every_point() -> None:
    found = sweep(load_scenario("guide_1"), ["mtbf_days=1:60:log:5", "N=1,2,3,4"])
    assert len(found.points) == 20
    for point in found.points:
        days, clusters = point.values["mtbf_days"], point.values["N"]
        assert isinstance(days, int | float)
        assert isinstance(clusters, int)
        expected = clusters_availability(days * 24, 0.75, clusters)
        assert point.measures["fresh_reads"].availability.value == pytest.approx(expected, abs=1e-12)
        assert point.formula is not None
        assert point.formula.availability == pytest.approx(expected, abs=1e-12)
        assert point.engine == "form"


def test_a_shared_crew_departs_from_the_formula_by_what_birth_and_death_say() -> None:
    found = sweep(load_scenario("shared_crew"), ["N=2,3"])
    for point in found.points:
        clusters = point.values["N"]
        assert isinstance(clusters, int)
        all_down = machine_repair(clusters, 1 / 336, 1 / 0.75, 1)[-1]
        assert point.measures["fresh_reads"].unavailability.value == pytest.approx(all_down, rel=1e-9)
        assert point.engine == "chain"


def test_simulated_points_are_what_simulate_says_on_the_same_luck() -> None:
    scenario = load_scenario("old_snapshots")
    settings: dict[str, Any] = {"replications": 3, "horizon_days": 200, "seed": 6}
    found = sweep(scenario, [Axis("snapshots.failure_probability", (0.2, 0.6))], **settings)
    alone = simulate(scenario.changed("snapshots.failure_probability", 0.2), **settings)
    assert found.points[0].measures == alone.measures
    assert found.points[0].engine == "fast"
    assert found.points[0].measures != found.points[1].measures


def test_a_text_may_be_swept() -> None:
    found = sweep(load_scenario("shared_crew"), ["crews.operator.discipline=fifo,random"])
    assert [point.values for point in found.points] == [
        {"crews.operator.discipline": "fifo"},
        {"crews.operator.discipline": "random"},
    ]


def test_a_frame_has_a_row_for_each_point_and_measure() -> None:
    frame = sweep(load_scenario("guide_1"), ["N=1,2", "mttr_minutes=10,20,45"]).to_frame()
    assert len(frame) == 2 * 3 * 2
    row = frame[(frame["N"] == 2) & (frame["mttr_minutes"] == 45) & (frame["measure"] == "fresh_reads")].iloc[0]
    assert row["availability"] == row["formula_availability"] == pytest.approx(0.999995039707, abs=1e-12)


def test_a_system_has_no_formula() -> None:
    found = sweep(load_scenario("two_units_one_crew"), ["crews.crew.size=1,2"])
    assert [point.formula for point in found.points] == [None, None]
    assert found.points[0].measures["service"].unavailability.value == pytest.approx(0.016393442623, abs=1e-12)
    assert found.points[1].measures["service"].unavailability.value == pytest.approx((1 / 11) ** 2, abs=1e-12)


def test_when_the_time_is_up_the_points_so_far_come_back() -> None:
    found = sweep(load_scenario("old_snapshots"), ["N=1,2,3"], engine="simpy", max_seconds=1e-6)
    assert len(found.points) == 1
    assert found.missing == "1 of 3 variants in 1e-06 s"


@pytest.mark.parametrize(
    ("axes", "named"),
    [
        (["mtfb_days=1,2"], "mtfb_days=1"),
        (["N=1.5"], "N=1.5: clusters is 1.5, expected a whole number"),
        (["mtbf_days=-1,3"], "mtbf_days=-1"),
        (["N=1", "N=2"], "N is swept twice"),
        (["N=1", "mtbf_days=1", "mttr_minutes=5"], "3 axes to sweep, expected one or two"),
        ([], "0 axes"),
        (["mtbf_days=1:9:200", "mttr_minutes=1:9:200"], "40000 points to sweep"),
    ],
)
def test_mistakes_name_the_value(axes: list[str], named: str) -> None:
    with pytest.raises(ScenarioError, match=named):
        sweep(load_scenario("guide_1"), axes)
