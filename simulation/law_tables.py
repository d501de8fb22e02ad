"""Reads laws of durations: `failure = { law = "weibull", shape = 1.5, mean_days = 14 }`."""

import csv
import math

from simulation.errors import ScenarioError
from simulation.laws import SHAPE_MIN, Deterministic, Empirical, Exponential, Gamma, Law, Lognormal, Uniform, Weibull
from simulation.tables import HOURS_MAX, UNITS, Table

LAWS = ("exponential", "weibull", "lognormal", "gamma", "deterministic", "uniform", "empirical")
VALUES_MAX = 1_000_000
SHAPE_MAX = 1000.0
SIGMA_MAX = 5.0


def read_law(table: Table, name: str) -> Law:
    """Read a law that has to be there.

    Raises:
        ScenarioError: it is missing or wrong; the text names the key.
    """
    found = read_law_if_there(table, name)
    return table.missing(name, [name]) if found is None else found


def read_law_if_there(table: Table, name: str) -> Law | None:
    """Read a law, or None where there is no such table."""
    inner = table.table(name)
    return None if inner is None else law_of(inner)


def read_lifetime(table: Table, name: str) -> Law:
    """Read a law of times to failure: its mean is above 0."""
    law = read_law(table, name)
    if not law.mean_hours > 0:
        raise ScenarioError(f"{table.key(name)} has mean 0, expected above 0")
    return law


def law_of(table: Table) -> Law:
    """Read the law that a table describes."""
    kind = table.text("law", "exponential", LAWS)
    try:
        law = _READERS[kind](table)
    except ScenarioError as error:
        raise ScenarioError(_with_key(table, str(error))) from None
    table.end()
    if not law.mean_hours < HOURS_MAX:
        raise ScenarioError(f"{table.path} has a mean of {law.mean_hours:g} hours, expected below {HOURS_MAX:g}")
    return law


def _with_key(table: Table, text: str) -> str:
    return text if text.startswith(table.path) else f"{table.path}: {text}"


def _exponential(table: Table) -> Law:
    if not table.has("rate_per_hour"):
        return Exponential(table.hours("mean"))
    if table.has_hours("mean"):
        raise ScenarioError(f"{table.key('rate_per_hour')} and a mean contradict each other, expected one of them")
    return Exponential(1 / table.number("rate_per_hour", above=1 / HOURS_MAX))


def _weibull(table: Table) -> Law:
    shape = table.number("shape", low=SHAPE_MIN, high=SHAPE_MAX)
    if not table.has_hours("scale"):
        return Weibull.of_mean(shape, table.hours("mean"))
    if table.has_hours("mean"):
        raise ScenarioError(f"{table.path} has a scale and a mean, expected one of them")
    return Weibull(shape, table.hours("scale"))


def _lognormal(table: Table) -> Law:
    sigma = table.number("sigma", above=0.0, high=SIGMA_MAX)
    if not table.has_hours("median"):
        return Lognormal.of_mean(table.hours("mean"), sigma)
    if table.has_hours("mean"):
        raise ScenarioError(f"{table.path} has a median and a mean, expected one of them")
    return Lognormal(math.log(table.hours("median")), sigma)


def _gamma(table: Table) -> Law:
    return Gamma(table.number("shape", low=0.001, high=SHAPE_MAX), table.hours("mean"))


def _deterministic(table: Table) -> Law:
    return Deterministic(table.flag_hours("value") if table.has_hours("value") else table.hours("value"))


def _uniform(table: Table) -> Law:
    low = table.flag_hours("low") if table.has_hours("low") else table.hours("low")
    return Uniform(low, table.hours("high"))


def _empirical(table: Table) -> Law:
    inline = [f"values_{unit}" for unit in UNITS if table.has(f"values_{unit}")]
    if bool(inline) == table.has("file") or len(inline) > 1:
        raise ScenarioError(f"{table.path}: an empirical law needs a file and a column, or values_minutes = […]")
    if inline:
        factor = UNITS[inline[0].rpartition("_")[2]]
        return Empirical(tuple(value * factor for value in table.numbers(inline[0])))
    return Empirical(read_column(table, table.text("file"), table.text("column")))


def read_column(table: Table, file: str, column: str) -> tuple[float, ...]:
    """Read a CSV's column whose name ends in a unit; empty cells are left out. Return hours.

    Raises:
        ScenarioError: no such file or column, or a cell that is no duration; the text names the line.
    """
    unit = column.rpartition("_")[2]
    if unit not in UNITS:
        table.refuse("column", f"a name that ends in its unit: _{', _'.join(UNITS)}")
    path = table.folder / file
    found = []
    try:
        with path.open(newline="", encoding="utf-8-sig") as lines:
            rows = csv.DictReader(lines)
            if column not in (rows.fieldnames or ()):
                table.refuse("column", f"a column of {path}: {', '.join(rows.fieldnames or ())}")
            for row in rows:
                cell = (row[column] or "").strip()
                if cell:
                    found.append(duration(cell, f"{path}:{rows.line_num}: {column}") * UNITS[unit])
                if len(found) > VALUES_MAX:
                    raise ScenarioError(f"{path} has more than {VALUES_MAX} values in {column}")
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is no CSV of UTF-8 text"
        raise ScenarioError(f"{table.key('file')}: {path} can't be read: {reason}") from error
    return tuple(found)


def duration(cell: str, where: str) -> float:
    """Return the number that a CSV's cell holds, 0 or more.

    Raises:
        ScenarioError: it holds something else; `where` is named.
    """
    try:
        value = float(cell)
    except ValueError:
        value = math.nan
    if not 0 <= value < HOURS_MAX:
        raise ScenarioError(f"{where} is {cell[:40]!r}, expected a number, 0 or more")
    return value


_READERS = {
    "exponential": _exponential,
    "weibull": _weibull,
    "lognormal": _lognormal,
    "gamma": _gamma,
    "deterministic": _deterministic,
    "uniform": _uniform,
    "empirical": _empirical,
}
