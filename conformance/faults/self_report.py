"""A self-test on a terminal and as JSON; docs/conformance.md describes every field."""

import difflib
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from conformance.faults.self_test import Escaped, SelfTest, Tally
from conformance.report.table import open_console

SCHEMA = "ethercattle.selftest/1"
"""Changes its number when a field changes its meaning or goes; new fields may come at any time."""
ESCAPED_SHOWN_MAX = 10
LINES_SHOWN_MAX = 12
LINE_CHARACTERS_MAX = 140
_BODY_CHARACTERS_MAX = 100_000
"""Of a longer body only the beginning is shown."""
_PLANTINGS_PER_UPDATE = 200


@contextmanager
def self_test_bar(total: int) -> Iterator[Callable[[str], None]]:
    """Show a bar on stderr, on terminals only; gives what to call with a fault's name after each planting."""
    console = open_console(stderr=True)
    columns = (TextColumn("planting {task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("", total=total)
        waiting = 0

        def tell(name: str) -> None:
            nonlocal waiting
            waiting += 1
            if waiting == _PLANTINGS_PER_UPDATE:
                progress.update(task, advance=waiting, description=f"{name:26}")
                waiting = 0

        yield tell


def print_self_test(found: SelfTest, console: Console) -> None:
    """Print what escaped, the table by kind, and the totals last."""
    for escaped in found.escaped[:ESCAPED_SHOWN_MAX]:
        console.print(_show_escaped(escaped), soft_wrap=True)
        console.print()
    left = found.survivors + found.false_alarms - ESCAPED_SHOWN_MAX
    if left > 0:
        console.print(f"and {left} more\n")
    console.print(_table(found))
    for line in _notes(found):
        console.print(line, soft_wrap=True)
    console.print(summary(found), style="green" if found.exit_code == 0 else "red", soft_wrap=True)


def summary(found: SelfTest) -> str:
    """Return the last line: how many plantings were seen, and how many right answers blamed."""
    killed = sum(tally.killed for tally in found.tallies)
    rate = f"{killed / (killed + found.survivors):.2%}" if killed + found.survivors else "nothing"
    rate = "100 %" if killed and not found.survivors else rate.replace("%", " %")
    right = sum(tally.planted for tally in found.controls)
    text = (
        f"{found.title}: {rate} of the planted faults killed ({killed} of {killed + found.survivors}, "
        f"{len(found.tallies)} kinds, {found.questions} answers, seed {found.seed}); "
        f"{found.false_alarms} false alarms over {right} right answers ({found.seconds:.1f} s)"
    )
    return text if found.is_whole else f"interrupted: {text}"


def self_test_json(found: SelfTest) -> str:
    """Return the report's text."""
    report = {
        "schema": SCHEMA,
        "exit_code": found.exit_code,
        "interrupted": not found.is_whole,
        "title": found.title,
        "seed": found.seed,
        "seconds": round(found.seconds, 3),
        "answers": found.questions,
        "survivors": found.survivors,
        "false_alarms": found.false_alarms,
        "faults": [_fault(tally) for tally in found.tallies],
        "controls": [_control(tally) for tally in found.controls],
        "escaped": [_escaped(escaped) for escaped in found.escaped],
    }
    return json.dumps(report, indent=1) + "\n"


def _fault(tally: Tally) -> dict[str, Any]:
    rate = tally.kill_rate
    return {
        "name": tally.fault.name, "reason": tally.fault.reason, "planted": tally.planted, "killed": tally.killed,
        "survived": tally.survived, "allowed": tally.allowed, "allowances": tally.allowances,
        "not_applicable": tally.not_applicable, "kill_rate": None if rate is None else round(rate, 6),
    }  # fmt: skip


def _control(tally: Tally) -> dict[str, Any]:
    return {
        "name": tally.fault.name, "reason": tally.fault.reason, "planted": tally.planted,
        "false_alarms": tally.killed, "not_applicable": tally.not_applicable,
    }  # fmt: skip


def _escaped(escaped: Escaped) -> dict[str, Any]:
    return {
        "fault": escaped.fault.name, "case": escaped.right.question.name, "request": escaped.right.question.body,
        "verdict": escaped.judgement.verdict.value, "problem": escaped.judgement.problem,
        "status": escaped.wrong.status, "right": _decoded(escaped.right.reply.body),
        "planted": _decoded(escaped.wrong.body),
    }  # fmt: skip


def _table(found: SelfTest) -> Table:
    table = Table()
    table.add_column("planted", no_wrap=True)
    for name in ("killed", "survived", "allowed", "not applicable", "kill rate"):
        table.add_column(name, justify="right")
    for tally in found.tallies:
        cells = (tally.killed, tally.survived, tally.allowed, tally.not_applicable)
        style = "red" if tally.survived else "dim" if not tally.killed else None
        table.add_row(tally.fault.name, *(str(cell) if cell else "" for cell in cells), _rate(tally), style=style)
    table.add_section()
    for control in found.controls:
        verdict = f"{control.killed} blamed" if control.killed else "not blamed" if control.survived else "-"
        blank = str(control.not_applicable or "")
        table.add_row(
            f"no fault: {control.fault.name}", "", str(control.survived), "", blank, verdict,
            style="red" if control.killed else None,
        )  # fmt: skip
    return table


def _rate(tally: Tally) -> str:
    rate = tally.kill_rate
    if rate is None:
        return "-"
    # Never rounded up: one survivor of many is not 100 %.
    return "100 %" if not tally.survived else f"{int(rate * 1000) / 10} %"


def _notes(found: SelfTest) -> Iterator[str]:
    allowed: dict[str, int] = {}
    for tally in found.tallies:
        for name, uses in tally.allowances.items():
            allowed[name] = allowed.get(name, 0) + uses
    if allowed:
        uses_by_name = ", ".join(f"{name} {uses}" for name, uses in sorted(allowed.items()))
        yield f"allowed, as the place may differ by a named allowance: {uses_by_name}"
    nowhere = [tally.fault.name for tally in found.tallies if not tally.planted]
    if nowhere:
        yield f"no answer can bear, so nothing is shown of: {', '.join(nowhere)}"


def _show_escaped(escaped: Escaped) -> Text:
    """Return one answer that was judged wrongly: what is right above what was planted, line by line."""
    question = escaped.right.question
    text = Text.assemble((f"{escaped.judgement.verdict.value.upper()} though planted: {escaped.fault.name}", "bold"))
    text.append(f"  // {escaped.fault.reason}", "dim")
    text.append(f"\n  {question.name}\n  >> {_cut(question.body)}")
    if escaped.judgement.problem:
        text.append(f"\n  {_cut(escaped.judgement.problem)}")
    if escaped.wrong.status != escaped.right.reply.status:
        text.append(f"\n  - HTTP status {escaped.right.reply.status}\n  + HTTP status {escaped.wrong.status}")
    changed = [line for line in _changed_lines(escaped) if line[:1] in "+-@"]
    for line in changed[:LINES_SHOWN_MAX]:
        text.append(f"\n  {_cut(line)}", {"+": "green", "-": "red"}.get(line[:1], "dim"))
    if len(changed) > LINES_SHOWN_MAX:
        text.append(f"\n  and {len(changed) - LINES_SHOWN_MAX} more lines")
    return text


def _changed_lines(escaped: Escaped) -> list[str]:
    right, wrong = _lines(escaped.right.reply.body), _lines(escaped.wrong.body)
    return list(difflib.unified_diff(right, wrong, n=0, lineterm=""))[2:]


def _lines(body: bytes) -> list[str]:
    """Return a body, broken into a line for each value. Not the comparison's reader: what that can't read is shown."""
    text = _decoded(body)
    for sign in ",[{":
        text = text.replace(sign, f"{sign}\n")
    return [line.strip() for line in text.splitlines()]


def _decoded(body: bytes) -> str:
    return body.decode(errors="backslashreplace")[:_BODY_CHARACTERS_MAX]


def _cut(text: str) -> str:
    shown = "".join(sign if sign.isprintable() else repr(sign)[1:-1] for sign in text)
    return shown if len(shown) <= LINE_CHARACTERS_MAX else f"{shown[:LINE_CHARACTERS_MAX]}…"
