"""Health is JSON that a balancer and a person can read, and its verdict follows from the facts alone."""

from dataclasses import replace

import pytest

from reference_node.health import Facts, Head, Status, Thresholds, judge

GOOD = Facts(
    caught_up=True,
    head=Head(5, b"\xab" * 32, 1_700_000_000),
    head_readable=True,
    block_age_seconds=12.5,
    offset=9,
    offset_age_seconds=1.25,
    lag_records=0,
    lag_blocks=0,
    epoch=2,
    last_heartbeat_ms=1_700_000_011_250,
)
LIMITS = Thresholds(lag_records=10, lag_blocks=2, offset_age_seconds=30, block_age_seconds=60.5)


def test_health_says_all_there_is_to_know() -> None:
    assert judge(GOOD, LIMITS).as_json() == {
        "schema": "ethercattle.health/1",
        "status": "ready",
        "reasons": [],
        "live": True,
        "caught_up": True,
        "head": {"number": 5, "hash": "0x" + "ab" * 32, "timestamp": 1_700_000_000},
        "head_readable": True,
        "block_age_seconds": 12.5,
        "offset": 9,
        "offset_age_seconds": 1.25,
        "lag_records": 0,
        "lag_blocks": 0,
        "epoch": 2,
        "last_heartbeat": 1_700_000_011_250,
        "draining": False,
        "thresholds": {
            "lag_records": 10,
            "lag_blocks": 2,
            "offset_age_seconds": 30,
            "block_age_seconds": 60.5,
        },
    }


def test_a_node_at_its_start_is_not_ready_and_says_why() -> None:
    found = judge(Facts())
    assert (found.status, found.http_status, found.serves, found.live) == (Status.UNREADY, 503, False, True)
    assert found.as_json()["head"] is None
    assert found.reasons == (
        "the database holds no whole chain yet",
        "not caught up yet: an unknown number of log records behind",
    )


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        (replace(GOOD, failure="the record at offset 3 is part 2 of 1"), "the record at offset 3 is part 2 of 1"),
        (replace(GOOD, draining=True), "draining"),
        (replace(GOOD, head=None), "the database holds no whole chain yet"),
        (replace(GOOD, head_readable=False), "the head, block 5, can't be read"),
        (replace(GOOD, caught_up=False, lag_records=7), "not caught up yet: 7 log records behind"),
        (
            replace(GOOD, caught_up=False, lag_records=None, log_away="no broker answers"),
            "not caught up yet: an unknown number of log records behind; no broker answers",
        ),
        (replace(GOOD, held_back="the head is 50 s old"), "the head is 50 s old"),
    ],
)
def test_what_forbids_use(facts: Facts, reason: str) -> None:
    found = judge(facts, LIMITS)
    assert (found.status, found.http_status, found.reason) == (Status.UNREADY, 503, reason)
    assert found.live == (not facts.failure)


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        (replace(GOOD, lag_records=10), ""),
        (replace(GOOD, lag_records=11), "11 log records behind, expected at most 10"),
        (replace(GOOD, lag_records=None), ""),
        (replace(GOOD, lag_blocks=2), ""),
        (replace(GOOD, lag_blocks=3), "3 blocks behind, expected at most 2"),
        (replace(GOOD, lag_blocks=None), ""),
        (replace(GOOD, offset_age_seconds=30.0), ""),
        (replace(GOOD, offset_age_seconds=30.001), "the newest record is 30.001 s old, expected at most 30 s"),
        (replace(GOOD, offset_age_seconds=None), ""),
        (replace(GOOD, block_age_seconds=60.5), ""),
        (replace(GOOD, block_age_seconds=60.501), "the head is 60.501 s old, expected at most 60.5 s"),
        (replace(GOOD, block_age_seconds=None), ""),
        (
            replace(GOOD, lag_records=None, log_away="no broker answers", block_age_seconds=61),
            "no broker answers; the head is 61 s old, expected at most 60.5 s",
        ),
    ],
)
def test_thresholds_at_their_borders(facts: Facts, reason: str) -> None:
    found = judge(facts, LIMITS)
    expected = (Status.DEGRADED, 429, True) if reason else (Status.READY, 200, True)
    assert (found.status, found.http_status, found.serves) == expected
    assert found.reason == reason


def test_a_threshold_of_zero_is_off() -> None:
    far = replace(GOOD, lag_records=10**6, lag_blocks=10**5, offset_age_seconds=1e6, block_age_seconds=1e6)
    assert judge(far).status is Status.READY
    assert judge(far, LIMITS).reasons == (
        "1000000 log records behind, expected at most 10",
        "100000 blocks behind, expected at most 2",
        "the newest record is 1000000 s old, expected at most 30 s",
        "the head is 1000000 s old, expected at most 60.5 s",
    )


def test_what_forbids_use_wins_over_thresholds() -> None:
    found = judge(replace(GOOD, draining=True, lag_records=99), LIMITS)
    assert (found.status, found.reasons) == (Status.UNREADY, ("draining",))
