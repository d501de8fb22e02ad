"""Which faults can be done to which cluster, by what, and who looks."""

from pathlib import Path
from typing import Any

import httpx
import pytest

from fixtures.balancer import Balancer
from fixtures.brokers import LogAddress
from fixtures.chain_files import find_chain
from fixtures.process import Child
from fixtures.up_system import Part, Plan, Role, System, Topics
from loadtests.errors import LoadError
from loadtests.faults.grammar import parse_fault
from loadtests.faults.levers import Running, check_faults, client_way, log_ways, make_lever

NO_CHILD: Child = object()  # type: ignore[assignment] # nobody asks it anything here


Steps = list[tuple[object, ...]]


class Recorded:
    """Stands for processes, a proxy and a broker: writes down what is done to it."""

    def __init__(self, done: Steps) -> None:
        self.url = "http://127.0.0.1:9"
        self._done = done

    def __getattr__(self, name: str) -> Any:
        """Return what writes down its own name."""
        return lambda *arguments: self._done.append((name, *arguments))


class Kafka:
    """Stands for a Kafka of one broker."""

    def __init__(self, done: Steps) -> None:
        self.brokers = (Recorded(done),)


def running(
    *, is_balanced: bool = True, proxies: tuple[str, ...] = (), ways: tuple[str, ...] = (), done: Steps | None = None
) -> Running:
    """Return a cluster of two replicas that is not really there; what is done to it is written down."""
    steps: Steps = [] if done is None else done
    parts = [
        Part(Role.MASTER, "master-0", NO_CHILD, 0, "http://127.0.0.1:1"),
        Part(Role.REPLICA, "replica-0-0", NO_CHILD, 0, "http://127.0.0.1:2"),
        Part(Role.REPLICA, "replica-0-1", NO_CHILD, 0, "http://127.0.0.1:3"),
    ]
    balancer = Balancer("http://127.0.0.1:4", NO_CHILD, Path()) if is_balanced else None
    if balancer is not None:
        parts.append(Part(Role.BALANCER, "balancer", NO_CHILD, None, balancer.url))
    plan = Plan(find_chain("everyfork"), True, 1.0, "kafka", (), 1, 2, is_balanced, 0, None, 1.0)
    system = System(plan, Path(), LogAddress("kafka"), Topics(), tuple(parts), balancer)
    processes: Any = Recorded(steps)
    kafka: Any = Kafka(steps)
    client_proxies: Any = {name: Recorded(steps) for name in proxies}
    log_proxies: Any = {name: Recorded(steps) for name in ways}
    client = httpx.Client(transport=httpx.MockTransport(answer))
    return Running(system, processes, kafka, client_proxies, log_proxies, client)


def answer(request: httpx.Request) -> httpx.Response:
    """Answer as replicas do: one at offset 7, the other degraded at 9."""
    is_late = request.url.port == 3
    body = {"status": "degraded" if is_late else "ready", "offset": 9 if is_late else 7}
    return httpx.Response(429 if is_late else 200, json=body)


@pytest.mark.parametrize(
    ("text", "is_balanced", "broker", "named"),
    [
        ("kill replica 2 at 1s", True, "sqlite", "no replica 2, expected 0 to 1"),
        ("kill balancer at 1s", False, "sqlite", "there is no balancer"),
        ("kill broker at 1s", True, "sqlite", "--broker sqlite is no process of ours, expected --broker kafka"),
        ("pause broker at 1s", True, "127.0.0.1:9092", "is no process of ours"),
        ("cut master at 1s", True, "sqlite", "no proxy can stand before --broker sqlite"),
        ("slow replica 1 from broker at 1s", True, "127.0.0.1:9092", "no proxy can stand before"),
    ],
)
def test_what_can_not_be_done_is_said_in_one_line(text: str, is_balanced: bool, broker: str, named: str) -> None:
    with pytest.raises(LoadError) as caught:
        check_faults([parse_fault(text)], replicas=2, is_balanced=is_balanced, broker=broker)
    assert named in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("action", ["kill", "stop", "pause", "cut", "slow"])
@pytest.mark.parametrize("part", ["replica 1", "master", "broker", "balancer"])
def test_on_kafka_with_a_balancer_all_can_be_done(action: str, part: str) -> None:
    fault = parse_fault(f"{action} {part} at 1s")
    check_faults([fault], replicas=2, is_balanced=True, broker="kafka")
    way = client_way(fault)
    done: Steps = []
    lever = make_lever(fault, running(proxies=(way,) if way else (), ways=log_ways(fault, 2), done=done))
    lever.act()
    lever.restore()
    expected = {
        "kill": {"kill", "start"}, "stop": {"stop", "start"}, "cut": {"cut", "heal"}, "slow": {"slow"},
        "pause": {"pause", "unpause" if part == "broker" else "resume"},
    }  # fmt: skip
    assert {name for name, *_ in done} == expected[action]


@pytest.mark.parametrize(
    ("text", "clients", "log"),
    [
        ("kill replica 1 at 1s", None, ()),
        ("cut replica 1 at 1s", "replica-0-1", ()),
        ("slow balancer at 1s", "balancer", ()),
        ("cut replica 1 from broker at 1s", None, ("replica-0-1",)),
        ("cut master at 1s", None, ("master-0",)),
        ("cut broker at 1s", None, ("master-0", "txrelay-0", "replica-0-0", "replica-0-1")),
    ],
)
def test_a_proxy_stands_only_where_a_fault_needs_one(text: str, clients: str | None, log: tuple[str, ...]) -> None:
    fault = parse_fault(text)
    assert client_way(fault) == clients
    assert log_ways(fault, 2) == log


def test_a_slow_way_is_slow_by_so_much_and_then_no_more() -> None:
    done: Steps = []
    lever = make_lever(parse_fault("slow replica 1 by 50ms at 1s"), running(proxies=("replica-0-1",), done=done))
    lever.act()
    lever.restore()
    assert done == [("slow", 0.05), ("slow", 0.0)]


def test_without_a_balancer_a_replica_tells_of_itself_by_way_of_its_proxy() -> None:
    cluster = running(is_balanced=False, proxies=("replica-0-1",))
    assert cluster.url_of("replica-0-1") == "http://127.0.0.1:9"
    assert cluster.url_of("replica-0-0") == "http://127.0.0.1:2"
    seen = make_lever(parse_fault("kill replica 0 at 1s"), cluster).look()
    assert seen is not None
    assert seen.is_serving


def test_of_master_and_broker_replicas_tell_and_new_records() -> None:
    for text in ("kill master at 1s", "pause broker at 1s"):
        lever = make_lever(parse_fault(text), running())
        seen = lever.look()
        assert lever.needs_progress
        assert seen == (False, 9), "one of the replicas is degraded; the other one is at offset 7"


def test_of_a_replica_cut_from_the_log_it_tells_alone() -> None:
    cluster = running(ways=("replica-0-0",))
    assert make_lever(parse_fault("cut replica 0 from broker at 1s"), cluster).look() == (True, 7)
