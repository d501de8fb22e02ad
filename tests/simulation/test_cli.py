"""`ethercattle simulate` shows scenarios, works them out, and judges requirements; mistakes are one line."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from simulation.cli import simulate
from simulation.report import SCHEMA

SHORT = ("--engine", "simpy", "--replications", "4", "--horizon-days", "200")


def run(*words: str) -> Result:
    return CliRunner().invoke(simulate, list(words))


def test_the_guides_formula_comes_out_to_the_last_digit() -> None:
    done = run("guide_2")
    assert done.exit_code == 0
    assert "0.999995039707" in done.output
    assert "engine form" in done.output


def test_scenarios_are_listed_with_their_titles() -> None:
    lines = run("--list").output.splitlines()
    assert len(lines) >= 10
    assert any(line.startswith("operators_guide ") and "guide's cluster in full" in line for line in lines)


@pytest.mark.parametrize(
    ("requirement", "code", "verdict"),
    [
        ("fresh_read_availability>=0.9999", 0, "pass"),
        ("fresh_read_availability>=0.99999999", 1, "fail"),
    ],
)
def test_exact_results_meet_a_requirement_or_not(requirement: str, code: int, verdict: str) -> None:
    done = run("guide_2", "--require", requirement)
    assert done.exit_code == code
    assert f"{requirement}: {verdict}" in done.output


def test_an_interval_may_leave_a_requirement_open() -> None:
    value = json.loads(run("two_units_one_crew", *SHORT, "--json", "-").stdout)["estimates"]
    name = next(each for each in value if each.endswith("_availability") and "request" not in each)
    done = run("two_units_one_crew", *SHORT, "--require", f"{name}>={value[name]['value']}")
    assert done.exit_code == 3
    assert "straddles" in done.output


def test_json_is_all_of_it_and_the_same_for_the_same_seed(tmp_path: Path) -> None:
    reports = []
    for turn in range(2):
        path = tmp_path / f"{turn}.json"
        assert run("operators_guide", *SHORT, "--seed", "7", "--json", str(path)).exit_code == 0
        reports.append(json.loads(path.read_text()))
    for report in reports:
        report.pop("seconds")
    assert reports[0] == reports[1]
    assert reports[0]["schema"] == SCHEMA
    assert (reports[0]["engine"], reports[0]["seed"], reports[0]["replications"]) == ("simpy", 7, 4)
    assert 0 < reports[0]["estimates"]["read_availability"]["value"] < 1


def test_a_value_may_be_changed() -> None:
    found = json.loads(run("guide_1", "--set", "mtbf_days=28", "--json", "-").stdout)
    assert found["estimates"]["fresh_read_availability"]["value"] == pytest.approx(672 / (672 + 0.75))


def test_samples_are_written_with_scenario_and_seed(tmp_path: Path) -> None:
    path = tmp_path / "samples.csv"
    assert run("two_units_one_crew", *SHORT, "--samples", str(path)).exit_code == 0
    assert "seed" in path.read_text()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("nowhere",), "there is no scenario 'nowhere'"),
        ((), "a SCENARIO is missing"),
        (("guide_1", "--set", "mtbf"), "expected KEY=VALUE"),
        (("guide_1", "--set", "mtfb_days=2"), "mt"),
        (("guide_1", "--set", "mtbf_days=-2"), "-2"),
        (("guide_1", "--require", "availability"), "can't be read"),
        (("guide_1", "--require", "red_availability>=0.5"), "did you mean read_availability"),
        (("operators_guide", "--engine", "form"), "closed form"),
        (("operators_guide", "--engine", "rare"), "rare events: stage 'age' of 'kafka' has law uniform"),
        (("guide_1", "--json", "/nowhere/at/all.json"), "can't be written"),
        (("guide_1", "--samples", "a.csv"), "engine form has no runs, expected --engine fast or simpy"),
        (("two_units_one_crew", *SHORT, "--samples", "/nowhere/at/all.csv"), "/nowhere/at/all.csv"),
    ],
)
def test_a_mistake_is_one_line_and_exit_2(words: tuple[str, ...], said: str) -> None:
    done = run(*words)
    assert done.exit_code == 2, done.output
    assert said in done.output
    assert "Traceback" not in done.output


def test_rare_outages_are_estimated_and_judged() -> None:
    done = run("rare", "--engine", "rare", "--require", "service_unavailability<=1e-11", "--json", "-")
    assert done.exit_code == 0
    report = json.loads(done.stdout)
    assert (report["engine"], report["notes"], report["requirements"][0]["verdict"]) == ("rare", [], "pass")
    found = report["estimates"]["service_unavailability"]
    assert found["low"] <= 5.9982e-12 <= found["high"]
    assert "e-12" in done.stderr


def test_a_note_is_shown_beside_the_estimates() -> None:
    done = run("rare", "--engine", "simpy", "--replications", "2", "--horizon-days", "20")
    assert "note: no outage of service was seen in any run; engine rare tells more" in done.output


def test_an_interval_that_is_not_reached_in_time_is_shown_and_exit_3() -> None:
    done = run("two_units_one_crew", *SHORT, "--rel-error", "0.0001", "--max-seconds", "0.2")
    assert done.exit_code == 3
    assert "availability" in done.output
