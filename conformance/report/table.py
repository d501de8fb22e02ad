"""The run on a terminal: a progress bar while it lasts, then failures, a table by method and the totals."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from conformance.allowances import ALLOWANCES, MESSAGE
from conformance.report.diff import show_judgement, show_legend, show_messages
from conformance.report.totals import Totals, count, count_allowances, count_by_method
from conformance.run import Run
from conformance.verdict import Judgement, Verdict

CASES_SHOWN_MAX = 50
MESSAGES_SHOWN_MAX = 20
PLAIN_WIDTH = 120
"""Columns where the output is no terminal."""
_COLUMNS = ("asked", "match", "mismatch", "lag", "inconclusive", "unchecked", "other message", "with allowance")
_GOOD = {Verdict.MATCH, Verdict.UNCHECKED}


def open_console(*, stderr: bool) -> Console:
    """Return a console for stdout or stderr, plain where it is no terminal; NO_COLOR is heeded by rich."""
    console = Console(stderr=stderr, highlight=False, markup=False, emoji=False)
    if not console.is_terminal:
        console.width = PLAIN_WIDTH
    return console


@contextmanager
def progress_bar(total: int | None) -> Iterator[Callable[[Judgement], None]]:
    """Show a bar on stderr while questions are asked, on terminals only; gives what to call with each judgement.

    Args:
        total: how many judgements there will be; None where that is not known.
    """
    console = open_console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("asking", total=total)
        wrong = 0

        def tell(judgement: Judgement) -> None:
            nonlocal wrong
            wrong += judgement.verdict not in _GOOD
            progress.update(task, advance=1, description=f"asking, {wrong} wrong" if wrong else "asking")

        yield tell


def print_run(run: Run, console: Console) -> None:
    """Print failures, the table by method, and the totals last."""
    _print_wrong(run, console)
    _print_messages(run, console)
    console.print(_table(run))
    _print_allowances(run, console)
    console.print(summary(run), style=_COLOURS[run.verdict], soft_wrap=True)


def summary(run: Run) -> str:
    """Return the last line: how many answers match whose."""
    totals = count(run.judgements)
    text = f"{run.title}: {totals.match} of {run.planned} answers match {run.reference.version}"
    parts = [
        f"{totals.mismatch} mismatch" if totals.mismatch else "",
        f"{totals.lag} lag" if totals.lag else "",
        f"{totals.inconclusive} inconclusive" if totals.inconclusive else "",
        f"{totals.unchecked} unchecked for want of a schema" if totals.unchecked else "",
        f"{run.planned - totals.asked} not asked" if run.planned > totals.asked else "",
        f"{totals.messages} with another error message" if totals.messages else "",
    ]
    said = ", ".join(part for part in parts if part)
    interrupted = "interrupted: " if run.interrupted else ""
    return f"{interrupted}{text}{'; ' + said if said else ''} ({run.seconds:.1f} s)"


_COLOURS = {Verdict.MATCH: "green", Verdict.MISMATCH: "red", Verdict.LAG: "red", Verdict.INCONCLUSIVE: "yellow"}


def _print_wrong(run: Run, console: Console) -> None:
    wrong = [judgement for judgement in run.judgements if judgement.verdict not in _GOOD]
    if not wrong:
        return
    console.print(show_legend(_describe(run.reference.version, run.reference.name), run.candidate.name))
    for judgement in wrong[:CASES_SHOWN_MAX]:
        console.print()
        console.print(show_judgement(judgement), soft_wrap=True)
    if len(wrong) > CASES_SHOWN_MAX:
        console.print(f"\nand {len(wrong) - CASES_SHOWN_MAX} more cases; --json FILE lists them all")
    console.print()


def _print_messages(run: Run, console: Console) -> None:
    other = [judgement for judgement in run.judgements if judgement.message_differences]
    if not other:
        return
    console.print("Errors of the right code with another message (--strict-messages makes them count):")
    for judgement in other[:MESSAGES_SHOWN_MAX]:
        console.print(show_messages(judgement), soft_wrap=True)
    if len(other) > MESSAGES_SHOWN_MAX:
        console.print(f"and {len(other) - MESSAGES_SHOWN_MAX} more; --json FILE lists them all")
    console.print()


def _table(run: Run) -> Table:
    table = Table(show_footer=True)
    totals = count(run.judgements)
    table.add_column("method", footer="total", no_wrap=True)
    for name, value in zip(_COLUMNS, _cells(totals), strict=True):
        table.add_column(name, footer=value, justify="right")
    for method, counted in sorted(count_by_method(run).items()):
        style = "red" if counted.mismatch + counted.lag else "yellow" if counted.inconclusive else None
        table.add_row(method, *_cells(counted), style=style)
    return table


def _cells(totals: Totals) -> list[str]:
    sometimes = (
        totals.mismatch, totals.lag, totals.inconclusive, totals.unchecked, totals.messages, totals.allowed,
    )  # fmt: skip
    return [str(totals.asked), str(totals.match), *(str(count) if count else "" for count in sometimes)]


def _print_allowances(run: Run, console: Console) -> None:
    uses = count_allowances(run)
    used = [
        f"{row.name} {uses[row.name]} times ({row.reason})"
        for row in ALLOWANCES
        if uses[row.name] and row.name != MESSAGE  # those are shown one by one
    ]
    if used:
        console.print("allowances used: " + "; ".join(used), soft_wrap=True)
    console.print(f"reference: {_describe(run.reference.version, run.reference.name)}", soft_wrap=True)
    console.print(f"candidate: {_describe(run.candidate.version, run.candidate.name)}", soft_wrap=True)


def _describe(version: str, name: str) -> str:
    return f"{version} ({name})"
