"""How the load changes over time: straight pieces, from a few words such as `ramp from 10` or `spike x5 at 20s for 5s`.

The level is requests a second of an open loop, or users of a closed one; `--rate` or `--users` is the highest, but for
a spike, which multiplies it. A warm-up goes before, at the shape's first level.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from loadtests.errors import LoadError

STEPS, STEPS_MAX = 4, 1000
SPIKE_FACTOR, SPIKE_BEGIN_SHARE, SPIKE_SHARE = 5.0, 0.4, 0.2
KNOWN = "constant, ramp [from LEVEL], step [COUNT], spike [xFACTOR] [at 20s] [for 5s], replay FILE"
REPLAY = "replay"


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of time in which the level changes evenly."""

    begin_seconds: float
    end_seconds: float
    begin_level: float
    """Arrivals a second, or users."""
    end_level: float

    @property
    def seconds(self) -> float:
        """How long it is."""
        return self.end_seconds - self.begin_seconds


def read_shape(text: str, level: float, duration_seconds: float) -> tuple[Segment, ...]:
    """Return what a shape's words mean, from its own begin on.

    Raises:
        LoadError: there is no such shape, or it does not fit into the duration; the known ones are named.
    """
    name, _, rest = text.strip().partition(" ")
    if name not in _SHAPES:
        raise LoadError(f"--shape is {text!r}, expected one of: {KNOWN}")
    return _SHAPES[name](text, rest.strip(), level, duration_seconds)


def with_warmup(segments: Sequence[Segment], warmup_seconds: float) -> tuple[Segment, ...]:
    """Return segments with a warm-up before them, at their first level."""
    if not warmup_seconds:
        return tuple(segments)
    moved = (
        replace(each, begin_seconds=each.begin_seconds + warmup_seconds, end_seconds=each.end_seconds + warmup_seconds)
        for each in segments
    )
    level = segments[0].begin_level
    return (Segment(0.0, warmup_seconds, level, level), *moved)


def level_at(segments: Sequence[Segment], at_seconds: float) -> float:
    """Return the level at a moment; 0 before the first segment and from the last one's end on."""
    for each in segments:
        if each.begin_seconds <= at_seconds < each.end_seconds:
            share = (at_seconds - each.begin_seconds) / each.seconds
            return each.begin_level + share * (each.end_level - each.begin_level)
    return 0.0


def levels(pieces: Sequence[tuple[float, float]], end_seconds: float) -> tuple[Segment, ...]:
    """Return a level that jumps: each piece is when it begins, and its level; empty pieces are left out."""
    ends = [begin for begin, _ in pieces[1:]] + [end_seconds]
    return tuple(
        Segment(begin, end, level, level) for (begin, level), end in zip(pieces, ends, strict=True) if end > begin
    )


def _constant(text: str, words: str, level: float, duration_seconds: float) -> tuple[Segment, ...]:
    _match("", text, words)
    return levels([(0.0, level)], duration_seconds)


def _ramp(text: str, words: str, level: float, duration_seconds: float) -> tuple[Segment, ...]:
    found = _match(r"(?:from (?P<from>NUMBER))?", text, words)
    begin = float(found["from"] or 0.0)
    if begin == level == 0:
        raise LoadError(f"--shape is {text!r}, expected a level above 0")
    return (Segment(0.0, duration_seconds, begin, level),)


def _step(text: str, words: str, level: float, duration_seconds: float) -> tuple[Segment, ...]:
    found = _match(r"(?P<count>\d+)?", text, words)
    count = int(found["count"] or STEPS)
    if not 1 <= count <= STEPS_MAX:
        raise LoadError(f"--shape is {text!r}, expected 1 to {STEPS_MAX} steps")
    pieces = [(duration_seconds * each / count, level * (each + 1) / count) for each in range(count)]
    return levels(pieces, duration_seconds)


def _spike(text: str, words: str, level: float, duration_seconds: float) -> tuple[Segment, ...]:
    found = _match(r"(?:x(?P<factor>NUMBER))? ?(?:at (?P<at>NUMBER)s)? ?(?:for (?P<for>NUMBER)s)?", text, words)
    factor = float(found["factor"] or SPIKE_FACTOR)
    begin = float(found["at"] or SPIKE_BEGIN_SHARE * duration_seconds)
    end = begin + float(found["for"] or SPIKE_SHARE * duration_seconds)
    if end > duration_seconds:
        raise LoadError(
            f"--shape is {text!r}, which ends at {end:g} s, expected at most --duration {duration_seconds:g}"
        )
    return levels([(0.0, level), (begin, level * factor), (end, level)], duration_seconds)


def _match(pattern: str, text: str, words: str) -> "re.Match[str]":
    """Return how words match what a shape takes. Raises LoadError."""
    found = re.fullmatch(pattern.replace("NUMBER", r"\d+(?:\.\d+)?"), words)
    if found is None:
        raise LoadError(f"--shape is {text!r}, expected one of: {KNOWN}")
    return found


_SHAPES: dict[str, Callable[[str, str, float, float], tuple[Segment, ...]]] = {
    "constant": _constant,
    "ramp": _ramp,
    "step": _step,
    "spike": _spike,
}
