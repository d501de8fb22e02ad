"""`ethercattle simulate SCENARIO --sweep KEY=…`: a scenario at many points; two sweeps make a grid."""

import json

from rich.console import Console
from rich.table import Table

from simulation.axes import Value
from simulation.drawings import wants_drawings, write_drawings
from simulation.errors import NotReached
from simulation.modes.numbers import short, with_interval
from simulation.options import Options
from simulation.report import cells, estimate_json
from simulation.scenario import Scenario
from simulation.sweep import AXES_MAX, Point, Sweep, sweep
from simulation.terminal import console_beside, progress_bar, write_text
from simulation.variants import choose_measure

SCHEMA = "ethercattle.simulate.sweep/1"
"""Changes its number when a field changes its meaning or goes; new fields may come at any time."""
COLUMNS_MAX = 8
"""A grid with more values of its second axis is shown as a list."""


def run(options: Options, scenario: Scenario) -> int:
    """Work out all points, show them, and return 0.

    Raises:
        ScenarioError: an axis or the measure is wrong.
        NotReached: the time was up before all points were precise; what there is was shown.
    """
    measure = choose_measure([each.name for each in scenario.model().measures], options.measure)
    with progress_bar("sweeping") as tell:
        found = sweep(scenario, options.sweeps, tell=tell, **options.settings())
    if options.json_path is not None:
        write_text("--json", options.json_path, as_json(found))
    if wants_drawings(options):
        _draw(found, measure, options)
    print_sweep(found, measure, console_beside(options.json_path))
    if found.missing:
        raise NotReached(found.missing)
    return 0


def _draw(found: Sweep, measure: str, options: Options) -> None:
    from simulation.page.of_variants import page_of_sweep
    from simulation.plots.of_sweep import sweep_picture

    write_drawings(options, (sweep_picture(found, measure),), lambda drawn: page_of_sweep(found, measure, drawn))


def as_json(found: Sweep) -> str:
    """Return all points with the estimates of every measure."""
    report = {
        "schema": SCHEMA,
        "title": found.title,
        "seed": found.seed,
        "confidence": found.confidence,
        "axes": [{"key": axis.key, "values": list(axis.values)} for axis in found.axes],
        "missing": found.missing,
        "points": [_point(point) for point in found.points],
    }
    return json.dumps(report, indent=1, allow_nan=False) + "\n"


def _point(point: Point) -> dict[str, object]:
    return {
        "values": dict(point.values),
        "engine": point.engine,
        "formula_availability": point.formula.availability if point.formula is not None else None,
        "estimates": {
            name: estimate_json(each) for found in point.measures.values() for name, each in found.named().items()
        },
    }


def print_sweep(found: Sweep, measure: str, console: Console) -> None:
    """Print one measure at every point; a small grid as rows and columns."""
    keys = ", ".join(axis.key for axis in found.axes)
    console.print(f"{found.title}: {measure} over {keys}, seed {found.seed}", soft_wrap=True)
    is_grid = len(found.axes) == AXES_MAX and len(found.axes[1].values) <= COLUMNS_MAX
    console.print(_as_grid(found, measure) if is_grid else _as_list(found, measure))
    engines = sorted({point.engine for point in found.points})
    console.print(f"engines: {', '.join(engines)}", soft_wrap=True)


def _as_list(found: Sweep, measure: str) -> Table:
    table = Table()
    interval = f"{found.confidence:.0%} interval"
    headings = ("availability", interval, "minutes a year", "by the formula", "engine")
    for heading in (*(axis.key for axis in found.axes), *headings):
        table.add_column(heading, justify="right", no_wrap=True)
    for point in found.points:
        estimates = point.measures[measure]
        share, bounds = cells("availability", estimates.availability)
        minutes = short(estimates.downtime_minutes_year.value)
        formula = short(point.formula.downtime_minutes_year) if point.formula is not None else "-"
        table.add_row(*map(_text, point.values.values()), share, bounds, minutes, formula, point.engine)
    return table


def _as_grid(found: Sweep, measure: str) -> Table:
    """Return a table of minutes a year: a row for each value of the first axis, a column for each of the second."""
    rows, columns = found.axes
    table = Table(title=f"minutes a year, {found.confidence:.0%} intervals", caption_justify="left")
    table.add_column(f"{rows.key} \\ {columns.key}", justify="right", no_wrap=True)
    for value in columns.values:
        table.add_column(_text(value), justify="right")
    for place, value in enumerate(rows.values):
        row = found.points[place * len(columns.values) : (place + 1) * len(columns.values)]
        table.add_row(_text(value), *(with_interval(point.measures[measure].downtime_minutes_year) for point in row))
    return table


def _text(value: Value) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)
