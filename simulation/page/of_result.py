"""The page of a simulation: estimates with intervals, requirements, pictures of the runs."""

import json
from collections.abc import Sequence

from simulation.estimates import Estimate, MeasureEstimates
from simulation.gate import Requirement, Verdict
from simulation.page.page import Grid, Page, Section, numbered
from simulation.plots.picture import Picture
from simulation.report import cells
from simulation.result import Result

_SHOWN = {
    "availability": "availability",
    "request_availability": "share of requests served",
    "downtime_minutes_year": "minutes of downtime a year",
    "outages_year": "outages a year",
    "mtbf_hours": "hours between outages",
    "mttr_hours": "hours an outage lasts",
    "longest_outage_hours": "hours of the longest outage of a year",
}
"""Fields of a measure's estimates, and what people call them."""
_WORDS = {Verdict.PASS: "pass", Verdict.FAIL: "fail", Verdict.STRADDLES: "open"}


def page_of_result(
    result: Result, judged: Sequence[tuple[Requirement, Verdict]], pictures: Sequence[Picture], why_none: str = ""
) -> Page:
    """Return the page.

    Args:
        result: what was found.
        judged: requirements and whether they are met.
        pictures: of the runs.
        why_none: why there are no pictures.
    """
    sections = [_estimates(result, measure) for measure in result.measures.values()]
    if judged:
        rows = tuple((str(each), verdict.value) for each, verdict in judged)
        sections.insert(0, Section("Requirements", grid=Grid(numbered(("requirement", "verdict"), ()), rows)))
    sections += [Section(_heading(picture), picture=picture) for picture in pictures]
    if not pictures:
        sections.append(Section("Pictures", why_none))
    scenario = json.dumps(json.loads(result.about.scenario), indent=1)
    sections.append(Section("The scenario", f"SHA-256 {result.about.scenario_hash}", code=scenario))
    return Page(result.about.title, _sentence(result), _facts(result), tuple(sections), _verdict(judged))


def _verdict(judged: Sequence[tuple[Requirement, Verdict]]) -> str:
    verdicts = {verdict for _, verdict in judged}
    worst = next((each for each in (Verdict.FAIL, Verdict.STRADDLES, Verdict.PASS) if each in verdicts), None)
    return _WORDS[worst] if worst is not None else ""


def _sentence(result: Result) -> str:
    told = []
    for measure, found in result.measures.items():
        value, interval = cells("availability", found.availability)
        told.append(f"{measure}: {value}" + (f" ({interval})" if interval != "exact" else ""))
    return f"Availability of {', '.join(told)}."


def _facts(result: Result) -> tuple[tuple[str, str], ...]:
    about, runs = result.about, len(result.samples.replications)
    facts = [
        ("Engine", f"{about.engine}: {result.why}"),
        ("Seed", str(about.seed)),
        ("Intervals", f"{result.confidence:.0%}"),
    ]
    if runs:
        days, warmup = about.horizon_hours / 24, about.warmup_hours / 24
        facts.append(("Runs", f"{runs} of {days:g} days, the first {warmup:g} left out"))
    return (*facts, *(("Note", note) for note in result.notes))


def _estimates(result: Result, found: MeasureEstimates) -> Section:
    columns = numbered(("estimate", "value", f"{result.confidence:.0%} interval", "rests on"), ())
    columns = (columns[0], *(type(each)(each.heading, is_number=True) for each in columns[1:3]), columns[3])
    rows = [
        (words, *cells(quantity, getattr(found, quantity)), _basis(getattr(found, quantity)))
        for quantity, words in _SHOWN.items()
    ]
    for share, estimate in found.outage_hours_quantiles:
        rows.append((f"hours that {share:.4g} of outages stay below", *cells("hours", estimate), _basis(estimate)))
    return Section(found.measure, grid=Grid(columns, tuple(rows)))


def _basis(found: Estimate) -> str:
    return f"{found.samples:,} {found.method}" if found.samples else str(found.method)


def _heading(picture: Picture) -> str:
    return picture.name.replace("-", " ").capitalize()
