"""A recorded load, sent again: a CSV of arrivals (`at_seconds`), or of how many a second (`second`, `offered`)."""

import csv
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from loadtests.errors import LoadError
from loadtests.shapes import Segment, levels

ROWS_MAX = 1_000_000
ARRIVAL = "at_seconds"
SECOND = "second"
RATES = ("offered", "rate")
"""Columns that say how many in a second; the first that is there is taken."""


@dataclass(frozen=True, slots=True)
class Recording:
    """What a CSV says."""

    arrivals: tuple[float, ...] = ()
    """In seconds since the record's begin, in rising order; empty where it has rates."""
    segments: tuple[Segment, ...] = ()
    """Rates a second; empty where it has arrivals."""

    def within(self, seconds: float) -> "Recording":
        """Return the part before a moment."""
        kept = tuple(each for each in self.segments if each.begin_seconds < seconds)
        return Recording(tuple(each for each in self.arrivals if each < seconds), kept)


def read_recording(path: Path) -> Recording:
    """Read a CSV.

    Raises:
        LoadError: it can't be read, or holds something else; the row is named.
    """
    try:
        with path.open(newline="", encoding="utf-8") as file:
            rows = csv.DictReader(line for line in file if not line.startswith("#"))
            columns = rows.fieldnames or []
            read = list(islice(rows, ROWS_MAX + 1))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise LoadError(f"--shape: {path} can't be read: {getattr(error, 'strerror', None) or error}") from error
    if not read or len(read) > ROWS_MAX:
        raise LoadError(f"--shape: {path} has {'no' if not read else 'more than ' + str(ROWS_MAX)} rows")
    if ARRIVAL in columns:
        return Recording(arrivals=tuple(sorted(_number(row, ARRIVAL, n, path) for n, row in enumerate(read, 2))))
    rate = next((name for name in RATES if name in columns), None)
    if SECOND not in columns or rate is None:
        raise LoadError(
            f"--shape: {path} has the columns {', '.join(columns)}, expected {ARRIVAL}, or {SECOND} and {RATES[0]}"
        )
    return Recording(segments=_segments(read, rate, path))


def _segments(rows: list[dict[str, str]], rate: str, path: Path) -> tuple[Segment, ...]:
    found = {_number(row, SECOND, n, path): _number(row, rate, n, path) for n, row in enumerate(rows, 2)}
    first = min(found)
    pieces = [(second - first, found[second]) for second in sorted(found)]
    return levels(pieces, pieces[-1][0] + 1.0)


def _number(row: dict[str, str], name: str, number: int, path: Path) -> float:
    try:
        value = float(row[name])
    except (TypeError, ValueError):
        value = -1.0
    if not 0 <= value < float("inf"):
        raise LoadError(f"--shape: {path} row {number} has {name} {row[name]!r}, expected a number of 0 or more")
    return value
