"""Slices of all processes add up to one run's figures."""

from array import array
from dataclasses import replace

import pytest
from hdrh.histogram import HdrHistogram

from loadtests.outcomes import Kind
from loadtests.slices import MICROSECONDS, Ending, Slice, Times
from loadtests.tally import Tally, add_counts
from tests.loadtests.runs import ABOUT

ABOUT_TWO_SECONDS = replace(ABOUT, duration_seconds=2.0, warmup_seconds=1.0)


def micros(*values: int) -> "array[int]":
    return array(MICROSECONDS, values)


def one(second: int, process: int = 0, *times: int, **values: object) -> Slice:
    count = len(times)
    made = Slice(
        process, second, is_warmup=second < 1, offered=count, sent=count, answered=count,
        endings={Ending("eth_call", Kind.RESULT, None): count} if count else {},
        times={"eth_call": Times(micros(*times), micros(*(each // 2 for each in times)))} if count else {},
    )  # fmt: skip
    return replace(made, **values)  # type: ignore[arg-type]


def tallied(*slices: Slice) -> Tally:
    tally = Tally(ABOUT_TWO_SECONDS)
    for each in slices:
        tally.add(each)
    return tally


def test_processes_add_up_and_the_warmup_is_in_no_figure() -> None:
    summary = tallied(
        one(0, 0, 900_000), one(1, 0, 1000, 2000), one(1, 1, 3000), one(2, 0, 4000), one(2, 1), one(3, 0, 5000)
    ).finish()  # fmt: skip
    assert (summary.offered, summary.sent, summary.answered, summary.calls, summary.failures) == (5, 5, 5, 5, 0)
    assert summary.response is not None
    assert summary.service is not None
    assert (summary.response.count, summary.service.count) == (5, 5)
    assert summary.response.max_ms == pytest.approx(5.0, rel=1e-3)
    assert summary.service.max_ms == pytest.approx(2.5, rel=1e-3)
    assert summary.measured_seconds == 2.0
    assert summary.achieved_rate == 2.0, "what ended after the measured part is no rate of it"
    assert [each.second for each in summary.seconds] == [0, 1, 2, 3]
    assert [(each.is_warmup, each.p50_ms, each.max_ms) for each in summary.seconds] == [
        (True, 900.0, 900.0), (False, 2.0, 3.0), (False, 4.0, 4.0), (False, 5.0, 5.0),
    ]  # fmt: skip


def test_failures_are_told_apart_by_kind_code_and_method() -> None:
    endings = {Ending("eth_call", Kind.RPC, 3): 2, Ending("eth_call", Kind.RESULT, None): 5}
    logs = {Ending("eth_getLogs", Kind.NULL, None): 1, Ending("eth_getLogs", Kind.TIMEOUT, None): 1}
    summary = tallied(one(1, endings=endings), one(2, endings=logs)).finish()
    assert [(each.method, each.calls, each.failures) for each in summary.methods] == [
        ("eth_call", 7, 2), ("eth_getLogs", 2, 1),
    ]  # fmt: skip
    assert summary.methods[0].endings == endings
    assert summary.kinds == {Kind.RPC: 2, Kind.RESULT: 5, Kind.NULL: 1, Kind.TIMEOUT: 1}
    assert summary.error_rate == pytest.approx(3 / 9)
    assert [each.failed for each in summary.seconds] == [2, 1]


def test_what_was_never_sent_has_waited_and_has_failed() -> None:
    summary = tallied(one(1, 0, 1000), one(2, 0, unsent=micros(3_000_000))).finish()
    assert (summary.unsent, summary.offered, summary.sent, summary.error_rate) == (1, 2, 1, 0.5)
    assert summary.response is not None
    assert summary.response.max_ms == pytest.approx(3000, rel=1e-3)
    assert summary.service is not None
    assert summary.service.count == 1


def test_histograms_are_those_of_hdrhistogram() -> None:
    summary = tallied(one(1, 0, 1000, 2000), one(1, 1, 3000)).finish()
    decoded = HdrHistogram.decode(summary.response_hdr)
    assert (decoded.total_count, decoded.get_value_at_percentile(50)) == (3, 2000)


def test_consistency_is_summed_or_the_highest_and_not_that_of_the_warmup() -> None:
    slices = [
        one(0, consistency={"head_regressions": 9}),
        one(1, consistency={"head_regressions": 1, "behind_max": 4}, heads={0: 5, 1: 9}),
        one(1, 1, consistency={"head_regressions": 2, "behind_max": 3}, heads={0: 7}),
    ]
    summary = tallied(*slices).finish()
    assert summary.consistency == {"head_regressions": 3, "behind_max": 4}
    assert (summary.seconds[1].consistency, summary.seconds[1].heads) == (summary.consistency, {0: 7, 1: 9})


def test_a_late_slice_of_the_warmup_does_not_hide_its_second() -> None:
    late = one(1, 0, 700, is_warmup=True, offered=0)
    summary = tallied(one(1, 0, 1000), late).finish()
    assert [(each.is_warmup, each.answered, each.offered) for each in summary.seconds] == [(False, 2, 1)]
    assert summary.answered == 1


def test_what_is_in_flight_is_that_of_every_process() -> None:
    tally = tallied(one(1, 0, in_flight=3, waiting=1), one(1, 1, in_flight=4, waiting=5))
    (second,) = tally.finish().seconds
    assert (second.in_flight, second.waiting) == (7, 6)


def test_each_slice_shows_its_second_so_far() -> None:
    tally = Tally(ABOUT_TWO_SECONDS)
    assert tally.add(one(1, 0, 1000)).answered == 1
    assert tally.add(one(1, 1, 1000, 2000)).answered == 3


def test_a_run_without_slices_has_no_figures_and_no_rate() -> None:
    summary = tallied().finish(is_interrupted=True)
    assert (summary.response, summary.error_rate, summary.offered_rate, summary.achieved_rate) == (None, None, 0, 0)
    assert summary.is_interrupted


def test_late_sends_of_the_measured_part_saturate() -> None:
    late = micros(*[50_000] * 100)
    assert tallied(one(1, late=late), one(2, late=late)).finish().saturation.is_saturated
    assert not tallied(one(0, late=late), one(1), one(2)).finish().saturation.is_saturated


def test_counts_add_up_by_name() -> None:
    assert add_counts({"a": 1, "b_max": 5}, {"a": 2, "b_max": 3, "c": 4}) == {"a": 3, "b_max": 5, "c": 4}
