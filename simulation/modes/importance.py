"""`ethercattle simulate SCENARIO --importance`: which units and which numbers matter most."""

import json
import math
from collections.abc import Sequence
from dataclasses import fields
from typing import Any

from rich.console import Console
from rich.table import Table

from simulation.birnbaum import UnitImportance, birnbaum
from simulation.drawings import wants_drawings, write_drawings
from simulation.errors import NotApplicable, NotReached
from simulation.estimates import Estimate
from simulation.modes.numbers import short, with_interval
from simulation.options import Options
from simulation.report import estimate_json
from simulation.scenario import Scenario
from simulation.terminal import console_beside, progress_bar, write_text
from simulation.tornado import Bar, Setting, Tornado, tornado

SCHEMA = "ethercattle.simulate.importance/1"
"""Changes its number when a field changes its meaning or goes; new fields may come at any time."""
BARS_SHOWN = 20


def run(options: Options, scenario: Scenario) -> int:
    """Rank units and numbers, show them, and return 0.

    Raises:
        ScenarioError: there is no such measure, or the factor is out of range.
        NotReached: the time was up before all numbers were changed; what there is was shown.
    """
    with progress_bar("changing") as tell:
        found = tornado(scenario, options.measure, factor=options.factor, tell=tell, **options.settings())
    units, why_not = _units(scenario, found.measure)
    if options.json_path is not None:
        write_text("--json", options.json_path, as_json(found, units, why_not))
    if wants_drawings(options):
        _draw(found, units, why_not, options)
    console = console_beside(options.json_path)
    print_units(units, why_not, found, console)
    print_tornado(found, console)
    if found.missing:
        raise NotReached(found.missing)
    return 0


def _units(scenario: Scenario, measure: str) -> tuple[tuple[UnitImportance, ...], str]:
    """Return the exact importance of units, or why there is none."""
    try:
        return birnbaum(scenario, measure), ""
    except NotApplicable as error:
        return (), str(error)


def _draw(found: Tornado, units: Sequence[UnitImportance], why_not: str, options: Options) -> None:
    from simulation.page.of_choices import page_of_importance
    from simulation.plots.of_tornado import tornado_picture

    write_drawings(options, (tornado_picture(found),), lambda drawn: page_of_importance(found, units, why_not, drawn))


def as_json(found: Tornado, units: Sequence[UnitImportance], why_not: str) -> str:
    """Return everything; numbers without bound are null, changes are in minutes of downtime a year."""
    report = {
        "schema": SCHEMA,
        "title": found.title,
        "measure": found.measure,
        "seed": found.seed,
        "engine": found.engine,
        "base": estimate_json(found.base),
        "units": [_unit(unit) for unit in units],
        "why_no_units": why_not,
        "factor": found.factor,
        "parameters": [_bar(bar) for bar in found.bars],
        "missing": found.missing,
    }
    return json.dumps(report, indent=1, allow_nan=False) + "\n"


def _unit(unit: UnitImportance) -> dict[str, Any]:
    values = {each.name: getattr(unit, each.name) for each in fields(unit)}
    return {
        name: None if isinstance(value, float) and not math.isfinite(value) else value for name, value in values.items()
    }


def _bar(bar: Bar) -> dict[str, Any]:
    return {
        "key": bar.parameter.key,
        "value": bar.parameter.value,
        "smaller_value": bar.parameter.smaller,
        "larger_value": bar.parameter.larger,
        "smaller": estimate_json(bar.smaller) if bar.smaller is not None else None,
        "larger": estimate_json(bar.larger) if bar.larger is not None else None,
        "swing": bar.swing,
        "refused": bar.refused,
    }


def print_units(units: Sequence[UnitImportance], why_not: str, found: Tornado, console: Console) -> None:
    """Print how much each unit matters, or why that is not known."""
    if why_not:
        console.print(f"importance of units is not known: {why_not}", soft_wrap=True)
        return
    table = Table(title=f"units, by what they are to {found.measure} (exact)", title_justify="left")
    for heading in ("group", "units", "unavailability", "Birnbaum", "criticality", "if away", "if perfect"):
        table.add_column(heading, justify="left" if heading == "group" else "right", no_wrap=True)
    for unit in units:
        shares = (unit.unavailability, unit.birnbaum, unit.criticality)
        worth = f"x {short(unit.achievement_worth)}", f"-{short(unit.minutes_saved_year)} min/year"
        table.add_row(unit.group, str(unit.units), *map(short, shares), *worth)
    console.print(table)


def print_tornado(found: Tornado, console: Console) -> None:
    """Print what the numbers that matter most are worth."""
    console.print(
        f"{found.title}: {found.measure} is away {with_interval(found.base)} minutes a year; changed by a factor of "
        f"{found.factor:g} or by one, each by itself on the same luck, that changes by (engine {found.engine}, "
        f"seed {found.seed})",
        soft_wrap=True,
    )
    table = Table()
    for heading in ("number", "is", "smaller", "minutes a year", "larger", "minutes a year"):
        table.add_column(heading, justify="left" if heading == "number" else "right", no_wrap=heading == "number")
    for bar in found.bars[:BARS_SHOWN]:
        parameter = bar.parameter
        values = map(_value, (parameter.value, parameter.smaller, parameter.larger))
        now, smaller, larger = values
        table.add_row(parameter.key, now, smaller, _change(bar.smaller), larger, _change(bar.larger))
    console.print(table)
    left = len(found.bars) - BARS_SHOWN
    if left > 0:
        console.print(f"and {left} more that matter less (--json has them)", soft_wrap=True)
    for bar in found.bars[:BARS_SHOWN]:
        if bar.refused:
            console.print(f"not changed further: {bar.refused}", soft_wrap=True)


def _change(found: Estimate | None) -> str:
    return with_interval(found, signed=True) if found is not None else "-"


def _value(value: Setting | None) -> str:
    if isinstance(value, list):
        return f"{len(value)} values"
    return "-" if value is None else f"{value:.4g}"
