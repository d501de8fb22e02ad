"""`ethercattle simulate SCENARIO --sweep KEY=…`: a list of points, or a grid of two keys."""

import json

import pytest
from click.testing import CliRunner, Result

from simulation.cli import simulate
from simulation.modes.sweep import SCHEMA


def run(*words: str) -> Result:
    return CliRunner().invoke(simulate, list(words))


def test_a_sweep_is_a_row_for_each_value() -> None:
    done = run("guide_1", "--sweep", "N=1,2,3")
    assert done.exit_code == 0
    for value in ("0.997772828508", "0.999995039707", "0.999999988953"):
        assert value in done.output
    assert "engines: form" in done.output


def test_two_sweeps_are_a_grid_unless_it_is_too_wide() -> None:
    grid = run("guide_1", "--sweep", "N=1,2", "--sweep", "mttr_minutes=15,45")
    assert "N \\ mttr_minutes" in grid.output
    assert "2.609" in grid.output
    listed = run("guide_1", "--sweep", "N=1,2", "--sweep", "mttr_minutes=1:60:9")
    assert "N \\ mttr_minutes" not in listed.output
    assert listed.output.count("form") >= 18


def test_json_has_every_point_with_all_estimates() -> None:
    done = run("shared_crew", "--sweep", "N=1,2", "--json", "-")
    report = json.loads(done.stdout)
    assert report["schema"] == SCHEMA
    assert report["axes"] == [{"key": "N", "values": [1, 2]}]
    second = report["points"][1]
    assert second["values"] == {"N": 2}
    assert second["engine"] == "chain"
    assert second["formula_availability"] == pytest.approx(0.999995039707, abs=1e-12)
    assert second["estimates"]["fresh_read_unavailability"]["value"] == pytest.approx(2 * 4.960293e-6, rel=1e-3)
    assert second["estimates"]["read_availability"]["value"] == 1


def test_simulated_points_show_intervals() -> None:
    words = ("--engine", "fast", "--replications", "20", "--horizon-days", "500")
    assert " … " in run("guide_1", "--sweep", "mttr_minutes=30,60", *words).output
    grid = run("guide_1", "--sweep", "mttr_minutes=30,60", "--sweep", "mtbf_days=1,2", *words)
    assert "[" in next(line for line in grid.output.splitlines() if line.startswith("│") and " 30 " in line)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--sweep", "N=one:two"), "'one' is no number"),
        (("--sweep", "M=1,2"), "M=1"),
        (("--sweep", "N=1,2", "--measure", "flow"), "measure is 'flow'"),
        (("--sweep", "N=1", "--sweep", "mttr_minutes=1", "--sweep", "mtbf_days=1"), "3 axes"),
    ],
)
def test_a_mistake_is_one_line_and_exit_2(words: tuple[str, ...], said: str) -> None:
    done = run("guide_1", *words)
    assert done.exit_code == 2
    assert said in done.output
    assert "Traceback" not in done.output


def test_what_is_not_reached_in_time_ends_with_3_after_what_there_is() -> None:
    words = ("--sweep", "N=1,2", "--engine", "simpy", "--max-seconds", "0.01")
    done = run("old_snapshots", *words)
    assert done.exit_code == 3
    assert "fresh_reads over N" in done.output
