"""A cluster of our own to load: master, log, replicas and a balancer, with proxies where faults need them."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from functools import partial

import httpx

from fixtures.balancer import IMAGE, find_haproxy
from fixtures.chain_files import ChainFiles
from fixtures.cluster import head_of
from fixtures.kafka import Kafka, running_kafka
from fixtures.kafka_settings import Way
from fixtures.nodes import CATCH_UP_SECONDS_MAX
from fixtures.ports import reserved_ports
from fixtures.process import Child
from fixtures.up_system import Plan, System, Wiring, running_system
from loadtests.errors import LoadError
from loadtests.faults.grammar import ON_THE_WAY, Fault, Target
from loadtests.faults.levers import (
    BALANCER,
    KAFKA,
    MASTER,
    Running,
    check_faults,
    client_way,
    log_ways,
    make_lever,
    replica_name,
)
from loadtests.faults.processes import Processes
from loadtests.faults.proxy import Proxies, Proxy
from loadtests.faults.runner import FaultRun
from loadtests.pool import Pool
from loadtests.summary import Mark
from reference_node.chain.files import read_blocks
from reference_node.errors import CouldNotJudge

DRAIN_SECONDS = 1.0
HEARTBEAT_SECONDS = 1.0
OFFSET_AGE_SECONDS = 5.0
"""Replicas that hear nothing from the master for so long say that they are degraded: a master's fault is noticed."""


@dataclass(frozen=True, slots=True)
class ClusterPlan:
    """What `--cluster` and its flags say."""

    chain: ChainFiles
    """Imported first; blocks of our own follow."""
    period_seconds: float
    """Between those blocks; 0: one for each transaction."""
    broker: str
    config: tuple[str, ...]
    """librdkafka's properties, each `KEY=VALUE`."""
    replicas: int
    is_balanced: bool
    """Whether HAProxy is wanted, if there is one."""
    faults: tuple[Fault, ...] = ()


@contextmanager
def cluster_pool(plan: ClusterPlan, tell: Callable[[str], None]) -> Iterator[Pool]:
    """Run a cluster whose replicas all serve the chain's head, and yield what is to be loaded.

    Args:
        plan: what to run, and what to do to it once the run has begun.
        tell: called with a line about each step, and about each fault, from other threads.

    Raises:
        LoadError: a fault can't be done to such a cluster.
        CouldNotJudge: a part ended or did not come up: the text names it and ends with its output.
    """
    is_balanced, notes = _find_balancer(plan)
    check_faults(plan.faults, replicas=plan.replicas, is_balanced=is_balanced, broker=plan.broker)
    with ExitStack() as stack:
        layout = _lay_out(plan, stack, is_balanced=is_balanced)
        proxies = stack.enter_context(closing(Proxies())) if layout.clients or layout.ways else None
        client_proxies = _open(proxies, layout.clients)
        log_proxies = _open(proxies, {name: (way.shown_port, way.port) for name, way in layout.ways.items()})
        kafka = None
        if plan.broker == KAFKA:
            tell("starting kafka")
            kafka = stack.enter_context(running_kafka(ways=tuple(layout.ways.values())))
        wiring = _wire(plan, layout, client_proxies)
        up_plan = _up_plan(plan, kafka, layout, is_balanced=is_balanced)
        system = stack.enter_context(running_system(up_plan, tell, wiring))
        processes = stack.enter_context(closing(Processes(system.parts, layout.ports)))
        client = stack.enter_context(httpx.Client(trust_env=False))
        running = Running(system, processes, kafka, client_proxies, log_proxies, client)
        _wait_for_chain(plan.chain, system, client)
        faults = FaultRun([make_lever(fault, running) for fault in plan.faults], tell)

        def ended() -> tuple[Mark, ...]:
            return (*faults.end(), *_missing(processes, faults))

        yield Pool(_targets(running), (*notes, *_describe(plan, layout, running)), faults.begin, ended)


@dataclass(frozen=True, slots=True)
class _Layout:
    """Which port is whose."""

    ports: Mapping[str, int]
    """Where replicas and the balancer listen."""
    clients: Mapping[str, tuple[int, int]]
    """By name of a replica or the balancer: the port of a proxy before it, and its own."""
    ways: Mapping[str, Way]
    """By name of a part: its own way to Kafka."""


def _lay_out(plan: ClusterPlan, stack: ExitStack, *, is_balanced: bool) -> _Layout:
    def port() -> int:
        return stack.enter_context(reserved_ports(1))[0]

    names = [replica_name(number) for number in range(plan.replicas)]
    ports = {name: port() for name in (*names, *([BALANCER] if is_balanced else []))}
    clients = {way for fault in plan.faults if (way := client_way(fault)) is not None}
    ways = sorted({name for fault in plan.faults for name in log_ways(fault, plan.replicas)})
    return _Layout(
        ports,
        {name: (port(), ports[name]) for name in sorted(clients)},
        {name: Way(f"WAY{number}", port(), port()) for number, name in enumerate(ways)},
    )


