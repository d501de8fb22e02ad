"""Whole processes: ages end a replica, drains lose no request, outages are borne, exits say why."""

import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest

from fixtures.chain_files import find_chain
from fixtures.nodes import TOPIC, DevMaster, Replica, start_dev_master, start_replica
from fixtures.process import Child
from reference_node.log.sqlite import SqliteLog
from reference_node.store.leveldb import Store
from reference_node.store.position import read_position
from tests.integration.databases import assert_same_content
from tests.integration.test_refusals import assert_refused, run

pytestmark = pytest.mark.slow

CHAIN = find_chain("everyfork")
WAIT_SECONDS_MAX = 60.0
END_SECONDS_MAX = 30.0
HEAD = {"jsonrpc": "2.0", "id": 1, "method": "eth_blockNumber"}


@contextmanager
def dev_master(folder: Path, *arguments: str) -> Iterator[DevMaster]:
    """Run a dev master that makes a block each fifth of a second, unless told otherwise."""
    words = ("--period", "0.2", "--heartbeat", "0.5", *arguments)
    master = start_dev_master(CHAIN, folder / "master", broker_of(folder), folder / "master.log", words)
    try:
        yield master
    finally:
        master.child.stop()


@contextmanager
def replica_of(folder: Path, *arguments: str) -> Iterator[Replica]:
    """Run a replica, and wait until it answers health."""
    replica = start_replica(folder / "replica", broker_of(folder), folder / "replica.log", arguments)
    try:
        wait_for(replica, lambda: status_of(replica) in {200, 429, 503}, "an answer")
        yield replica
    finally:
        replica.child.stop()


def broker_of(folder: Path) -> str:
    return f"sqlite:///{folder}/log.sqlite"


def health_of(replica: Replica) -> httpx.Response:
    return httpx.get(f"{replica.url}/health/ready", trust_env=False, timeout=10)


def status_of(replica: Replica) -> int:
    """Return the status of `/health/ready`, or 0 where nobody answers."""
    try:
        return health_of(replica).status_code
    except httpx.HTTPError:
        return 0


def wait_for(replica: Replica, probe: Callable[[], object], what: str) -> None:
    replica.child.wait_until(probe, WAIT_SECONDS_MAX, what)


def exit_of(child: Child) -> tuple[int, str]:
    """Wait for a process's end; return its code and its last line."""
    return child.process.wait(END_SECONDS_MAX), child.tail().splitlines()[-1]


@dataclass
class Trickle:
    """A client that asks one thing after the other on fresh connections, as a balancer's clients do."""

    url: str
    answered: list[float] = field(default_factory=list)
    """When each good answer came, by the monotonic clock."""
    failed: list[tuple[float, str]] = field(default_factory=list)
    _stop: threading.Event = field(default_factory=threading.Event)

    def ask_on(self) -> None:
        """Ask until told to stop, or until nobody listens any more."""
        while not self._stop.is_set():
            try:
                found = httpx.post(self.url, json=HEAD, trust_env=False, timeout=10)
            except httpx.ConnectError:
                # The connection before may have been made just as the listener closed: that is the end, not a failure.
                if self.failed and self.failed[-1][0] > self.answered[-1]:
                    self.failed.pop()
                return
            except httpx.HTTPError as error:
                self.failed.append((time.monotonic(), repr(error)))
                continue
            if found.status_code == 200 and "result" in found.json():
                self.answered.append(time.monotonic())
            else:
                self.failed.append((time.monotonic(), found.text))


@contextmanager
def trickle(replica: Replica) -> Iterator[Trickle]:
    """Ask a replica all the time in a thread of its own."""
    client = Trickle(replica.url)
    thread = threading.Thread(target=client.ask_on)
    thread.start()
    try:
        yield client
    finally:
        client._stop.set()
        thread.join(END_SECONDS_MAX)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_fails_health_first_and_requests_are_answered_through_the_drain(
    tmp_path: Path, number: signal.Signals
) -> None:
    with dev_master(tmp_path), replica_of(tmp_path, "--replica.drain", "1.5") as replica:
        wait_for(replica, lambda: status_of(replica) == 200, "ready")
        with trickle(replica) as client:
            wait_for(replica, lambda: client.answered, "a first answer")
            replica.child.process.send_signal(number)
            told = time.monotonic()
            wait_for(replica, lambda: status_of(replica) == 503, "health to fail")
            failed_at = time.monotonic()
            assert failed_at - told < 1.0
            assert health_of(replica).json()["reasons"] == ["draining"]
            assert health_of(replica).json()["draining"] is True
            assert replica.child.process.wait(END_SECONDS_MAX) == 0
        assert client.failed == []
        assert client.answered[-1] > told + 1.2, "it was served nearly to the end of the drain"


