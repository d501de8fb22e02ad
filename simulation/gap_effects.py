"""What a scenario has beyond the guide's formula, one effect at a time: is it there, and what is left without it.

The formula knows N masters that fail and are replaced, each by itself. An effect is taken out of a cluster's plan, or
of a system's tables; what is left is a whole scenario again.
"""

import copy
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from simulation.cluster_model import parts_of
from simulation.cluster_plan import ClusterPlan, Detection, Part
from simulation.formula import GUIDE_REPAIR_HOURS
from simulation.laws import Exponential

NO_DETECTION = Detection(0.0, 0.0, 0.0, 0.0)
Tables = dict[str, Any]


@dataclass(frozen=True, slots=True)
class ClusterEffect:
    """One thing that a cluster may have."""

    name: str
    without: Callable[[ClusterPlan], ClusterPlan]
    """The plan in which it is not; the same plan where it never was."""
    describe: Callable[[ClusterPlan], str]
    """A few words about it, of a plan that has it."""


@dataclass(frozen=True, slots=True)
class SystemEffect:
    """One thing that a system of kind "system" may have."""

    name: str
    keys: tuple[str, ...]
    """Of the file."""
    component_keys: tuple[str, ...]
    """Of each component."""

    def without(self, tables: Mapping[str, Any]) -> Tables:
        """Return the tables in which it is not."""
        left = {name: value for name, value in copy.deepcopy(dict(tables)).items() if name not in self.keys}
        for component in left["components"].values():
            for key in self.component_keys:
                component.pop(key, None)
        return left


def map_parts(plan: ClusterPlan, change: Callable[[Part], Part]) -> ClusterPlan:
    """Return a plan with every part changed."""
    return replace(
        plan,
        master=replace(plan.master, part=change(plan.master.part)),
        replica=change(plan.replica) if plan.replica is not None else None,
        kafka=replace(plan.kafka, part=change(plan.kafka.part)) if plan.kafka is not None else None,
        balancer=replace(plan.balancer, part=change(plan.balancer.part)) if plan.balancer is not None else None,
        relay=change(plan.relay) if plan.relay is not None else None,
        region=change(plan.region) if plan.region is not None else None,
    )


def _without_crew(plan: ClusterPlan) -> ClusterPlan:
    return replace(map_parts(plan, lambda part: replace(part, crew=None)), crews=())


def _without_common_cause(plan: ClusterPlan) -> ClusterPlan:
    return map_parts(plan, lambda part: replace(part, beta=0.0))


def _without_detection(plan: ClusterPlan) -> ClusterPlan:
    return replace(plan, detection=NO_DETECTION, master=replace(plan.master, stall_share=0.0))


def _without_failover(plan: ClusterPlan) -> ClusterPlan:
    single = replace(plan.master.part, count=1)
    return replace(plan, master=replace(plan.master, part=single, failover=None, standby=None))


def _without_snapshots(plan: ClusterPlan) -> ClusterPlan:
    """Return a plan in which lost units are replaced as in the guide's formula, by themselves."""
    if all(part.repair is not None for part in parts_of(plan).values()):
        return plan

    def change(part: Part) -> Part:
        return part if part.repair is not None else replace(part, repair=Exponential(GUIDE_REPAIR_HOURS), crew=None)

    return replace(map_parts(plan, change), snapshots=None)


def _without_restarts(plan: ClusterPlan) -> ClusterPlan:
    return map_parts(plan, lambda part: replace(part, restart=None))


def _without_refreshes(plan: ClusterPlan) -> ClusterPlan:
    return map_parts(plan, lambda part: replace(part, refresh=None))


def _there(plan: ClusterPlan) -> ClusterPlan:
    """Return a plan without the shocks that strike nothing that is there."""
    names = set(parts_of(plan))
    return replace(plan, shocks=tuple(shock for shock in plan.shocks if names & set(shock.parts)))


def _crew_text(plan: ClusterPlan) -> str:
    text = ", ".join(f"{each.crew.size} in {each.crew.name!r}" for each in plan.crews)
    if plan.master.part.repair is None and plan.master.part.crew is not None:
        return f"{text}; lost nodes need it for rebuilds only"
    return text


def _common_cause_text(plan: ClusterPlan) -> str:
    return ", ".join(f"{part.beta:.3g} of {name} failures" for name, part in parts_of(plan).items() if part.beta)


