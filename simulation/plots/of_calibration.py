"""Measured durations beside the laws that were fitted to them."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from simulation.calibration.calibrate import Calibrated, Calibration
from simulation.calibration.fitting import share_below
from simulation.calibration.goodness import kaplan_meier
from simulation.calibration.scenario_piece import readable_unit
from simulation.plots.picture import COLOURS, INK, SOFT, Picture
from simulation.tables import UNITS

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import FigureBase

COLUMNS = 2
QUANTITIES_MAX = 30
"""That are drawn, the first of all."""
POINTS = 300
STEPS_MAX = 2000
"""Of the measured distribution, which is drawn step by step."""


def calibration_picture(calibration: Calibration) -> Picture:
    """Return the distribution of each quantity as it was measured, with every law that could be fitted."""
    found = calibration.quantities[:QUANTITIES_MAX]
    shown = (
        "" if len(found) == len(calibration.quantities) else f" Of {len(calibration.quantities)} quantities the first."
    )
    columns = min(COLUMNS, len(found))
    rows = -(-len(found) // columns)

    def draw(figure: "FigureBase") -> None:
        all_axes: Sequence[Axes] = figure.subplots(rows, columns, squeeze=False).ravel().tolist()
        for place, axes in enumerate(all_axes):
            if place < len(found):
                _draw(axes, found[place])
            else:
                axes.set_axis_off()

    caption = (
        f"{calibration.source or 'Durations'}: share of durations that are over after a time, as measured (black) and "
        "as the fitted laws have it; the chosen law is thick." + shown
    )
    return Picture("calibration", caption, draw, (4.5 * columns + 0.5, 3.4 * rows))


def _draw(axes: "Axes", found: Calibrated) -> None:
    durations = found.durations
    unit = readable_unit(found.law.mean_hours)
    unit_hours = UNITS[unit]
    end = 1.08 * float(durations.hours.max()) or found.law.mean_hours or unit_hours
    grid = np.linspace(0, end, POINTS)
    for place, tried in enumerate(found.tried):
        law, chosen = tried.fit.law, tried is found.chosen
        if law is not None:
            label = f"{tried.fit.family}, p = {tried.goodness.p_value:.2g}" if tried.goodness else tried.fit.family
            axes.plot(grid / unit_hours, share_below(law, grid), color=COLOURS[place], label=label,
                      linewidth=2.4 if chosen else 1.1, alpha=1.0 if chosen else 0.8)  # fmt: skip
    steps = kaplan_meier(durations.hours, durations.is_censored)
    kept = np.unique(np.linspace(0, len(steps.hours) - 1, STEPS_MAX).astype(np.intp))
    hours = np.concatenate(([0.0], steps.hours[kept], [end])) / unit_hours
    shares = np.concatenate(([0.0], steps.after[kept], [steps.after[-1]]))
    axes.step(hours, shares, where="post", color=INK, linewidth=1.2, label=_measured(found))
    cut = durations.hours[durations.is_censored]
    if len(cut):
        at = np.concatenate(([0.0], steps.after))[np.searchsorted(steps.hours, cut, side="right")]
        axes.plot(cut / unit_hours, at, "|", color=SOFT, markersize=7, label=f"{len(cut)} not over yet")
    axes.set_xlim(0, end / unit_hours)
    axes.set_ylim(0, 1.02)
    axes.set_title(durations.name)
    axes.set_xlabel(unit)
    axes.set_ylabel("share that is over")
    axes.legend(loc="best", fontsize=7.5)


def _measured(found: Calibrated) -> str:
    return f"{len(found.durations.hours):,} measured"
