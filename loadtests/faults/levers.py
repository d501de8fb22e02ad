"""How each fault is done to a running cluster, and whether it can be."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import httpx

from fixtures.kafka import Kafka
from fixtures.up_system import Role, System
from loadtests.errors import LoadError
from loadtests.faults.grammar import ON_THE_WAY, Action, Fault, Target
from loadtests.faults.lever import Lever
from loadtests.faults.processes import Processes
from loadtests.faults.proxy import Proxy
from loadtests.faults.sights import Look, balanced, following, ready

MASTER, RELAY, BALANCER = "master-0", "txrelay-0", "balancer"
"""What a system of one cluster calls them."""
KAFKA = "kafka"


def replica_name(number: int) -> str:
    """Return what a system of one cluster calls a replica."""
    return f"replica-0-{number}"


def check_faults(faults: Sequence[Fault], *, replicas: int, is_balanced: bool, broker: str) -> None:
    """Say before anything is started what can't be done.

    Args:
        faults: what is wanted.
        replicas: how many there will be.
        is_balanced: whether there will be a balancer.
        broker: as `--broker` says it.

    Raises:
        LoadError: there is no such part, or nothing that could do it.
    """
    for fault in faults:
        if fault.target is Target.REPLICA and fault.number >= replicas:
            raise LoadError(f"fault '{fault}': no replica {fault.number}, expected 0 to {replicas - 1}")
        if fault.target is Target.BALANCER and not is_balanced:
            raise LoadError(f"fault '{fault}': there is no balancer, expected --balancer haproxy and HAProxy installed")
        if fault.target is Target.BROKER and broker != KAFKA:
            raise LoadError(f"fault '{fault}': --broker {broker} is no process of ours, expected --broker {KAFKA}")
        if log_ways(fault, replicas) and broker != KAFKA:
            raise LoadError(
                f"fault '{fault}': no proxy can stand before --broker {broker}, expected --broker {KAFKA} "
                f"({', '.join(action for action in Action if action not in ON_THE_WAY)} can be done)"
            )


def log_ways(fault: Fault, replicas: int) -> tuple[str, ...]:
    """Return the names of the parts whose way to the log a fault is done to."""
    if fault.action not in ON_THE_WAY:
        return ()
    if fault.target is Target.BROKER:
        return (MASTER, RELAY, *map(replica_name, range(replicas)))
    if fault.target is Target.MASTER:
        return (MASTER,)
    return (replica_name(fault.number),) if fault.is_from_broker else ()


def client_way(fault: Fault) -> str | None:
    """Return the name of the part whose clients' way to it a fault is done to, if it is."""
    if fault.action not in ON_THE_WAY or fault.is_from_broker:
        return None
    if fault.target is Target.REPLICA:
        return replica_name(fault.number)
    return BALANCER if fault.target is Target.BALANCER else None


@dataclass(frozen=True, slots=True)
class Running:
    """A running cluster, and what stands between its parts."""

    system: System
    processes: Processes
    kafka: Kafka | None
    """Where it is ours."""
    client_proxies: Mapping[str, Proxy]
    """By the name of the replica, or the balancer, that clients reach through it."""
    log_proxies: Mapping[str, Proxy]
    """By the name of the part that reaches the log through it."""
    client: httpx.Client
    """Asks parts where they stand, from several threads."""

    def url_of(self, name: str) -> str:
        """Return where clients reach a replica or the balancer."""
        if name in self.client_proxies:
            return self.client_proxies[name].url
        return next(part.url for part in self.system.parts if part.name == name and part.url)

    @property
    def replica_urls(self) -> list[str]:
        """Where the replicas are, without any proxy."""
        return [part.url for part in self.system.parts if part.role is Role.REPLICA and part.url]


def make_lever(fault: Fault, running: Running) -> Lever:
    """Return how a fault is done; `check_faults` has said that it can be."""
    act, restore = _on_the_way(fault, running) if fault.action in ON_THE_WAY else _to_the_process(fault, running)
    look, needs_progress = _look(fault, running)
    return Lever(fault, _unit(fault), act, restore, look, needs_progress)


_Steps = tuple[Callable[[], None], Callable[[], None]]


def _on_the_way(fault: Fault, running: Running) -> _Steps:
    way = client_way(fault)
    proxies = (
        [running.client_proxies[way]]
        if way is not None
        else [running.log_proxies[name] for name in log_ways(fault, len(running.replica_urls))]
    )

    def each(step: Callable[[Proxy], None]) -> None:
        for proxy in proxies:
            step(proxy)

    if fault.action is Action.CUT:
        return partial(each, lambda proxy: proxy.cut()), partial(each, lambda proxy: proxy.heal())
    return (
        partial(each, lambda proxy: proxy.slow(fault.delay_seconds)),
        partial(each, lambda proxy: proxy.slow(0.0)),
    )


def _to_the_process(fault: Fault, running: Running) -> _Steps:
    if fault.target is Target.BROKER:
        assert running.kafka is not None
        broker = running.kafka.brokers[0]
        return {
            Action.KILL: (broker.kill, broker.start),
            Action.STOP: (broker.stop, broker.start),
            Action.PAUSE: (broker.pause, broker.unpause),
        }[fault.action]
    name, processes = _unit(fault), running.processes
    act, restore = {
        Action.KILL: (processes.kill, processes.start),
        Action.STOP: (processes.stop, processes.start),
        Action.PAUSE: (processes.pause, processes.resume),
    }[fault.action]
    return partial(act, name), partial(restore, name)


def _look(fault: Fault, running: Running) -> tuple[Look, bool]:
    """Return what looks at the part, and whether only new records tell that it works."""
    if fault.target is Target.BALANCER:
        return ready(running.url_of(BALANCER), running.client), False
    if fault.target is not Target.REPLICA:
        return following(running.replica_urls, running.client), True
    name = replica_name(fault.number)
    if fault.is_from_broker:
        own = [part.url for part in running.system.parts if part.name == name and part.url]
        return following(own, running.client), True
    if running.system.balancer is not None:
        return balanced(running.system.balancer, name), False
    return ready(running.url_of(name), running.client), False


def _unit(fault: Fault) -> str:
    if fault.target is Target.REPLICA:
        return replica_name(fault.number)
    return {Target.MASTER: MASTER, Target.BALANCER: BALANCER, Target.BROKER: "broker-1"}[fault.target]
