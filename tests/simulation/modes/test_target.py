"""`ethercattle simulate SCENARIO --target 0.9999`: how many are enough, and exit codes that say so."""

import json

import pytest
from click.testing import CliRunner, Result

from simulation.cli import simulate
from simulation.modes.target import SCHEMA


def run(*words: str) -> Result:
    return CliRunner().invoke(simulate, list(words))


def test_what_is_enough_is_told_with_what_was_tried() -> None:
    done = run("guide_1", "--target", "0.9999")
    assert done.exit_code == 0
    assert "0.997772828508" in done.output
    assert done.output.splitlines()[-1] == "N = 2 is the smallest that is enough"


def test_out_of_reach_is_exit_1_and_a_line() -> None:
    done = run("bridge", "--target", "0.9999999", "--vary", "components.c.count")
    assert done.exit_code == 1
    assert done.output.splitlines()[-1].startswith("no components.c.count is enough: ")
    assert "--importance" in done.output


def test_open_is_exit_3_and_says_what_is_enough_anyway() -> None:
    words = ("--engine", "fast", "--replications", "10", "--horizon-days", "300")
    done = run("guide_1", "--target", "0.997773", *words)
    assert done.exit_code == 3
    assert "N = 2 is enough; whether fewer are is open: with N = 1 the interval holds 0.997773" in done.output


def test_json_has_the_answer_and_every_try() -> None:
    done = run("common_cause", "--target", "0.99997", "--json", "-")
    report = json.loads(done.stdout)
    assert report["schema"] == SCHEMA
    assert (report["outcome"], report["smallest"], report["key"]) == ("reached", 4, "N")
    assert [each["verdict"] for each in report["tries"]] == ["fail", "fail", "fail", "pass"]
    assert report["tries"][3]["availability"]["value"] == pytest.approx(0.99997207921)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("guide_1", "--target", "1"), "target is 1, expected above 0 and below 1"),
        (("guide_1", "--target", "0"), "target is 0, expected above 0 and below 1"),
        (("bridge", "--target", "0.9"), "a system has no N"),
        (("guide_1", "--target", "0.9", "--vary", "title"), "title=1"),
        (("guide_1", "--vary", "replica.per_cluster"), "--vary does nothing with estimates"),
    ],
)
def test_a_mistake_is_one_line_and_exit_2(words: tuple[str, ...], said: str) -> None:
    done = run(*words)
    assert done.exit_code == 2
    assert said in done.output
