"""A master whose log is away keeps what it makes, and brings it in order once the log is back."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reference_node.errors import Fenced, LogRefused, LogUnavailable
from reference_node.log.interface import FencedWriter, Record
from reference_node.log.sqlite import SqliteLog
from reference_node.roles import outlet as outlet_module
from reference_node.roles import patience
from reference_node.roles.follower import Follower
from reference_node.roles.ledger import Ledger
from reference_node.roles.outlet import LOOK_SECONDS, Outlet
from reference_node.store.leveldb import Store
from tests.reference_node.logs import TOPIC, open_ledger, public_content

NOBODY = threading.Event()
WAIT_SECONDS_MAX = 30.0


class ShakyLog(SqliteLog):
    """A log that can be away, and can lose the answer to an append that it has taken."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, create=True)
        self.is_away = False
        self.loses_answers = 0
        self.appends = 0
        self.writers = 0

    def open_writer(self, topic: str, epoch: int) -> FencedWriter:
        """Open a writer."""
        self.writers += 1
        if self.is_away:
            raise LogUnavailable("no broker answers")
        return super().open_writer(topic, epoch)

    def append_fenced(
        self, topic: str, epoch: int, records: Sequence[Record], sequence_first: int, sequence_next: int
    ) -> int:
        """Append, unless the log is away; the answer may get lost."""
        self.appends += 1
        if self.is_away:
            raise LogUnavailable("no broker answers")
        end = super().append_fenced(topic, epoch, records, sequence_first, sequence_next)
        if self.loses_answers:
            self.loses_answers -= 1
            raise LogUnavailable("no answer in time")
        return end


def at_once(action: Callable[[], None]) -> Future[None]:
    """Do at once what a thread would do."""
    done: Future[None] = Future()
    try:
        action()
        done.set_result(None)
    except Exception as error:  # noqa: BLE001 - as a thread does
        done.set_exception(error)
    return done


class Rig:
    """A master's outlet to a shaky log, with a clock that moves only by hand."""

    def __init__(self, folder: Path, log: ShakyLog, ledger: Ledger) -> None:
        self.folder, self.log, self.ledger = folder, log, ledger
        self.now = 1000.0
        self.outlet = Outlet(ledger, log, TOPIC, lambda: self.now, at_once)
        self.outlet.connect(promote=False, stopping=NOBODY)
        self.steps = 0

    def commit(self) -> None:
        """Make a step."""
        self.steps += 1
        self.ledger.commit({b"k%d" % (self.steps % 7): b"%d" % self.steps}, self.steps, self.steps)

    def assert_replica_equals_master(self) -> None:
        """Replay the log into a new database and compare."""
        with closing(Store(self.folder / f"replica-{self.steps}")) as store:
            follower = Follower(store, self.log, TOPIC)
            while not follower.caught_up():
                follower.follow(0)
            assert public_content(store) == public_content(self.ledger.store)
            assert follower.position.chain == self.ledger.position.chain


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    """Yield a master connected to its log."""
    with closing(ShakyLog(tmp_path / "log.sqlite")) as log, closing(Store(tmp_path / "master")) as store:
        yield Rig(tmp_path, log, open_ledger(store))


def test_the_outbox_keeps_what_is_made_while_the_log_is_away(rig: Rig) -> None:
    rig.commit()
    assert rig.outlet.publish()
    rig.log.is_away = True
    for _ in range(3):
        rig.commit()
        assert not rig.outlet.publish()
    assert rig.outlet.away == "no broker answers"
    rig.log.is_away = False
    rig.now += 60
    assert rig.outlet.heartbeat()
    assert rig.outlet.away == ""
    rig.assert_replica_equals_master()


def test_an_append_whose_answer_was_lost_is_not_doubled(rig: Rig) -> None:
    rig.commit()
    rig.log.loses_answers = 1
    assert not rig.outlet.publish()
    rig.commit()
    rig.now += 60
    assert rig.outlet.publish()
    rig.assert_replica_equals_master()
    records = rig.log.read(TOPIC, 0, 100, 0).records
    sequences = [dict(stored.record.headers)["sequence"][-1] for stored in records if stored.record.value]
    assert sequences == sorted(set(sequences)), "each step is there once"


def test_tries_get_rarer_and_take_nothing_between(rig: Rig) -> None:
    rig.commit()
    rig.log.is_away = True
    pauses = []
    for _ in range(8):
        assert not rig.outlet.publish()
        pauses.append(round(rig.outlet.wait_seconds(30.0), 6))
        rig.now += pauses[-1] - 0.001
        tries = rig.log.writers
        assert not rig.outlet.publish(), "it is not time yet"
        assert rig.log.writers == tries
        rig.now += 0.002
    assert pauses == [0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 5.0, 5.0]
    rig.log.is_away = False
    assert rig.outlet.publish()
    assert rig.outlet.wait_seconds(30.0) == 30.0