def _detection_text(plan: ClusterPlan) -> str:
    seconds = {
        "offset age": plan.detection.offset_age_hours * 3600,
        "block age": plan.detection.block_age_hours * 3600,
        "looked at every": plan.detection.check_every_hours * 3600,
    }
    text = ", ".join(f"{name} {value:.4g} s" for name, value in seconds.items() if value)
    stalls = f"{plan.master.stall_share:.3g} of master failures stall" if plan.master.stall_share else ""
    return ", ".join(each for each in (text, stalls) if each)


def _failover_text(plan: ClusterPlan) -> str:
    failover = plan.master.failover
    assert failover is not None
    return f"{plan.master.part.count} masters a cluster, {failover.coverage:.3g} covered"


def _kafka_text(plan: ClusterPlan) -> str:
    assert plan.kafka is not None
    owner = "for all clusters" if plan.kafka.shared else "for each cluster"
    return f"{plan.kafka.part.count} brokers, {plan.kafka.min_insync} in sync, {owner}"


def _balancer_text(plan: ClusterPlan) -> str:
    assert plan.balancer is not None
    seconds = plan.balancer.interval_hours * 3600
    return f"{plan.balancer.part.count}, looks every {seconds:.3g} s, fall {plan.balancer.fall}"


def _snapshot_text(plan: ClusterPlan) -> str:
    assert plan.snapshots is not None
    hours = plan.snapshots.every_hours, plan.snapshots.kept_hours, plan.snapshots.retention_hours
    return "every {:.3g} h, kept {:.3g} h, log kept {:.3g} h".format(*hours)


def _restart_text(plan: ClusterPlan) -> str:
    shares = ((name, part.restart.share) for name, part in parts_of(plan).items() if part.restart is not None)
    return ", ".join(f"{share:.3g} of {name} failures" for name, share in shares)


def _sync_text(plan: ClusterPlan) -> str:
    assert plan.master.sync is not None
    return f"{plan.master.sync.mean_hours * 60:.3g} min until a master has the newest block"


def _count_text(name: str, unit: str) -> Callable[[ClusterPlan], str]:
    return lambda plan: f"{parts_of(plan)[name].count} {unit}"


def _shock_text(plan: ClusterPlan) -> str:
    return ", ".join(f"{shock.name!r} each {shock.mean_hours / 24:.4g} days" for shock in plan.shocks)


def _refresh_text(plan: ClusterPlan) -> str:
    every = ((name, part.refresh.every_hours) for name, part in parts_of(plan).items() if part.refresh is not None)
    return ", ".join(f"{name} each {hours / 24:.4g} days" for name, hours in every)


CLUSTER_EFFECTS = (
    ClusterEffect("crew", _without_crew, _crew_text),
    ClusterEffect("common cause", _without_common_cause, _common_cause_text),
    ClusterEffect("detection", _without_detection, _detection_text),
    ClusterEffect("failover", _without_failover, _failover_text),
    ClusterEffect("replicas", lambda plan: replace(plan, replica=None), _count_text("replica", "a cluster")),
    ClusterEffect("Kafka", lambda plan: replace(plan, kafka=None), _kafka_text),
    ClusterEffect("balancer", lambda plan: replace(plan, balancer=None), _balancer_text),
    ClusterEffect("snapshot and retention", _without_snapshots, _snapshot_text),
    ClusterEffect("restart in place", _without_restarts, _restart_text),
    ClusterEffect("sync", lambda plan: replace(plan, master=replace(plan.master, sync=None)), _sync_text),
    ClusterEffect("relays", lambda plan: replace(plan, relay=None), _count_text("relay", "a cluster")),
    ClusterEffect("regions", lambda plan: replace(plan, region=None), _count_text("region", "for all clusters")),
    ClusterEffect("shocks", lambda plan: replace(plan, shocks=()), _shock_text),
    ClusterEffect("refreshes", _without_refreshes, _refresh_text),
)
"""In the order in which they are added to the formula."""
SYSTEM_EFFECTS = (
    SystemEffect("crew", ("crews",), ("crew",)),
    SystemEffect("common cause", (), ("common_cause_beta",)),
    SystemEffect("standby", (), ("standby",)),
    SystemEffect("shocks", ("shocks",), ()),
    SystemEffect("refreshes", (), ("refresh",)),
)


def without_effects(plan: ClusterPlan, effects: tuple[ClusterEffect, ...]) -> ClusterPlan:
    """Return a plan without some effects."""
    for effect in effects:
        plan = effect.without(plan)
    return _there(plan)
