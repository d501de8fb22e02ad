"""A simulation's result as a table for people and as JSON for programs; docs/simulation.md describes the fields."""

import json
import math
from collections.abc import Sequence
from math import floor, log10
from typing import Any

from rich.console import Console
from rich.table import Table

from simulation.estimates import Estimate, Method
from simulation.gate import Requirement, Verdict
from simulation.result import Result
from simulation.scenario import Scenario

SCHEMA = "ethercattle.simulate/1"
"""Changes its number when a field changes its meaning or goes; new fields may come at any time."""
_SHOWN = (
    "availability",
    "unavailability",
    "downtime_minutes_year",
    "outages_year",
    "mtbf_hours",
    "mttr_hours",
    "mean_hours_to_failure",
    "request_availability",
)
_NEAR_ONE = ("availability", "request_availability")
SHARE_DIGITS_MIN = 4
VERDICT_COLOURS = {Verdict.PASS: "green", Verdict.FAIL: "red", Verdict.STRADDLES: "yellow"}


def as_json(result: Result, judged: Sequence[tuple[Requirement, Verdict]]) -> str:
    """Return the report's text; numbers that are not known, or without bound, are null."""
    about = result.about
    report = {
        "schema": SCHEMA,
        "title": about.title,
        "scenario": json.loads(about.scenario),
        "scenario_hash": about.scenario_hash,
        "engine": about.engine,
        "why": result.why,
        "seed": about.seed,
        "horizon_hours": about.horizon_hours,
        "warmup_hours": about.warmup_hours,
        "replications": len(result.samples.replications),
        "notes": list(result.notes),
        "seconds": round(result.seconds, 3),
        "estimates": {name: estimate_json(found) for name, found in result.estimates.items()},
        "requirements": [{"requirement": str(each), "verdict": verdict.value} for each, verdict in judged],
    }
    return json.dumps(report, indent=1, allow_nan=False) + "\n"


def print_scenarios(scenarios: Sequence[Scenario], console: Console) -> None:
    """Print the names and titles of scenarios."""
    width = max(len(scenario.name) for scenario in scenarios)
    for scenario in scenarios:
        console.print(f"{scenario.name.ljust(width)}  {scenario.title}", highlight=False, soft_wrap=True)


def print_result(result: Result, judged: Sequence[tuple[Requirement, Verdict]], console: Console) -> None:
    """Print the estimates of every measure with their intervals, what they rest on, and the requirements."""
    about, runs = result.about, len(result.samples.replications)
    console.print(f"{about.title}: engine {about.engine} ({result.why}), seed {about.seed}", soft_wrap=True)
    if runs:
        console.print(f"{runs} runs of {about.horizon_hours / 24:g} days, {result.seconds:.1f} s", soft_wrap=True)
    table = Table()
    for heading in ("measure", "estimate", "value", f"{result.confidence:.0%} interval"):
        table.add_column(heading, justify="left" if heading in {"measure", "estimate"} else "right", no_wrap=True)
    for measure, estimates in result.measures.items():
        for name in _SHOWN:
            found: Estimate = getattr(estimates, name)
            if name == "mean_hours_to_failure" and math.isnan(found.value):
                continue
            is_first, is_last = name == _SHOWN[0], name == _SHOWN[-1]
            table.add_row(measure if is_first else "", name, *cells(name, found), end_section=is_last)
    console.print(table)
    for note in result.notes:
        console.print(f"note: {note}", style="yellow", soft_wrap=True)
    for each, verdict in judged:
        console.print(f"{each}: {verdict.value}", style=VERDICT_COLOURS[verdict])


def cells(name: str, found: Estimate) -> tuple[str, str]:
    """Return an estimate's value and interval as people read them; `name` says what it is."""
    if found.method is Method.EXACT:
        return _share(found.value, 12) if name in _NEAR_ONE else _number(found.value), "exact"
    values = (found.value, found.low, found.high)
    if name in _NEAR_ONE:
        digits = (
            SHARE_DIGITS_MIN if found.half_width <= 0 else max(SHARE_DIGITS_MIN, 2 - floor(log10(found.half_width)))
        )
        value, low, high = (_share(each, digits) for each in values)
    else:
        value, low, high = map(_number, values)
    return value, f"{low} … {high}"


def _share(value: float, digits: int) -> str:
    """Return a share with as many places as its interval gives meaning to."""
    return "-" if math.isnan(value) else f"{value:.{digits}f}"


def _number(value: float) -> str:
    return "-" if math.isnan(value) else f"{value:.6g}"


def estimate_json(found: Estimate) -> dict[str, Any]:
    """Return an estimate as JSON has it: numbers that are not known, or without bound, are null."""
    numbers = {"value": found.value, "low": found.low, "high": found.high, "confidence": found.confidence}
    finite = {name: value if math.isfinite(value) else None for name, value in numbers.items()}
    return {**finite, "method": str(found.method), "samples": found.samples}
