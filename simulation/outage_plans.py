"""How units of a cluster are away: stages of detection, failover and recovery, as flags and snapshots make them."""

from collections.abc import Iterator

from simulation.cluster_plan import BalancerPlan, ClusterPlan, Failover, Part, Restart, Snapshots
from simulation.errors import ScenarioError
from simulation.laws import NOTHING, Law, between
from simulation.model import Outage, Shows, Stage

CHANCE_MIN = 1e-12
"""Ways back that are less likely are counted with the rebuild."""
SNAPSHOTS_MAX = 400


def crash_age_hours(plan: ClusterPlan) -> float:
    """Return the age at which replicas leave after their master or its log fell silent; 0: they never do."""
    ages = [age for age in (plan.detection.offset_age_hours, plan.detection.block_age_hours) if age]
    return min(ages, default=0.0)


def master_outages(plan: ClusterPlan) -> tuple[Outage, ...]:
    """Return how a master is away: the process comes back by itself, or it crashes or stalls and is recovered."""
    part, ways = plan.master.part, []
    if part.restart is not None and part.restart.share:
        ways.append(Outage("restart", part.restart.share, _restarted(plan, part.restart)))
    for name, share, age in _troubles(plan):
        shows = Shows.DOWN if age else Shows.STALE
        for chance, way, stages in recoveries(plan, part, shows):
            whole = (*_noticed(plan, age), *stages, *_synced(plan, shows), *rejoined(plan, age))
            ways.append(Outage(f"{name}{way}", share * chance, _no_empty(whole)))
    return tuple(ways)


def leadership_outages(plan: ClusterPlan, failover: Failover) -> tuple[Outage, ...]:
    """Return how a cluster of several masters has none that writes after the active one failed."""
    part, ways = plan.master.part, []
    if part.restart is not None and part.restart.share:
        ways.append(Outage("restart", part.restart.share, _restarted(plan, part.restart)))
    for name, share, age in _troubles(plan):
        shows = Shows.DOWN if age else Shows.STALE
        covered = (*_noticed(plan, age), Stage("fail over", failover.law, shows), *rejoined(plan, age))
        ways.append(Outage(f"{name}, failover", share * failover.coverage, _no_empty(covered)))
        for chance, way, stages in recoveries(plan, part, shows):
            whole = (*_noticed(plan, age), *stages, *_synced(plan, shows), *rejoined(plan, age))
            ways.append(Outage(f"{name}, no failover{way}", share * (1 - failover.coverage) * chance, _no_empty(whole)))
    return tuple(way for way in ways if way.probability)


def replica_outages(plan: ClusterPlan, part: Part) -> tuple[Outage, ...]:
    """Return how a replica is away: missed by the balancer's checks, recovered, and taken in again."""
    ways = []
    restart = part.restart.share if part.restart is not None else 0.0
    back = rejoined(plan, age=1.0)
    if part.restart is not None and restart:
        ways.append(Outage("restart", restart, _no_empty((Stage("restart", part.restart.law), *back))))
    if restart < 1:
        missed = (Stage("detect", _checks(plan.balancer, plan.balancer.fall)),) if plan.balancer is not None else ()
        for chance, way, stages in recoveries(plan, part, Shows.DOWN):
            ways.append(Outage(f"loss{way}", (1 - restart) * chance, _no_empty((*missed, *stages, *back))))
    return tuple(ways)


def log_outages(plan: ClusterPlan, part: Part) -> tuple[Outage, ...]:
    """Return how a broker is away: without enough of them, replicas serve old data up to their age limit."""
    age, ways = crash_age_hours(plan), []
    restart = part.restart.share if part.restart is not None else 0.0
    if part.restart is not None and restart:
        ways.append(Outage("restart", restart, _restarted(plan, part.restart)))
    if restart < 1:
        assert part.repair is not None
        stages = (*aging(plan, age, "repair", part.repair, needs_crew=part.crew is not None), *rejoined(plan, age))
        ways.append(Outage("loss", 1 - restart, _no_empty(stages)))
    return tuple(ways)


def plain_outages(plan: ClusterPlan, part: Part) -> tuple[Outage, ...]:
    """Return how a part that only restarts or is repaired is away."""
    restart, ways = part.restart, []
    if restart is not None and restart.share:
        ways.append(Outage("restart", restart.share, (Stage("restart", restart.law),)))
    share = 1 - (restart.share if restart is not None else 0.0)
    if share:
        for chance, way, stages in recoveries(plan, part, Shows.DOWN):
            ways.append(Outage(f"loss{way}", share * chance, stages))
    return tuple(ways)


def aging(plan: ClusterPlan, age: float, name: str, law: Law, *, needs_crew: bool = False) -> tuple[Stage, ...]:
    """Return a wait in which replicas serve old data up to an age, and nothing after; its mean is the law's."""
    stale = between(age, age + plan.detection.check_every_hours)
    if not age or law.mean_hours <= stale.mean_hours:
        return (Stage(name, law, Shows.STALE, needs_crew),)
    rest = law.scaled((law.mean_hours - stale.mean_hours) / law.mean_hours)
    return (Stage("age", stale, Shows.STALE), Stage(name, rest, Shows.DOWN, needs_crew))


