"""docs/conformance.md lists every kind of fault, and every field of the self-test's report."""

import json
from pathlib import Path

from conformance.faults.self_report import self_test_json
from conformance.faults.self_test import self_test
from conformance.faults.table import CONTROLS, FAULTS
from conformance.verdict import Judgement, Verdict
from tests.conformance.questions import question

PAGE = (Path(__file__).parents[3] / "docs" / "conformance.md").read_text()


def table_below(head: str) -> list[str]:
    """Return the rows of the table with this head."""
    start = PAGE.index(f"{head}\n|---|---|\n")
    return PAGE[start:].split("\n\n")[0].splitlines()[2:]


def test_the_tables_of_faults_and_of_what_is_none_are_the_codes() -> None:
    for head, kinds in (
        ("| fault | who answers so, or what overlooks it |", FAULTS),
        ("| no fault | why |", CONTROLS),
    ):
        assert table_below(head) == [f"| `{kind.name}` | {kind.reason} |" for kind in kinds]


def test_every_field_of_the_self_tests_report_is_described() -> None:
    found = self_test("one", [question()], judged_by=lambda asked, *_: Judgement(asked, Verdict.MATCH))
    report = json.loads(self_test_json(found))
    fields = {*report, *report["faults"][0], *report["controls"][0], *report["escaped"][0]}
    section = PAGE[PAGE.index("## How it is known that it can fail") :]
    assert [field for field in sorted(fields) if f"`{field}`" not in section] == []
