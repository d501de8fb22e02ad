"""A run's seconds as CSV: one row each, for whatever draws or adds up."""

import csv
import io
from collections.abc import Sequence

from loadtests.outcomes import Kind
from loadtests.summary import SecondFigures, Summary

_FIGURES = (
    "second", "is_warmup", "offered", "sent", "answered", "calls", "failed", "in_flight", "waiting", "p50_ms", "p99_ms",
    "max_ms", "service_p99_ms", "late_p99_ms",
)  # fmt: skip


def as_csv(summary: Summary) -> str:
    """Return the seconds, the first one first; what was not measured is left empty.

    Columns: those of `SecondFigures`, calls by kind (`calls_rpc`), the head of each target (`head_0`), and what the
    watch counted.
    """
    targets = sorted({target for each in summary.seconds for target in each.heads})
    counted = sorted({name for each in summary.seconds for name in each.consistency})
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(
        [*_FIGURES, *(f"calls_{kind}" for kind in Kind), *(f"head_{target}" for target in targets), *counted]
    )
    for each in summary.seconds:
        writer.writerow(_row(each, targets, counted))
    return file.getvalue()


def _row(second: SecondFigures, targets: Sequence[int], counted: Sequence[str]) -> list[object]:
    return [
        *(_cell(getattr(second, name)) for name in _FIGURES),
        *(second.kinds.get(kind, 0) for kind in Kind),
        *(second.heads.get(target, "") for target in targets),
        *(second.consistency.get(name, 0) for name in counted),
    ]


def _cell(value: object) -> object:
    if isinstance(value, bool):
        return int(value)
    return "" if value is None else value
