"""docs/verification.md says what the code does."""

from pathlib import Path

from conformance.schema_allowances import SCHEMA_ALLOWANCES
from conformance.verify.checks import CHECKS

PAGE = (Path(__file__).parents[3] / "docs" / "verification.md").read_text()


def rows_below(heading: str) -> list[str]:
    """Return the rows of the table with a heading."""
    start = PAGE.index(heading)
    return PAGE[start:].split("\n\n")[0].splitlines()[2:]


def test_the_table_of_claims_is_the_codes() -> None:
    rows = [f"| `{check.claim}` | `{check.method}` | {check.meaning} |" for check in CHECKS]
    assert rows_below("| claim | counted with | what must hold |\n") == rows


def test_the_table_of_schema_allowances_is_the_codes() -> None:
    rows = [
        f"| {row.name} | `{row.methods}` | `{'.'.join(('$.result', *row.path))}` | `{row.rule}` | {row.reason} |"
        for row in SCHEMA_ALLOWANCES
    ]
    assert rows_below("| name | method | place | rule | reason |\n") == rows
