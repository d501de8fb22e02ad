"""Scenarios of clusters: what is said of wrong and contradictory keys, and what stands where nothing is said."""

import tomllib
from pathlib import Path

import pytest

from simulation.cluster_plan import ClusterPlan, Detection
from simulation.errors import ScenarioError
from simulation.scenario import load_scenario, read_scenario

CLUSTER = (Path(__file__).parents[2] / "simulation/scenarios/operators_guide.toml").read_text()


def read(text: str) -> ClusterPlan:
    plan = read_scenario(tomllib.loads(text), "test", Path()).plan
    assert isinstance(plan, ClusterPlan)
    return plan


def test_the_guides_flags_are_seconds_and_0_is_off() -> None:
    assert read(CLUSTER).detection == Detection(62 / 3600, 240 / 3600, 30 / 3600, 45 / 3600)
    off = read(
        CLUSTER.replace("_age_seconds = 62", "_age_seconds = 0").replace("_age_seconds = 240", "_age_seconds = 0")
    )
    assert (off.detection.offset_age_hours, off.detection.block_age_hours) == (0.0, 0.0)


def test_where_nothing_is_said_the_guides_numbers_stand() -> None:
    said = read(CLUSTER)
    silent = CLUSTER
    for line in ("every_hours = 24", "kept_days = 4", "kafka_retention_days = 7", "brokers = 3", "replication = 3"):
        silent = silent.replace(f"{line}\n", "")
    for line in ("min_insync = 2", "interval_seconds = 2", "fall = 3", "rise = 2"):
        silent = silent.replace(f"{line}\n", "")
    assert read(silent) == said


def test_measures_of_ones_own_stand_beside_the_three() -> None:
    text = CLUSTER + '\n[measures]\nboth = "master_1 and master_2"\n'
    names = [measure.name for measure in read_scenario(tomllib.loads(text), "test", Path()).model().measures]
    assert names == ["reads", "fresh_reads", "writes", "both"]


WRONG = [
    ("clusters = 2", "clusters = 0", "clusters is 0, expected a whole number from 1 to 50"),
    ("clusters = 2", "custers = 2", "custers is unknown; did you mean clusters?"),
    ("[master]\n", "[mster]\n", "mster is unknown; did you mean master?"),
    ("stall_share = 0.05 ", "stall_share = 1.05 ", "master.stall_share is 1.05, expected from 0 to 1"),
    ("stall_share = 0.05 ", "stall_share = 0.5 ", "master.stall_share and restart.share add up to 1.2, over 1"),
    (
        "sync = { mean_minutes = 1 }",
        "repair = { mean_minutes = 1 }",
        "master.repair and recovery = 'snapshot' contradict",
    ),
    ("sync = { mean_minutes = 1 }", "per_cluster = 2", "master.per_cluster is 2, expected a [master.failover] table"),
    (
        "sync = { mean_minutes = 1 }",
        "failover = { time = { mean_seconds = 9 } }",
        "master.per_cluster is 1, expected no [master.failover]",
    ),
    ("sync = { mean_minutes = 1 }", "standby = { active = 1 }", "master.standby: expected several masters per cluster"),
    ("offset_age_seconds = 62", "offset_age_seconds = 29", "detection.offset_age is 29 seconds, expected above 30"),
    ("offset_age_seconds = 62", "offset_age_seconds = -1", "detection.offset_age_seconds is -1, expected above 0"),
    (
        "block_age_seconds = 240",
        "block_age_seconds = 50",
        "detection.block_age is 50 seconds, expected at least offset_age",
    ),
    (
        "offset_age_seconds = 62",
        "offset_age_secs = 62",
        "detection.offset_age_secs is unknown; did you mean offset_age_seconds?",
    ),
    ("every_hours = 24", "every_hours = 120", "snapshots.kept is 96 hours, expected at least one interval, 120 hours"),
    (
        "failure_probability = 0.02",
        "failure_probability = 2",
        "snapshots.failure_probability is 2, expected from 0 to 1",
    ),
    (
        "replay_per_second = 100000",
        "replay_per_second = 2000",
        "snapshots.replay_per_second is 2000, expected above write",
    ),
    ("rebuild = { mean_hours = 48 }", "", "snapshots.rebuild is missing: 1.6e-07 of recoveries find no good snapshot"),
    ("boot = { mean_minutes = 2 }", "", "snapshots.boot is missing"),
    ("replication = 3", "replication = 4", "kafka.replication is 4, expected at most the number of brokers, 3"),
    ("min_insync = 2", "min_insync = 4", "kafka.min_insync is 4, expected at most the replication, 3"),
    ("min_insync = 2", "recovery = 'snapshot'", "kafka.recovery is 'snapshot', expected 'repair'"),
    ("count = 2\nfailure = { mean_days = 120 }", "failure = { mean_days = 120 }", "balancer.failover is"),
    ("coverage = 0.98", "coverage = -0.98", "balancer.failover.coverage is -0.98, expected from 0 to 1"),
    ("fall = 3", "fall = 0", "balancer.fall is 0, expected a whole number from 1"),
    ("repair = { mean_minutes = 5 }", "", "relay.repair is missing"),
    ("[region]", "[region]\ncount = 3", "region.count is 3, expected at most the number of clusters, 2"),
    ("[region]", "[region]\ncount = 2", "region.count is 2, expected kafka.shared = false"),
    ('crew = "on_call"', 'crew = "on_cal"', "master.crew is 'on_cal', expected one of on_call; did you mean on_call?"),
    (
        "size = 1",
        "size = 1\npriorities = ['rep']",
        "crews.on_call.priorities names 'rep', expected some of master, replica",
    ),
    ("size = 1", "size = 1\n[[shocks]]\nname = 's'\nmean_days = 1\nparts = ['disk']", "shocks[0].parts names 'disk'"),
    (
        "size = 1",
        "size = 1\n[[shocks]]\nname = 's'\nmean_days = 1\nparts = ['master']\nclusters = [3]",
        "shocks[0].clusters is [3], expected numbers from 1 to 2",
    ),
    (
        "size = 1",
        "size = 1\n[measures]\nx = 'master'",
        "measures.x: expression 'master' names 'master', expected one of",
    ),
]


@pytest.mark.parametrize(("part", "instead", "text"), WRONG, ids=[text[:70] for _, _, text in WRONG])
def test_a_mistake_is_one_line_that_names_the_key(part: str, instead: str, text: str) -> None:
    assert part in CLUSTER
    with pytest.raises(ScenarioError) as caught:
        read(CLUSTER.replace(part, instead, 1))
    assert str(caught.value).startswith(text)
    assert "\n" not in str(caught.value)


def test_relays_without_replicas_and_refusals_without_any_are_contradictions() -> None:
    plain = 'title = "t"\nkind = "cluster"\n[master]\nfailure = { mean_days = 1 }\nrepair = { mean_hours = 1 }\n'
    part = "failure = { mean_days = 1 }\nrepair = { mean_hours = 1 }\n"
    with pytest.raises(ScenarioError, match="relay is there without replica"):
        read(f"{plain}[relay]\n{part}")
    with pytest.raises(ScenarioError, match=r"balancer.redispatch is false without replica"):
        read(f"{plain}[balancer]\n{part}redispatch = false")
    assert read(plain).replica is None


def test_a_changed_guide_stays_a_whole_scenario() -> None:
    guide = load_scenario("operators_guide")
    assert len(guide.changed("N", 4).model().groups) == len(guide.model().groups) + 6
    assert guide.changed("detection.offset_age_minutes", 2).plan != guide.plan