def test_a_second_signal_stops_at_once(tmp_path: Path) -> None:
    with dev_master(tmp_path), replica_of(tmp_path, "--replica.drain", "600") as replica:
        wait_for(replica, lambda: status_of(replica) == 200, "ready")
        replica.child.process.send_signal(signal.SIGTERM)
        wait_for(replica, lambda: status_of(replica) == 503, "health to fail")
        replica.child.process.send_signal(signal.SIGINT)
        assert replica.child.process.wait(5) in {-signal.SIGINT, -signal.SIGTERM}


def test_a_silent_master_ends_its_replica_after_the_drain(tmp_path: Path) -> None:
    flags = ("--replica.offset.age=2", "--replica.drain=1")
    with dev_master(tmp_path) as master, replica_of(tmp_path, *flags) as replica:
        wait_for(replica, lambda: status_of(replica) == 200, "ready")
        with trickle(replica) as client:
            master.child.kill()
            killed = time.monotonic()
            wait_for(replica, lambda: status_of(replica) == 503, "health to fail")
            failed = time.monotonic()
            code, line = exit_of(replica.child)
        assert code == 4
        assert "the newest record is 2" in line
        assert line.endswith("s old by the master's clock, --replica.offset.age allows 2 s")
        assert line.startswith("ethercattle replica: ")
        assert 1.0 < failed - killed < 6.0
        assert client.failed == []
        assert client.answered[-1] > failed + 0.7


def test_a_master_that_only_sends_heartbeats_ends_its_replica_by_the_age_of_the_head(tmp_path: Path) -> None:
    flags = ("--replica.offset.age=60", "--replica.block.age=3", "--replica.drain=0")
    with dev_master(tmp_path, "--period", "0") as master, replica_of(tmp_path) as first:
        call = {"jsonrpc": "2.0", "id": 1, "method": "dev_mine", "params": ["0x1"]}
        assert "result" in httpx.post(master.url, json=call, trust_env=False, timeout=10).json()
        wait_for(first, lambda: status_of(first) == 200 and health_of(first).json()["head"]["number"] == 1, "block 1")
        first.child.stop()
        with replica_of(tmp_path, *flags) as replica:
            code, line = exit_of(replica.child)
        assert code == 4
        assert "s old, --replica.block.age allows 3 s" in line


def test_an_old_chain_is_not_served_under_a_startup_age(tmp_path: Path) -> None:
    with dev_master(tmp_path, "--period", "0") as master, replica_of(tmp_path, "--replica.startup.age=5") as replica:
        wait_for(replica, lambda: health_of(replica).json()["caught_up"], "the genesis")
        assert health_of(replica).status_code == 503
        assert "--replica.startup.age waits for one younger than 5 s" in health_of(replica).text
        refused = httpx.post(replica.url, json=HEAD, trust_env=False, timeout=10)
        assert refused.status_code == 503
        call = {"jsonrpc": "2.0", "id": 1, "method": "dev_mine", "params": ["0x1"]}
        assert "result" in httpx.post(master.url, json=call, trust_env=False, timeout=10).json()
        wait_for(replica, lambda: status_of(replica) == 200, "a young head")
        assert httpx.post(replica.url, json=HEAD, trust_env=False, timeout=10).json()["result"] == "0x1"


@pytest.mark.parametrize("more", [(), ("--replica.startup.age=45", "--replica.offset.age=62")])
def test_syncshutdown_ends_on_a_log_that_moves_on(tmp_path: Path, more: tuple[str, ...]) -> None:
    with dev_master(tmp_path, "--period", "0.05") as master:
        with closing(SqliteLog(tmp_path / "log.sqlite", create=False)) as log:
            master.child.wait_until(lambda: log.bounds(TOPIC).end > 20, WAIT_SECONDS_MAX, "20 records")
            end = log.bounds(TOPIC).end
        words = ("replica", "--datadir", tmp_path / "copy", "--kafka.broker", broker_of(tmp_path))
        done = run(*words, "--replica.syncshutdown", *more)
        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout.startswith("replica caught up at block ")
    with closing(Store(tmp_path / "copy")) as store:
        assert read_position(store).offset >= end - 1


