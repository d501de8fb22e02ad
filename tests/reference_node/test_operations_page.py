"""docs/operations.md says what the code does."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from reference_node.metrics import METRICS
from reference_node.process_log import LEVELS
from reference_node.rpc.dispatch import BLOCK_NOT_REACHED, not_reached
from reference_node.rpc.min_block import CHECK_SECONDS, WAIT_SECONDS, WAIT_SECONDS_MAX, WAITERS_MAX

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "operations.md").read_text()
TOLD_ELSEWHERE = {"%s"}
"""Messages that are whole in their arguments: the kinds of a relay's verdicts, the error that ends a command."""


def rows_of(head: str) -> list[str]:
    start = PAGE.index(head)
    return PAGE[start:].split("\n\n")[0].splitlines()[2:]


def life_lines() -> Iterator[tuple[str, int, str]]:
    """Yield file, line and message of every log line that a role writes of its life."""
    for path in [*sorted((ROOT / "reference_node" / "roles").glob("*.py")), ROOT / "reference_node/process_options.py"]:
        for node in ast.walk(ast.parse(path.read_text())):
            match node:
                case ast.Call(func=ast.Attribute(value=ast.Name(id="_LOG" | "_LOGGER")), args=arguments):
                    texts = [found.value for found in arguments if isinstance(found, ast.Constant)]
                    yield from ((path.name, node.lineno, text) for text in texts[:1] if isinstance(text, str))


def test_the_table_of_metrics_is_the_codes() -> None:
    rows = [
        f"| `{row.name}` | {row.kind} | {f'`{row.label}`' if row.label else ''} | {', '.join(row.roles)} | {row.text} |"
        for row in METRICS
    ]
    assert rows_of("| name | kind | label |") == rows


def test_every_line_of_a_life_is_described() -> None:
    described = re.findall(r"`([^`]+)`", " ".join(row.split("|")[1] for row in rows_of("| message | level |")))
    found = list(life_lines())
    assert len(found) > 10
    for file, line, message in found:
        known = message in TOLD_ELSEWHERE or any(message.startswith(text) for text in described)
        assert known, f"{file}:{line} logs {message!r}, which docs/operations.md does not describe"


def test_numbers_and_names_are_the_codes() -> None:
    error = not_reached(120, 118)
    assert f'"code": {BLOCK_NOT_REACHED}, "message": "{error.message}"' in PAGE
    assert str(error.data).replace("'", '"') in PAGE
    assert f"({WAIT_SECONDS:.0f}\n  unless said, up to {WAIT_SECONDS_MAX:.0f})" in PAGE
    assert f"Up to {WAITERS_MAX} requests" in PAGE
    assert f"each {CHECK_SECONDS * 1000:.0f} ms" in PAGE
    for level in LEVELS:
        assert f"`{level}`" in PAGE
