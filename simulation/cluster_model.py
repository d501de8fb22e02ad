"""Lowers a cluster plan to the model that every engine takes.

Groups: `balancer`, `kafka`, `region_K`, and for each cluster I `master_I`, `replica_I`, `relay_I`; where others take
over, `leader_I`, `kafka_leader` and `balancer_leader` are down from a failure of the one that works until the next one
does. Reads need a replica of a cluster whose master, log and region are there, or were until lately.
"""

from collections.abc import Iterator
from dataclasses import replace

from simulation.cluster_plan import BalancerPlan, ClusterPlan, Failover, KafkaPlan, Part
from simulation.laws import Deterministic
from simulation.model import Crew, Group, Measure, Model, Outage, Shock, Stage, Standby
from simulation.outage_plans import (
    aging,
    crash_age_hours,
    leadership_outages,
    log_outages,
    master_outages,
    plain_outages,
    rejoined,
    replica_outages,
)
from simulation.scenario_parts import without_common_cause
from simulation.structure import parse_expression


def lower(plan: ClusterPlan) -> Model:
    """Return the model of a cluster plan."""
    groups = tuple(_groups(plan))
    names = tuple(group.name for group in groups)
    crews = tuple(_crew(plan, crew.crew) for crew in plan.crews)
    own = tuple(measure for measure in plan.measures if set(measure.expression.names) <= set(names))
    measures = (*_measures(plan, names), *own)
    return Model(plan.title, groups, crews, tuple(_shocks(plan, names)), measures, plan.load_by_hour)


def part_of(group: str) -> str:
    """Return the part that a group's units belong to: `master` of `master_2`."""
    name, _, number = group.rpartition("_")
    return name if number.isdigit() else group


def _groups(plan: ClusterPlan) -> Iterator[Group]:
    """Yield all groups, what clusters share first."""
    if plan.region is not None:
        for number in range(1, plan.region.count + 1):
            yield _group(plan, f"region_{number}", replace(plan.region, count=1), plain_outages(plan, plan.region))
    if plan.balancer is not None:
        yield from _balancer_groups(plan, plan.balancer)
    if plan.kafka is not None and plan.kafka.shared:
        yield from _kafka_groups(plan, plan.kafka, "")
    for number in range(1, plan.clusters + 1):
        yield from _cluster_groups(plan, number)


def _cluster_groups(plan: ClusterPlan, number: int) -> Iterator[Group]:
    """Yield the groups of one cluster."""
    master, turn = plan.master, (number - 1) / plan.clusters
    standby = master.standby
    yield _group(plan, f"master_{number}", master.part, master_outages(plan), standby=standby, turn=turn)
    if master.failover is not None:
        yield _leader(f"leader_{number}", master.part, leadership_outages(plan, master.failover))
    if plan.kafka is not None and not plan.kafka.shared:
        yield from _kafka_groups(plan, plan.kafka, f"_{number}")
    if plan.replica is not None:
        yield _group(plan, f"replica_{number}", plan.replica, replica_outages(plan, plan.replica), turn=turn)
    if plan.relay is not None:
        yield _group(plan, f"relay_{number}", plan.relay, plain_outages(plan, plan.relay), turn=turn)


def _group(
    plan: ClusterPlan,
    name: str,
    part: Part,
    outages: tuple[Outage, ...],
    *,
    standby: Standby | None = None,
    turn: float = 0.0,
) -> Group:
    """Return a group of a part's units; `turn` is the cluster's share of the time between two refreshes."""
    inspected = next((crew for crew in plan.crews if crew.crew.name == part.crew), None)
    if inspected is not None:
        outages = tuple(inspected.outage(outage) for outage in outages)
    refresh = part.refresh
    if refresh is not None:
        refresh = replace(refresh, offset_hours=turn * refresh.every_hours)
    failure = without_common_cause(part.failure, _beta(plan, name, part))
    return Group(name, part.count, failure, outages, part.crew, standby, refresh)


def _leader(name: str, part: Part, outages: tuple[Outage, ...]) -> Group:
    """Return the one unit that is away whenever the active one of a part failed and no other took over yet."""
    return Group(name, 1, part.failure, outages)


def _balancer_groups(plan: ClusterPlan, balancer: BalancerPlan) -> Iterator[Group]:
    yield _group(plan, "balancer", balancer.part, plain_outages(plan, balancer.part))
    if balancer.failover is not None:
        yield _leader("balancer_leader", balancer.part, _taken_over(plan, balancer.part, balancer.failover))
    if not balancer.redispatch and plan.replica is not None:
        replicas = plan.replica.count * plan.clusters
        missed = Deterministic((balancer.fall - 0.5) * balancer.interval_hours / replicas)
        stage = Stage("send to the dead", missed)
        yield Group("routing", 1, plan.replica.failure.scaled(1 / replicas), (Outage("miss", 1.0, (stage,)),))


def _taken_over(plan: ClusterPlan, part: Part, failover: Failover) -> tuple[Outage, ...]:
    covered = Outage("failover", failover.coverage, (Stage("fail over", failover.law),))
    others = [
        replace(outage, name=f"no failover, {outage.name}", probability=outage.probability * (1 - failover.coverage))
        for outage in plain_outages(plan, replace(part, crew=None))
    ]
    return tuple(outage for outage in (covered, *others) if outage.probability)


