"""What each number of a scenario is worth: bars of how downtime changes when it is made smaller and larger."""

from typing import TYPE_CHECKING

from simulation.errors import ScenarioError
from simulation.estimates import Estimate
from simulation.plots.picture import COLOURS, INK, SOFT, Picture
from simulation.tornado import Parameter, Setting, Tornado

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import FigureBase

BARS_MAX = 15
_SMALLER, _LARGER = COLOURS[0], COLOURS[1]


def tornado_picture(found: Tornado) -> Picture:
    """Return the numbers that matter most, the first on top.

    Raises:
        ScenarioError: nothing was changed.
    """
    bars = [bar for bar in found.bars[:BARS_MAX] if bar.smaller is not None or bar.larger is not None]
    if not bars:
        raise ScenarioError("no number was changed, so there is nothing to draw")

    def draw(figure: "FigureBase") -> None:
        axes = figure.subplots()
        for place, bar in enumerate(bars):
            _draw(axes, place, bar.smaller, _SMALLER)
            _draw(axes, place, bar.larger, _LARGER)
        axes.axvline(0, color=SOFT, linewidth=1.0)
        axes.set_yticks(range(len(bars)), [_label(bar.parameter) for bar in bars])
        axes.set_ylim(len(bars) - 0.5, -0.5)
        axes.grid(visible=False, axis="y")
        axes.set_title(f"{found.measure}: away {found.base.value:.4g} minutes a year")
        axes.set_xlabel("change of the minutes of downtime a year")
        for colour, label in ((_SMALLER, "smaller"), (_LARGER, "larger")):
            axes.barh([-5.0], [0.0], color=colour, label=label)
        axes.legend(loc="lower right")

    caption = (
        f"How the downtime of {found.measure} changes when one number at a time becomes smaller or larger "
        f"(in brackets) by a factor of {found.factor:g}, or a count by one; whiskers are "
        f"{found.base.confidence:.0%} intervals."
    )
    return Picture("tornado", caption, draw, (9.0, 1.5 + 0.38 * len(bars)))


def _draw(axes: "Axes", place: int, change: Estimate | None, colour: str) -> None:
    if change is None:
        return
    axes.barh(place, change.value, height=0.62, color=colour)
    if change.high > change.low:
        axes.plot([change.low, change.high], [place, place], color=INK, linewidth=1.0, marker="|", markersize=6)


def _label(parameter: Parameter) -> str:
    smaller = _text(parameter.smaller) if parameter.smaller is not None else "-"
    return f"{parameter.key} = {_text(parameter.value)} ({smaller}, {_text(parameter.larger)})"


def _text(value: Setting) -> str:
    return f"{len(value)} values" if isinstance(value, list) else f"{value:,.4g}"
