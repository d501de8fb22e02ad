"""What was asked of `ethercattle simulate`, as one value; which mode it means, and what contradicts what."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import click

from simulation.gate import Requirement
from simulation.scenario import Scenario

HORIZON_DAYS = 3652.5


@dataclass(frozen=True, slots=True)
class Options:
    """The flags, read and checked each by itself."""

    engine: str | None = None
    """None: the best that applies."""
    replications: int = 30
    horizon_days: float = HORIZON_DAYS
    seed: int = 0
    confidence: float = 0.95
    rel_error: float | None = None
    max_seconds: float | None = None
    """Of the whole command."""
    jobs: int = 1
    requirements: tuple[Requirement, ...] = ()
    json_path: Path | None = None
    """`-` is stdout; what people read goes to stderr then."""
    samples_path: Path | None = None
    plot_path: Path | None = None
    plots_folder: Path | None = None
    html_path: Path | None = None
    is_explain: bool = False
    sweeps: tuple[str, ...] = ()
    target: float | None = None
    is_importance: bool = False
    calibrate_path: Path | None = None
    measure: str | None = None
    """Which one is told of; None: fresh reads, or the first."""
    factor: float = 2.0
    """By which importance changes numbers."""
    vary: str = "N"
    """The key whose number a target raises."""

    def settings(self) -> dict[str, Any]:
        """Return what `simulation.simulate` takes, as its keywords."""
        names = ("engine", "replications", "horizon_days", "seed", "confidence", "rel_error", "max_seconds", "jobs")
        return {name: getattr(self, name) for name in names}


@dataclass(frozen=True, slots=True)
class Mode:
    """One thing the command can do."""

    module: str
    """Has `run(options: Options, scenario: Scenario) -> int`, or with no scenario `run(options) -> int`."""
    option: str = ""
    """The field of `Options` that asks for it; empty for the one that needs no asking."""
    takes: tuple[str, ...] = ()
    """The outputs and conditions that it heeds, of `EXTRAS`."""
    takes_scenario: bool = True


EXTRAS = {
    "requirements": "--require",
    "samples_path": "--samples",
    "plot_path": "--plot",
    "plots_folder": "--plots",
    "html_path": "--html",
    "measure": "--measure",
    "factor": "--factor",
    "vary": "--vary",
}
"""Fields of `Options` that not every mode heeds, and their flags."""
FLAGS = {
    "is_explain": "--explain",
    "sweeps": "--sweep",
    "target": "--target",
    "is_importance": "--importance",
    "calibrate_path": "--calibrate",
}
"""Fields of `Options` that ask for a mode, and their flags."""
DRAWINGS = ("plot_path", "plots_folder", "html_path")
ESTIMATE = Mode("simulation.modes.estimate", takes=("requirements", "samples_path", *DRAWINGS))
CALIBRATE = Mode("simulation.modes.calibrate", "calibrate_path", DRAWINGS, takes_scenario=False)
EXPLAIN = Mode("simulation.modes.explain", "is_explain", takes=("measure", *DRAWINGS))
SWEEP = Mode("simulation.modes.sweep", "sweeps", takes=("measure", *DRAWINGS))
IMPORTANCE = Mode("simulation.modes.importance", "is_importance", takes=("measure", "factor", *DRAWINGS))
TARGET = Mode("simulation.modes.target", "target", takes=("measure", "vary", *DRAWINGS))
MODES: tuple[Mode, ...] = (ESTIMATE, CALIBRATE, EXPLAIN, SWEEP, IMPORTANCE, TARGET)


def choose_mode(options: Options, modes: Sequence[Mode] = MODES) -> Mode:
    """Return the mode that the flags ask for.

    Raises:
        click.UsageError: they ask for two, or for something that the mode does not heed; both are named.
    """
    asked = [mode for mode in modes if mode.option and is_given(options, mode.option)]
    if len(asked) > 1:
        raise click.UsageError(f"{FLAGS[asked[0].option]} and {FLAGS[asked[1].option]} contradict each other")
    chosen = asked[0] if asked else ESTIMATE
    for name, flag in EXTRAS.items():
        if is_given(options, name) and name not in chosen.takes:
            raise click.UsageError(f"{flag} does nothing with {FLAGS[chosen.option] if chosen.option else 'estimates'}")
    return chosen


def is_given(options: Options, name: str) -> bool:
    """Say whether a field has another value than if its flag had not been given."""
    default = next(each.default for each in fields(Options) if each.name == name)
    return bool(getattr(options, name) != default)


def changed_scenario(scenario: Scenario, changes: Sequence[str]) -> Scenario:
    """Return a scenario with changes applied, each written KEY=VALUE.

    Raises:
        click.UsageError: one is written otherwise.
        ScenarioError: there is no such key, or the scenario is not good with that value.
    """
    for change in changes:
        key, equals, value = change.partition("=")
        if not equals:
            raise click.UsageError(f"--set is {change!r}, expected KEY=VALUE")
        scenario = scenario.changed(key, _value(value))
    return scenario


def _value(text: str) -> int | float | str:
    """Return a number where it is one, else the text."""
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text
