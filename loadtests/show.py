"""What people see: a live view on stderr while it runs, and the summary after it."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.live import Live
from rich.table import Table

from loadtests.consistency import conclude
from loadtests.faults.aftermath import fault_lines
from loadtests.options import Options
from loadtests.percentiles import Latency
from loadtests.show_comparison import print_comparison
from loadtests.summary import MethodFigures, SecondFigures, Summary
from simulation.terminal import open_console

ROWS_MAX = 12
"""Seconds that the live view shows."""


@contextmanager
def live_view(options: Options) -> Iterator[Callable[[SecondFigures], None]]:
    """Yield what shows the latest seconds, on a terminal only."""
    console = open_console(stderr=True)
    if not console.is_terminal or os.environ.get("NO_COLOR"):
        yield _show_nothing
        return
    rows: dict[int, SecondFigures] = {}
    total = options.warmup + options.duration
    with Live(console=console, auto_refresh=False, transient=True) as live:

        def show(second: SecondFigures) -> None:
            rows[second.second] = second
            live.update(draw_seconds([rows[number] for number in sorted(rows)[-ROWS_MAX:]], total), refresh=True)

        yield show


def _show_nothing(second: SecondFigures) -> None:
    """Show nothing of a second."""


def draw_seconds(seconds: list[SecondFigures], total: float) -> Table:
    """Return a table of seconds, the latest last."""
    table = Table(box=None, pad_edge=False)
    for name in ("second", "due", "ended", "failed", "p50 ms", "p99 ms", "max ms", "busy", "waiting", ""):
        table.add_column(name, justify="right", no_wrap=True)
    for each in seconds:
        table.add_row(
            f"{each.second + 1}/{total:g}", str(each.offered), str(each.answered), str(each.failed),
            _ms(each.p50_ms), _ms(each.p99_ms), _ms(each.max_ms), str(each.in_flight), str(each.waiting),
            "warm-up" if each.is_warmup else "",
        )  # fmt: skip
    return table


def print_summary(summary: Summary, console: Console) -> None:
    """Print what was found."""
    about = summary.about
    console.print(f"{about.workload} loop: {about.level}; {about.mix}, seed {about.seed}")
    console.print(
        f"offered {summary.offered_rate:.1f}/s, achieved {summary.achieved_rate:.1f}/s over "
        f"{summary.measured_seconds:g} s; {summary.calls} calls, {summary.failures} failed"
    )
    console.print(_latency_table(summary))
    for method in summary.methods:
        for line in _failures(method):
            console.print(line)
    found = conclude(summary.consistency).figures()
    if found:
        console.print("consistency: " + ", ".join(f"{name} {value:.4g}" for name, value in found.items()))
    if summary.comparison is not None:
        print_comparison(summary.comparison, console)
    for line in remarks(summary):
        console.print(line)


def remarks(summary: Summary) -> list[str]:
    """Return what must be said aloud."""
    lines = [*summary.about.notes, *fault_lines(summary)]
    if summary.about.workload == "closed":
        lines.append("closed loop: users wait for answers, so stalls hide requests; use --rate for what clients feel")
    if summary.unsent:
        lines.append(f"{summary.unsent} requests were due and never sent: all connections were busy to the end")
    if summary.unanswered:
        lines.append(f"{summary.unanswered} requests were sent and not answered before the end")
    if summary.is_interrupted:
        lines.append("interrupted: figures are of the part before")
    lines += [f"SATURATED, figures are the generator's own: {reason}" for reason in summary.saturation.reasons]
    return lines


def _latency_table(summary: Summary) -> Table:
    table = Table(box=None, pad_edge=False)
    table.add_column("milliseconds")
    for name in ("calls", "mean", "p50", "p90", "p99", "p99.9", "p99.99", "max"):
        table.add_column(name, justify="right")
    _add_row(table, "response, since due", summary.response)
    _add_row(table, "service, since sent", summary.service)
    for method in summary.methods:
        _add_row(table, method.method, method.response)
    return table


def _add_row(table: Table, name: str, latency: Latency | None) -> None:
    if latency is None:
        return
    figures = (
        latency.mean_ms, latency.p50_ms, latency.p90_ms, latency.p99_ms, latency.p99_9_ms, latency.p99_99_ms,
        latency.max_ms,
    )  # fmt: skip
    table.add_row(name, str(latency.count), *map(_ms, figures))


def _failures(method: MethodFigures) -> list[str]:
    return [
        f"failed: {method.method}, {ending.kind}{'' if ending.code is None else f' {ending.code}'}: {count}"
        for ending, count in sorted(method.failed_endings.items(), key=lambda pair: -pair[1])
    ]


def _ms(value: float | None) -> str:
    if value is None:
        return "-"
    return f"{value:.2f}" if value < 100 else f"{value:.0f}"
