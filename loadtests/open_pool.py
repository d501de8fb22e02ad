"""Opens what the flags say is to be loaded: nodes that run already, or a cluster of our own."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from fixtures.brokers import check_kind, load_modules
from fixtures.chain_files import find_chain
from loadtests.cluster import ClusterPlan, cluster_pool
from loadtests.cluster_flags import HAPROXY
from loadtests.errors import LoadError
from loadtests.faults.grammar import parse_faults
from loadtests.options import Options
from loadtests.pool import Pool, reach


def plan_cluster(options: Options) -> ClusterPlan:
    """Return the cluster that the flags describe.

    Raises:
        UsageError: there is no such chain or broker, or a fault can't be read, or would be done after the run's end.
    """
    check_kind(options.broker, options.kafka_words)
    faults = parse_faults(options.fault_texts)
    end_seconds = options.warmup + options.duration
    late = next((fault for fault in faults if fault.at_seconds >= end_seconds), None)
    if late is not None:
        raise LoadError(f"fault '{late}' comes after the run's end at {end_seconds:g} s, warm-up included")
    return ClusterPlan(
        chain=find_chain(options.chain_name),
        period_seconds=options.period,
        broker=options.broker,
        config=options.kafka_words,
        replicas=options.replicas,
        is_balanced=options.balancer == HAPROXY,
        faults=faults,
    )


@contextmanager
def open_pool(options: Options, tell: Callable[[str], None]) -> Iterator[Pool]:
    """Yield what is to be loaded; what was started for it is gone at the end.

    Args:
        options: the flags.
        tell: called with a line about each step and each fault.

    Raises:
        UsageError: the flags ask for what can't be.
        CouldNotJudge: a target does not answer, or a part of the cluster did not come up.
    """
    if not options.is_cluster:
        yield reach(options.targets)
        return
    plan = plan_cluster(options)
    load_modules(plan.broker)
    with cluster_pool(plan, tell) as pool:
        yield pool
