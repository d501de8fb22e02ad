"""A waterfall begins at the formula, each bar where the one before ended, and ends at the scenario."""

import pytest
from matplotlib.patches import Rectangle

from simulation.errors import ScenarioError
from simulation.gap import Gap, explain
from simulation.plots.of_gap import waterfall
from simulation.plots.picture import picture_bytes
from simulation.scenario import load_scenario
from tests.simulation.plots.drawing import drawn


@pytest.fixture(scope="module")
def gap() -> Gap:
    """The gap that one crew makes, exactly known."""
    return explain(load_scenario("shared_crew"))


def test_bars_lead_from_the_formula_to_the_scenario(gap: Gap) -> None:
    fall = gap.waterfalls["fresh_reads"]
    axes = drawn(waterfall(gap, "fresh_reads")).axes[0]
    bars = [(each.get_x(), each.get_x() + each.get_width()) for each in axes.patches if isinstance(each, Rectangle)]
    labels = [each.get_text() for each in axes.get_yticklabels()]
    assert labels[0] == "the formula"
    assert labels[-1] == "the scenario"
    assert labels[1:-1] == [step.effect for step in fall.steps if step.is_present]
    assert bars[0] == (0.0, fall.start_minutes)
    assert list(bars[-1]) == pytest.approx([0.0, fall.end.value])
    at = fall.start_minutes
    for low, high in bars[1:-1]:
        assert at == pytest.approx(low) or at == pytest.approx(high)
        at = high if at == pytest.approx(low) else low
    assert at == pytest.approx(fall.end.value)


def test_simulated_steps_have_whiskers() -> None:
    found = explain(load_scenario("shared_crew"), engine="fast", replications=4, horizon_days=3000.0)
    axes = drawn(waterfall(found, "fresh_reads")).axes[0]
    assert sum(line.get_marker() == "|" for line in axes.lines) >= 2


def test_the_picture_is_the_same_each_time_and_a_wrong_measure_is_named(gap: Gap) -> None:
    one, other = (picture_bytes(waterfall(gap, "fresh_reads"), "svg") for _ in range(2))
    assert one == other
    with pytest.raises(ScenarioError, match="'red' is not known"):
        waterfall(gap, "red")
