"""Every number that was tried is a point at its availability, coloured by whether it is enough."""

from dataclasses import replace

import numpy as np
import pytest

from simulation.plots.of_target import target_picture
from simulation.plots.picture import COLOURS, picture_bytes
from simulation.scenario import load_scenario
from simulation.target import Outcome, smallest_count
from tests.simulation.plots.drawing import drawn


def test_points_are_what_was_tried() -> None:
    found = smallest_count(load_scenario("guide_1"), 0.99999999)
    axes = drawn(target_picture(found)).axes[0]
    points = [line for line in axes.lines if line.get_marker() == "o" and np.size(line.get_xdata())]
    heights = [float(np.asarray(line.get_ydata())[0]) for line in points]
    unavailable = 0.75 / (0.75 + 336)
    assert heights == pytest.approx([unavailable, unavailable**2, unavailable**3, unavailable**4][: len(heights)])
    assert [line.get_color() for line in points] == [COLOURS[1]] * (len(points) - 1) + [COLOURS[2]]
    assert float(np.asarray(axes.lines[0].get_ydata())[0]) == pytest.approx(1e-8)
    assert [each.get_text() for each in axes.get_xticklabels()] == [str(each.value) for each in found.tries]
    assert f"N = {found.smallest} is enough" in axes.get_title(loc="center") + axes.get_title(loc="left")
    assert picture_bytes(target_picture(found), "png") == picture_bytes(target_picture(found), "png")


def test_what_is_out_of_reach_or_open_is_drawn_too() -> None:
    found = smallest_count(load_scenario("common_cause"), 0.9995, engine="fast", replications=2, horizon_days=300.0)
    for outcome in Outcome:
        ended = replace(found, outcome=outcome, smallest=1 if outcome is Outcome.REACHED else None)
        axes = drawn(target_picture(ended)).axes[0]
        said = axes.get_title(loc="center") + axes.get_title(loc="left")
        assert ("is enough" in said) == (outcome is Outcome.REACHED)
        assert picture_bytes(target_picture(ended), "svg")
