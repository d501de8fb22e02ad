"""A replica whose log is away keeps what it has and tries on; one whose log comes back as another ends."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from reference_node.errors import LogRefused
from reference_node.health import Status, judge
from reference_node.log.sqlite import SqliteLog
from reference_node.roles import follower as follower_module
from reference_node.roles.follower import RECORDS_READ_MAX
from tests.reference_node.logs import TOPIC
from tests.reference_node.roles.following import START_MS, Rig, make_rig, wait_for


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    """Return a follower that has read nothing yet of a log with a genesis."""
    with make_rig(tmp_path) as made:
        yield made


def test_a_replica_serves_on_while_its_log_is_away_and_goes_on_after(rig: Rig) -> None:
    follower = rig.follower
    with rig.running():
        wait_for(lambda: follower.facts().caught_up)
        rig.log.is_away = True
        wait_for(lambda: follower.facts().log_away)
        found = judge(follower.facts())
        assert (found.status, found.reasons) == (Status.DEGRADED, ("no broker answers",))
        assert (found.facts.lag_records, found.facts.lag_blocks) == (None, None)
        assert found.facts.head is not None
        assert found.facts.head_readable
        rig.add_blocks(1)
        rig.log.is_away = False
        wait_for(lambda: follower.position.chain.sequence == 2)
        wait_for(lambda: judge(follower.facts()).status is Status.READY)
        assert follower.failure is None


def test_tries_during_an_outage_get_rarer(rig: Rig) -> None:
    rig.log.is_away = True
    waited: list[float] = []

    class Stopping(threading.Event):
        def wait(self, timeout: float | None = None) -> bool:
            waited.append(timeout or 0)
            if len(waited) == 9:
                self.set()
            return self.is_set()

    rig.follower.run(Stopping())
    assert waited == [0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 5.0, 5.0, 5.0]


def test_a_topic_made_anew_during_an_outage_is_refused(rig: Rig) -> None:
    follower = rig.follower
    with rig.running():
        wait_for(lambda: follower.facts().caught_up)
        rig.log.is_away = True
        wait_for(lambda: follower.facts().log_away)
        rig.log.identity_told = b"another topic"
        rig.log.is_away = False
        wait_for(lambda: follower.failure)
    assert isinstance(follower.failure, LogRefused)
    assert "made anew" in str(follower.failure)
    assert judge(follower.facts()).status is Status.UNREADY


@pytest.mark.parametrize("is_away_meanwhile", [False, True])
def test_retention_that_passes_a_replica_ends_it(rig: Rig, is_away_meanwhile: bool) -> None:
    rig.add_blocks(5)
    rig.follower.follow()
    follower = rig.follower
    rig.log.is_away = is_away_meanwhile
    rig.add_blocks(5)
    rig.log.truncate(TOPIC, follower.next_offset + 2)
    with rig.running():
        if is_away_meanwhile:
            wait_for(lambda: follower.facts().log_away)
            rig.log.is_away = False
        wait_for(lambda: follower.failure)
    assert isinstance(follower.failure, LogRefused)
    assert f"offset {follower.next_offset} is needed" in str(follower.failure)


def test_a_log_file_replaced_by_another_ends_the_replica(rig: Rig) -> None:
    follower = rig.follower
    with rig.running():
        wait_for(lambda: follower.facts().caught_up)
        (rig.folder / "log.sqlite").rename(rig.folder / "away.sqlite")
        wait_for(lambda: "is gone" in follower.facts().log_away)
        SqliteLog(rig.folder / "log.sqlite", create=True).close()
        wait_for(lambda: follower.failure)
    assert isinstance(follower.failure, LogRefused)
    assert "replaced by another file" in str(follower.failure)


def test_asking_for_health_asks_the_log_nothing(rig: Rig) -> None:
    rig.follower.look()
    rig.follower.follow()
    asked = rig.log.asked
    for _ in range(100):
        rig.follower.facts()
        rig.follower.standing()
    assert rig.log.asked == asked > 0


def test_a_log_that_answers_nothing_for_long_leaves_the_lag_unknown(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    rig.follower.look()
    assert (rig.follower.facts().lag_records, rig.follower.facts().log_away) == (2, "")
    monkeypatch.setattr(follower_module, "ANSWER_SECONDS_MAX", -1.0)
    found = rig.follower.facts()
    assert found.lag_records is None
    assert found.log_away == "the log has not answered for 0 s"


def test_ages_are_by_the_clocks_of_the_master_and_of_the_head(rig: Rig) -> None:
    follower, genesis = rig.follower, rig.world.genesis.header
    assert (follower.facts().offset_age_seconds, follower.facts().block_age_seconds) == (None, None)
    rig.clock.now_ms = START_MS + 1500
    follower.follow()
    found = follower.facts()
    assert found.offset_age_seconds == 1.5
    assert found.block_age_seconds == (START_MS + 1500) / 1000 - genesis.timestamp
    assert (follower.standing().arrived_ms, follower.standing().told_ms) == (START_MS + 1500, START_MS)


def test_the_lag_in_blocks_is_known_from_what_is_read_next(rig: Rig) -> None:
    rig.add_blocks(7)
    rig.follower.look()
    assert (rig.follower.facts().lag_records, rig.follower.facts().lag_blocks) == (9, None), "nothing is served yet"
    rig.follower._note_newest(reversed(rig.log.read(TOPIC, 0, 100, 0).records))
    for stored in rig.log.read(TOPIC, 0, 2, 0).records:
        rig.follower._apply(stored)
    assert (rig.follower.facts().lag_records, rig.follower.facts().lag_blocks) == (7, 7)


def test_the_lag_in_blocks_of_a_replica_far_behind_is_read_at_the_end_of_the_log(rig: Rig) -> None:
    for stored in rig.log.read(TOPIC, 0, 2, 0).records:
        rig.follower._apply(stored)
    rig.add_blocks(RECORDS_READ_MAX + 10)
    for _ in range(5):
        rig.ledger.heartbeat()
    rig.follower.look()
    found = rig.follower.facts()
    assert (found.lag_records, found.lag_blocks) == (RECORDS_READ_MAX + 15, RECORDS_READ_MAX + 10)
    asked = rig.log.asked
    rig.follower.look()
    assert rig.log.asked == asked + 1, "the tail is not read at every look"
