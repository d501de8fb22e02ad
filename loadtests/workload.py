"""How much is sent when: what `--rate` or `--users`, `--shape`, `--warmup` and `--duration` mean together."""

from dataclasses import dataclass, replace
from pathlib import Path

from loadtests.errors import LoadError
from loadtests.options import Options
from loadtests.replay import read_recording
from loadtests.shapes import REPLAY, Segment, levels, read_shape, with_warmup


@dataclass(frozen=True, slots=True)
class Workload:
    """How much is sent when."""

    is_open: bool
    segments: tuple[Segment, ...]
    """Requests a second, or users; warm-up included."""
    replay: tuple[float, ...]
    """Times of recorded requests, seconds from the begin; they stand in for the segments' rates."""
    text: str
    """As people say it."""


def plan_workload(options: Options) -> Workload:
    """Return what was asked for.

    Raises:
        LoadError: it says neither or both of an open and a closed loop, or a shape that there is not.
    """
    name, _, path = options.shape.strip().partition(" ")
    if name == REPLAY:
        return _replayed(options, path.strip())
    if (options.rate is None) == (options.users is None):
        given = "neither" if options.rate is None else "both"
        raise LoadError(f"{given} of --rate and --users given, expected one: an open or a closed loop")
    level = options.rate if options.rate is not None else float(options.users or 0)
    shape = read_shape(options.shape, level, options.duration)
    if options.rate is None:
        text = f"{options.users} users"
    else:
        text = f"{options.rate:g} requests/s, {options.arrivals} arrivals"
    if name != "constant":
        text += f", {options.shape.strip()}"
    return Workload(options.rate is not None, with_warmup(shape, options.warmup), (), text)


def _replayed(options: Options, path: str) -> Workload:
    """Return a recorded load; of recorded arrivals there are none in the warm-up, but connections made by the first."""
    if options.rate is not None or options.users is not None:
        flag = "--rate" if options.rate is not None else "--users"
        raise LoadError(f"{flag} and --shape {options.shape!r} contradict each other: a record has its own rate")
    if not path:
        raise LoadError(f"--shape is {options.shape!r}, expected replay and the path of a CSV")
    found = read_recording(Path(path)).within(options.duration)
    if not found.arrivals and not found.segments:
        raise LoadError(f"--shape: {path} has nothing before --duration {options.duration:g}")
    if found.segments:
        last = replace(found.segments[-1], end_seconds=min(found.segments[-1].end_seconds, options.duration))
        segments = with_warmup((*found.segments[:-1], last), options.warmup)
        return Workload(
            is_open=True,
            segments=segments,
            replay=(),
            text=f"requests/s as {path} has them, {options.arrivals} arrivals",
        )
    moved = tuple(options.warmup + each for each in found.arrivals)
    segments = levels([(0.0, 0.0)], options.warmup + options.duration)
    return Workload(is_open=True, segments=segments, replay=moved, text=f"requests when {path} has them")
