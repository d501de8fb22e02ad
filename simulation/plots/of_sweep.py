"""Availability over a scenario's key: a line for each value of the other one, the guide's formula dashed."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from simulation.axes import Axis, Value
from simulation.errors import ScenarioError
from simulation.plots.picture import COLOURS, SOFT, Picture
from simulation.plots.scales import padded, tell_availability
from simulation.sweep import Point, Sweep

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import FigureBase

LINES_MAX = len(COLOURS)
"""Of more values of the second key a map is drawn."""
LOGARITHMIC_SPAN = 8.0
"""An axis whose last value is at least so many times its first is logarithmic."""


@dataclass(frozen=True, slots=True)
class Line:
    """Points that differ in one key only."""

    label: str
    at: Sequence[float]
    points: Sequence[Point]


def sweep_picture(found: Sweep, measure: str) -> Picture:
    """Return one measure over the swept keys.

    Raises:
        ScenarioError: no point is known, or there is no such measure.
    """
    if not found.points or measure not in found.points[0].measures:
        raise ScenarioError(f"the sweep knows nothing of {measure!r}, so there is nothing to draw")
    across = max(found.axes, key=lambda axis: len(axis.values))
    others = [axis for axis in found.axes if axis is not across]
    if others and len(others[0].values) > LINES_MAX:
        return _map(found, measure)
    lines = _lines(found.points, across, others[0] if others else None)
    over = f" for each {others[0].key}" if others else ""
    name = f"availability-{across.key}".replace("_", "-").replace(".", "-")
    caption = f"Availability of {measure} over {across.key}{over}; dashed is what the guide's formula says."

    def draw(figure: "FigureBase") -> None:
        axes = figure.subplots()
        for place, line in enumerate(lines):
            _draw_line(axes, line, measure, COLOURS[place % len(COLOURS)])
        _finish(axes, across, lines, measure)
        axes.set_title(f"{found.title}: {measure}" if len(found.title) < 50 else measure)

    return Picture(name, caption, draw, (9.0, 5.5))


def _lines(points: Sequence[Point], across: Axis, other: Axis | None) -> list[Line]:
    places = positions(across)
    grouped: dict[str, list[Point]] = {}
    for point in points:
        label = "" if other is None else f"{other.key} = {_text(point.values[other.key])}"
        grouped.setdefault(label, []).append(point)
    return [
        Line(label, [places[point.values[across.key]] for point in inside], inside) for label, inside in grouped.items()
    ]


def positions(axis: Axis) -> Mapping[Value, float]:
    """Return where each value of an axis is drawn: numbers where they are, texts one after the other."""
    if any(isinstance(value, str) for value in axis.values):
        return {value: float(place) for place, value in enumerate(axis.values)}
    return {value: float(value) for value in axis.values}


def _draw_line(axes: "Axes", line: Line, measure: str, colour: str) -> None:
    found = [point.measures[measure].unavailability for point in line.points]
    values = [each.value if each.value > 0 else math.nan for each in found]
    marker = "o" if len(values) <= 30 else None
    label = (line.label or measure) + (", never away" if all(map(math.isnan, values)) else "")
    axes.plot(line.at, values, color=colour, marker=marker, markersize=3.5, linewidth=1.8, label=label)
    if any(each.high > each.low for each in found):
        lowest = min((value for value in values if value > 0), default=1e-12) / 100
        low, high = [max(each.low, lowest) for each in found], [max(min(each.high, 1.0), lowest) for each in found]
        axes.fill_between(line.at, low, high, color=colour, alpha=0.22, linewidth=0)
    formula = [point.formula.unavailability if point.formula is not None else math.nan for point in line.points]
    if not all(math.isnan(each) for each in formula):
        axes.plot(line.at, formula, color=colour, linewidth=1.2, linestyle=(0, (5, 3)))


def _finish(axes: "Axes", across: Axis, lines: Sequence[Line], measure: str) -> None:
    """Set the scales by all that is shown."""
    shown = [point.measures[measure].unavailability.value for line in lines for point in line.points]
    has_formula = any(point.formula is not None for line in lines for point in line.points)
    shown += [point.formula.unavailability for line in lines for point in line.points if point.formula is not None]
    positive = [each for each in shown if each > 0]
    axes.set_yscale("log")
    low, high = padded(min(positive), max(positive), 2.0) if positive else (1e-6, 1.0)
    axes.set_ylim(min(1.0, high), low)
    tell_availability(axes.yaxis, low, min(1.0, high))
    _tell_across(axes, across)
    axes.set_ylabel(f"availability of {measure}")
    if has_formula:
        axes.plot([], [], color=SOFT, linewidth=1.2, linestyle=(0, (5, 3)), label="the guide's formula")
    axes.legend(loc="best")


def _tell_across(axes: "Axes", across: Axis) -> None:
    places = positions(across)
    ends = min(places.values()), max(places.values())
    axes.set_xlabel(across.key)
    if any(isinstance(value, str) for value in across.values):
        axes.set_xticks(list(places.values()), [_text(value) for value in across.values])
    elif ends[0] > 0 and ends[1] >= LOGARITHMIC_SPAN * ends[0]:
        axes.set_xscale("log")
        axes.set_xlim(*ends)
        axes.set_xticks(_round_ticks(*ends))
        axes.xaxis.set_major_formatter("{x:g}")
        axes.xaxis.set_minor_formatter("")
    elif len(across.values) <= 12:
        axes.set_xticks(list(places.values()), [_text(value) for value in across.values])


def _round_ticks(low: float, high: float) -> list[float]:
    """Return 1, 2 and 5 times powers of 10 from low to high."""
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    found = [step * 10.0**power for power in powers for step in (1, 2, 5)]
    return [each for each in found if low * 0.999 <= each <= high * 1.001]


def _map(found: Sweep, measure: str) -> Picture:
    """Return a grid of colours: how much unavailability at each pair of values."""
    rows, columns = found.axes
    values = np.full((len(rows.values), len(columns.values)), np.nan)
    for place, point in enumerate(found.points):
        value = point.measures[measure].unavailability.value
        values.flat[place] = math.log10(value) if value > 0 else math.nan
    known = values[np.isfinite(values)]
    if not len(known):
        raise ScenarioError(f"{measure} is never away anywhere, so there is nothing to draw")

    def draw(figure: "FigureBase") -> None:
        axes = figure.subplots()
        ends = math.floor(known.min()), max(math.ceil(known.max()), math.floor(known.min()) + 1)
        mesh = axes.pcolormesh(values, cmap="cividis_r", vmin=ends[0], vmax=ends[1])
        axes.grid(visible=False)
        for axis, set_ticks in ((columns, axes.set_xticks), (rows, axes.set_yticks)):
            step = -(-len(axis.values) // 12)
            shown = range(0, len(axis.values), step)
            set_ticks([place + 0.5 for place in shown], [_text(axis.values[place]) for place in shown])
        axes.set_xlabel(columns.key)
        axes.set_ylabel(rows.key)
        axes.set_title(f"{measure}: share of time not available")
        bar = figure.colorbar(mesh, ax=axes)
        if bar.solids is not None:
            bar.solids.set_rasterized(False)  # a page's policy lets no image in
        ticks = range(ends[0], ends[1] + 1)
        bar.set_ticks(list(ticks), labels=[f"1e{each}" if each else "1" for each in ticks])

    caption = f"Unavailability of {measure} over {rows.key} and {columns.key}."
    return Picture("availability-grid", caption, draw, (9.0, 6.0))


def _text(value: Value) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)
