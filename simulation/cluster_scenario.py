"""Reads scenarios of kind "cluster": masters, replicas, Kafka, balancer, relays and regions of the operator's guide.

Keys are spelled as in docs/simulation.md; flags have the guide's names and 0 for "off", as on the command line.
"""

from dataclasses import replace

from simulation.cluster_model import lower
from simulation.cluster_plan import (
    BalancerPlan,
    ClusterPlan,
    ClusterShock,
    Detection,
    Failover,
    KafkaPlan,
    MasterPlan,
    Part,
    Restart,
    Snapshots,
)
from simulation.errors import ScenarioError
from simulation.law_tables import read_law, read_law_if_there, read_lifetime
from simulation.scenario_parts import (
    read_crew_name,
    read_crews,
    read_load,
    read_measures,
    read_outages,
    read_refresh,
    read_standby,
)
from simulation.tables import Table

CLUSTERS_MAX, UNITS_MAX = 50, 1000
PARTS = ("master", "replica", "kafka", "balancer", "relay", "region")
HEARTBEAT_HOURS = 30 / 3600
"""A master sends one each 30 s (operator's guide)."""


def read_cluster(table: Table, title: str) -> ClusterPlan:
    """Read a whole cluster; its file's `title`, `comment` and `kind` are read already.

    Raises:
        ScenarioError: something is missing, wrong or contradictory; the text names the key.
    """
    crews = read_crews(table, PARTS)
    snapshots = _read_snapshots(table)
    names = list(crews)
    plan = ClusterPlan(
        title,
        clusters=table.whole("clusters", 1, high=CLUSTERS_MAX),
        master=_read_master(table, names, snapshots),
        replica=_read_part_if_there(table, "replica", names, snapshots),
        kafka=_read_kafka(table, names),
        balancer=_read_balancer(table, names),
        relay=_read_part_if_there(table, "relay", names, None),
        region=_read_part_if_there(table, "region", names, None),
        detection=_read_detection(table),
        snapshots=snapshots,
        crews=tuple(crews.values()),
        load_by_hour=read_load(table),
    )
    plan = replace(plan, shocks=tuple(_read_shock(inner, plan) for inner in table.tables("shocks")))
    check_plan(plan)
    plan = replace(plan, measures=read_measures(table, [group.name for group in lower(plan).groups]))
    table.end()
    return plan


def check_plan(plan: ClusterPlan) -> None:
    """Raise ScenarioError where parts of a plan contradict each other."""
    regions = plan.region.count if plan.region is not None else 1
    if regions > plan.clusters:
        raise ScenarioError(f"region.count is {regions}, expected at most the number of clusters, {plan.clusters}")
    if regions > 1 and plan.kafka is not None and plan.kafka.shared:
        raise ScenarioError(f"region.count is {regions}, expected kafka.shared = false: one Kafka is in one region")
    if plan.relay is not None and plan.replica is None:
        raise ScenarioError("relay is there without replica, expected both: replicas take the transactions")
    if plan.balancer is not None and not plan.balancer.redispatch and plan.replica is None:
        raise ScenarioError("balancer.redispatch is false without replica, expected replicas that can refuse")


def _read_detection(table: Table) -> Detection:
    inner = table.table("detection")
    if inner is None:
        return Detection(0.0, 0.0, 0.0, 0.0)
    offset_age, block_age = inner.flag_hours("offset_age"), inner.flag_hours("block_age")
    check_every = inner.flag_hours("check_every")
    startup_age = inner.flag_hours("startup_age")
    inner.end()
    if offset_age and offset_age <= HEARTBEAT_HOURS:
        raise ScenarioError(
            f"{inner.key('offset_age')} is {offset_age * 3600:g} seconds, expected above 30, a heartbeat"
        )
    if offset_age and block_age and block_age < offset_age:
        raise ScenarioError(
            f"{inner.key('block_age')} is {block_age * 3600:g} seconds, expected at least offset_age, "
            f"{offset_age * 3600:g} seconds"
        )
    return Detection(offset_age, block_age, check_every, startup_age)


def _read_part_if_there(table: Table, name: str, crews: list[str], snapshots: Snapshots | None) -> Part | None:
    inner = table.table(name)
    if inner is None:
        return None
    counted = "per_cluster" if name in ("replica", "relay") else "count"
    part = _read_part(inner, inner.whole(counted, 1, high=UNITS_MAX), crews, snapshots)
    inner.end()
    return part


def _read_part(table: Table, count: int, crews: list[str], snapshots: Snapshots | None) -> Part:
    """Read how units of a part fail and come back; `snapshots` is None where they can't come from one."""
    failure = read_lifetime(table, "failure")
    recovery = table.text("recovery", "repair", ("repair", "snapshot"))
    repair = read_law_if_there(table, "repair")
    if recovery == "snapshot":
        if snapshots is None:
            table.refuse("recovery", "'repair', or a [snapshots] table and a part that keeps a database")
        if repair is not None:
            raise ScenarioError(f"{table.key('repair')} and recovery = 'snapshot' contradict each other, expected one")
    elif repair is None:
        table.missing("repair", ["repair", "recovery"])
    crew = read_crew_name(table, crews)
    beta = table.number("common_cause_beta", 0.0, low=0.0, high=0.99)
    return Part(count, failure, repair, _read_restart(table), beta, crew, read_refresh(table))


