"""A run as one HTML page that needs nothing else: what came out, over time, by method, and what was done meanwhile."""

from collections.abc import Sequence

from loadtests.compare_targets import CONFIDENCE, Comparison
from loadtests.consistency import conclude
from loadtests.gates import Judged
from loadtests.percentiles import PERCENTILES, Latency
from loadtests.report.pictures import pictures_of
from loadtests.show import remarks
from loadtests.show_comparison import interval_text
from loadtests.summary import Mark, MethodFigures, Summary
from loadtests.verdict import end_of
from simulation.page.page import Column, Grid, Page, Section, numbered

_LATENCIES = ("mean_ms", *PERCENTILES, "max_ms")
_HEADINGS = ("mean", *(f"p{percentile:g}" for percentile in PERCENTILES.values()), "max")
_CONSISTENCY = {
    "head_regressions": "heads that went backwards for a client",
    "stale_answers": "stale answers",
    "answers_behind": "answers behind the newest head known",
    "answers_behind_share": "their share",
    "behind_blocks_p99": "blocks behind, 99th percentile",
    "behind_blocks_max": "blocks behind, at the most",
    "behind_ms_max": "milliseconds behind, at the most",
    "hash_disagreements": "other hashes at the same height",
    "read_your_block_failures": "blocks shown to a client and then not there",
}


def page_of(summary: Summary, judged: Sequence[Judged] = ()) -> Page:
    """Return a run's page; gates come first where there are any."""
    sections = [
        *_gates(judged),
        *_remarks(summary),
        *(Section(picture.name.replace("-", " ").capitalize(), picture=picture) for picture in pictures_of(summary)),
        *_marks(summary.marks),
        _latencies(summary),
        _methods(summary),
        *_failures(summary.methods),
        *_comparison(summary.comparison),
        *_consistency(summary),
        _generator(summary),
    ]
    return Page(
        f"{summary.about.mix}, {summary.about.level}", _sentence(summary), _facts(summary), tuple(sections),
        verdict_of(summary, judged), "ethercattle load",
    )  # fmt: skip


def verdict_of(summary: Summary, judged: Sequence[Judged]) -> str:
    """Return pass, fail or open, as the command ends; empty where it ends well and nothing was asked for."""
    return {0: "pass" if judged else "", 1: "fail"}.get(end_of(summary, judged), "open")


def _sentence(summary: Summary) -> str:
    offered = f" of {summary.offered_rate:,.1f}" if summary.about.workload == "open" else ""
    found = summary.response
    times = f", half of them within {_ms(found.p50_ms)} ms, 99 % within {_ms(found.p99_ms)} ms" if found else ""
    return (
        f"{summary.achieved_rate:,.1f}{offered} requests a second were answered{times}; "
        f"{summary.failures:,} of {summary.calls:,} calls failed."
    )


def _facts(summary: Summary) -> tuple[tuple[str, str], ...]:
    about = summary.about
    facts = [
        ("Targets", ", ".join(about.targets)),
        ("Workload", f"{about.workload} loop, {about.level}"),
        ("Mix", about.mix),
        ("Measured", f"{summary.measured_seconds:g} s after {about.warmup_seconds:g} s of warm-up"),
        ("Seed", str(about.seed)),
        ("Generators", f"{about.processes}, at most {about.connections_max} requests at a time"),
        ("Time-out", f"{about.timeout_seconds:g} s"),
        ("Begun", about.began_at),
    ]
    if about.dropped:
        facts.append(("Not sent", ", ".join(f"{name} ({share:.1%})" for name, share in about.dropped.items())))
    return tuple((name, value) for name, value in facts if value)


def _remarks(summary: Summary) -> list[Section]:
    lines = remarks(summary)
    return [Section("Remarks", code="\n".join(lines))] if lines else []


def _gates(judged: Sequence[Judged]) -> list[Section]:
    if not judged:
        return []
    rows = tuple((str(each.gate), _plain(each.value), each.verdict.value) for each in judged)
    grid = Grid(numbered(("gate", "found", "verdict"), ("found",)), rows)
    return [Section("Gates", "A gate says when the run fails; a figure that the run lacks leaves it open.", grid)]


def _marks(marks: Sequence[Mark]) -> list[Section]:
    if not marks:
        return []
    rows = tuple(
        (str(number), mark.text, f"{mark.at_seconds:.1f}", *_measured(mark))
        for number, mark in enumerate(marks, start=1)
    )
    headings = ("", "what was done", "at, s", "ended, s", *(_heading(name) for name in _MARK_FIGURES))
    return [Section("Faults", "Their numbers are those in the pictures.", Grid(numbered(headings, headings[2:]), rows))]


_MARK_FIGURES = ("detection_seconds", "recovery_seconds", "restart_seconds", "failed")


