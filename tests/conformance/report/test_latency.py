"""Percentiles are of the nearest rank, and what was not timed does not count."""

import pytest

from conformance.report.latency import Latency, measure, percentile, show_seconds
from conformance.verdict import Judgement, Timing, Verdict
from tests.conformance.questions import question


@pytest.mark.parametrize(
    ("count", "percent", "expected"),
    [(1, 50, 1), (1, 99, 1), (2, 50, 1), (3, 50, 2), (100, 50, 50), (100, 99, 99), (101, 99, 100), (1000, 99, 990)],
)
def test_the_percentile_is_the_nearest_rank(count: int, percent: float, expected: float) -> None:
    assert percentile(range(1, count + 1), percent) == expected


def test_sides_are_measured_apart_and_a_record_has_no_times() -> None:
    timings = [Timing(None, 0.004), Timing(None, 0.001), Timing(None, None), Timing(None, 0.002)]
    found = measure(Judgement(question(), Verdict.MATCH, timing=timing) for timing in timings)
    assert found.reference == Latency(0, None, None)
    assert found.candidate == Latency(3, 0.002, 0.004)


@pytest.mark.parametrize(("seconds", "shown"), [(None, ""), (0.0004217, "0.42 ms"), (0.0123, "12 ms"), (3.14, "3.1 s")])
def test_times_are_shown_with_a_unit(seconds: float | None, shown: str) -> None:
    assert show_seconds(seconds) == shown
