"""Shows how two targets differ."""

from rich.console import Console
from rich.table import Table

from loadtests.compare_targets import Comparison, Interval

EXAMPLES_SHOWN = 5
ROWS_MAX = 20


def print_comparison(comparison: Comparison, console: Console) -> None:
    """Print differences of times, and those of answers with some examples."""
    console.print(f"compared with {comparison.against}: service times in milliseconds, target less compared [95 %]")
    console.print(_table(comparison))
    console.print(
        f"answers: {comparison.compared} pairs compared, {comparison.not_compared} could not be, "
        f"{comparison.mismatches} calls answered differently; the compared target failed {comparison.other_failures}"
    )
    for each in comparison.examples[:EXAMPLES_SHOWN]:
        console.print(f"mismatch: {each.method}: {each.problem}\n  {each.request}")


def _table(comparison: Comparison) -> Table:
    table = Table(box=None, pad_edge=False)
    table.add_column("requests")
    for name in ("pairs", "mean", "compared", "difference", "median difference", "of p99"):
        table.add_column(name, justify="right")
    for each in comparison.methods[:ROWS_MAX]:
        table.add_row(
            each.method, str(each.pairs), f"{each.mean_ms:.2f}", f"{each.other_mean_ms:.2f}",
            interval_text(each.mean_difference_ms), interval_text(each.median_difference_ms),
            f"{each.p99_difference_ms.value:+.2f}",
        )  # fmt: skip
    return table


def interval_text(interval: Interval) -> str:
    """Return a difference with its interval, where there is one."""
    if interval.low is None or interval.high is None:
        return f"{interval.value:+.2f}"
    return f"{interval.value:+.2f} [{interval.low:+.2f}, {interval.high:+.2f}]"
