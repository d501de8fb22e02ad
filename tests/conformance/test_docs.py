"""docs/conformance.md says what the code does."""

import json
from pathlib import Path

import pytest

from conformance.allowances import ALLOWANCES
from conformance.compare import Kind
from conformance.options import DEEP_SECONDS, JOBS, SMOKE_SECONDS
from conformance.report.diff import WORDS
from conformance.report.json_report import SCHEMA, as_json
from conformance.report.json_schema import TOP, field_table
from conformance.rules import RULES
from conformance.settle import ATTEMPTS_MAX, CONFIRMATIONS, PATIENT
from conformance.sources import SMOKE_PER_METHOD
from conformance.watch import watched_questions
from tests.conformance.report.example import reading_example
from tests.conformance.report.runs import mixed_run

PAGE = (Path(__file__).parents[2] / "docs" / "conformance.md").read_text()


def test_the_table_of_allowances_is_the_codes() -> None:
    rows = [f"| {row.name} | `{row.methods}` | `{row.path}` | {row.reason} |" for row in ALLOWANCES]
    start = PAGE.index("| name | method | place | reason |\n|---|---|---|---|\n")
    assert PAGE[start:].split("\n\n")[0].splitlines()[2:] == rows


def test_the_table_of_rules_is_the_codes() -> None:
    rows = [
        f"| `{rule.methods}` | {', '.join(f'`{path}`' for path in rule.paths)} | {rule.meaning.value} |"
        for rule in RULES
    ]
    start = PAGE.index("| method | place | meaning |\n|---|---|---|\n")
    assert PAGE[start:].split("\n\n")[0].splitlines()[2:] == rows


@pytest.mark.parametrize("name", [TOP, "totals", "case", "difference", "finding"])
def test_the_tables_of_fields_are_the_schemas(name: str) -> None:
    assert "\n".join(field_table(name)) in PAGE


def test_every_field_of_the_json_report_is_described() -> None:
    report = json.loads(as_json(mixed_run()))
    fields = {*report, *report["totals"], *report["allowances"][0], *report["cases"][0]}
    missing = [field for field in fields if f"`{field}`" not in PAGE]
    assert missing == []
    assert f"`{SCHEMA}`" in PAGE


def test_the_example_of_a_difference_is_what_a_terminal_shows() -> None:
    assert f"```text\n{reading_example()}\n```\n" in PAGE


def test_every_kind_of_difference_is_explained() -> None:
    assert set(WORDS) == set(Kind)
    assert [kind for kind, words in WORDS.items() if f"\n| {words} | `{kind.value}` |" not in PAGE] == []


def test_every_property_of_tags_is_described() -> None:
    assert [asked.name for asked in watched_questions() if f"| `{asked.name}` |" not in PAGE] == []


def test_the_limits_are_those_of_the_code() -> None:
    assert f"chosen by `--seed`, for {SMOKE_SECONDS:g} s at the most" in PAGE
    assert f"at random for {DEEP_SECONDS:g} s" in PAGE
    assert f"`--jobs N` ({JOBS}) questions are in flight" in PAGE
    assert (SMOKE_PER_METHOD, CONFIRMATIONS, ATTEMPTS_MAX) == (3, 3, 8), "docs/conformance.md says so in words"
    assert f"waited for, {PATIENT.seconds:g} s at the most" in PAGE
