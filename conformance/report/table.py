"""The run on a terminal: a progress bar while it lasts, then failures, a table by method and the totals."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from conformance.about import without_secrets
from conformance.allowances import MESSAGE
from conformance.corpus import UNKNOWN_VERSION
from conformance.report.diff import show_judgement, show_legend, show_values
from conformance.report.excerpt import printable
from conformance.report.groups import GOOD, choose_examples, group_messages, group_wrong
from conformance.report.latency import Latency, measure
from conformance.report.totals import by_method, count, list_allowances
from conformance.run import Run
from conformance.subject import Subject
from conformance.verdict import Judgement, Verdict

CASES_SHOWN_MAX = 50
MESSAGES_SHOWN_MAX = 20
GROUPS_SHOWN_MAX = 30
PLAIN_WIDTH = 150
"""Columns where the output is no terminal."""
_COLUMNS = {
    "asked": "asked", "match": "match", "mismatch": "mismatch", "lag": "lag", "inconclusive": "inconclusive",
    "unchecked": "unchecked", "messages": "other message", "allowed": "with allowance",
}  # fmt: skip
_ALWAYS = {"asked", "match", "mismatch"}
"""The other columns are there where they have anything to say."""


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
            wrong += judgement.verdict not in GOOD
            progress.update(task, advance=1, description=f"asking, {wrong} wrong" if wrong else "asking")

        yield tell


def print_run(run: Run, console: Console) -> None:
    """Print failures, the table by method, and the totals last."""
    _print_wrong(run, console)
    _print_messages(run, console)
    console.print(_table(run))
    _print_facts(run, console)
    console.print(summary(run), style=_COLOURS[run.verdict], soft_wrap=True)


def summary(run: Run) -> str:
    """Return the last line: how many answers match whose."""
    totals = count(run.judgements)
    is_known = run.reference.version != UNKNOWN_VERSION
    whose = run.reference.version if is_known else f"the reference, {run.reference.name}"
    text = printable(f"{run.title}: {totals.match} of {run.planned} answers match {whose}")
    parts = [
        f"{totals.mismatch} mismatch" if totals.mismatch else "",
        f"{totals.lag} lag" if totals.lag else "",
        f"{totals.inconclusive} inconclusive" if totals.inconclusive else "",
        f"{totals.unchecked} unchecked for want of a schema" if totals.unchecked else "",
        f"{run.planned - totals.asked} not asked" if run.planned > totals.asked else "",
        f"stopped {run.stopped}" if run.stopped else "",
        f"{totals.messages} with another error message" if totals.messages else "",
    ]
    said = ", ".join(part for part in parts if part)
    interrupted = "interrupted: " if run.interrupted else ""
    return f"{interrupted}{text}{'; ' + said if said else ''} ({run.seconds:.1f} s)"


_COLOURS = {Verdict.MATCH: "green", Verdict.MISMATCH: "red", Verdict.LAG: "red", Verdict.INCONCLUSIVE: "yellow"}


def _print_wrong(run: Run, console: Console) -> None:
    groups = group_wrong(run.judgements)
    if not groups:
        return
    console.print(show_legend(_describe(run.reference), _describe(run.candidate)))
    shown = sorted(choose_examples(groups, CASES_SHOWN_MAX))
    for place in shown:
        console.print()
        console.print(show_judgement(run.judgements[place]), soft_wrap=True)
    wrong = sum(len(group.places) for group in groups)
    if wrong > len(shown):
        console.print(f"\nand {wrong - len(shown)} more cases, in {len(groups)} ways; --json FILE lists them all:")
        for group in groups[:GROUPS_SHOWN_MAX]:
            console.print(f"{len(group.places):7} {group.verdict.value} {group.method}: {printable(group.what)}")
        if len(groups) > GROUPS_SHOWN_MAX:
            console.print(f"        and {len(groups) - GROUPS_SHOWN_MAX} more ways")
    console.print()


def _print_messages(run: Run, console: Console) -> None:
    groups = group_messages(run.judgements)
    if not groups:
        return
    console.print("Errors of the right code with another message (--strict-messages makes them count):")
    for group in groups[:MESSAGES_SHOWN_MAX]:
        times = f", {len(group.places)} times" if len(group.places) > 1 else ""
        text = Text.assemble((run.judgements[group.places[0]].question.name, "bold"), times)
        console.print(text.append(show_values(group.reference, group.candidate)), soft_wrap=True)
    if len(groups) > MESSAGES_SHOWN_MAX:
        console.print(f"and {len(groups) - MESSAGES_SHOWN_MAX} more; --json FILE lists them all")
    console.print()


def _table(run: Run) -> Table:
    table = Table(show_footer=True, padding=(0, 1))
    totals, times = count(run.judgements), measure(run.judgements)
    columns = [name for name in _COLUMNS if name in _ALWAYS or getattr(totals, name)]
    sides = [side for side in ("reference", "candidate") if getattr(times, side).answers]
    table.add_column("method", footer="total", no_wrap=True)
    for name in columns:
        table.add_column(_COLUMNS[name], footer=str(getattr(totals, name)), justify="right")
    for side in sides:
        footer = _times(getattr(times, side))
        table.add_column(f"{side}\np50 / p99\nms", footer=footer, justify="right", no_wrap=True)
    for method, judgements in sorted(by_method(run).items()):
        counted, taken = count(judgements), measure(judgements)
        style = "red" if counted.mismatch + counted.lag else "yellow" if counted.inconclusive else None
        cells = [str(getattr(counted, name) or ("0" if name in {"asked", "match"} else "")) for name in columns]
        table.add_row(method, *cells, *(_times(getattr(taken, side)) for side in sides), style=style)
    return table


def _times(latency: Latency) -> str:
    if latency.p50_seconds is None or latency.p99_seconds is None:
        return ""
    return f"{_milliseconds(latency.p50_seconds)} / {_milliseconds(latency.p99_seconds)}"


def _milliseconds(seconds: float) -> str:
    milliseconds = seconds * 1000
    return f"{milliseconds:.2f}" if milliseconds < 10 else f"{milliseconds:.0f}"


def _print_facts(run: Run, console: Console) -> None:
    used = [
        f"{row.name} {uses} times ({row.reason})"
        for row, uses in list_allowances(run)
        if uses and row.name != MESSAGE  # those are shown one by one
    ]
    if used:
        console.print("allowances used: " + "; ".join(used), soft_wrap=True)
    console.print(f"reference: {_describe(run.reference)}", soft_wrap=True)
    console.print(f"candidate: {_describe(run.candidate)}", soft_wrap=True)
    if run.about.seed is not None:
        console.print(f"seed: {run.about.seed}", soft_wrap=True)


def _describe(subject: Subject) -> str:
    return printable(f"{subject.version} ({without_secrets(subject.name)})")
