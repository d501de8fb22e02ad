"""`ethercattle simulate SCENARIO --explain`: a table for people, all of it as JSON."""

import json

import pytest
from click.testing import CliRunner, Result

from simulation.cli import simulate
from simulation.modes.explain import SCHEMA


def run(*words: str) -> Result:
    return CliRunner().invoke(simulate, list(words))


def test_the_table_goes_from_the_formula_to_the_scenario() -> None:
    done = run("common_cause", "--explain")
    assert done.exit_code == 0
    assert "downtime of fresh_reads in minutes a year" in done.output
    row = next(line for line in done.output.splitlines() if "│ common cause" in line)
    assert ("31.77" in row, "+29.16" in row) == (True, True)
    assert "common cause: 0.05 of master failures" in done.output
    assert "absent from this scenario: crew, detection, failover" in done.output


def test_json_has_every_measure_and_step() -> None:
    done = run("standby_master", "--explain", "--json", "-")
    report = json.loads(done.stdout)
    assert report["schema"] == SCHEMA
    assert set(report["measures"]) == {"reads", "fresh_reads"}
    fall = report["measures"]["fresh_reads"]
    assert fall["start_minutes_year"] == pytest.approx(0.00222717 * 525960, rel=1e-5)
    steps = {step["effect"]: step for step in fall["steps"]}
    assert steps["failover"]["present"] is True
    assert steps["failover"]["added"]["value"] < 0
    assert steps["crew"]["present"] is False
    assert steps["crew"]["without"] is None
    assert fall["end"]["value"] == pytest.approx(165.337, rel=1e-5)
    assert "engine" in done.stderr


def test_another_measure_may_be_asked_for() -> None:
    assert "downtime of reads" in run("common_cause", "--explain", "--measure", "reads").output
    wrong = run("common_cause", "--explain", "--measure", "writes")
    assert (wrong.exit_code, "expected one of reads, fresh_reads" in wrong.output) == (2, True)


def test_what_is_not_reached_in_time_ends_with_3_after_what_there_is() -> None:
    done = run("old_snapshots", "--explain", "--engine", "simpy", "--max-seconds", "0.01")
    assert done.exit_code == 3
    assert "the scenario" in done.output
    assert "replications" in done.output


@pytest.mark.parametrize("other", [("--sweep", "N=1,2"), ("--require", "fresh_read_availability>=0.9")])
def test_what_it_does_not_heed_is_refused(other: tuple[str, str]) -> None:
    done = run("guide_1", "--explain", *other)
    assert done.exit_code == 2
    assert other[0] in done.output
    assert "--explain" in done.output
