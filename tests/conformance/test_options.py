"""Flags become one value, and those that contradict each other are refused in one line."""

from fractions import Fraction
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from conformance.cli import conform
from conformance.corpus import answers_folder, load_corpus
from conformance.sources import SMOKE_PER_METHOD, smoke_sample
from tests.conformance.fake_node import Wire, fake_node
from tests.conformance.questions import answer

NOBODY = "http://127.0.0.1:1"
RECORD = load_corpus(answers_folder("everyfork")).questions


def run(*arguments: str) -> Result:
    """Run the command."""
    return CliRunner().invoke(conform, arguments)


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--deep"], "--deep asks what no record holds: it needs --reference geth or an URL"),
        (["--deep", "--reference", "none"], "--deep asks what no record holds"),
        (["--examples", "5"], "--examples asks what no record holds"),
        (["--deep", "--smoke", "--reference", NOBODY], "--deep and --smoke can't both be"),
        (["--blocks", "3"], "it needs --reference none"),
        (["--gas-tolerance", "2"], "'2' is no part of a whole, expected 0.01 or 1/64"),
        (["--gas-tolerance", "-0.1"], "no part of a whole"),
        (["--gas-tolerance", "1/0"], "no part of a whole"),
        (["--gas-tolerance", "much"], "'much' is no part of a whole"),
        (["--jobs", "0"], "--jobs"),
        (["--jobs", "100000"], "--jobs"),
        (["--processes", "0"], "--processes"),
        (["--processes", "65"], "--processes"),
        (["--processes", "5"], "--processes 5 can't share out --jobs 4: expected at least a job for each"),
        (["--processes", "2", "--reference", "none"], "of which --reference none makes none"),
        (["--processes", "2", "--self-test"], "--self-test asks no endpoint"),
        (["--seconds", "0"], "--seconds"),
        (["--max-mismatches", "0"], "--max-mismatches"),
        (["--lag-blocks", "-1"], "--lag-blocks"),
    ],
)
def test_flags_that_make_no_sense_are_refused(arguments: list[str], complaint: str) -> None:
    result = run("--candidate", NOBODY, *arguments)
    assert result.exit_code == 2
    assert complaint in result.stderr
    assert "Traceback" not in result.output


def test_a_smoke_run_asks_a_few_cases_of_every_method_the_same_for_a_seed() -> None:
    chosen = smoke_sample(RECORD, 1)
    assert {asked.method for asked in chosen} == {asked.method for asked in RECORD}
    methods = [asked.method for asked in chosen]
    assert max(map(methods.count, methods)) == SMOKE_PER_METHOD
    assert smoke_sample(RECORD, 1) == chosen
    assert smoke_sample(RECORD, 2) != chosen
    assert [asked for asked in RECORD if asked in chosen] == chosen


def wrong_gas(body: str) -> Wire:
    """Answer as recorded, but estimate 1 % more gas."""
    recorded = {asked.body: asked.recorded for asked in RECORD}.get(body, answer("Fake/v1"))
    if "eth_estimateGas" in body and '"result":"0x' in recorded:
        before, _, after = recorded.partition('"result":"')
        digits, _, rest = after.partition('"')
        recorded = f'{before}"result":"{hex(int(Fraction(101, 100) * int(digits, 16)))}"{rest}'
    return Wire(recorded.encode())


@pytest.mark.parametrize(("tolerance", "exit_code"), [("0", 1), ("0.009", 1), ("0.01", 0), ("1/64", 0)])
def test_estimates_are_exact_but_for_a_tolerance_that_is_counted(tolerance: str, exit_code: int) -> None:
    with fake_node(wrong_gas) as url:
        result = run("--candidate", url, "--include", "eth_estimateGas", "--gas-tolerance", tolerance)
    assert result.exit_code == exit_code, result.output
    assert ("gas-tolerance" in result.stdout) == (exit_code == 0)


def test_enough_wrong_answers_end_a_run(tmp_path: Path) -> None:
    with fake_node(lambda _: Wire(answer("wrong").encode())) as url:
        result = run("--candidate", url, "--max-mismatches", "4")
    assert result.exit_code == 1
    assert "4 mismatch" in result.stdout
    assert "stopped after 4 wrong answers" in result.stdout
