"""What a scenario of kind "cluster" says, as frozen values. Durations are hours, 0 means that a flag is off."""

from dataclasses import dataclass

from simulation.laws import Law
from simulation.model import Measure, Outage, Refresh, Standby
from simulation.scenario_parts import CrewPlan


@dataclass(frozen=True, slots=True)
class Restart:
    """What a process manager cures in place: the disk is whole, the process comes back."""

    share: float
    """Of all failures."""
    law: Law


@dataclass(frozen=True, slots=True)
class Part:
    """Units that are alike: how they fail and come back."""

    count: int
    """Per cluster for masters, replicas and relays."""
    failure: Law
    repair: Law | None
    """None: from a snapshot."""
    restart: Restart | None = None
    beta: float = 0.0
    """Share of failures that strike all such units of all clusters at once (beta-factor)."""
    crew: str | None = None
    """Who repairs or rebuilds; what is automatic needs nobody."""
    refresh: Refresh | None = None


@dataclass(frozen=True, slots=True)
class Failover:
    """How another unit takes over from the one that works."""

    law: Law
    coverage: float
    """Chance that it succeeds; else the cluster waits for a whole recovery."""


@dataclass(frozen=True, slots=True)
class MasterPlan:
    """The masters of one cluster."""

    part: Part
    stall_share: float = 0.0
    """Share of failures in which heartbeats go on and blocks don't: only the block age tells."""
    sync: Law | None = None
    """From its recovery until it has the network's newest block."""
    standby: Standby | None = None
    failover: Failover | None = None
    """None where there is one master."""


@dataclass(frozen=True, slots=True)
class KafkaPlan:
    """The log. A topic of ours has one partition, so only the brokers that hold it matter."""

    part: Part
    """Its count is the topic's replication factor."""
    brokers: int
    min_insync: int
    shared: bool
    """One Kafka for all clusters, else one for each."""
    election: Law | None = None
    """From the loss of the partition's leader to the next one."""


@dataclass(frozen=True, slots=True)
class BalancerPlan:
    """What users send their requests to."""

    part: Part
    interval_hours: float
    """Between two health checks of a replica."""
    fall: int
    """So many bad ones in a row take it out."""
    rise: int
    """So many good ones in a row take it in."""
    redispatch: bool
    """A request that a dead replica refuses is sent to another one."""
    failover: Failover | None = None


@dataclass(frozen=True, slots=True)
class Detection:
    """The replica's flags, and how often they are looked at."""

    offset_age_hours: float
    block_age_hours: float
    check_every_hours: float
    startup_age_hours: float


@dataclass(frozen=True, slots=True)
class Snapshots:
    """From what lost units come back."""

    every_hours: float
    kept_hours: float
    retention_hours: float
    """Kafka's: a snapshot older than this has lost its place in the log."""
    failure_probability: float
    """Of each snapshot, by itself."""
    boot: Law
    restore: Law
    write_ratio: float
    """Writes that come in an hour, over those that a replay applies in one; below 1."""
    rebuild: Law | None
    """By hand, where no snapshot will do."""


@dataclass(frozen=True, slots=True)
class ClusterShock:
    """Something that fails all units of some parts at once."""

    name: str
    mean_hours: float
    parts: tuple[str, ...]
    clusters: tuple[int, ...]
    """Which of them, from 1; empty: all."""
    outages: tuple[Outage, ...]


@dataclass(frozen=True, slots=True)
class ClusterPlan:
    """Clusters of masters and replicas behind one balancer; what is None is taken for perfect."""

    title: str
    clusters: int
    master: MasterPlan
    replica: Part | None
    kafka: KafkaPlan | None
    balancer: BalancerPlan | None
    relay: Part | None
    """None: users only read."""
    region: Part | None
    """Its count: clusters are spread over so many regions in turn."""
    detection: Detection
    snapshots: Snapshots | None
    crews: tuple[CrewPlan, ...] = ()
    shocks: tuple[ClusterShock, ...] = ()
    load_by_hour: tuple[float, ...] = ()
    measures: tuple[Measure, ...] = ()
    """Beside reads, writes and fresh_reads."""
