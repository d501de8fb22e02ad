"""Pictures of runs: when each outage was, how long outages are, how the estimate settles."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from simulation.errors import ScenarioError
from simulation.estimates import MINUTES_A_YEAR, Basis, unavailability_interval
from simulation.model import HOURS_A_YEAR
from simulation.observations import Observations, by_replication, outage_hours
from simulation.plots.picture import COLOURS, SOFT, Picture
from simulation.plots.scales import padded, shortened, tell_durations
from simulation.result import Samples
from simulation.trace import Intervals

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import FigureBase

Vector = NDArray[np.float64]
MEASURES_MAX = len(COLOURS)
"""Of more measures the first are drawn."""
COLUMNS = 3
"""Of the panels of convergence."""
LEGEND_CHARACTERS = 115
"""That fit into a line below the timeline."""
OUTAGES_SHOWN_MAX = 1500
"""Of a measure in the timeline; the longest are shown."""
STEPS_MAX = 400
"""Of a curve."""
ROOM = 2.5
"""Axis of a settling estimate, in upper bounds of the last interval."""
ZOOM_MARGIN = 0.35
"""Share of the longest outage that is shown before and after it."""
_SIZES = (7.0, 4.6, 2.4, 1.4)
"""Of dots and lines, so that those of one measure show behind those of the next."""


def pictures_of(samples: Samples, confidence: float = 0.95) -> tuple[Picture, ...]:
    """Return every picture that samples give.

    Args:
        samples: of at least one replication.
        confidence: of the intervals in the picture of convergence.

    Raises:
        ScenarioError: there are no replications: an exact engine has none.
    """
    if not samples.replications:
        raise ScenarioError(
            f"engine {samples.about.engine} has no runs to draw, expected --engine fast or simpy for a picture"
        )
    samples = _with_fewer_measures(samples)
    found = [timeline(samples), outage_lengths(samples)]
    return (*found, convergence(samples, confidence)) if len(samples.replications) > 1 else tuple(found)


def _with_fewer_measures(samples: Samples) -> Samples:
    shown = list(samples.replications[0].down)[:MEASURES_MAX]
    runs = tuple(replace(each, down={name: each.down[name] for name in shown}) for each in samples.replications)
    return Samples(samples.about, runs)


def timeline(samples: Samples, replication: int = 0) -> Picture:
    """Return one run: when each outage began and how long it was, and the hours around the longest one."""
    run = samples.replications[replication]
    days = run.horizon_hours / 24
    caption = (
        f"Run {replication + 1} of {len(samples.replications)}, {days:g} days: each dot is an outage; "
        "below, the longest one of all from near."
    )

    def draw(figure: "FigureBase") -> None:
        whole, near = figure.subplots(2, 1, height_ratios=[2.2, 1])
        _draw_run(whole, run.down, run.horizon_hours)
        whole.set_title(f"Run {replication + 1} of {len(samples.replications)}: when outages began, how long they were")
        _draw_near(near, run.down, run.horizon_hours)

    return Picture("timeline", caption, draw, (9.0, 5.5))


def _draw_run(axes: "Axes", down: Mapping[str, Intervals], horizon_hours: float) -> None:
    lengths = np.concatenate([each[:, 1] - each[:, 0] for each in down.values()])
    for place, (measure, intervals) in enumerate(down.items()):
        hours = intervals[:, 1] - intervals[:, 0]
        kept = np.argsort(hours)[-OUTAGES_SHOWN_MAX:]
        more = f", the longest {OUTAGES_SHOWN_MAX} shown" if len(hours) > OUTAGES_SHOWN_MAX else ""
        label = f"{shortened(measure)}: {len(hours):,} outages{more}"
        size = _SIZES[min(place, len(_SIZES) - 1)]
        axes.plot(intervals[kept, 0] / 24, hours[kept], "o", markersize=size, label=label, clip_on=False)
    axes.set_xlim(0, horizon_hours / 24)
    axes.set_xlabel("days since the begin")
    axes.set_ylabel("outage")
    if len(lengths):
        axes.set_yscale("log")
        axes.set_ylim(*padded(float(lengths.min()), float(lengths.max()), 2.0))
        tell_durations(axes.yaxis, float(lengths.min()), float(lengths.max()))
    else:
        axes.text(0.5, 0.5, "no outage", transform=axes.transAxes, ha="center", color=SOFT)
        axes.set_yticks([])
    longest = max(len(str(line.get_label())) for line in axes.lines)
    columns = max(1, min(COLUMNS, LEGEND_CHARACTERS // (longest + 6)))
    axes.legend(loc="upper left", bbox_to_anchor=(0, -0.16), ncols=columns, borderaxespad=0.5)


def _draw_near(axes: "Axes", down: Mapping[str, Intervals], horizon_hours: float) -> None:
    """Draw bars of when each measure was down, around the longest outage."""
    longest = max((tuple(each) for intervals in down.values() for each in intervals.tolist()),
                  key=lambda each: each[1] - each[0], default=(0.0, horizon_hours))  # fmt: skip
    length = longest[1] - longest[0]
    unit_hours, unit = next(
        ((hours, name) for hours, name in ((24.0, "days"), (1.0, "hours"), (1 / 60, "minutes")) if length >= 2 * hours),
        (1 / 3600, "seconds"),
    )
    low, high = longest[0] - ZOOM_MARGIN * length, longest[1] + ZOOM_MARGIN * length
    for place, intervals in enumerate(down.values()):
        seen = intervals[(intervals[:, 1] > low) & (intervals[:, 0] < high)]
        cut = (np.clip(seen, low, high) - longest[0]) / unit_hours
        bars = [(start, end - start) for start, end in cut.tolist()]
        axes.broken_barh(bars, (place - 0.35, 0.7), facecolor=COLOURS[place % len(COLOURS)])
    axes.set_xlim((low - longest[0]) / unit_hours, (high - longest[0]) / unit_hours)
    axes.set_yticks(range(len(down)), [shortened(name) for name in down])
    axes.set_ylim(len(down) - 0.5, -0.5)
    axes.grid(visible=False, axis="y")
    axes.set_xlabel(f"{unit} since day {longest[0] / 24:.2f}, where the longest outage began; bars are outages")


def outage_lengths(samples: Samples) -> Picture:
    """Return how many outages a year are longer than anything."""
    runs, warmup = samples.replications, samples.about.warmup_hours
    years = sum(each.horizon_hours - warmup for each in runs) / HOURS_A_YEAR
    lengths = {measure: np.sort(outage_hours(runs, measure, warmup)) for measure in runs[0].down}

    def draw(figure: "FigureBase") -> None:
        axes = figure.subplots()
        for place, (measure, hours) in enumerate(lengths.items()):
            if len(hours):
                at, count = longer_than(hours)
                label = (
                    f"{shortened(measure)}: {len(hours):,} outages, median {_duration_text(float(np.median(hours)))}"
                )
                axes.step(
                    at, count / years, where="pre", label=label, linewidth=0.55 * _SIZES[min(place, len(_SIZES) - 1)]
                )
        everything = np.concatenate(list(lengths.values()))
        axes.set_title(f"How long outages are, over {years:,.4g} years in {len(runs)} runs")
        axes.set_xlabel("length of an outage")
        axes.set_ylabel("outages a year at least as long")
        if len(everything):
            axes.set_xscale("log")
            axes.set_yscale("log")
            axes.set_xlim(*padded(float(everything.min()), float(everything.max())))
            tell_durations(axes.xaxis, float(everything.min()), float(everything.max()))
            axes.yaxis.set_major_formatter("{x:g}")
            axes.legend(loc="lower left")
        else:
            axes.text(0.5, 0.5, "no outage", transform=axes.transAxes, ha="center", color=SOFT)

    caption = f"How many outages a year are at least as long as the axis says, over {years:,.4g} simulated years."
    return Picture("outage-lengths", caption, draw)


def longer_than(hours: Vector) -> tuple[Vector, Vector]:
    """Return lengths, ascending, and how many are at least as long; of many only some, the longest all.

    Args:
        hours: lengths of outages in ascending order, at least one.
    """
    ranks = np.unique(np.geomspace(1, len(hours), STEPS_MAX).astype(np.intp))[::-1]
    at = hours[len(hours) - ranks]
    return at, ranks.astype(np.float64)


@dataclass(frozen=True, slots=True)
class Settling:
    """An unavailability and its interval after so many runs."""

    runs: int
    value: float
    low: float
    high: float


def settle(samples: Samples, measure: str, confidence: float) -> tuple[Settling, ...]:
    """Return how the estimate of a measure's unavailability comes about, run by run, with about STEPS_MAX steps."""
    basis = Basis(confidence, samples.about.warmup_hours)
    seen = by_replication(samples.replications, measure, basis.warmup_hours)
    found = []
    for runs in np.unique(np.geomspace(2, len(seen.hours), STEPS_MAX // 4).astype(np.intp)).tolist():
        part = Observations(seen.hours[:runs], seen.down_hours[:runs], seen.outages[:runs])
        lengths = outage_hours(samples.replications[:runs], measure, basis.warmup_hours)
        interval = unavailability_interval(part, lengths, basis)
        found.append(Settling(runs, interval.value, interval.low, interval.high))
    return tuple(found)


def convergence(samples: Samples, confidence: float = 0.95) -> Picture:
    """Return how estimate and interval settle with more and more runs, for each measure."""
    steps = {measure: settle(samples, measure, confidence) for measure in samples.replications[0].down}
    rows = -(-len(steps) // COLUMNS)
    caption = f"Downtime of each measure after so many runs, with its {confidence:.0%} interval."

    def draw(figure: "FigureBase") -> None:
        grid = figure.subplots(rows, min(COLUMNS, len(steps)), squeeze=False)
        for place, (axes, (measure, found)) in enumerate(zip(grid.ravel().tolist(), steps.items(), strict=False)):
            _draw_settling(axes, measure, found, COLOURS[place % len(COLOURS)])
        for axes in grid.ravel().tolist()[len(steps) :]:
            axes.set_axis_off()
        for axes in grid[:, 0].tolist():
            axes.set_ylabel(f"minutes of downtime a year,\n{confidence:.0%} interval")

    return Picture("convergence", caption, draw, (9.0, 3.8 * rows))


def _draw_settling(axes: "Axes", measure: str, found: Sequence[Settling], colour: str) -> None:
    runs, minutes = [each.runs for each in found], MINUTES_A_YEAR
    top = ROOM * found[-1].high * minutes or 1.0
    axes.fill_between(runs, [each.low * minutes for each in found], [each.high * minutes for each in found],
                      color=colour, alpha=0.25, linewidth=0)  # fmt: skip
    axes.plot(runs, [each.value * minutes for each in found], color=colour, linewidth=1.8)
    axes.axhline(found[-1].value * minutes, color=SOFT, linewidth=0.8, linestyle=(0, (4, 3)))
    axes.set_ylim(0, top)
    axes.set_xlim(runs[0], max(runs[-1], runs[0] + 1))
    axes.set_xlabel("runs")
    axes.locator_params(axis="x", integer=True)
    axes.set_title(f"{shortened(measure)}\n{1 - found[-1].value:.{_digits(found[-1])}f}")


def _digits(last: Settling) -> int:
    half = (last.high - last.low) / 2
    return 4 if half <= 0 or not math.isfinite(half) else min(15, max(4, 2 - math.floor(math.log10(half))))


def _duration_text(hours: float) -> str:
    """Return a duration as 3.2 min."""
    for unit_hours, unit in ((24.0, "d"), (1.0, "h"), (1 / 60, "min")):
        if hours >= unit_hours:
            return f"{hours / unit_hours:.3g} {unit}"
    return f"{hours * 3600:.3g} s"
