"""Which mode the flags ask for, and what contradicts what."""

from dataclasses import fields
from importlib import import_module
from pathlib import Path

import click
import pytest

from simulation.api import simulate
from simulation.cli import simulate as command
from simulation.options import ESTIMATE, EXTRAS, FLAGS, MODES, Mode, Options, changed_scenario, choose_mode
from simulation.scenario import load_scenario

EXPLAIN = Mode("simulation.modes.explain", "is_explain", takes=("plot_path",))
SWEEP = Mode("simulation.modes.sweep", "sweeps")
ALL = (ESTIMATE, EXPLAIN, SWEEP)


def test_without_a_mode_flag_estimates_are_made() -> None:
    assert choose_mode(Options(seed=3, jobs=2), ALL) is ESTIMATE
    assert choose_mode(Options(is_explain=True), ALL) is EXPLAIN
    assert choose_mode(Options(sweeps=("N=1,2",)), ALL) is SWEEP


def test_two_modes_contradict_each_other() -> None:
    with pytest.raises(click.UsageError, match="--explain and --sweep contradict"):
        choose_mode(Options(is_explain=True, sweeps=("N=1,2",)), ALL)


def test_what_a_mode_does_not_heed_is_refused_by_name() -> None:
    assert choose_mode(Options(is_explain=True, plot_path=Path("gap.svg")), ALL) is EXPLAIN
    with pytest.raises(click.UsageError, match="--plot does nothing with --sweep"):
        choose_mode(Options(sweeps=("N=1,2",), plot_path=Path("gap.svg")), ALL)
    with pytest.raises(click.UsageError, match="--samples does nothing with --explain"):
        choose_mode(Options(is_explain=True, samples_path=Path("runs.csv")), ALL)


def test_flags_fill_fields_of_their_name_with_the_same_defaults() -> None:
    given = dict(command.make_context("simulate", []).params)
    for name in ("source", "is_list", "changes"):
        del given[name]
    assert Options(**given) == Options()
    assert set(EXTRAS) | set(FLAGS) <= {field.name for field in fields(Options)}


def test_every_mode_has_a_module_that_runs() -> None:
    for mode in MODES:
        assert callable(import_module(mode.module).run)
        assert set(mode.takes) <= set(EXTRAS)


def test_settings_are_what_simulate_takes() -> None:
    assert Options(seed=5).settings().items() <= {**(simulate.__kwdefaults__ or {}), "seed": 5}.items()


def test_changes_are_numbers_where_they_look_like_some() -> None:
    scenario = changed_scenario(load_scenario("guide_1"), ["mtbf_days=7.5", "N=2", "title=two"])
    assert (scenario.tables["master"]["failure"]["mean_days"], scenario.tables["clusters"]) == (7.5, 2)
    assert scenario.title == "two"
    with pytest.raises(click.UsageError, match="'mtbf', expected KEY=VALUE"):
        changed_scenario(scenario, ["mtbf"])
