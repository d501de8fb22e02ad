"""Measured durations as a CSV: what `--calibrate` reads, and what a test that injects faults writes.

# ethercattle.faults/1
event,part,unit,at_seconds,time_between_failures_seconds,detection_seconds,recovery_seconds
kill,replica,replica-2,61.2,,6.1,4.8
kill,master,,180.0,,71.5,>240

Lines that begin with `#` are skipped, an empty cell was not measured, and `>240` was not over after 240: it is
censored. Instead of a column for each quantity there may be rows of one duration each: `event` (the quantity's name),
`part`, `duration_seconds` and, where wanted, `censored` (yes or no).
"""

import csv
import difflib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from simulation.errors import ScenarioError
from simulation.law_tables import duration
from simulation.scenario_parts import check_name
from simulation.tables import UNITS

SCHEMA = "ethercattle.faults/1"
QUANTITIES = (
    "time_between_failures", "detection", "recovery", "failover", "restart", "sync", "election", "boot", "restore",
    "rebuild",
)  # fmt: skip
"""What can be measured: from serving again to the next failure, from the failure to leaving service, from there to
serving again; then what the scenario's keys of the same name tell."""
LONG = "duration"
"""A column of this name and a unit makes it a file of one duration per row."""
OF_SNAPSHOTS = ("boot", "restore", "rebuild")
"""Quantities that a scenario tells once for all parts, in `[snapshots]`."""
SNAPSHOTS = "snapshots"
DEFAULT_PART = "unit"
"""Where a file does not tell parts apart."""
CENSORED = ">"
ROWS_MAX = 200_000
_TOLD = ("event", "part", "unit", "note")
"""Columns of text; `at_…` too is not fitted."""
_TRUTHS = {"yes": True, "true": True, "1": True, "no": False, "false": False, "0": False, "": False}


@dataclass(frozen=True, slots=True)
class Durations:
    """What was measured of one quantity of one part."""

    part: str
    quantity: str
    """One of QUANTITIES."""
    hours: NDArray[np.float64] = field(repr=False)
    is_censored: NDArray[np.bool_] = field(repr=False)
    """Where the duration was not over yet after those hours."""

    @property
    def name(self) -> str:
        """Part and quantity, as `replica.recovery`."""
        return f"{self.part}.{self.quantity}"

    @property
    def ended(self) -> NDArray[np.float64]:
        """Hours of those that are known to their end."""
        return self.hours[~self.is_censored]


@dataclass(frozen=True, slots=True)
class Lasted:
    """One measured duration."""

    seconds: float
    is_censored: bool = False
    """It was not over yet then."""


@dataclass(frozen=True, slots=True)
class Fault:
    """A row of a file that is written."""

    event: str
    """What happened or was done: kill, stop, stall, partition."""
    part: str
    """As scenarios name it: master, replica, relay, kafka, balancer, region, or a component."""
    lasted: Mapping[str, Lasted]
    """By quantity; what was not measured is left out."""
    unit: str = ""
    """Which of the part's units."""
    at_seconds: float | None = None
    """Since the begin of the run."""
    note: str = ""


def write_faults(path: Path, faults: Sequence[Fault], comments: Sequence[str] = ()) -> None:
    """Write measured faults as a CSV of one row each.

    Args:
        path: the file; it is replaced.
        faults: what was measured.
        comments: lines of what all rows come from, such as seed and scenario.

    Raises:
        ScenarioError: the file can't be written, or a quantity is unknown.
    """
    quantities = [each for each in QUANTITIES if any(each in fault.lasted for fault in faults)]
    unknown = next((name for fault in faults for name in fault.lasted if name not in QUANTITIES), None)
    if unknown is not None:
        raise ScenarioError(f"quantity {unknown!r}{_nearest(unknown, QUANTITIES)}")
    try:
        with path.open("w", encoding="utf-8", newline="") as file:
            for comment in (SCHEMA, *comments):
                file.write(f"# {' '.join(comment.split())}\n")
            rows = csv.writer(file, lineterminator="\n")
            names = ("event", "part", "unit", "at_seconds", *(f"{each}_seconds" for each in quantities), "note")
            rows.writerow(names)
            rows.writerows(_row(fault, quantities) for fault in faults)
    except OSError as error:
        raise ScenarioError(f"{path} can't be written: {error.strerror or error}") from error


def _row(fault: Fault, quantities: Sequence[str]) -> Iterator[str]:
    yield from (fault.event, fault.part, fault.unit)
    yield "" if fault.at_seconds is None else f"{fault.at_seconds:.3f}"
    for quantity in quantities:
        lasted = fault.lasted.get(quantity)
        yield "" if lasted is None else f"{CENSORED if lasted.is_censored else ''}{lasted.seconds!r}"
    yield fault.note


