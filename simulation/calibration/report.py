"""A calibration as a table for people and as JSON for programs; docs/simulation.md describes the fields."""

import json
import math
from typing import Any

from rich.console import Console
from rich.table import Table

from simulation.calibration.calibrate import Calibrated, Calibration, Tried
from simulation.calibration.scenario_piece import as_toml, law_text, readable_unit
from simulation.tables import UNITS

SCHEMA = "ethercattle.simulate.calibrate/1"
"""Changes its number when a field changes its meaning or goes; new fields may come at any time."""


def as_json(calibration: Calibration) -> str:
    """Return the report's text; what is not known is null."""
    report = {
        "schema": SCHEMA,
        "source": calibration.source,
        "seed": calibration.seed,
        "confidence": calibration.confidence,
        "quantities": [_quantity(each) for each in calibration.quantities],
        "left_out": list(calibration.left_out),
        "toml": as_toml(calibration),
    }
    return json.dumps(report, indent=1, allow_nan=False) + "\n"


def print_calibration(calibration: Calibration, console: Console) -> None:
    """Print every law that was tried, best first, the one that was chosen marked."""
    table = Table()
    for heading, justify in (
        ("measured", "left"), ("law", "left"), ("mean", "right"), (f"{calibration.confidence:.0%} interval", "right"),
        ("AIC", "right"), ("p", "right"), ("why", "left"),
    ):  # fmt: skip
        table.add_column(heading, justify="right" if justify == "right" else "left", no_wrap=heading != "why")
    for each in calibration.quantities:
        in_order = sorted(each.tried, key=lambda tried: (tried is not each.chosen, tried.fit.aic))
        for place, tried in enumerate(in_order):
            table.add_row(_measured(each, place), *law_cells(each, tried), end_section=place == len(in_order) - 1)
    console.print(table)
    for each in calibration.quantities:
        for warning in each.warnings:
            console.print(f"{each.durations.name}: {warning}", style="yellow", soft_wrap=True)
    for line in calibration.left_out:
        console.print(f"left out: {line}", style="yellow", soft_wrap=True)


def _measured(each: Calibrated, place: int) -> str:
    durations = each.durations
    counts = f"{len(durations.hours)} measured"
    censored = int(durations.is_censored.sum())
    lines = [durations.name, counts, f"{censored} censored" if censored else ""]
    return lines[place] if place < len(lines) else ""


def law_cells(each: Calibrated, tried: Tried) -> tuple[str, ...]:
    """Return a law's name, mean, interval, AIC, p and what is to say of it."""
    family, law, goodness = tried.fit.family, tried.fit.law, tried.goodness
    if law is None:
        return family, "-", "-", "-", "-", tried.fit.why_not
    unit = readable_unit(law.mean_hours)
    interval = "-"
    if goodness is not None:
        low, high = goodness.mean_low_hours / UNITS[unit], goodness.mean_high_hours / UNITS[unit]
        interval = f"{low:.4g} … {high:.4g}"
    return (
        f"{family} *" if tried is each.chosen else family,
        f"{law.mean_hours / UNITS[unit]:.4g} {unit}",
        interval,
        f"{tried.fit.aic:.1f}" if family != "deterministic" else "-",
        f"{goodness.p_value:.4f}" if goodness is not None else "-",
        each.why if tried is each.chosen else ("as good" if family in each.as_good else ""),
    )


def _quantity(each: Calibrated) -> dict[str, Any]:
    durations = each.durations
    return {
        "part": durations.part,
        "quantity": durations.quantity,
        "durations": len(durations.hours),
        "censored": int(durations.is_censored.sum()),
        "chosen": each.chosen.fit.family,
        "why": each.why,
        "warnings": list(each.warnings),
        "laws": [_law(tried) for tried in each.tried],
    }


def _law(tried: Tried) -> dict[str, Any]:
    law, goodness = tried.fit.law, tried.goodness
    return {
        "law": tried.fit.family,
        "why_not": tried.fit.why_not or None,
        "toml": law_text(law) if law is not None else None,
        "mean_hours": law.mean_hours if law is not None else None,
        "mean_low_hours": _finite(goodness.mean_low_hours) if goodness is not None else None,
        "mean_high_hours": _finite(goodness.mean_high_hours) if goodness is not None else None,
        "log_likelihood": tried.fit.log_likelihood if law is not None else None,
        "aic": tried.fit.aic if law is not None else None,
        "anderson_darling": goodness.distance if goodness is not None else None,
        "p_value": goodness.p_value if goodness is not None else None,
        "tested_on": goodness.values if goodness is not None else None,
        "bootstraps": goodness.samples if goodness is not None else None,
    }


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
