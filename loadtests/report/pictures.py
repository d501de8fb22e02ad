"""Pictures of a run over its seconds: latency, rates, failures, heads; faults are marked in each of them."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import cycle
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from loadtests.outcomes import GOOD, Kind
from loadtests.summary import Mark, SecondFigures, Summary
from simulation.plots.picture import COLOURS, LINE, SOFT, Picture

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import FigureBase

POINTS_MAX = 600
"""Longer runs are shown in spans of several seconds."""
MARKS_NAMED_MAX = 8
"""More faults are drawn without their numbers."""
_INCHES = (9.0, 3.4)
Values = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class _Time:
    """A run's seconds, in spans where they are many."""

    spans: tuple[tuple[SecondFigures, ...], ...]
    width_seconds: int
    warmup_seconds: float
    marks: tuple[Mark, ...]

    @property
    def at(self) -> Values:
        """The middle of each span."""
        return np.array([(span[0].second + span[-1].second + 1) / 2 for span in self.spans])

    def mean(self, figure: Callable[[SecondFigures], float]) -> Values:
        """Return a figure's mean in each span."""
        return np.array([sum(map(figure, span)) / len(span) for span in self.spans])

    def highest(self, figure: Callable[[SecondFigures], float | None]) -> Values:
        """Return a figure's highest in each span, NaN where it is never known."""
        known = ([value for each in span if (value := figure(each)) is not None] for span in self.spans)
        return np.array([max(values, default=math.nan) for values in known], dtype=np.float64)

    @property
    def told(self) -> str:
        """How spans are told of in a caption."""
        return f" Each point is the highest of {self.width_seconds} seconds." if self.width_seconds > 1 else ""


def pictures_of(summary: Summary) -> tuple[Picture, ...]:
    """Return the pictures that a run has anything to show in; none where it had no second."""
    if not summary.seconds:
        return ()
    time = _spans(summary)
    found = [_latency(time), _rates(time)]
    if any(each.failed for each in summary.seconds):
        found.append(_failures(time))
    if any(each.heads for each in summary.seconds):
        found.append(_heads(time, summary.about.targets))
    return tuple(found)


def _spans(summary: Summary) -> _Time:
    width = math.ceil(len(summary.seconds) / POINTS_MAX)
    groups = (summary.seconds[place : place + width] for place in range(0, len(summary.seconds), width))
    return _Time(tuple(map(tuple, groups)), width, summary.about.warmup_seconds, summary.marks)


def _latency(time: _Time) -> Picture:
    lines = {
        "max": time.highest(lambda each: each.max_ms),
        "p99": time.highest(lambda each: each.p99_ms),
        "p50": time.highest(lambda each: each.p50_ms),
    }
    colours = dict(zip(lines, (COLOURS[1], COLOURS[2], COLOURS[0]), strict=True))

    def draw(figure: "FigureBase") -> None:
        axes = figure.subplots()
        for name, values in lines.items():
            axes.plot(time.at, values, label=name, color=colours[name], linewidth=1.4, marker=_dot(time))
        axes.set_yscale("log")
        _finish(axes, time, "milliseconds")

    caption = f"Response times, from when requests were meant to be sent.{time.told}"
    return Picture("latency-over-time", caption, draw, _INCHES)


def _rates(time: _Time) -> Picture:
    lines = {
        "offered": time.mean(lambda each: each.offered),
        "answered": time.mean(lambda each: each.answered),
        "failed calls": time.mean(lambda each: each.failed),
        "waiting for a connection": time.mean(lambda each: each.waiting),
    }

    def draw(figure: "FigureBase") -> None:
        axes = figure.subplots()
        styles = zip(lines.items(), (SOFT, COLOURS[0], COLOURS[1], COLOURS[4]), ("--", "-", "-", ":"), strict=True)
        for (name, values), colour, style in styles:
            axes.plot(time.at, values, label=name, color=colour, linestyle=style, linewidth=1.4)
        axes.set_ylim(bottom=0)
        _finish(axes, time, "a second")

    return Picture("requests-a-second", "Requests a second: meant to be sent, answered, failed.", draw, _INCHES)


def _failures(time: _Time) -> Picture:
    kinds = [
        kind for kind in Kind if kind not in GOOD and any(each.kinds.get(kind) for span in time.spans for each in span)
    ]
    layers = [time.mean(_calls_of(kind)) for kind in kinds]

    def draw(figure: "FigureBase") -> None:
        axes = figure.subplots()
        floor = np.zeros(len(time.spans))
        for kind, layer, colour in zip(kinds, layers, cycle(COLOURS[1:]), strict=False):
            axes.bar(time.at, layer, time.width_seconds, floor, label=str(kind), color=colour)
            floor = floor + layer
        _finish(axes, time, "calls a second")

    return Picture("failures-over-time", "Calls that failed, by kind.", draw, _INCHES)


def _heads(time: _Time, targets: Sequence[str]) -> Picture:
    shown = sorted({target for span in time.spans for each in span for target in each.heads})
    lines = {target: time.highest(_head_of(target)) for target in shown}

    def draw(figure: "FigureBase") -> None:
        from matplotlib.ticker import MaxNLocator

        axes = figure.subplots()
        for (target, values), colour in zip(lines.items(), cycle(COLOURS), strict=False):
            name = targets[target] if target < len(targets) else f"target {target}"
            axes.plot(time.at, values, label=name, color=colour, linewidth=1.4, drawstyle="steps-mid")
        axes.yaxis.set_major_locator(MaxNLocator(integer=True))
        axes.ticklabel_format(axis="y", useOffset=False, style="plain")
        _finish(axes, time, "block")

    return Picture("heads-over-time", "The newest block that answers of each target told of.", draw, _INCHES)


def _calls_of(kind: Kind) -> Callable[[SecondFigures], float]:
    return lambda each: each.kinds.get(kind, 0)


def _head_of(target: int) -> Callable[[SecondFigures], float | None]:
    return lambda each: each.heads.get(target)


def _dot(time: _Time) -> str:
    """Return what marks a point: nothing, but where a line of one point would not be seen."""
    return "." if len(time.spans) < 3 else ""


def _finish(axes: "Axes", time: _Time, unit: str) -> None:
    """Label the axes, shade the warm-up and mark the faults."""
    first, last = time.spans[0][0].second, time.spans[-1][-1].second + 1
    if time.warmup_seconds > first:
        axes.axvspan(first, min(time.warmup_seconds, last), color=LINE, alpha=0.5, linewidth=0, label="warm-up")
    for number, mark in enumerate(time.marks, start=1):
        _draw_mark(axes, mark, str(number) if number <= MARKS_NAMED_MAX else "")
    axes.set_xlim(first, max(last, first + 1))
    axes.set_xlabel("seconds")
    axes.set_ylabel(unit)
    axes.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0))


def _draw_mark(axes: "Axes", mark: Mark, name: str) -> None:
    if mark.end_seconds is not None:
        axes.axvspan(mark.at_seconds, mark.end_seconds, color=COLOURS[3], alpha=0.12, linewidth=0)
    axes.axvline(mark.at_seconds, color=COLOURS[3], linewidth=1.0, linestyle="--")
    if name:
        axes.annotate(
            name, (mark.at_seconds, 1.0), xycoords=("data", "axes fraction"), xytext=(2, -2),
            textcoords="offset points", va="top", color=COLOURS[3], fontsize=9,
        )  # fmt: skip
