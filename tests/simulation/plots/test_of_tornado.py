"""A tornado's bars are as long as the changes, the longest on top."""

import pytest
from matplotlib.patches import Rectangle

from simulation.errors import ScenarioError
from simulation.plots.of_tornado import tornado_picture
from simulation.plots.picture import picture_bytes
from simulation.scenario import load_scenario
from simulation.tornado import Tornado, tornado
from tests.simulation.plots.drawing import drawn


@pytest.fixture(scope="module")
def found() -> Tornado:
    """What the numbers of the guide's formula are worth, exactly."""
    return tornado(load_scenario("guide_2"))


def test_each_number_has_two_bars_as_long_as_its_changes(found: Tornado) -> None:
    axes = drawn(tornado_picture(found)).axes[0]
    widths = [each.get_width() for each in axes.patches if isinstance(each, Rectangle) and each.get_y() > -2]
    expected = [each.value for bar in found.bars for each in (bar.smaller, bar.larger) if each is not None]
    assert widths == expected
    labels = [each.get_text() for each in axes.get_yticklabels()]
    assert labels[0].startswith(found.bars[0].parameter.key)
    assert "clusters = 2 (1, 3)" in labels
    assert "master.failure.mean_days = 14 (7, 28)" in labels
    assert picture_bytes(tornado_picture(found), "svg") == picture_bytes(tornado_picture(found), "svg")


def test_without_any_number_there_is_nothing_to_draw(found: Tornado) -> None:
    empty = Tornado(found.title, found.measure, 2.0, 0, "form", found.base, ())
    with pytest.raises(ScenarioError, match="nothing to draw"):
        tornado_picture(empty)
