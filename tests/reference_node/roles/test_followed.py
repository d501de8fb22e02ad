"""What a replica serves and says of itself over its life: before it may, while it does, and while it drains."""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from reference_node.errors import AgeLimitExceeded, LogRefused
from reference_node.health import Status, Thresholds
from reference_node.lifecycle import AgeLimits
from reference_node.roles.followed import FollowedChain, keep
from tests.reference_node.roles.following import START_MS, WAIT_SECONDS_MAX, Rig, make_rig, wait_for

START_SECONDS = START_MS // 1000
LONG_SECONDS = 3600.0


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    """Return a follower that has read nothing yet of a log with a genesis."""
    with make_rig(tmp_path) as made:
        yield made


def chain_of(rig: Rig, **limits_ms: int) -> FollowedChain:
    """Return what the rig's replica serves."""
    return FollowedChain(rig.store, rig.follower, AgeLimits(**limits_ms))


def test_nothing_is_served_before_the_log_is_caught_up_with(rig: Rig) -> None:
    chain = chain_of(rig)
    assert (chain.backend(), chain.health().status) == (None, Status.UNREADY)
    rig.catch_up()
    backend = chain.backend()
    assert backend is not None
    assert backend.view.head.number == 0
    assert chain.health().status is Status.READY


def test_a_replica_that_falls_behind_again_serves_on(rig: Rig) -> None:
    chain = FollowedChain(rig.store, rig.follower, thresholds=Thresholds(lag_records=2))
    rig.catch_up()
    assert chain.backend() is not None
    for added, status in ((2, Status.READY), (1, Status.DEGRADED)):
        rig.add_blocks(added)
        rig.follower.look()
        assert (chain.health().status, chain.backend() is not None) == (status, True)


def test_serving_begins_with_a_head_younger_than_the_startup_age_and_goes_on(rig: Rig) -> None:
    chain = chain_of(rig, startup_ms=45_000)
    rig.add_head(START_SECONDS - 45)
    rig.catch_up()
    assert chain.backend() is None
    assert chain.health().reasons == ("the head is 45 s old, --replica.startup.age waits for one younger than 45 s",)
    rig.add_head(START_SECONDS - 44)
    rig.catch_up()
    assert chain.health().status is Status.READY
    rig.clock.now_ms += 3_600_000
    assert chain.backend() is not None
    assert chain.health().status is Status.READY


@pytest.mark.parametrize(
    ("limits_ms", "text"),
    [
        ({"offset_ms": 62_000}, "the newest record is 62.001 s old by the master's clock"),
        ({"block_ms": 62_000}, "the head is 62.001 s old"),
    ],
)
def test_an_age_fails_health_as_soon_as_it_passes_its_limit(rig: Rig, limits_ms: dict[str, int], text: str) -> None:
    chain = chain_of(rig, **limits_ms)
    rig.add_head(START_SECONDS)
    rig.catch_up()
    assert chain.backend() is not None
    rig.clock.now_ms += 62_000
    assert (chain.health().status, chain.ending()) == (Status.READY, None)
    rig.clock.now_ms += 1
    assert chain.health().status is Status.UNREADY
    assert text in chain.health().reason
    ending = chain.ending()
    assert isinstance(ending, AgeLimitExceeded)
    assert text in str(ending)


def test_a_heartbeat_keeps_a_replica_young_and_an_old_record_does_not(rig: Rig) -> None:
    chain = chain_of(rig, offset_ms=62_000)
    rig.catch_up()
    rig.ledger.commit({b"k": b"1"}, 1, 1)  # stamped now, published later
    rig.clock.now_ms += 62_001
    rig.ledger.publish()
    rig.catch_up()
    assert chain.ending() is not None
    rig.ledger.heartbeat()
    rig.catch_up()
    assert chain.ending() is None


def test_a_replay_of_old_backlog_ends_nothing_until_it_is_done(rig: Rig) -> None:
    chain = chain_of(rig, offset_ms=62_000, block_ms=62_000)
    rig.add_blocks(300)
    rig.clock.now_ms += 86_400_000
    rig.follower.look()
    rig.follower.follow(0)
    rig.clock.now_ms += 62_000
    assert (chain.ending(), chain.health().status) == (None, Status.UNREADY)
    rig.catch_up()
    assert isinstance(chain.ending(), AgeLimitExceeded)
    assert chain.backend() is None, "what is too old is never served"


class Kept:
    """The keeper of a chain, in a thread of its own."""

    def __init__(self, chain: FollowedChain, drain_seconds: float) -> None:
        self.stopping, self.closed = threading.Event(), threading.Event()
        self._threads = ThreadPoolExecutor(1)
        self.keeping = self._threads.submit(keep, chain, self.stopping, self.closed, drain_seconds)

    def end(self) -> Exception | None:
        """Return what the keeper returned."""
        found = self.keeping.result(WAIT_SECONDS_MAX)
        self._threads.shutdown()
        return found


@pytest.mark.parametrize("cause", ["told to stop", "age", "refused"])
def test_health_fails_first_then_requests_are_answered_until_the_drain_is_over(rig: Rig, cause: str) -> None:
    chain = chain_of(rig, offset_ms=62_000)
    rig.catch_up()
    assert chain.backend() is not None
    kept = Kept(chain, LONG_SECONDS)
    if cause == "told to stop":
        kept.stopping.set()
    elif cause == "age":
        rig.clock.now_ms += 62_001
    else:
        rig.log.truncate("geth", rig.log.bounds("geth").end)
        rig.follower._next = 0
        rig.follower.run(threading.Event())
    wait_for(lambda: "draining" in chain.health().reasons)
    assert chain.health().http_status == 503
    assert chain.backend() is not None, "requests that still come are answered"
    assert not kept.closed.is_set()
    kept.closed.set()  # as if the drain were over
    expected = {"told to stop": None, "age": AgeLimitExceeded, "refused": LogRefused}[cause]
    found = kept.end()
    assert found is None if expected is None else isinstance(found, expected)


def test_a_drain_takes_as_long_as_it_was_told(rig: Rig) -> None:
    chain = chain_of(rig)
    rig.catch_up()
    assert chain.backend() is not None
    began = time.monotonic()
    kept = Kept(chain, 0.3)
    kept.stopping.set()
    assert kept.end() is None
    assert kept.closed.is_set()
    assert time.monotonic() - began >= 0.3


def test_a_replica_that_serves_nothing_has_nothing_to_drain(rig: Rig) -> None:
    chain = chain_of(rig)
    kept = Kept(chain, LONG_SECONDS)
    kept.stopping.set()
    assert kept.end() is None
    rig.catch_up()
    assert chain.backend() is None, "it does not begin while it ends"


def test_a_server_that_could_not_go_on_ends_the_keeper(rig: Rig) -> None:
    kept = Kept(chain_of(rig), LONG_SECONDS)
    kept.closed.set()
    assert kept.end() is None
