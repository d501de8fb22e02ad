"""The way from the guide's formula to the scenario, one effect after the other."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from simulation.errors import ScenarioError
from simulation.gap import Gap, Step, Waterfall
from simulation.plots.picture import COLOURS, INK, SOFT, Picture

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import FigureBase

MINUS = "\N{MINUS SIGN}"
_MORE, _LESS, _WHOLE = COLOURS[1], COLOURS[2], COLOURS[0]


@dataclass(frozen=True, slots=True)
class _Bar:
    """From where to where, in minutes a year."""

    label: str
    start: float
    end: float
    low: float
    """Interval of the end, from this bar's own change."""
    high: float
    colour: str
    text: str


def waterfall(gap: Gap, measure: str) -> Picture:
    """Return the steps of one measure, those that the scenario has.

    Raises:
        ScenarioError: there is no such measure, or no step of it is known.
    """
    fall = gap.waterfalls.get(measure)
    if fall is None or not fall.steps:
        raise ScenarioError(f"the gap of {measure!r} is not known, expected one of {', '.join(gap.waterfalls)}")
    bars = _bars(fall)

    def draw(figure: "FigureBase") -> None:
        axes = figure.subplots()
        _draw(axes, bars)
        axes.set_title(f"{measure}: from the formula to the scenario")
        axes.set_xlabel(f"minutes of downtime a year; whiskers are {gap.confidence:.0%} intervals of each change")

    caption = f"What each effect adds to the downtime of {measure} that {fall.start_name} has, in minutes a year."
    return Picture(f"waterfall-{measure.replace('_', '-')}", caption, draw, (9.0, 1.2 + 0.42 * len(bars)))


def _bars(fall: Waterfall) -> Sequence[_Bar]:
    steps = [step for step in fall.steps if step.is_present]
    bars = []
    if fall.start_minutes is not None:
        start = fall.start_minutes
        bars.append(_Bar("the formula", 0.0, start, start, start, _WHOLE, _minutes(start)))
    bars += [_step_bar(step) for step in steps]
    end = fall.end
    bars.append(_Bar("the scenario", 0.0, end.value, end.low, end.high, _WHOLE, _minutes(end.value)))
    return bars


def _step_bar(step: Step) -> _Bar:
    total, added = step.total.value, step.added
    start = total - added.value
    colour = _MORE if added.value >= 0 else _LESS
    text = f"{'+' if added.value >= 0 else MINUS}{_minutes(abs(added.value))}"
    return _Bar(step.effect, start, total, start + added.low, start + added.high, colour, text)


def _draw(axes: "Axes", bars: Sequence[_Bar]) -> None:
    most = max(max(bar.start, bar.end, bar.high if bar.high < float("inf") else 0.0) for bar in bars) or 1.0
    for place, bar in enumerate(bars):
        left, width = min(bar.start, bar.end), abs(bar.end - bar.start)
        axes.barh(place, width, left=left, height=0.62, color=bar.colour)
        low, high = max(bar.low, 0.0), min(bar.high, 1.1 * most)
        if high > low:
            axes.plot([low, high], [place, place], color=INK, linewidth=1.2, marker="|", markersize=7)
        right = max(left + width, high)
        axes.annotate(bar.text, (right, place), xytext=(5, 0), textcoords="offset points", va="center")
        if place + 1 < len(bars):
            axes.plot([bar.end, bar.end], [place + 0.31, place + 0.69], color=SOFT, linewidth=0.8)
    axes.set_yticks(range(len(bars)), [bar.label for bar in bars])
    axes.set_ylim(len(bars) - 0.5, -0.6)
    axes.set_xlim(0, 1.18 * most)
    axes.grid(visible=False, axis="y")


def _minutes(value: float) -> str:
    return f"{value:,.0f}" if value >= 1000 else f"{value:.3g}"
