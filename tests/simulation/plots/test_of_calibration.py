"""Measured distributions and fitted laws are drawn as they are."""

import numpy as np
import pytest

from simulation.calibration import goodness
from simulation.calibration.calibrate import calibrate
from simulation.calibration.fitting import share_below
from simulation.calibration.measured import Durations
from simulation.laws import Weibull
from simulation.plots.of_calibration import calibration_picture
from simulation.plots.picture import INK, picture_bytes
from tests.simulation.calibration.test_fitting import drawn as durations_of
from tests.simulation.plots.drawing import drawn


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Few samples for each test of goodness."""
    monkeypatch.setattr(goodness, "BOOTSTRAPS", 9)


def test_each_quantity_has_its_steps_its_laws_and_its_cuts() -> None:
    hours, is_censored = durations_of(Weibull(2.0, 1.0), 40, cut_hours=2.0)
    fixed = Durations("replica", "detection", np.full(5, 0.1), np.zeros(5, dtype=np.bool_))
    zero = Durations("replica", "sync", np.zeros(2), np.zeros(2, dtype=np.bool_))
    found = calibrate([Durations("replica", "recovery", hours, is_censored), fixed, zero])
    figure = drawn(calibration_picture(found))
    axes = figure.axes[0]
    assert axes.get_title(loc="center") == "replica.recovery"
    thick = [line for line in axes.lines if line.get_linewidth() > 2]
    (chosen,) = thick
    law = found.quantities[0].law
    x, y = map(np.asarray, chosen.get_data())
    assert y == pytest.approx(share_below(law, x / 60 if axes.get_xlabel() == "minutes" else x))
    steps = next(line for line in axes.lines if line.get_color() == INK)
    assert steps.get_label() == "40 measured"
    cuts = next(line for line in axes.lines if line.get_marker() == "|")
    assert len(np.asarray(cuts.get_xdata())) == is_censored.sum()
    assert len(figure.axes) == 4
    assert not figure.axes[3].axison
    assert picture_bytes(calibration_picture(found), "svg") == picture_bytes(calibration_picture(found), "svg")