def _open(proxies: Proxies | None, ports: Mapping[str, tuple[int, int]]) -> dict[str, Proxy]:
    if proxies is None:
        return {}
    return {name: proxies.open(port, "127.0.0.1", target) for name, (port, target) in ports.items()}


def _wire(plan: ClusterPlan, layout: _Layout, client_proxies: Mapping[str, Proxy]) -> Wiring:
    # Without its fork choice: a master that is started again would go back to that head.
    imported = ("--import", str(plan.chain.chain)) if plan.chain.chain.exists() else ()

    def flags_of(part: str) -> Sequence[str]:
        if part == MASTER:
            return (*imported, "--heartbeat", str(HEARTBEAT_SECONDS))
        if part in layout.ports:
            return ("--http.port", str(layout.ports[part]), "--health.offset.age", str(OFFSET_AGE_SECONDS))
        return ()

    return Wiring(
        lambda part, broker: f"127.0.0.1:{layout.ways[part].shown_port}" if part in layout.ways else broker,
        lambda replica, url: client_proxies[replica].url if replica in client_proxies else url,
        flags_of,
    )


def _up_plan(plan: ClusterPlan, kafka: Kafka | None, layout: _Layout, *, is_balanced: bool) -> Plan:
    return Plan(
        chain=plan.chain,
        dev=True,
        period_seconds=plan.period_seconds,
        broker=plan.broker if kafka is None else kafka.bootstrap,
        config=plan.config,
        clusters=1,
        replicas=plan.replicas,
        balanced=is_balanced,
        port=layout.ports.get(BALANCER, 0),
        folder=None,
        drain_seconds=DRAIN_SECONDS,
    )


def _find_balancer(plan: ClusterPlan) -> tuple[bool, tuple[str, ...]]:
    """Say whether there will be a balancer, and what is to be said aloud."""
    turns = "clients take the replicas in turn"
    if not plan.is_balanced:
        return False, (f"no balancer: {turns}",)
    try:
        program = find_haproxy()
    except CouldNotJudge:
        return False, (f"no HAProxy found (apt-get install haproxy): {turns}",)
    for fault in plan.faults:
        if program == IMAGE and fault.target is Target.BALANCER and fault.action not in ON_THE_WAY:
            raise LoadError(f"fault '{fault}': HAProxy runs in a container here, expected one on PATH")
    return True, ()


def _targets(running: Running) -> tuple[str, ...]:
    if running.system.balancer is not None:
        return (running.url_of(BALANCER),)
    return tuple(running.url_of(replica_name(number)) for number in range(len(running.replica_urls)))


def _describe(plan: ClusterPlan, layout: _Layout, running: Running) -> list[str]:
    balancer = "HAProxy" if running.system.balancer is not None else "no balancer"
    blocks = f"each {plan.period_seconds:g} s" if plan.period_seconds else "for each transaction"
    lines = [
        f"cluster: a master with {plan.chain.name} and a block {blocks}, log {plan.broker}, "
        f"{plan.replicas} replicas, {balancer}"
    ]
    if layout.clients:
        lines.append(f"for the faults there is a proxy before {', '.join(layout.clients)}")
    if layout.ways:
        lines.append(f"for the faults there is a proxy between the log and {', '.join(layout.ways)}")
    return lines


def _missing(processes: Processes, faults: FaultRun) -> list[Mark]:
    """Return a mark for each part that has ended by no fault of ours: the run is not what was asked for."""
    marks = []
    for name, child in processes.ended().items():
        output = child.tail().splitlines()
        why = (
            f"{name} ended by itself with code {child.process.returncode}{': ' if output else ''}{''.join(output[-1:])}"
        )
        marks.append(Mark(faults.now(), why, failure=why))
    return marks


def _wait_for_chain(chain: ChainFiles, system: System, client: httpx.Client) -> None:
    """Wait until each replica serves the imported chain, as what is asked for is sampled from it."""
    head = head_of(chain)
    number = next((block.header.number for block in read_blocks(chain.chain) if block.header.hash == head), 0)
    for part in system.parts:
        if part.name.startswith("replica") and part.url:
            _wait_for_block(part.child, part.url, number, client)


def _wait_for_block(child: Child, url: str, number: int, client: httpx.Client) -> None:
    child.wait_until(partial(_has_block, url, number, client), CATCH_UP_SECONDS_MAX, f"block {number}")


def _has_block(url: str, number: int, client: httpx.Client) -> bool:
    try:
        head = client.get(f"{url}/health").json()["head"] or {}
    except (httpx.HTTPError, ValueError):
        return False
    return bool(head.get("number", -1) >= number)