def _read_restart(table: Table) -> Restart | None:
    inner = table.table("restart")
    if inner is None:
        return None
    restart = Restart(inner.number("share", low=0.0, high=1.0), read_law(inner, "time"))
    inner.end()
    return restart


def _read_failover(table: Table) -> Failover | None:
    inner = table.table("failover")
    if inner is None:
        return None
    failover = Failover(read_law(inner, "time"), inner.number("coverage", 1.0, low=0.0, high=1.0))
    inner.end()
    return failover


def _read_master(table: Table, crews: list[str], snapshots: Snapshots | None) -> MasterPlan:
    inner = table.table("master")
    if inner is None:
        table.missing("master", ["master"])
    count = inner.whole("per_cluster", 1, high=UNITS_MAX)
    part = _read_part(inner, count, crews, snapshots)
    stall_share = inner.number("stall_share", 0.0, low=0.0, high=1.0)
    restarts = part.restart.share if part.restart is not None else 0.0
    if stall_share + restarts > 1:
        raise ScenarioError(
            f"{inner.key('stall_share')} and restart.share add up to {stall_share + restarts:g}, over 1"
        )
    failover, standby = _read_failover(inner), read_standby(inner, count)
    if (count > 1) != (failover is not None):
        expected = "a [master.failover] table" if failover is None else "no [master.failover]"
        raise ScenarioError(f"{inner.key('per_cluster')} is {count}, expected {expected} with it")
    if standby is not None and (count == 1 or standby.active != 1):
        raise ScenarioError(f"{inner.key('standby')}: expected several masters per cluster, of which 1 is active")
    plan = MasterPlan(part, stall_share, read_law_if_there(inner, "sync"), standby, failover)
    inner.end()
    return plan


def _read_kafka(table: Table, crews: list[str]) -> KafkaPlan | None:
    inner = table.table("kafka")
    if inner is None:
        return None
    brokers = inner.whole("brokers", 3, high=UNITS_MAX)
    replication = inner.whole("replication", min(3, brokers))
    if replication > brokers:
        inner.refuse("replication", f"at most the number of brokers, {brokers}")
    min_insync = inner.whole("min_insync", max(1, replication - 1))
    if min_insync > replication:
        inner.refuse("min_insync", f"at most the replication, {replication}")
    part = _read_part(inner, replication, crews, None)
    plan = KafkaPlan(
        part, brokers, min_insync, inner.flag("shared", default=True), read_law_if_there(inner, "election")
    )
    inner.end()
    return plan


def _read_balancer(table: Table, crews: list[str]) -> BalancerPlan | None:
    inner = table.table("balancer")
    if inner is None:
        return None
    part = _read_part(inner, inner.whole("count", 1, high=UNITS_MAX), crews, None)
    failover = _read_failover(inner)
    if failover is not None and part.count == 1:
        inner.refuse("failover", "none for a single balancer, or count = 2")
    plan = BalancerPlan(
        part,
        interval_hours=inner.hours("interval", 2 / 3600),
        fall=inner.whole("fall", 3, high=1000),
        rise=inner.whole("rise", 2, high=1000),
        redispatch=inner.flag("redispatch", default=True),
        failover=failover,
    )
    inner.end()
    return plan


def _read_snapshots(table: Table) -> Snapshots | None:
    inner = table.table("snapshots")
    if inner is None:
        return None
    written, replayed = inner.number("write_per_second", above=0.0), inner.number("replay_per_second", above=0.0)
    if replayed <= written:
        inner.refuse("replay_per_second", f"above write_per_second ({written:g}), else a replay never catches up")
    snapshots = Snapshots(
        every_hours=inner.hours("every", 24.0),
        kept_hours=inner.hours("kept", 96.0),
        retention_hours=inner.hours("kafka_retention", 168.0),
        failure_probability=inner.number("failure_probability", 0.0, low=0.0, high=1.0),
        boot=read_law(inner, "boot"),
        restore=read_law(inner, "restore"),
        write_ratio=written / replayed,
        rebuild=read_law_if_there(inner, "rebuild"),
    )
    inner.end()
    if snapshots.kept_hours < snapshots.every_hours:
        raise ScenarioError(
            f"{inner.key('kept')} is {snapshots.kept_hours:g} hours, expected at least one interval, "
            f"{snapshots.every_hours:g} hours"
        )
    return snapshots


def _read_shock(table: Table, plan: ClusterPlan) -> ClusterShock:
    there = [name for name in PARTS if getattr(plan, name) is not None]
    name, parts = table.text("name"), table.texts("parts", there)
    if not parts:
        table.missing("parts", ["parts"])
    clusters = tuple(int(number) for number in table.numbers("clusters"))
    if len(set(clusters)) < len(clusters) or any(not 1 <= number <= plan.clusters for number in clusters):
        table.refuse("clusters", f"numbers from 1 to {plan.clusters}, each once")
    shock = ClusterShock(name, table.hours("mean"), parts, clusters, read_outages(table, bool(plan.crews)))
    table.end()
    return shock
