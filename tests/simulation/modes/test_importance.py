"""`ethercattle simulate SCENARIO --importance`: units and numbers, ranked."""

import json

import pytest
from click.testing import CliRunner, Result

from simulation.cli import simulate
from simulation.modes import importance
from simulation.modes.importance import SCHEMA


def run(*words: str) -> Result:
    return CliRunner().invoke(simulate, list(words))


def test_units_and_numbers_are_ranked() -> None:
    done = run("standby_master", "--importance")
    assert done.exit_code == 0
    rows = [line for line in done.output.splitlines() if line.startswith("│")]
    assert "leader_1" in rows[0]
    assert "by what they are to fresh_reads (exact)" in done.output
    assert any("master.failover.coverage" in row for row in rows)


def test_json_has_everything() -> None:
    done = run("guide_2", "--importance", "--factor", "3", "--json", "-")
    report = json.loads(done.stdout)
    assert report["schema"] == SCHEMA
    assert [unit["group"] for unit in report["units"]] == ["master_1", "master_2"]
    assert report["units"][0]["birnbaum"] == pytest.approx(0.00222717149)
    assert report["units"][0]["reduction_worth"] is None  # without bound
    assert report["parameters"][0]["key"] == "clusters"
    assert report["parameters"][1]["larger_value"] == 42
    assert report["why_no_units"] == ""


def test_where_units_depend_on_each_other_the_reason_is_told_and_numbers_are_ranked_all_the_same() -> None:
    done = run("shared_crew", "--importance")
    assert done.exit_code == 0
    assert "importance of units is not known: closed form: crew 'operator' of 1 is shared by 2 units" in done.output
    assert "crews.operator.size" in done.output


def test_a_long_list_is_cut_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importance, "BARS_SHOWN", 2)
    done = run("guide_2", "--importance")
    assert "and 1 more that matter less (--json has them)" in done.output
    assert "master.repair.mean_minutes" not in done.output
    assert len(json.loads(run("guide_2", "--importance", "--json", "-").stdout)["parameters"]) == 3


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--importance", "--factor", "1"), "factor is 1.0, expected above 1"),
        (("--importance", "--measure", "flow"), "measure is 'flow'"),
        (("--factor", "3"), "--factor does nothing with estimates"),
        (("--importance", "--target", "0.9"), "contradict each other"),
    ],
)
def test_a_mistake_is_one_line_and_exit_2(words: tuple[str, ...], said: str) -> None:
    done = run("guide_1", *words)
    assert done.exit_code == 2
    assert said in done.output


def test_what_is_not_reached_in_time_ends_with_3_after_what_there_is() -> None:
    done = run("old_snapshots", "--importance", "--engine", "simpy", "--max-seconds", "0.01")
    assert done.exit_code == 3
    assert "fresh_reads is away" in done.output
