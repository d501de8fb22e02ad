"""When a replica may begin to serve and when it is too old: every limit at its borders, without a clock."""

from dataclasses import replace

import pytest

from reference_node.lifecycle import (
    AgeLimits,
    Standing,
    block_age_ms,
    breach,
    may_begin,
    offset_age_ms,
    silence_ms,
    waits_for,
)

NOW_MS = 1_700_000_000_000
NOW_SECONDS = NOW_MS // 1000
LIMITS = AgeLimits(startup_ms=45_000, offset_ms=62_000, block_ms=240_000)
FRESH = Standing(NOW_MS, caught_up=True, arrived_ms=NOW_MS - 20, told_ms=NOW_MS - 50, head_timestamp=NOW_SECONDS - 12)
REPLAYING = replace(FRESH, caught_up=False, told_ms=NOW_MS - 86_400_000, head_timestamp=NOW_SECONDS - 86_400)
"""It applies, just now, what its master said a day ago."""


def test_a_fresh_replica_serves_and_passes_no_limit() -> None:
    assert (breach(FRESH, LIMITS), waits_for(FRESH, LIMITS), may_begin(FRESH, LIMITS)) == ("", "", True)
    assert (offset_age_ms(FRESH), block_age_ms(FRESH), silence_ms(FRESH)) == (50, 12_000, 50)


@pytest.mark.parametrize(
    ("told_ms", "text"),
    [
        (NOW_MS - 61_999, ""),
        (NOW_MS - 62_000, ""),
        (
            NOW_MS - 62_001,
            "the newest record is 62.001 s old by the master's clock, --replica.offset.age allows 62 s",
        ),
        (NOW_MS + 5_000, ""),  # a master whose clock runs ahead
    ],
)
def test_the_offset_age_of_a_replica_that_has_caught_up(told_ms: int, text: str) -> None:
    assert breach(replace(FRESH, told_ms=told_ms), LIMITS) == text


@pytest.mark.parametrize(
    ("head_timestamp", "text"),
    [
        (NOW_SECONDS - 240, ""),
        (NOW_SECONDS - 241, "the head is 241 s old, --replica.block.age allows 240 s"),
        (NOW_SECONDS + 30, ""),  # a block from the future
        (None, ""),
    ],
)
def test_the_block_age_of_a_replica_that_has_caught_up(head_timestamp: int | None, text: str) -> None:
    assert breach(replace(FRESH, head_timestamp=head_timestamp), LIMITS) == text


def test_one_millisecond_over_the_block_age_is_over() -> None:
    at_the_border = replace(FRESH, head_timestamp=NOW_SECONDS - 240)
    assert breach(at_the_border, LIMITS) == ""
    assert "240.001 s old" in breach(replace(at_the_border, now_ms=NOW_MS + 1), LIMITS)


def test_the_offset_age_is_named_before_the_block_age() -> None:
    both = replace(FRESH, told_ms=0, head_timestamp=0)
    assert "--replica.offset.age" in breach(both, LIMITS)
    assert "--replica.block.age" in breach(both, replace(LIMITS, offset_ms=0))


@pytest.mark.parametrize("arrived_ms", [NOW_MS, NOW_MS - 20, NOW_MS - 62_000])
def test_old_records_do_not_end_a_replica_that_is_catching_up(arrived_ms: int) -> None:
    replaying = replace(REPLAYING, arrived_ms=arrived_ms)
    assert breach(replaying, LIMITS) == ""
    assert not may_begin(replaying, LIMITS), "nor does it serve what they say"
    assert offset_age_ms(replaying) == 86_400_000, "and its health says how old they are"


def test_they_are_not_mistaken_for_news_when_they_are_all_there_is() -> None:
    assert "86400 s old by the master's clock" in breach(replace(REPLAYING, caught_up=True), LIMITS)


def test_a_log_that_stalls_before_its_end_ends_the_replica() -> None:
    stalled = replace(REPLAYING, arrived_ms=NOW_MS - 62_001)
    assert breach(stalled, LIMITS) == (
        "while catching up, the last record came in 62.001 s ago, --replica.offset.age allows 62 s"
    )


@pytest.mark.parametrize("caught_up", [False, True])
def test_a_master_that_was_never_heard_is_silent_since_following_began(caught_up: bool) -> None:
    unheard = Standing(NOW_MS, caught_up, arrived_ms=NOW_MS - 62_000, told_ms=None, head_timestamp=None)
    assert (offset_age_ms(unheard), block_age_ms(unheard), breach(unheard, LIMITS)) == (None, None, "")
    assert breach(replace(unheard, now_ms=NOW_MS + 1), LIMITS) != ""
    assert not may_begin(unheard, AgeLimits())


def test_a_master_whose_clock_runs_ahead_can_not_hide_its_silence() -> None:
    ahead = replace(FRESH, told_ms=NOW_MS + 3_600_000, arrived_ms=NOW_MS - 62_001)
    assert offset_age_ms(ahead) == 62_001
    assert breach(ahead, LIMITS) != ""


def test_our_clock_set_back_makes_nothing_older_than_new() -> None:
    back = replace(FRESH, now_ms=NOW_MS - 3_600_000)
    assert (offset_age_ms(back), block_age_ms(back), breach(back, LIMITS)) == (0, 0, "")


@pytest.mark.parametrize(
    ("now_ms", "text"),
    [
        (NOW_MS - 1, ""),
        (NOW_MS, "the head is 45 s old, --replica.startup.age waits for one younger than 45 s"),
        (NOW_MS + 1, "the head is 45.001 s old, --replica.startup.age waits for one younger than 45 s"),
    ],
)
def test_serving_begins_with_a_head_younger_than_the_startup_age(now_ms: int, text: str) -> None:
    standing = replace(FRESH, now_ms=now_ms, head_timestamp=NOW_SECONDS - 45)
    assert waits_for(standing, LIMITS) == text
    assert may_begin(standing, LIMITS) == (not text)


def test_the_startup_age_is_asked_only_of_a_replica_that_has_caught_up() -> None:
    assert waits_for(REPLAYING, LIMITS) == "", "it waits for the log first"
    assert not may_begin(REPLAYING, AgeLimits())


@pytest.mark.parametrize("standing", [replace(FRESH, told_ms=0, arrived_ms=0, head_timestamp=0), REPLAYING])
def test_limits_of_zero_are_off(standing: Standing) -> None:
    assert (breach(standing, AgeLimits()), waits_for(standing, AgeLimits())) == ("", "")
    assert may_begin(standing, AgeLimits()) == standing.caught_up