def read_durations(path: Path) -> tuple[Durations, ...]:
    """Read a CSV of measured durations, in the order in which parts and quantities first come.

    Raises:
        ScenarioError: it can't be read, or is no such file; the text names line and column.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as lines:
            found = _collect(lines, path)
    except OSError as error:
        raise ScenarioError(f"{path} can't be read: {error.strerror or error}") from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise ScenarioError(f"{path} can't be read: it is no CSV of UTF-8 text") from error
    if not found:
        raise ScenarioError(f"{path} has no duration, expected at least one cell that is not empty")
    return tuple(
        Durations(part, quantity, np.array([hours for hours, _ in cells]), np.array([late for _, late in cells]))
        for (part, quantity), cells in found.items()
    )


_Cells = dict[tuple[str, str], list[tuple[float, bool]]]


def _without_comments(lines: Iterable[str]) -> Iterator[str]:
    """Yield lines, an empty one for each comment: a mistake is told with its line's number."""
    for line in lines:
        yield "\n" if line.startswith("#") else line


@dataclass(frozen=True, slots=True)
class _Columns:
    """Where things stand in a row."""

    measured: Mapping[int, tuple[str, float]]
    """Place to quantity (LONG in a file of one duration per row) and unit in hours."""
    told: Mapping[str, int]
    """Name to place of the other columns."""
    names: Sequence[str]

    @property
    def is_long(self) -> bool:
        return any(quantity == LONG for quantity, _ in self.measured.values())

    def text(self, row: Sequence[str], name: str) -> str:
        return row[self.told[name]].strip() if name in self.told else ""


def _collect(lines: Iterable[str], path: Path) -> _Cells:
    rows = csv.reader(_without_comments(lines), strict=True)
    header = next((row for row in rows if row), None)
    if header is None:
        raise ScenarioError(f"{path} is empty, expected a header line and measured durations")
    columns = _read_header([name.strip() for name in header], path)
    found: _Cells = {}
    for number, row in enumerate((row for row in rows if row), 1):
        where = f"{path}:{rows.line_num}"
        if number > ROWS_MAX:
            raise ScenarioError(f"{where}: there are more than {ROWS_MAX} rows")
        if len(row) != len(columns.names):
            raise ScenarioError(f"{where} has {len(row)} cells, expected {len(columns.names)} as in the header")
        for place, (name, unit_hours) in columns.measured.items():
            if cell := row[place].strip():
                quantity = _quantity_of_row(columns.text(row, "event"), where) if name == LONG else name
                value = _value(cell, f"{where}: {columns.names[place]}", columns.text(row, "censored"))
                part = SNAPSHOTS if quantity in OF_SNAPSHOTS else columns.text(row, "part") or DEFAULT_PART
                check_name(part, f"{where}: part")
                found.setdefault((part, quantity), []).append((value[0] * unit_hours, value[1]))
    return found


def _read_header(names: Sequence[str], path: Path) -> _Columns:
    measured: dict[int, tuple[str, float]] = {}
    told: dict[str, int] = {}
    for place, name in enumerate(names):
        quantity, _, unit = name.rpartition("_")
        if names.count(name) > 1:
            raise ScenarioError(f"{path}: column {name!r} is there {names.count(name)} times, expected once")
        if unit in UNITS and quantity in (*QUANTITIES, LONG):
            if quantity in (other for other, _ in measured.values()):
                raise ScenarioError(f"{path}: {quantity} is there in two units, expected one column")
            measured[place] = quantity, UNITS[unit]
        elif name in _TOLD or name == "censored" or (unit in UNITS and quantity == "at"):
            told[name] = place
        else:
            known = [*_TOLD, "censored", "at_seconds", *(f"{each}_seconds" for each in (*QUANTITIES, LONG))]
            raise ScenarioError(f"{path}: column {name!r}{_nearest(name, known)}")
    columns = _Columns(measured, told, names)
    if not measured:
        raise ScenarioError(f"{path} has no column of durations, expected one such as recovery_seconds")
    if columns.is_long and (len(measured) > 1 or "event" not in told):
        raise ScenarioError(f"{path}: {LONG}_… stands for one duration per row, expected event and no other duration")
    if not columns.is_long and "censored" in told:
        raise ScenarioError(f"{path}: column 'censored' goes with {LONG}_… only, expected {CENSORED} before the number")
    return columns


def _quantity_of_row(event: str, where: str) -> str:
    if event not in QUANTITIES:
        raise ScenarioError(f"{where}: event {event[:40]!r}{_nearest(event, QUANTITIES)}")
    return event


def _value(cell: str, where: str, censored: str) -> tuple[float, bool]:
    """Return a duration in the column's unit, and whether it was cut short."""
    if censored.lower() not in _TRUTHS:
        raise ScenarioError(f"{where}: censored is {censored[:40]!r}, expected yes or no")
    value = duration(cell.removeprefix(CENSORED), where)
    return value, cell.startswith(CENSORED) or _TRUTHS[censored.lower()]


def _nearest(name: str, known: Sequence[str]) -> str:
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    return f" is unknown; did you mean {near[0]}?" if near else f" is unknown, expected one of {', '.join(known)}"
