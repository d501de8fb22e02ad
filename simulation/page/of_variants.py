"""The pages of what compares variants: the formula's gap, sweeps; and of a calibration."""

from collections.abc import Sequence

from simulation.calibration.calibrate import Calibrated, Calibration
from simulation.calibration.report import law_cells
from simulation.calibration.scenario_piece import as_toml
from simulation.gap import Gap, Waterfall
from simulation.modes.numbers import short, with_interval
from simulation.page.page import Grid, Page, Section, numbered
from simulation.plots.picture import Picture
from simulation.report import cells
from simulation.sweep import Sweep


def page_of_gap(gap: Gap, measures: Sequence[str], pictures: Sequence[Picture]) -> Page:
    """Return the way from the formula to the scenario.

    Args:
        gap: what was found.
        measures: those shown.
        pictures: a waterfall for each of them.
    """
    sections = []
    for measure, picture in zip(measures, pictures, strict=True):
        sections += [Section(measure, picture=picture), _steps(f"{measure}, in numbers", gap.waterfalls[measure])]
    told = [
        f"{measure}: {with_interval(gap.waterfalls[measure].end)} minutes of downtime a year, "
        f"{short(start) if (start := gap.waterfalls[measure].start_minutes) is not None else '-'} by the formula"
        for measure in measures
    ]
    facts = [("Formula", gap.waterfalls[measures[0]].start_name), *_rest(gap.seed, gap.confidence)]
    if gap.replications:
        facts.append(("Runs", f"{gap.replications} of each variant that is simulated, all on the same luck"))
    return Page(f"{gap.title}: the formula's gap", "; ".join(told) + ".", (*facts, *_missing(gap.missing)),
                tuple(sections))  # fmt: skip


def _steps(heading: str, fall: Waterfall) -> Section:
    headings = ("effect", "engine", "with it and those above", "it adds", "the whole saves without it", "what it is")
    rows = []
    for step in fall.steps:
        saves = with_interval(step.without, signed=True) if step.without is not None else ""
        numbers = (with_interval(step.total), with_interval(step.added, signed=True), saves)
        shown = (step.engine, *numbers) if step.is_present else ("", "absent", "", "")
        rows.append((step.effect, *shown, step.detail))
    grid = Grid(numbered(headings, headings[2:5]), tuple(rows))
    return Section(heading, "Minutes of downtime a year.", grid)


def page_of_sweep(found: Sweep, measure: str, pictures: Sequence[Picture]) -> Page:
    """Return one measure over the swept keys."""
    keys = [axis.key for axis in found.axes]
    headings = (*keys, "availability", "interval", "minutes a year", "by the formula", "engine")
    rows = []
    for point in found.points:
        estimates, formula = point.measures[measure], point.formula
        rows.append(
            (
                *(f"{value:.6g}" if isinstance(value, float) else str(value) for value in point.values.values()),
                *cells("availability", estimates.availability),
                short(estimates.downtime_minutes_year.value),
                short(formula.downtime_minutes_year) if formula is not None else "-",
                point.engine,
            )
        )
    grid = Grid(numbered(headings, headings[:-1]), tuple(rows))
    sections = [*(Section(measure, picture=picture) for picture in pictures), Section("In numbers", grid=grid)]
    engines = ", ".join(sorted({point.engine for point in found.points}))
    facts = (("Engines", engines), *_rest(found.seed, found.confidence), *_missing(found.missing))
    sentence = f"Availability of {measure} at {len(found.points)} points of {' and '.join(keys)}."
    return Page(f"{found.title}: {', '.join(keys)}", sentence, facts, tuple(sections))


def page_of_calibration(calibration: Calibration, pictures: Sequence[Picture]) -> Page:
    """Return the laws that were fitted to measured durations."""
    sections = [Section("Measured and fitted", picture=picture) for picture in pictures]
    sections.append(Section("For a scenario", code=as_toml(calibration)))
    sections += [_laws(each, calibration.confidence) for each in calibration.quantities]
    chosen = ", ".join(f"{each.durations.name}: {each.chosen.fit.family}" for each in calibration.quantities)
    facts = [("File", calibration.source), *_rest(calibration.seed, calibration.confidence)]
    facts += [("Left out", line) for line in calibration.left_out]
    return Page(f"Laws fitted to {calibration.source}", f"{chosen}.", tuple(facts), tuple(sections))


def _laws(each: Calibrated, confidence: float) -> Section:
    headings = ("law", "mean", f"{confidence:.0%} interval", "AIC", "p", "why")
    in_order = sorted(each.tried, key=lambda tried: (tried is not each.chosen, tried.fit.aic))
    rows = tuple(law_cells(each, tried) for tried in in_order)
    censored = int(each.durations.is_censored.sum())
    counted = f"{len(each.durations.hours)} measured" + (f", {censored} of them censored" if censored else "")
    note = "; ".join((counted, *each.warnings))
    return Section(each.durations.name, f"{note}.", Grid(numbered(headings, headings[1:5]), rows))


def _rest(seed: int, confidence: float) -> list[tuple[str, str]]:
    return [("Seed", str(seed)), ("Intervals", f"{confidence:.0%}")]


def _missing(text: str) -> tuple[tuple[str, str], ...]:
    return (("Not reached", text),) if text else ()
