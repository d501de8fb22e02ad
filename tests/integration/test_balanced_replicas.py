"""HAProxy before two replicas that are stopped, drained, killed, frozen and late in turn: clients see none of it."""

import signal
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from fixtures.balancer import Balancer, State, running_balancer
from fixtures.chain_files import find_chain
from fixtures.cluster import DevMaster, Replica, start_dev_master, start_replica
from fixtures.ports import reserved_ports
from fixtures.process import STOP_SECONDS_MAX, stop_together
from tests.integration.late_log import LateLog

CHAIN = find_chain("everyfork")
pytestmark = [pytest.mark.real, pytest.mark.usefixtures("haproxy_program")]
SETTLE_SECONDS_MAX = 60.0
PERIOD_SECONDS = "0.1"
PAUSE_SECONDS = 0.01
READERS = 3
READS_SEEN = 100
"""So many answers are waited for after each change."""
SLIGHTLY_LATE_SECONDS = 0.5
OFFSET_AGE_SECONDS = 3.0
VERY_LATE_SECONDS = 6.0
QUICK_CALLS = (
    {"method": "eth_blockNumber", "params": []},
    {"method": "eth_getBlockByNumber", "params": ["latest", False]},
    {"method": "eth_getBalance", "params": ["0x" + "77" * 20, "latest"]},
)
ALL_CALLS = (
    *QUICK_CALLS,
    {"method": "eth_call", "params": [{"to": "0x" + "77" * 20}, "latest"]},
    {"method": "eth_getLogs", "params": [{"fromBlock": "latest", "toBlock": "latest"}]},
)


@dataclass
class Reader(threading.Thread):
    """Reads one answer after the other, and writes down what a client must never see."""

    urls: tuple[str, ...]
    """Asked in turn."""
    calls: Sequence[Mapping[str, Any]]
    done: threading.Event
    faults: list[str] = field(default_factory=list)
    reads: int = 0
    head: int = -1

    def __post_init__(self) -> None:
        super().__init__(name="reader")

    __hash__ = threading.Thread.__hash__

    def run(self) -> None:
        """Read until told to stop, on a connection of its own that is made anew now and then."""
        while not self.done.is_set():
            with httpx.Client(trust_env=False, timeout=60) as client:
                for _ in range(50):
                    if self.done.wait(PAUSE_SECONDS):
                        return
                    self._read(client)

    def _read(self, client: httpx.Client) -> None:
        call = {"jsonrpc": "2.0", "id": self.reads, **self.calls[self.reads % len(self.calls)]}
        self.reads += 1
        try:
            answer = client.post(self.urls[self.reads % len(self.urls)], json=call)
        except httpx.HTTPError as error:
            self.faults.append(f"{call}: {error!r}")
            return
        if answer.status_code != 200 or "result" not in answer.json():
            self.faults.append(f"{call}: {answer.status_code} {answer.text[:200]}")
            return
        head = int(answer.headers["X-EtherCattle-Block-Number"])
        if head < self.head:
            self.faults.append(f"{call}: block {head} after {self.head}")
        self.head = max(self.head, head)
        if call["method"] == "eth_blockNumber" and int(answer.json()["result"], 16) < self.head:
            self.faults.append(f"{call}: result {answer.text} after {self.head}")


@dataclass
class Scene:
    """A dev master with two replicas that can be started again on their ports; the second one's log can be late."""

    master: DevMaster
    brokers: tuple[str, str]
    late: LateLog
    folder: Path
    ports: tuple[int, ...]
    replicas: list[Replica] = field(default_factory=list)

    def start(self, number: int) -> Replica:
        """Start a replica, for the first time or again."""
        flags = ["--http.port", str(self.ports[number]), "--replica.drain", "1"]
        flags += ["--health.offset.age", str(OFFSET_AGE_SECONDS)]
        name = f"replica-{number}"
        return start_replica(self.folder / name, self.brokers[number], self.folder / f"{name}.log", flags)

    @property
    def urls(self) -> dict[str, str]:
        """The replicas' URLs by name."""
        return {f"replica-{number}": replica.url for number, replica in enumerate(self.replicas)}


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    """A master that makes blocks all the time, and two replicas that have come to serve."""
    with ExitStack() as stack:
        broker = f"sqlite:///{tmp_path}/log.sqlite"
        flags = ["--period", PERIOD_SECONDS, "--heartbeat", "0.5"]
        master = start_dev_master(CHAIN, tmp_path / "master", broker, tmp_path / "master.log", flags)
        stack.callback(master.child.stop)
        late = LateLog(tmp_path / "log.sqlite", tmp_path / "late.sqlite")
        late.start()
        stack.callback(late.stop)
        ports = stack.enter_context(reserved_ports(2))
        made = Scene(master, (broker, f"sqlite:///{tmp_path}/late.sqlite"), late, tmp_path, ports)
        stack.callback(lambda: stop_together([replica.child for replica in made.replicas]))
        for number in range(2):
            made.replicas.append(made.start(number))
        for replica in made.replicas:
            wait_until(lambda url=replica.url: is_ready(url), "readiness")  # type: ignore[misc]
        yield made


