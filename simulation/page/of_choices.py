"""The pages of what helps to choose: which units and numbers matter most, how many are enough."""

from collections.abc import Sequence

from simulation.birnbaum import UnitImportance
from simulation.gate import Verdict
from simulation.modes.numbers import short, with_interval
from simulation.page.page import Grid, Page, Section, numbered
from simulation.plots.picture import Picture
from simulation.report import cells
from simulation.target import Outcome, Target
from simulation.tornado import Bar, Setting, Tornado

_VERDICTS = {Outcome.REACHED: "pass", Outcome.OUT_OF_REACH: "fail", Outcome.OPEN: "open"}
_WORDS = {Verdict.PASS: "enough", Verdict.FAIL: "too few", Verdict.STRADDLES: "left open"}


def page_of_importance(
    found: Tornado, units: Sequence[UnitImportance], why_not: str, pictures: Sequence[Picture]
) -> Page:
    """Return which numbers and which units matter most.

    Args:
        found: the numbers.
        units: the units, the most important first.
        why_not: why nothing is known of units.
        pictures: of the numbers.
    """
    headings = ("number", "is", "smaller", "changes by", "larger", "changes by ")
    rows = tuple(_bar_cells(bar) for bar in found.bars)
    sections = [
        *(Section("Numbers", picture=picture) for picture in pictures),
        Section("Numbers, all of them", "Changes are minutes of downtime a year.",
                Grid(numbered(headings, headings[1:]), rows)),
        _units(units, why_not),
    ]  # fmt: skip
    first = found.bars[0].parameter.key if found.bars else "nothing"
    sentence = f"{found.measure} is away {with_interval(found.base)} minutes a year; {first} matters most."
    facts = [
        ("Engine", found.engine),
        ("Changed", f"each number by itself, by a factor of {found.factor:g} or by one, on the same luck"),
        ("Seed", str(found.seed)),
    ]
    if found.missing:
        facts.append(("Not reached", found.missing))
    return Page(f"{found.title}: what matters", sentence, tuple(facts), tuple(sections))


def _units(units: Sequence[UnitImportance], why_not: str) -> Section:
    if why_not:
        return Section("Units", f"Not known: {why_not}")
    headings = ("group", "units", "unavailability", "Birnbaum", "criticality", "if away", "saved if perfect")
    rows = tuple(
        (
            unit.group,
            str(unit.units),
            *map(short, (unit.unavailability, unit.birnbaum, unit.criticality)),
            f"x {short(unit.achievement_worth)}",
            short(unit.minutes_saved_year),
        )
        for unit in units
    )
    return Section("Units", "Exact; what is saved is minutes a year.", Grid(numbered(headings, headings[1:]), rows))


def _bar_cells(bar: Bar) -> tuple[str, ...]:
    changes = [with_interval(each, signed=True) if each is not None else "-" for each in (bar.smaller, bar.larger)]
    values = [_text(each) for each in (bar.parameter.smaller, bar.parameter.larger)]
    return bar.parameter.key, _text(bar.parameter.value), values[0], changes[0], values[1], changes[1]


def _text(value: Setting | None) -> str:
    if isinstance(value, list):
        return f"{len(value)} values"
    return "-" if value is None else f"{value:.6g}"


def page_of_target(found: Target, pictures: Sequence[Picture]) -> Page:
    """Return every number that was tried, and the smallest one that is enough."""
    headings = (found.key, "availability", "interval", "minutes a year", "engine", "verdict")
    rows = tuple(
        (
            str(each.value),
            *cells("availability", each.availability),
            with_interval(each.downtime_minutes_year),
            each.engine,
            _WORDS[each.verdict],
        )
        for each in found.tries
    )
    grid = Grid(numbered(headings, headings[:4]), rows)
    answer = f"{found.key} = {found.smallest} is enough" if found.smallest is not None else str(found.outcome)
    sentence = f"Availability {found.wanted:.12g} of {found.measure}: {answer}. {found.reason}".strip()
    sections = (*(Section("Tried", picture=picture) for picture in pictures), Section("In numbers", grid=grid))
    facts = (("Seed", str(found.seed)),)
    return Page(f"{found.title}: how many", sentence, facts, sections, _VERDICTS[found.outcome])
