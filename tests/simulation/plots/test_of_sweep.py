"""Lines of a sweep go through its points, and dashed ones through the formula's."""

import math

import numpy as np
import pytest

from simulation.errors import ScenarioError
from simulation.plots.of_sweep import positions, sweep_picture
from simulation.plots.picture import picture_bytes
from simulation.scenario import load_scenario
from simulation.sweep import Sweep, sweep
from tests.simulation.plots.drawing import drawn


@pytest.fixture(scope="module")
def grid() -> Sweep:
    """The guide's formula for four numbers of clusters."""
    return sweep(load_scenario("guide_1"), ["mtbf_days=1:60:log:5", "N=1,2,3,4"])


def test_each_number_of_clusters_has_a_line_and_its_formula_dashed(grid: Sweep) -> None:
    axes = drawn(sweep_picture(grid, "fresh_reads")).axes[0]
    solid = [line for line in axes.lines if str(line.get_label()).startswith("N = ")]
    assert [line.get_label() for line in solid] == ["N = 1", "N = 2", "N = 3", "N = 4"]
    dashed = [line for line in axes.lines if not str(line.get_label()).startswith("N = ") and np.size(line.get_xdata())]
    for count, (line, formula) in enumerate(zip(solid, dashed, strict=True), 1):
        days, values = map(np.asarray, line.get_data())
        expected = (0.75 / (0.75 + 24 * days)) ** count
        assert values.tolist() == pytest.approx(expected.tolist(), rel=1e-9)
        assert np.asarray(formula.get_ydata()).tolist() == pytest.approx(expected.tolist(), rel=1e-9)
        assert formula.get_linestyle() == "--"
        assert line.get_color() == formula.get_color()
    assert axes.get_xscale() == "log"
    low, high = axes.get_ylim()
    assert low > high  # more available is higher


def test_what_is_never_away_is_said(grid: Sweep) -> None:
    axes = drawn(sweep_picture(grid, "reads")).axes[0]
    assert "N = 1, never away" in [line.get_label() for line in axes.lines]


def test_simulated_points_have_their_intervals() -> None:
    found = sweep(load_scenario("shared_crew"), ["N=1,2"], engine="fast", replications=4, horizon_days=2000.0)
    axes = drawn(sweep_picture(found, "fresh_reads")).axes[0]
    band = axes.collections[0].get_paths()[0].vertices
    high = [point.measures["fresh_reads"].unavailability.high for point in found.points]
    assert float(np.asarray(band)[:, 1].max()) == pytest.approx(max(high))


def test_a_wide_grid_is_a_map() -> None:
    found = sweep(load_scenario("guide_2"), ["mtbf_days=1:60:log:7", "mttr_minutes=5:60:8"])
    figure = drawn(sweep_picture(found, "fresh_reads"))
    assert b"<image" not in picture_bytes(sweep_picture(found, "fresh_reads"), "svg")
    mesh = figure.axes[0].collections[0].get_array()
    assert mesh is not None
    assert mesh.shape == (7, 8)
    assert float(mesh[0, 0]) == pytest.approx(2 * math.log10((5 / 60) / (5 / 60 + 24)))
    with pytest.raises(ScenarioError, match="never away"):
        sweep_picture(found, "reads")


def test_choices_stand_side_by_side() -> None:
    found = sweep(load_scenario("shared_crew"), ["crews.operator.discipline=fifo,random"])
    assert list(positions(found.axes[0]).values()) == [0.0, 1.0]
    axes = drawn(sweep_picture(found, "fresh_reads")).axes[0]
    assert [each.get_text() for each in axes.get_xticklabels()] == ["fifo", "random"]


def test_the_picture_can_be_written_and_a_wrong_measure_is_named(grid: Sweep) -> None:
    assert picture_bytes(sweep_picture(grid, "fresh_reads"), "svg") == picture_bytes(
        sweep_picture(grid, "fresh_reads"), "svg"
    )
    with pytest.raises(ScenarioError, match="nothing of 'writes'"):
        sweep_picture(grid, "writes")
