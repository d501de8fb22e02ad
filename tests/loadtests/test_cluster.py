"""How a cluster is put together: what its parts are told, what stands between them, and what is said aloud."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from fixtures.balancer import IMAGE, Balancer
from fixtures.brokers import LogAddress
from fixtures.chain_files import find_chain
from fixtures.process import Child
from fixtures.up_system import Part, Plan, Role, System, Topics, Wiring
from loadtests import cluster
from loadtests.cluster import ClusterPlan, cluster_pool
from loadtests.errors import LoadError
from loadtests.faults.grammar import parse_faults
from loadtests.pool import Pool
from reference_node.errors import CouldNotJudge

CHAIN = find_chain("everyfork")


class Ended:
    """Stands for a process: what it ended with, or None while it runs."""

    def __init__(self, returncode: int | None) -> None:
        self.returncode = returncode

    def poll(self) -> int | None:
        """Return what it ended with."""
        return self.returncode


def child(name: str, code: int | None = None, log: Path = Path("/dev/null")) -> Child:
    """Return a process that is not there."""
    return Child(name, Ended(code), log)  # type: ignore[arg-type] # it is asked for its end only


@dataclass
class Started:
    """What was to be started; nothing is."""

    plans: list[Plan] = field(default_factory=list)
    wirings: list[Wiring] = field(default_factory=list)
    master: Child = field(default_factory=lambda: child("master-0"))

    @contextmanager
    def running_system(self, plan: Plan, _tell: Callable[[str], None], wiring: Wiring) -> Iterator[System]:
        """Stand for the real one."""
        self.plans.append(plan)
        self.wirings.append(wiring)
        parts = [Part(Role.MASTER, "master-0", self.master, 0, "http://127.0.0.1:1")]
        parts += [
            Part(Role.REPLICA, f"replica-0-{number}", child("part"), 0, f"http://127.0.0.1:{number + 2}")
            for number in range(plan.replicas)
        ]
        balancer = Balancer(f"http://127.0.0.1:{plan.port}", child("part"), Path()) if plan.balanced else None
        if balancer is not None:
            parts.append(Part(Role.BALANCER, "balancer", child("part"), None, balancer.url))
        yield System(plan, Path(), LogAddress("sqlite:///log"), Topics(), tuple(parts), balancer)


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> Started:
    """Replace what starts processes, and waits for them."""
    made = Started()
    monkeypatch.setattr(cluster, "running_system", made.running_system)
    monkeypatch.setattr(cluster, "find_haproxy", lambda: "/usr/sbin/haproxy")
    monkeypatch.setattr(cluster, "_wait_for_chain", lambda *_: None)
    return made


def open_cluster(*faults: str, **values: Any) -> Pool:
    """Return the pool of a cluster that is closed again."""
    plan = ClusterPlan(CHAIN, 1.0, "sqlite", (), 2, True, parse_faults(faults))
    changed = {name: values.get(name, getattr(plan, name)) for name in plan.__dataclass_fields__}
    with cluster_pool(ClusterPlan(**changed), lambda _: None) as pool:
        return pool


def test_clients_call_the_balancer_on_a_port_that_it_gets_back_after_a_kill(started: Started) -> None:
    pool = open_cluster()
    assert started.plans[0].port > 0
    assert pool.targets == (f"http://127.0.0.1:{started.plans[0].port}",)
    assert pool.notes == ("cluster: a master with everyfork and a block each 1 s, log sqlite, 2 replicas, HAProxy",)


def test_the_master_goes_on_from_the_chain_and_replicas_have_ports_of_their_own(started: Started) -> None:
    open_cluster()
    wiring = started.wirings[0]
    assert list(wiring.flags_of("master-0")) == ["--import", str(CHAIN.chain), "--heartbeat", "1.0"]
    ports = [wiring.flags_of(f"replica-0-{number}")[1] for number in range(2)]
    assert len(set(ports)) == 2
    assert list(wiring.flags_of("txrelay-0")) == []
    assert wiring.broker_of("replica-0-0", "sqlite:///log") == "sqlite:///log"
    assert wiring.url_of("replica-0-0", "http://127.0.0.1:2") == "http://127.0.0.1:2"


def test_a_replica_that_will_be_cut_is_reached_through_a_proxy(started: Started) -> None:
    pool = open_cluster("cut replica 1 at 1s")
    wiring = started.wirings[0]
    assert wiring.url_of("replica-0-0", "http://127.0.0.1:2") == "http://127.0.0.1:2"
    assert wiring.url_of("replica-0-1", "http://127.0.0.1:3") != "http://127.0.0.1:3"
    assert "for the faults there is a proxy before replica-0-1" in pool.notes


def test_a_balancer_that_will_be_slow_is_called_through_a_proxy(started: Started) -> None:
    pool = open_cluster("slow balancer at 1s")
    assert pool.targets != (f"http://127.0.0.1:{started.plans[0].port}",)


@pytest.mark.parametrize("is_found", [True, False])
def test_without_a_balancer_clients_take_turns_and_that_is_said_aloud(
    started: Started, monkeypatch: pytest.MonkeyPatch, is_found: bool
) -> None:
    def find() -> str:
        raise CouldNotJudge("no HAProxy")

    if not is_found:
        monkeypatch.setattr(cluster, "find_haproxy", find)
    pool = open_cluster(is_balanced=not is_found, period_seconds=0.0)
    assert pool.targets == ("http://127.0.0.1:2", "http://127.0.0.1:3")
    assert not started.plans[0].balanced
    assert pool.notes[0].endswith("clients take the replicas in turn")
    assert pool.notes[0].startswith("no balancer" if is_found else "no HAProxy found")
    assert "a block for each transaction" in pool.notes[1]


def test_without_haproxy_there_is_no_balancer_to_kill(started: Started, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "find_haproxy", lambda: IMAGE)
    with pytest.raises(LoadError, match="HAProxy runs in a container here, expected one on PATH"):
        open_cluster("kill balancer at 1s")
    with pytest.raises(LoadError, match="there is no balancer"):
        open_cluster("kill balancer at 1s", is_balanced=False)
    assert started.plans == []


def test_nothing_is_left_where_a_part_does_not_come_up(started: Started, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise CouldNotJudge("master-0 ended")

    monkeypatch.setattr(cluster, "_wait_for_chain", fail)
    with pytest.raises(CouldNotJudge, match="master-0 ended"):
        open_cluster("cut replica 1 at 1s")
    assert len(started.plans) == 1


def test_a_part_that_ended_by_itself_is_marked_and_the_run_is_not_judged(started: Started, tmp_path: Path) -> None:
    log = tmp_path / "master.log"
    log.write_text("starting\nno space left on device\n")
    started.master = child("master-0", 2, log)
    (mark,) = open_cluster().ended()
    assert mark.text == mark.failure == "master-0 ended by itself with code 2: no space left on device"


def test_where_all_parts_are_there_at_the_end_nothing_is_marked(started: Started) -> None:
    assert open_cluster().ended() == ()
    assert started.plans != []
