"""How availability grows with the number that is raised, and where the target lies."""

from typing import TYPE_CHECKING

from simulation.gate import Verdict
from simulation.plots.picture import COLOURS, INK, Picture
from simulation.plots.scales import padded, tell_availability
from simulation.target import Target

if TYPE_CHECKING:
    from matplotlib.figure import FigureBase

TICKS_MAX = 25
_COLOURS = {Verdict.PASS: COLOURS[2], Verdict.FAIL: COLOURS[1], Verdict.STRADDLES: COLOURS[4]}
_WORDS = {Verdict.PASS: "enough", Verdict.FAIL: "too few", Verdict.STRADDLES: "left open"}


def target_picture(found: Target) -> Picture:
    """Return every number that was tried with its interval, and the target."""
    lost = [1 - each.availability.value for each in found.tries]
    bounds = [(1 - each.availability.high, 1 - each.availability.low) for each in found.tries]
    wanted = 1 - found.wanted
    positive = [each for each in (*lost, wanted) if each > 0]
    low, high = padded(min(positive), max(positive), 3.0)

    def draw(figure: "FigureBase") -> None:
        axes = figure.subplots()
        axes.axhline(wanted, color=INK, linewidth=1.0, linestyle=(0, (5, 3)), label=f"target {found.wanted:.10g}")
        for place, (each, value, (best, worst)) in enumerate(zip(found.tries, lost, bounds, strict=True)):
            colour = _COLOURS[each.verdict]
            axes.plot([place, place], [max(best, low), max(worst, low)], color=colour, linewidth=2.0)
            axes.plot([place], [max(value, low)], "o", color=colour, markersize=6)
        for verdict in dict.fromkeys(each.verdict for each in found.tries):
            axes.plot([], [], "o", color=_COLOURS[verdict], label=_WORDS[verdict])
        axes.set_yscale("log")
        axes.set_ylim(min(high, 1.0), low)
        tell_availability(axes.yaxis, low, min(high, 1.0))
        step = -(-len(found.tries) // TICKS_MAX)
        axes.set_xticks(range(0, len(found.tries), step), [str(each.value) for each in found.tries[::step]])
        axes.set_xlim(-0.5, len(found.tries) - 0.5)
        axes.set_xlabel(found.key)
        axes.set_ylabel(f"availability of {found.measure}")
        axes.set_title(f"{found.measure}: {_said(found)}")
        axes.legend(loc="best")

    caption = f"Availability of {found.measure} for each number of {found.key} that was tried; dashed is the target."
    return Picture("target", caption, draw, (9.0, 5.0))


def _said(found: Target) -> str:
    return f"{found.key} = {found.smallest} is enough" if found.smallest is not None else str(found.outcome)
