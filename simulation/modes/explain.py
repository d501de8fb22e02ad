"""`ethercattle simulate SCENARIO --explain`: the gap to the guide's formula, one effect at a time."""

import json

from rich.console import Console
from rich.table import Table

from simulation.drawings import wants_drawings, write_drawings
from simulation.errors import NotReached
from simulation.gap import Gap, Step, Waterfall, explain
from simulation.gap_variants import variants_of
from simulation.modes.numbers import short, with_interval
from simulation.options import Options
from simulation.report import estimate_json
from simulation.scenario import Scenario
from simulation.terminal import console_beside, progress_bar, write_text
from simulation.variants import choose_measure

SCHEMA = "ethercattle.simulate.explain/1"
"""Changes its number when a field changes its meaning or goes; new fields may come at any time."""


def run(options: Options, scenario: Scenario) -> int:
    """Tell the gap, show it, and return 0.

    Raises:
        ScenarioError: there is no such measure.
        NotReached: the time was up before all was told; what there is was shown.
    """
    measures = [measure.name for measure in variants_of(scenario).adding[-1].measures]
    measure = choose_measure(measures, options.measure)
    with progress_bar("explaining") as tell:
        gap = explain(scenario, tell=tell, **options.settings())
    if options.json_path is not None:
        write_text("--json", options.json_path, as_json(gap))
    if wants_drawings(options):
        _draw(gap, measure, options)
    print_gap(gap, measure, console_beside(options.json_path))
    if gap.missing:
        raise NotReached(gap.missing)
    return 0


def _draw(gap: Gap, measure: str, options: Options) -> None:
    """Draw the way of the measure that is told of, or of all of them where pictures go into a folder or a page."""
    from simulation.page.of_variants import page_of_gap
    from simulation.plots.of_gap import waterfall

    told = [name for name, fall in gap.waterfalls.items() if fall.steps]
    measures = [measure] if options.plot_path is not None or measure not in told else told
    pictures = [waterfall(gap, each) for each in measures]
    write_drawings(options, pictures, lambda drawn: page_of_gap(gap, measures, drawn))


def as_json(gap: Gap) -> str:
    """Return the gap of every measure; minutes are of downtime a year."""
    report = {
        "schema": SCHEMA,
        "title": gap.title,
        "seed": gap.seed,
        "confidence": gap.confidence,
        "replications": gap.replications,
        "missing": gap.missing,
        "measures": {name: _waterfall(fall) for name, fall in gap.waterfalls.items()},
    }
    return json.dumps(report, indent=1, allow_nan=False) + "\n"


def _waterfall(fall: Waterfall) -> dict[str, object]:
    return {
        "start": fall.start_name,
        "start_minutes_year": fall.start_minutes,
        "end": estimate_json(fall.end),
        "steps": [_step(step) for step in fall.steps],
    }


def _step(step: Step) -> dict[str, object]:
    return {
        "effect": step.effect,
        "detail": step.detail,
        "present": step.is_present,
        "engine": step.engine,
        "total": estimate_json(step.total),
        "added": estimate_json(step.added),
        "without": estimate_json(step.without) if step.without is not None else None,
    }


def print_gap(gap: Gap, measure: str, console: Console) -> None:
    """Print the way from the formula to the scenario, for one measure."""
    fall = gap.waterfalls[measure]
    console.print(f"{gap.title}: downtime of {measure} in minutes a year, seed {gap.seed}", soft_wrap=True)
    if gap.replications:
        console.print(f"{gap.replications} runs of each variant that is simulated, on the same luck", soft_wrap=True)
    caption = f"{gap.confidence:.0%} intervals" if gap.replications else None
    table = Table(caption=caption, caption_justify="left")
    for heading in ("effect", "engine", "with it and those above", "it adds", "the whole saves without it"):
        is_text = heading in {"effect", "engine"}
        table.add_column(heading, justify="left" if is_text else "right", no_wrap=heading == "engine", overflow="fold")
    start = "-" if fall.start_minutes is None else short(fall.start_minutes)
    table.add_row(fall.start_name.split(",")[0], "", start, "", "")
    for step in fall.steps:
        if step.is_present:
            saves = with_interval(step.without, signed=True) if step.without is not None else ""
            table.add_row(
                step.effect, step.engine, with_interval(step.total), with_interval(step.added, signed=True), saves
            )
    table.add_section()
    table.add_row("the scenario", "", with_interval(fall.end), "", "")
    console.print(table)
    _print_words(fall, console)


def _print_words(fall: Waterfall, console: Console) -> None:
    """Print what the effects are, and which are absent."""
    for name, detail in ((fall.start_name, ""), *((step.effect, step.detail) for step in fall.steps)):
        if detail:
            console.print(f"{name}: {detail}", soft_wrap=True)
    absent = [step.effect for step in fall.steps if not step.is_present]
    if absent:
        console.print(f"absent from this scenario: {', '.join(absent)}", soft_wrap=True)
