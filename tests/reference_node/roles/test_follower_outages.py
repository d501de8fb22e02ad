"""A replica whose log is away keeps what it has and tries on; one whose log comes back as another ends."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from reference_node.errors import LogRefused, LogUnavailable
from reference_node.health import Status, judge
from reference_node.log.interface import Bounds, ReadResult
from reference_node.log.sqlite import SqliteLog
from reference_node.roles import follower as follower_module
from reference_node.roles.follower import RECORDS_READ_MAX, Follower
from reference_node.roles.ledger import Ledger
from reference_node.store.leveldb import Store
from tests.reference_node.logs import TOPIC
from tests.reference_node.worlds import World

WAIT_SECONDS_MAX = 10.0
START_MS = 1_700_000_000_000


class SwitchedLog(SqliteLog):
    """A log that can be taken away, and that counts what it is asked."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, create=False)
        self.is_away = False
        self.asked = 0
        self.identity_told: bytes | None = None

    def _ask(self) -> None:
        self.asked += 1
        if self.is_away:
            raise LogUnavailable("no broker answers")

    def bounds(self, topic: str) -> Bounds:
        """Return the topic's range."""
        self._ask()
        return super().bounds(topic)

    def identity(self, topic: str) -> bytes:
        """Return the topic's identity, or the one planted."""
        self._ask()
        return self.identity_told or super().identity(topic)

    def read(self, topic: str, offset: int, limit: int, timeout_seconds: float) -> ReadResult:
        """Return the next records."""
        self._ask()
        return super().read(topic, offset, limit, timeout_seconds)


class Rig:
    """A master's ledger on a small chain, and a follower of its log with a clock of its own."""

    def __init__(self, folder: Path, ledger: Ledger, log: SwitchedLog, store: Store) -> None:
        self.now_ms = START_MS
        self.world = World()
        self.ledger, self.log, self.folder = ledger, log, folder
        ledger.commit(dict(self.world.genesis.writes), 0, 0)
        ledger.publish()
        self.follower = Follower(store, log, TOPIC, clock=lambda: self.now_ms)

    def add_blocks(self, count: int) -> None:
        """Publish empty steps that name the blocks after the genesis."""
        for number in range(1, count + 1):
            self.ledger.commit({b"k": b"%d" % number}, number, number)
            self.ledger.publish()

    @contextmanager
    def running(self) -> Iterator[threading.Event]:
        """Let the follower run in a thread of its own."""
        stopping = threading.Event()
        thread = threading.Thread(target=self.follower.run, args=(stopping,))
        thread.start()
        try:
            yield stopping
        finally:
            stopping.set()
            thread.join(WAIT_SECONDS_MAX)
        assert not thread.is_alive()


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    """Return a follower that has read nothing yet of a log with a genesis."""
    with (
        closing(SqliteLog(tmp_path / "log.sqlite", create=True)) as log,
        closing(Store(tmp_path / "master")) as master,
        closing(Store(tmp_path / "replica")) as replica,
    ):
        ledger = Ledger(master, lambda: START_MS)
        ledger.connect(log, TOPIC, promote=False)
        with closing(SwitchedLog(tmp_path / "log.sqlite")) as switched:
            yield Rig(tmp_path, ledger, switched, replica)


def wait_for(condition: Callable[[], object]) -> None:
    """Wait until a condition holds."""
    deadline = time.monotonic() + WAIT_SECONDS_MAX
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.005)


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
    rig.now_ms = START_MS + 1500
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