def rejoined(plan: ClusterPlan, age: float) -> tuple[Stage, ...]:
    """Return the balancer's checks until it takes in replicas that were out; none where they never left."""
    if not age or plan.balancer is None or plan.replica is None:
        return ()
    return (Stage("rejoin", _checks(plan.balancer, plan.balancer.rise)),)


def recoveries(plan: ClusterPlan, part: Part, shows: Shows) -> Iterator[tuple[float, str, tuple[Stage, ...]]]:
    """Yield how a lost unit comes back: the chance, a name that follows the trouble's, and the stages."""
    needs_crew = part.crew is not None
    if part.repair is not None:
        yield 1.0, "", (Stage("repair", part.repair, shows, needs_crew),)
        return
    snapshots = plan.snapshots
    if snapshots is None:
        raise ScenarioError("recovery is 'snapshot', expected a [snapshots] table")
    left = 1.0
    for chance, number, ages in usable_snapshots(snapshots):
        left -= chance
        stages = (Stage("boot", snapshots.boot), Stage("restore", snapshots.restore), *_replayed(snapshots, ages))
        yield chance, f", snapshot {number}", tuple(Stage(stage.name, stage.law, shows) for stage in stages)
    if left > CHANCE_MIN:
        if snapshots.rebuild is None:
            raise ScenarioError(
                f"snapshots.rebuild is missing: {left:.3g} of recoveries find no good snapshot within Kafka's retention"
            )
        yield left, ", rebuild", (Stage("rebuild", snapshots.rebuild, shows, needs_crew),)


def usable_snapshots(snapshots: Snapshots) -> Iterator[tuple[float, int, Law]]:
    """Yield the snapshots that a recovery may start from: the chance, 1 for the newest, and the law of its age.

    At a failure the newest attempt is up to one interval old, the one before up to two. Each failed with the same
    probability by itself; the newest good one is taken, if it is kept and not older than what the log still has.
    """
    reach = snapshots.retention_hours - snapshots.boot.mean_hours - snapshots.restore.mean_hours
    kept = int(snapshots.kept_hours / snapshots.every_hours + 1e-9)
    good = 1 - snapshots.failure_probability
    for number in range(min(kept, SNAPSHOTS_MAX)):
        low, high = number * snapshots.every_hours, (number + 1) * snapshots.every_hours
        reached = min(1.0, (reach - low) / (high - low))
        chance = snapshots.failure_probability**number * good * reached
        if reached <= 0 or chance <= CHANCE_MIN:
            return
        yield chance, number + 1, between(low, min(high, reach))


def _replayed(snapshots: Snapshots, ages: Law) -> tuple[Stage, Stage]:
    """Return the replay of what was written since a snapshot, and of what is written meanwhile.

    Replay: age x write rate / replay rate. Meanwhile comes its share of writes, and that of those, and so on: a
    geometric series over boot, restore and replay.
    """
    ratio = snapshots.write_ratio
    again = ratio / (1 - ratio)
    meanwhile = (snapshots.boot.mean_hours + snapshots.restore.mean_hours) * again
    low, high = ages_of(ages)
    catch_up = between(low * ratio * again + meanwhile, high * ratio * again + meanwhile)
    return Stage("replay", ages.scaled(ratio)), Stage("catch up", catch_up)


def ages_of(ages: Law) -> tuple[float, float]:
    """Return the least and the greatest age of a law made by `between`."""
    low = getattr(ages, "low_hours", ages.mean_hours)
    return low, 2 * ages.mean_hours - low


def _troubles(plan: ClusterPlan) -> Iterator[tuple[str, float, float]]:
    """Yield what befalls a master but restarts: its name, its share, and the age at which replicas leave."""
    master = plan.master
    restarts = master.part.restart.share if master.part.restart is not None else 0.0
    crashes = 1 - restarts - master.stall_share
    if crashes > CHANCE_MIN:
        yield "crash", crashes, crash_age_hours(plan)
    if master.stall_share:
        yield "stall", master.stall_share, plan.detection.block_age_hours


def _noticed(plan: ClusterPlan, age: float) -> tuple[Stage, ...]:
    """Return the wait until replicas notice that their master is silent; they serve old data meanwhile."""
    if not age:
        return ()
    return (Stage("detect", between(age, age + plan.detection.check_every_hours), Shows.STALE),)


def _synced(plan: ClusterPlan, shows: Shows) -> tuple[Stage, ...]:
    """Return a recovered master's way to the newest block; without a startup age replicas serve old data meanwhile."""
    if plan.master.sync is None:
        return ()
    return (Stage("sync", plan.master.sync, shows if plan.detection.startup_age_hours else Shows.STALE),)


def _restarted(plan: ClusterPlan, restart: Restart) -> tuple[Stage, ...]:
    """Return a restart in place, of which replicas notice nothing unless it takes longer than their age limit."""
    age = crash_age_hours(plan)
    stages = aging(plan, age, "restart", restart.law)
    return stages if len(stages) == 1 else (*stages, *rejoined(plan, age))


def _checks(balancer: BalancerPlan, count: int) -> Law:
    """Return the time until so many health checks in a row have said the same; the first comes at any time."""
    return between((count - 1) * balancer.interval_hours, count * balancer.interval_hours)


def _no_empty(stages: tuple[Stage, ...]) -> tuple[Stage, ...]:
    """Return stages without those that take no time and need nobody."""
    return tuple(stage for stage in stages if stage.law != NOTHING or stage.needs_crew)