class SlowLog(ShakyLog):
    """A log that, while it is away, takes long to say so."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.may_answer = threading.Event()

    def append_fenced(
        self, topic: str, epoch: int, records: Sequence[Record], sequence_first: int, sequence_next: int
    ) -> int:
        """Append, or say nothing for long."""
        if self.is_away:
            self.may_answer.wait(WAIT_SECONDS_MAX)
        return super().append_fenced(topic, epoch, records, sequence_first, sequence_next)


@pytest.mark.parametrize("comes_back", [False, True])
def test_a_master_is_not_held_up_by_a_log_that_takes_long_to_say_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, comes_back: bool
) -> None:
    monkeypatch.setattr(outlet_module, "PATIENCE_SECONDS", 0.2)
    with closing(SlowLog(tmp_path / "log.sqlite")) as log, closing(Store(tmp_path / "master")) as store:
        ledger = open_ledger(store)
        with closing(Outlet(ledger, log, TOPIC)) as outlet:
            outlet.connect(promote=False, stopping=NOBODY)
            log.is_away = True
            began = time.monotonic()
            for number in range(1, 40):
                ledger.commit({b"k": b"%d" % number}, number, number)
                assert not outlet.publish()
            assert time.monotonic() - began < 5
            assert outlet.away == "the log has not answered for 0.2 s"
            assert outlet.wait_seconds(30.0) == LOOK_SECONDS
            log.is_away = not comes_back
            log.may_answer.set()
            if comes_back:
                while not outlet.publish():
                    assert time.monotonic() - began < WAIT_SECONDS_MAX
                    time.sleep(outlet.wait_seconds(0.05))
                assert (outlet.away, log.bounds(TOPIC).end) == ("", 40 + sum_of_parts(log))
            else:
                with pytest.raises(LogUnavailable, match="no broker answers; what is not published yet"):
                    outlet.finish(NOBODY)


def sum_of_parts(log: SqliteLog) -> int:
    """Return how many records are a later part of their batch."""
    found = log.read(TOPIC, 0, 1000, 0).records
    return sum(int.from_bytes(dict(stored.record.headers).get("part", b"")) > 0 for stored in found)


def test_steps_made_while_the_log_is_written_keep_their_order(tmp_path: Path) -> None:
    with closing(ShakyLog(tmp_path / "log.sqlite")) as log, closing(Store(tmp_path / "master")) as store:
        rig = Rig(tmp_path, log, open_ledger(store))
        stopping = threading.Event()

        def beat() -> None:
            while not stopping.is_set():
                rig.ledger.heartbeat()

        thread = threading.Thread(target=beat)
        thread.start()
        for _ in range(300):
            rig.commit()
        stopping.set()
        thread.join()
        rig.outlet.finish(NOBODY)
        rig.assert_replica_equals_master()


def test_another_master_that_took_over_meanwhile_fences_this_one(rig: Rig) -> None:
    rig.commit()
    rig.log.is_away = True
    assert not rig.outlet.publish()
    rig.log.is_away = False
    rig.log.open_writer(TOPIC, 2)
    rig.now += 60
    with pytest.raises(Fenced, match="epoch 2"):
        rig.outlet.publish()


def test_a_log_that_comes_back_as_another_is_refused(rig: Rig) -> None:
    rig.commit()
    assert rig.outlet.publish()
    rig.log.is_away = True
    rig.commit()
    assert not rig.outlet.publish()
    rig.log.is_away = False
    rig.log.truncate(TOPIC, rig.log.bounds(TOPIC).end)
    rig.now += 60
    with pytest.raises(LogRefused, match="holds no record"):
        rig.outlet.publish()


def test_a_master_that_ends_says_what_it_could_not_publish(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "PAUSE_SECONDS_FIRST", 0.0)
    rig.commit()
    rig.log.is_away = True
    with pytest.raises(LogUnavailable, match="goes out when the master starts again"):
        rig.outlet.finish(NOBODY)
    assert rig.log.appends == 2, "the epoch, and one try: the others were to connect"
    rig.log.is_away = False
    rig.outlet.finish(NOBODY)
    rig.assert_replica_equals_master()


def test_a_log_that_is_away_at_the_start_is_tried_a_few_times(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "PAUSE_SECONDS_FIRST", 0.0)
    with closing(ShakyLog(tmp_path / "log.sqlite")) as log, closing(Store(tmp_path / "master")) as store:
        log.is_away = True
        with pytest.raises(LogUnavailable, match="no broker answers"):
            Outlet(open_ledger(store), log, TOPIC).connect(promote=False, stopping=NOBODY)


@settings(max_examples=50, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(st.sampled_from(["commit", "publish", "heartbeat", "away", "back", "lose", "wait"]), max_size=30))
def test_whatever_the_log_does_nothing_is_lost_or_doubled(
    tmp_path_factory: pytest.TempPathFactory, deeds: list[str]
) -> None:
    folder = tmp_path_factory.mktemp("shaky")
    with closing(ShakyLog(folder / "log.sqlite")) as log, closing(Store(folder / "master")) as store:
        rig = Rig(folder, log, open_ledger(store))
        for deed in deeds:
            if deed == "commit":
                rig.commit()
            elif deed == "publish":
                rig.outlet.publish()
            elif deed == "heartbeat":
                rig.outlet.heartbeat()
            elif deed == "lose":
                log.loses_answers = 1
            elif deed == "wait":
                rig.now += 10
            else:
                log.is_away = deed == "away"
        log.is_away, log.loses_answers = False, 0
        rig.outlet.finish(NOBODY)
        rig.assert_replica_equals_master()