def _kafka_groups(plan: ClusterPlan, kafka: KafkaPlan, suffix: str) -> Iterator[Group]:
    yield _group(plan, f"kafka{suffix}", kafka.part, log_outages(plan, kafka.part))
    if kafka.election is not None:
        stages = aging(plan, crash_age_hours(plan), "elect", kafka.election)
        back = rejoined(plan, crash_age_hours(plan)) if len(stages) > 1 else ()
        yield _leader(f"kafka_leader{suffix}", kafka.part, (Outage("election", 1.0, (*stages, *back)),))


def _crew(plan: ClusterPlan, crew: Crew) -> Crew:
    """Return a crew whose priorities name groups instead of parts."""
    names = [group.name for group in _groups(plan)]
    return replace(crew, priorities=tuple(name for part in crew.priorities for name in names if part_of(name) == part))


def parts_of(plan: ClusterPlan) -> dict[str, Part]:
    """Return every part there is by its name."""
    found = {
        "master": plan.master.part,
        "replica": plan.replica,
        "kafka": plan.kafka.part if plan.kafka is not None else None,
        "balancer": plan.balancer.part if plan.balancer is not None else None,
        "relay": plan.relay,
        "region": plan.region,
    }
    return {name: part for name, part in found.items() if part is not None}


def _units(plan: ClusterPlan, name: str, part: Part) -> int:
    """Return how many units of a part there are in all clusters."""
    per_cluster = name in ("master", "replica", "relay") or (name == "kafka" and not _shares_kafka(plan))
    return part.count * (plan.clusters if per_cluster else 1)


def _shares_kafka(plan: ClusterPlan) -> bool:
    return plan.kafka is not None and plan.kafka.shared


def _beta(plan: ClusterPlan, group: str, part: Part) -> float:
    """Return the share of a unit's failures that it has in common with others; none where it is the only one."""
    return part.beta if _units(plan, part_of(group), parts_of(plan)[part_of(group)]) > 1 else 0.0


def _shocks(plan: ClusterPlan, names: tuple[str, ...]) -> Iterator[Shock]:
    """Yield common causes, then the scenario's own shocks."""
    for name, part in parts_of(plan).items():
        if part.beta and _units(plan, name, part) > 1:
            struck = tuple(group for group in names if part_of(group) == name)
            yield Shock(f"common cause of {name}", part.failure.mean_hours / part.beta, struck)
    for shock in plan.shocks:
        struck = tuple(
            group for group in names if part_of(group) in shock.parts and _is_in(plan, group, shock.clusters)
        )
        yield Shock(shock.name, shock.mean_hours, struck, shock.outages)


def _is_in(plan: ClusterPlan, group: str, clusters: tuple[int, ...]) -> bool:
    """Say whether a group belongs to some clusters; what all clusters share belongs to each."""
    number = group.rpartition("_")[2]
    if not clusters or not number.isdigit():
        return True
    if part_of(group) == "region":
        return int(number) in {_region(plan, cluster) for cluster in clusters}
    return int(number) in clusters


def _region(plan: ClusterPlan, cluster: int) -> int:
    """Return the region that a cluster is in."""
    regions = plan.region.count if plan.region is not None else 1
    return (cluster - 1) % regions + 1


def _measures(plan: ClusterPlan, names: tuple[str, ...]) -> Iterator[Measure]:
    """Yield reads, fresh reads and, where there are relays, writes."""
    numbers = range(1, plan.clusters + 1)
    front = [name for name in ("balancer", "balancer_leader", "routing", *_log(plan, "")) if _is_there(name, names)]
    sources = {
        number: [f"region_{_region(plan, number)}", f"master_{number}", f"leader_{number}", *_log(plan, f"_{number}")]
        for number in numbers
    }
    readers = [_all([*sources[number], f"replica_{number}"], names) for number in numbers]
    reads = parse_expression(_all([*front, _any(readers)], names), names)
    yield Measure("reads", reads, counts_stale=True)
    yield Measure("fresh_reads", reads, counts_stale=False)
    if plan.relay is None:
        return
    if plan.kafka is None or plan.kafka.shared:
        senders = [_all([*sources[number], f"relay_{number}"], names) for number in numbers]
        text = _all([*front, _any(readers), _any(senders)], names)
    else:
        both = [_all([*sources[number], f"replica_{number}", f"relay_{number}"], names) for number in numbers]
        text = _all([*front, _any(both)], names)
    yield Measure("writes", parse_expression(text, names), counts_stale=False)


def _log(plan: ClusterPlan, suffix: str) -> list[str]:
    least = plan.kafka.min_insync if plan.kafka is not None else 0
    return [f"kafka{suffix} >= {least}", f"kafka_leader{suffix}"]


def _is_there(condition: str, names: tuple[str, ...]) -> bool:
    return condition.startswith("(") or condition.split(" ")[0] in names


def _all(conditions: list[str], names: tuple[str, ...]) -> str:
    return " and ".join(condition for condition in conditions if _is_there(condition, names))


def _any(conditions: list[str]) -> str:
    if len(conditions) == 1:
        return conditions[0]
    return "(" + " or ".join(f"({each})" if " " in each else each for each in conditions) + ")"