def test_a_sync_of_a_log_that_lost_its_beginning_is_refused(tmp_path: Path) -> None:
    with dev_master(tmp_path) as master:
        assert master.child.stop() == 0
    words = ("replica", "--datadir", tmp_path / "copy", "--kafka.broker", broker_of(tmp_path), "--replica.syncshutdown")
    with closing(SqliteLog(tmp_path / "log.sqlite", create=False)) as log:
        log.truncate(TOPIC, 1)
    assert_refused(run(*words), 5, "offset 0 is needed", "snapshot")


def test_a_log_that_is_away_leaves_the_replica_serving_and_both_go_on_after(tmp_path: Path) -> None:
    log_file, away = tmp_path / "log.sqlite", tmp_path / "away.sqlite"
    with dev_master(tmp_path) as master, replica_of(tmp_path, "--replica.offset.age=600") as replica:
        wait_for(replica, lambda: status_of(replica) == 200, "ready")
        with trickle(replica) as client:
            log_file.rename(away)
            wait_for(replica, lambda: status_of(replica) == 429, "health to be degraded")
            told = health_of(replica).json()
            assert (told["status"], told["lag_records"]) == ("degraded", None)
            assert "is gone" in told["reasons"][0]

            def masters_head() -> int:
                return int(httpx.post(master.url, json=HEAD, trust_env=False, timeout=10).json()["result"], 16)

            made = masters_head() + 3
            master.child.wait_until(lambda: masters_head() >= made, WAIT_SECONDS_MAX, "blocks during the outage")
            away.rename(log_file)
            wait_for(replica, lambda: status_of(replica) == 200, "ready again")
            wait_for(replica, lambda: health_of(replica).json()["head"]["number"] >= made, "the blocks made meanwhile")
        assert client.failed == []
        assert master.child.stop() == 0
        with closing(SqliteLog(log_file, create=False)) as log:
            end = log.bounds(TOPIC).end
        wait_for(replica, lambda: health_of(replica).json()["offset"] == end - 1, "the log's end")
        assert replica.child.stop() == 0
        assert_same_content(tmp_path / "master", tmp_path / "replica")


@pytest.mark.parametrize("fault", ["retention", "made anew"])
def test_a_log_that_lost_what_is_needed_ends_the_replica_after_the_drain(tmp_path: Path, fault: str) -> None:
    log_file = tmp_path / "log.sqlite"
    with dev_master(tmp_path) as master, replica_of(tmp_path, "--replica.drain=1") as replica:
        wait_for(replica, lambda: status_of(replica) == 200, "ready")
        with trickle(replica) as client:
            if fault == "retention":
                replica.child.process.send_signal(signal.SIGSTOP)
                with closing(SqliteLog(log_file, create=False)) as log:
                    begin = log.bounds(TOPIC).end
                    master.child.wait_until(lambda: log.bounds(TOPIC).end > begin + 3, WAIT_SECONDS_MAX, "more blocks")
                    log.truncate(TOPIC, begin + 2)
                replica.child.process.send_signal(signal.SIGCONT)
            else:
                master.child.stop()
                for leftover in tmp_path.glob("log.sqlite*"):
                    leftover.unlink()
                with closing(SqliteLog(log_file, create=True)) as log:
                    log.open_writer(TOPIC, 1)
            wait_for(replica, lambda: status_of(replica) == 503, "health to fail")
            failed = time.monotonic()
            live = httpx.get(f"{replica.url}/health/live", trust_env=False, timeout=10)
            assert live.status_code == 503, "only a restart helps"
            code, line = exit_of(replica.child)
        assert code == 5
        assert ("is needed" if fault == "retention" else "replaced by another file") in line
        assert client.failed == []
        assert client.answered[-1] > failed + 0.7


def test_a_fenced_master_ends(tmp_path: Path) -> None:
    with dev_master(tmp_path) as master:
        with closing(SqliteLog(tmp_path / "log.sqlite", create=False)) as log:
            log.open_writer(TOPIC, 9)
        code, line = exit_of(master.child)
        assert code == 5
        assert "epoch 9" in line


def test_a_replica_with_no_log_says_so_after_a_few_tries(tmp_path: Path) -> None:
    began = time.monotonic()
    words = ("replica", "--datadir", tmp_path / "r", "--kafka.broker", broker_of(tmp_path), "--http.port", "0")
    assert_refused(run(*words), 5, "log.sqlite", "can't be opened")
    assert time.monotonic() - began < 20
