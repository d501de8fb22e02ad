"""How the load changes over time: pieces of straight line, from a few words or a recorded CSV."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of time in which the level changes evenly."""

    begin_seconds: float
    end_seconds: float
    begin_level: float
    """Arrivals a second, or users."""
    end_level: float


def level_at(segments: Sequence[Segment], at_seconds: float) -> float:
    """Return the level at a moment; 0 before the first segment and from the last one's end on."""
    for each in segments:
        if each.begin_seconds <= at_seconds < each.end_seconds:
            share = (at_seconds - each.begin_seconds) / (each.end_seconds - each.begin_seconds)
            return each.begin_level + share * (each.end_level - each.begin_level)
    return 0.0


def constant(level: float, warmup_seconds: float, duration_seconds: float) -> tuple[Segment, ...]:
    """Return one level from begin to end."""
    return (Segment(0.0, warmup_seconds + duration_seconds, level, level),)
