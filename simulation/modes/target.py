"""`ethercattle simulate SCENARIO --target 0.9999`: the smallest number of clusters that is enough."""

import json

from rich.console import Console
from rich.table import Table

from simulation.drawings import wants_drawings, write_drawings
from simulation.errors import ScenarioError
from simulation.gate import Verdict
from simulation.modes.numbers import short
from simulation.options import Options
from simulation.report import VERDICT_COLOURS, cells, estimate_json
from simulation.scenario import Scenario
from simulation.target import Outcome, Target, smallest_count
from simulation.terminal import console_beside, progress_bar, write_text

SCHEMA = "ethercattle.simulate.target/1"
"""Changes its number when a field changes its meaning or goes; new fields may come at any time."""
EXIT_CODES = {Outcome.REACHED: 0, Outcome.OUT_OF_REACH: 1, Outcome.OPEN: 3}
_WORDS = {Verdict.PASS: "enough", Verdict.FAIL: "not enough", Verdict.STRADDLES: "open"}


def run(options: Options, scenario: Scenario) -> int:
    """Search, show what was tried, and return 0 where a number is enough, 1 where none is, 3 where it is open.

    Raises:
        ScenarioError: the target is impossible, or there is no such key or measure.
    """
    if options.target is None:
        raise ScenarioError("target is missing, expected an availability such as 0.9999")
    with progress_bar("trying") as tell:
        found = smallest_count(
            scenario, options.target, measure=options.measure, key=options.vary, tell=tell, **options.settings()
        )
    if options.json_path is not None:
        write_text("--json", options.json_path, as_json(found))
    if wants_drawings(options):
        _draw(found, options)
    print_target(found, console_beside(options.json_path))
    return EXIT_CODES[found.outcome]


def _draw(found: Target, options: Options) -> None:
    from simulation.page.of_choices import page_of_target
    from simulation.plots.of_target import target_picture

    write_drawings(options, (target_picture(found),), lambda drawn: page_of_target(found, drawn))


def as_json(found: Target) -> str:
    """Return the answer and everything that was tried."""
    report = {
        "schema": SCHEMA,
        "title": found.title,
        "measure": found.measure,
        "key": found.key,
        "target": found.wanted,
        "seed": found.seed,
        "outcome": str(found.outcome),
        "smallest": found.smallest,
        "reason": found.reason,
        "tries": [
            {
                "value": each.value,
                "engine": each.engine,
                "availability": estimate_json(each.availability),
                "downtime_minutes_year": estimate_json(each.downtime_minutes_year),
                "verdict": str(each.verdict),
            }
            for each in found.tries
        ],
    }
    return json.dumps(report, indent=1, allow_nan=False) + "\n"


def print_target(found: Target, console: Console) -> None:
    """Print what was tried, then the answer in a line."""
    console.print(
        f"{found.title}: {found.measure} for {found.wanted:.10g} of the time, seed {found.seed}", soft_wrap=True
    )
    table = Table()
    for heading in (
        found.key,
        "availability",
        f"{found.tries[0].availability.confidence:.0%} interval",
        "minutes a year",
        "engine",
        "",
    ):
        table.add_column(heading, justify="right", no_wrap=True)
    for each in found.tries:
        minutes = short(each.downtime_minutes_year.value)
        style = VERDICT_COLOURS[each.verdict]
        table.add_row(
            str(each.value), *cells("availability", each.availability), minutes, each.engine, _WORDS[each.verdict],
            style=style,
        )  # fmt: skip
    console.print(table)
    console.print(_answer(found), soft_wrap=True)


def _answer(found: Target) -> str:
    if found.outcome is Outcome.REACHED:
        return f"{found.key} = {found.smallest} is the smallest that is enough"
    if found.outcome is Outcome.OUT_OF_REACH:
        return f"no {found.key} is enough: {found.reason} (see --explain and --importance)"
    surely = f"{found.key} = {found.smallest} is enough; whether fewer are is open" if found.smallest else "it is open"
    return f"{surely}: {found.reason}; more --replications or another --engine may tell"