def _measured(mark: Mark) -> tuple[str, ...]:
    ended = "" if mark.end_seconds is None else f"{mark.end_seconds:.1f}"
    return (ended, *(_plain(getattr(mark, name)) for name in _MARK_FIGURES))


def _heading(name: str) -> str:
    return name.replace("_seconds", ", s").replace("failed", "failed calls")


def _latencies(summary: Summary) -> Section:
    rows = [
        (name, f"{latency.count:,}", *_times(latency))
        for name, latency in (
            ("response, from the intended time", summary.response),
            ("service, from sending", summary.service),
        )
        if latency is not None
    ]
    headings = ("milliseconds", "requests", *_HEADINGS)
    note = "Response times count from when a request was meant to be sent: all that a stall holds up feel it."
    return Section("Latency", note, Grid(numbered(headings, headings[1:]), tuple(rows)))


def _methods(summary: Summary) -> Section:
    rows = []
    for each in summary.methods:
        times = _times(each.response) if each.response is not None else [""] * len(_HEADINGS)
        rows.append((each.method, f"{each.calls:,}", f"{each.failures:,}", *times))
    headings = ("method", "calls", "failed", *_HEADINGS)
    return Section("By method", "Response times in milliseconds; empty where all calls were in batches.",
                   Grid(numbered(headings, headings[1:]), tuple(rows)))  # fmt: skip


def _failures(methods: Sequence[MethodFigures]) -> list[Section]:
    found = [(ending, count, count / each.calls) for each in methods for ending, count in each.failed_endings.items()]
    if not found:
        return []
    rows = tuple(
        (ending.method, ending.kind.value, _code(ending.code), f"{count:,}", f"{share:.3%}")
        for ending, count, share in sorted(found, key=lambda row: -row[1])
    )
    headings = ("method", "kind", "code", "calls", "of the method's")
    return [Section("What failed", grid=Grid(numbered(headings, headings[2:]), rows))]


def _code(code: int | None) -> str:
    return "" if code is None else str(code)


def _consistency(summary: Summary) -> list[Section]:
    figures = conclude(summary.consistency).figures()
    if not figures:
        return []
    rows = tuple((words, _plain(figures[name])) for name, words in _CONSISTENCY.items() if name in figures)
    grid = Grid((Column("what"), Column("found", is_number=True)), rows)
    return [Section("Consistency", "Whether answers fitted together; what nothing told of is left out.", grid)]


def _comparison(found: Comparison | None) -> list[Section]:
    if found is None:
        return []
    rows = tuple(
        (
            each.method, f"{each.pairs:,}", _ms(each.mean_ms), _ms(each.other_mean_ms),
            *map(interval_text, (each.mean_difference_ms, each.median_difference_ms, each.p99_difference_ms)),
        )
        for each in found.methods
    )  # fmt: skip
    headings = ("service times, ms", "pairs", "mean", "compared", "difference", "median difference", "of p99")
    told = (
        f"Target less compared, with {CONFIDENCE:.0%} intervals. {found.compared:,} pairs of answers were compared, "
        f"{found.not_compared:,} could not be; {found.mismatches:,} calls were answered differently, and the compared "
        f"target failed {found.other_failures:,}."
    )
    differing = "\n\n".join(f"{each.method}: {each.problem}\n{each.request}" for each in found.examples)
    section = Section(f"Compared with {found.against}", told, Grid(numbered(headings, headings[1:]), rows))
    return [section, Section("Answers that differ", code=differing)] if differing else [section]


def _generator(summary: Summary) -> Section:
    health = summary.saturation
    rows = (
        ("late sends though a connection was free, p99, ms", _ms(health.late_p99_ms)),
        ("the same, at the most, ms", _ms(health.late_max_ms)),
        ("lag of the event loop, at the most, ms", _ms(health.loop_lag_max_ms)),
        ("processor of the busiest second, share of a core", f"{health.cpu_share_max:.0%}"),
        ("waited for a processor in the worst second", f"{health.cpu_wait_share_max:.0%}"),
        ("requests never sent", f"{summary.unsent:,}"),
        ("requests not answered before the end", f"{summary.unanswered:,}"),
    )
    note = "; ".join(health.reasons) or "The generator kept its schedule: the figures are the target's."
    return Section("The generator", note, Grid((Column("what"), Column("found", is_number=True)), rows))


def _times(latency: Latency) -> list[str]:
    return [_ms(getattr(latency, name)) for name in _LATENCIES]


def _ms(value: float) -> str:
    return f"{value:,.2f}" if value < 100 else f"{value:,.0f}"


def _plain(value: float | None) -> str:
    return "" if value is None else f"{value:,.4g}" if isinstance(value, float) else f"{value:,}"
