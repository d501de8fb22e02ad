"""A generator that does not keep its schedule is told from a target that is slow."""

from dataclasses import replace

import pytest

from loadtests.saturation import Health, judge_saturation

WELL = Health(
    late_p99_ms=0.2, late_max_ms=3.0, response_p99_ms=4.0, loop_lag_ms=1.0, cpu_share=0.4, cpu_wait_share=0.01,
    waiting=0,
)  # fmt: skip
LATE = replace(WELL, late_p99_ms=50.0, late_max_ms=80.0)
BUSY = replace(WELL, cpu_share=0.99, waiting=100)
STARVED = replace(WELL, cpu_share=0.5, cpu_wait_share=0.5, waiting=100)
SLOW_TARGET = replace(WELL, late_p99_ms=None, late_max_ms=None, waiting=5000)


@pytest.mark.parametrize("bad", [LATE, BUSY, STARVED])
def test_a_bad_second_in_ten_is_a_pause_and_two_are_saturation(bad: Health) -> None:
    assert not judge_saturation([WELL] * 9 + [bad], 1.0, is_open=True).is_saturated
    assert judge_saturation([WELL] * 8 + [bad] * 2, 1.0, is_open=True).is_saturated


def test_one_bad_second_counts_only_where_it_is_all_there_is() -> None:
    assert not judge_saturation([WELL, LATE], 1.0, is_open=True).is_saturated
    assert judge_saturation([LATE], 1.0, is_open=True).is_saturated
    assert judge_saturation([LATE, LATE], 1.0, is_open=True).is_saturated


def test_each_cause_is_named() -> None:
    reasons = [judge_saturation([bad] * 5, 1.0, is_open=True).reasons for bad in (LATE, BUSY, STARVED)]
    assert [len(each) for each in reasons] == [1, 1, 1]
    assert "left over 10 ms late (p99, up to 50 ms) though a connection was free" in reasons[0][0]
    assert "core was over 95% busy in 5 of 5 seconds" in reasons[1][0]
    assert "too little processor in 5 of 5 seconds" in reasons[2][0]


def test_requests_that_wait_for_a_slow_target_are_not_the_generators_fault() -> None:
    assert not judge_saturation([SLOW_TARGET] * 10, 0.0, is_open=True).is_saturated


def test_what_is_late_by_little_of_what_the_target_took_is_no_saturation() -> None:
    assert not judge_saturation([replace(LATE, response_p99_ms=600.0)] * 5, 50.0, is_open=True).is_saturated
    assert judge_saturation([replace(LATE, response_p99_ms=400.0)] * 5, 50.0, is_open=True).is_saturated
    assert judge_saturation([replace(LATE, response_p99_ms=None)] * 5, 50.0, is_open=True).is_saturated


def test_a_closed_loop_has_no_schedule_to_keep_but_needs_a_processor() -> None:
    assert not judge_saturation([LATE] * 5, 50.0, is_open=False).is_saturated
    assert judge_saturation([replace(BUSY, waiting=0)] * 5, 0.0, is_open=False).is_saturated


def test_a_busy_core_that_leaves_nothing_waiting_keeps_its_schedule() -> None:
    assert not judge_saturation([replace(BUSY, waiting=0)] * 5, 0.5, is_open=True).is_saturated


def test_the_worst_of_all_seconds_is_kept() -> None:
    found = judge_saturation([WELL, LATE, replace(WELL, loop_lag_ms=9.0, cpu_wait_share=0.3)], 2.0, is_open=True)
    assert (found.late_p99_ms, found.late_max_ms, found.loop_lag_max_ms) == (2.0, 80.0, 9.0)
    assert (found.cpu_share_max, found.cpu_wait_share_max) == (0.4, 0.3)


def test_a_run_without_a_measured_second_is_not_judged() -> None:
    assert not judge_saturation([], 0.0, is_open=True).is_saturated