@contextmanager
def balanced(scene: Scene) -> Iterator[Balancer]:
    """Run an HAProxy before the replicas, and wait until it finds both good."""
    with ExitStack() as stack:
        balancer = stack.enter_context(running_balancer(scene.urls, scene.folder / "balancer"))
        wait_until(lambda: set(balancer.states().values()) == {"UP"}, "both replicas up", balancer.states)
        yield balancer


@contextmanager
def reading(*urls: str, calls: Sequence[Mapping[str, Any]] = ALL_CALLS) -> Iterator[list[Reader]]:
    """Read in several threads until the end."""
    done = threading.Event()
    readers = [Reader(urls, calls, done) for _ in range(READERS)]
    for reader in readers:
        reader.start()
    try:
        yield readers
    finally:
        done.set()
        for reader in readers:
            reader.join()


def wait_until(probe: Callable[[], bool], what: str, shown: Callable[[], object] = str) -> None:
    """Wait for a condition, and fail with what is shown."""
    deadline = time.monotonic() + SETTLE_SECONDS_MAX
    while not probe():
        assert time.monotonic() < deadline, f"waited in vain for {what}: {shown()}"
        time.sleep(0.01)


def is_ready(url: str) -> bool:
    """Say whether a replica may be used."""
    try:
        return httpx.get(f"{url}/health/ready", trust_env=False, timeout=5).status_code == 200
    except httpx.HTTPError:
        return False


def wait_for_reads(readers: list[Reader]) -> None:
    """Wait until each reader has had a number of further answers."""
    wanted = [reader.reads + READS_SEEN // READERS for reader in readers]
    wait_until(
        lambda: all(reader.reads >= reads for reader, reads in zip(readers, wanted, strict=True)),
        "answers", lambda: [reader.faults[:3] for reader in readers],
    )  # fmt: skip


def faults_of(readers: list[Reader]) -> list[str]:
    """Return what the readers must not have seen."""
    return [fault for reader in readers for fault in reader.faults]


def wait_for_state(balancer: Balancer, name: str, state: str) -> None:
    """Wait until HAProxy holds this of a replica."""
    wait_until(lambda: balancer.states()[name].startswith(state), f"{name} {state}", balancer.states)


def test_clients_see_nothing_of_a_replica_that_is_stopped_drained_or_killed(scene: Scene) -> None:
    number, name = 1, "replica-1"
    with balanced(scene) as balancer, reading(balancer.url) as readers:
        wait_for_reads(readers)

        scene.replicas[number].child.process.send_signal(signal.SIGTERM)
        assert scene.replicas[number].child.process.wait(STOP_SECONDS_MAX) == 0
        wait_for_reads(readers)
        scene.replicas[number] = scene.start(number)
        wait_for_state(balancer, name, "UP")
        wait_for_reads(readers)
        assert faults_of(readers) == [], "stopped"

        balancer.set_state(name, State.DRAIN)
        wait_for_state(balancer, name, "DRAIN")
        wait_for_reads(readers)
        balancer.set_state(name, State.READY)
        wait_for_state(balancer, name, "UP")
        wait_for_reads(readers)
        assert faults_of(readers) == [], "drained"

        scene.replicas[number].child.kill()
        wait_for_reads(readers)
        scene.replicas[number] = scene.start(number)
        wait_for_state(balancer, name, "UP")
        wait_for_reads(readers)
        assert faults_of(readers) == [], "killed"
    heads = [reader.head for reader in readers]
    assert min(heads) > 10, "the master made no blocks meanwhile"


def test_clients_see_nothing_but_a_wait_of_a_replica_that_freezes(scene: Scene) -> None:
    # Quick calls only: one that may be slow is waited for as long as a replica may take for it, 30 s and more.
    with balanced(scene) as balancer, reading(balancer.url, calls=QUICK_CALLS) as readers:
        wait_for_reads(readers)
        frozen = scene.replicas[0].child.process
        frozen.send_signal(signal.SIGSTOP)
        wait_for_state(balancer, "replica-0", "DOWN")
        wait_for_reads(readers)
        frozen.send_signal(signal.SIGCONT)
        wait_for_state(balancer, "replica-0", "UP")
        wait_for_reads(readers)
    assert faults_of(readers) == []


def test_clients_see_no_older_head_while_a_replica_is_late(scene: Scene) -> None:
    with balanced(scene) as balancer, reading(balancer.url) as readers:
        wait_for_reads(readers)
        scene.late.seconds = SLIGHTLY_LATE_SECONDS  # good for its thresholds: requests to it wait for the block
        wait_for_reads(readers)
        assert balancer.states() == {"replica-0": "UP", "replica-1": "UP"}
        assert faults_of(readers) == [], "slightly late"
        scene.late.seconds = VERY_LATE_SECONDS
        wait_for_state(balancer, "replica-1", "DEGRADED")
        wait_for_reads(readers)
        assert faults_of(readers) == [], "very late"
        scene.late.seconds = 0.0
        wait_for_state(balancer, "replica-1", "UP")
        wait_for_reads(readers)
    assert faults_of(readers) == []


def test_readers_without_a_balancer_do_see_it(scene: Scene) -> None:
    scene.late.seconds = SLIGHTLY_LATE_SECONDS
    with reading(*scene.urls.values()) as readers:
        wait_until(lambda: any("after" in fault for fault in faults_of(readers)), "a head that goes back")
        scene.replicas[1].child.kill()
        wait_until(lambda: any("Connect" in fault for fault in faults_of(readers)), "a failed answer")
