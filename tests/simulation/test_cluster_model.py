"""Cluster plans as models: groups, conditions, common causes, regions, and what each part costs."""

from dataclasses import replace

import pytest

from simulation import analytic
from simulation.cluster_model import lower, part_of
from simulation.cluster_plan import ClusterPlan, ClusterShock, Failover, KafkaPlan, MasterPlan, Part
from simulation.engines import Engine, exact_results
from simulation.laws import Deterministic, Exponential
from simulation.model import Discipline, Refresh
from simulation.scenario import load_scenario
from tests.simulation.test_outage_plans import BALANCER, OFF, PART, PLAN

BARE = replace(PLAN, replica=None, balancer=None, detection=OFF)
KAFKA = KafkaPlan(replace(PART, count=3), brokers=3, min_insync=2, shared=True)


def names(plan: ClusterPlan) -> list[str]:
    return [group.name for group in lower(plan).groups]


def condition(plan: ClusterPlan, measure: str) -> str:
    return next(each.expression.text for each in lower(plan).measures if each.name == measure)


def unavailable(plan: ClusterPlan, measure: str) -> float:
    model = lower(plan)
    return analytic.unavailability(model, next(each for each in model.measures if each.name == measure))


def test_masters_alone_are_the_guides_formula() -> None:
    for clusters in (1, 2, 3, 10):
        expected = 1 - analytic.clusters_availability(336.0, 0.75, clusters)
        assert unavailable(replace(BARE, clusters=clusters), "fresh_reads") == pytest.approx(expected, abs=1e-15)
        assert unavailable(replace(BARE, clusters=clusters), "reads") == 0  # without flags, old data for ever


def test_reads_need_a_replica_of_a_cluster_whose_master_and_log_are_there() -> None:
    plan = replace(PLAN, kafka=KAFKA, relay=PART, region=PART)
    assert names(plan)[:4] == ["region_1", "balancer", "kafka", "master_1"]
    reads = (
        "balancer and kafka >= 2 and ((region_1 and master_1 and replica_1) or (region_1 and master_2 and replica_2))"
    )
    assert condition(plan, "reads") == condition(plan, "fresh_reads") == reads
    relays = " and ((region_1 and master_1 and relay_1) or (region_1 and master_2 and relay_2))"
    assert condition(plan, "writes") == reads + relays
    assert [measure.counts_stale for measure in lower(plan).measures] == [True, False, False]


def test_clusters_with_a_kafka_and_a_region_of_their_own() -> None:
    plan = replace(PLAN, clusters=3, kafka=replace(KAFKA, shared=False), relay=PART, region=replace(PART, count=2))
    assert condition(plan, "writes") == (
        "balancer and ((region_1 and master_1 and kafka_1 >= 2 and replica_1 and relay_1)"
        " or (region_2 and master_2 and kafka_2 >= 2 and replica_2 and relay_2)"
        " or (region_1 and master_3 and kafka_3 >= 2 and replica_3 and relay_3))"
    )


def test_where_others_take_over_there_is_a_leader() -> None:
    failover = Failover(Exponential(0.01), 0.9)
    master = MasterPlan(replace(PART, count=2), failover=failover)
    kafka = replace(KAFKA, election=Exponential(0.005))
    balancer = replace(BALANCER, part=replace(PART, count=2), failover=failover)
    plan = replace(PLAN, clusters=1, master=master, kafka=kafka, balancer=balancer)
    assert condition(plan, "reads") == (
        "balancer and balancer_leader and kafka >= 2 and kafka_leader and master_1 and leader_1 and replica_1"
    )
    model = lower(plan)
    assert [model.group(name).count for name in ("master_1", "leader_1", "balancer_leader")] == [2, 1, 1]
    assert model.group("leader_1").failure == model.group("master_1").failure
    for group in model.groups:
        assert sum(outage.probability for outage in group.outages) == pytest.approx(1.0)


def test_each_part_that_can_fail_costs_availability() -> None:
    plans = [replace(PLAN, replica=None, balancer=None)]
    plans.append(replace(plans[-1], replica=PART))
    plans.append(replace(plans[-1], balancer=BALANCER))
    plans.append(replace(plans[-1], balancer=replace(BALANCER, redispatch=False)))
    plans.append(replace(plans[-1], kafka=KAFKA))
    plans.append(replace(plans[-1], region=PART))
    costs = [unavailable(plan, "reads") for plan in plans]
    assert costs == sorted(costs)
    assert len(set(costs)) == len(costs)
    for plan in plans:
        assert unavailable(plan, "fresh_reads") > unavailable(plan, "reads")


def test_one_cluster_by_hand() -> None:
    """77 s stale, 45 min down, 3 s to rejoin; a replica 5 s missed, 45 min down, 3 s to rejoin."""
    plan = replace(PLAN, clusters=1, balancer=replace(BALANCER, part=replace(PART, repair=Deterministic(0.0))))
    up, stale, down, missed = 336.0, 77 / 3600, 0.75 + 3 / 3600, 0.75 + 8 / 3600
    master, replica = up + stale + down, up + missed
    assert unavailable(plan, "reads") == pytest.approx(1 - (up + stale) / master * up / replica, rel=1e-9)
    assert unavailable(plan, "fresh_reads") == pytest.approx(1 - up / master * up / replica, rel=1e-9)


def test_a_common_cause_takes_its_share_from_each_units_own_failures() -> None:
    plan = replace(BARE, master=MasterPlan(replace(PART, beta=0.05)))
    model = lower(plan)
    (shock,) = model.shocks
    assert (shock.groups, shock.mean_hours) == (("master_1", "master_2"), 336.0 / 0.05)
    assert 1 / model.groups[0].failure.mean_hours + 1 / shock.mean_hours == pytest.approx(1 / 336.0)
    alone = lower(replace(plan, clusters=1))
    assert (alone.shocks, alone.groups[0].failure) == ((), Exponential(336.0))


def test_shocks_strike_parts_of_some_clusters() -> None:
    plan = replace(PLAN, clusters=4, region=replace(PART, count=2), kafka=replace(KAFKA, shared=False))

    def struck(parts: tuple[str, ...], clusters: tuple[int, ...]) -> tuple[str, ...]:
        return lower(replace(plan, shocks=(ClusterShock("s", 9.0, parts, clusters, ()),))).shocks[0].groups

    assert struck(("master", "replica"), (2,)) == ("master_2", "replica_2")
    assert struck(("master",), ()) == ("master_1", "master_2", "master_3", "master_4")
    assert struck(("region", "kafka"), (1, 3)) == ("region_1", "kafka_1", "kafka_3")
    assert struck(("balancer",), (1,)) == ("balancer",)


def test_clusters_take_turns_to_be_refreshed() -> None:
    part = replace(PART, refresh=Refresh(720.0, Exponential(1.0)))
    model = lower(replace(PLAN, clusters=3, replica=part))
    found = [group.refresh.offset_hours for group in model.groups if group.refresh is not None]
    assert found == [0.0, 240.0, 480.0]


def test_priorities_of_parts_are_those_of_their_groups() -> None:
    scenario = load_scenario("operators_guide").changed("crews.on_call.discipline", "fifo")
    tables = {
        **scenario.tables,
        "crews": {"on_call": {"size": 1, "discipline": "priority", "priorities": ["replica", "master"]}},
    }
    from simulation.scenario import read_scenario

    (crew,) = read_scenario(tables, "t", scenario.folder).model().crews
    assert crew.discipline is Discipline.PRIORITY
    assert crew.priorities == ("replica_1", "replica_2", "master_1", "master_2")


@pytest.mark.parametrize(
    ("group", "part"),
    [("master_12", "master"), ("kafka", "kafka"), ("kafka_leader", "kafka_leader"), ("region_1", "region")],
)
def test_a_group_knows_its_part(group: str, part: str) -> None:
    assert part_of(group) == part


def test_the_load_and_the_title_reach_the_model() -> None:
    plan = replace(PLAN, load_by_hour=(1.0,) * 24)
    assert lower(plan).load_by_hour == plan.load_by_hour
    assert lower(plan).title == "t"


def test_a_plan_of_fifty_clusters_is_still_a_closed_form() -> None:
    wide = replace(PLAN, clusters=50, kafka=KAFKA, relay=PART, replica=Part(5, Exponential(336.0), Exponential(0.75)))
    results = exact_results(lower(wide), Engine.FORM)
    assert all(0 < result.unavailability < 1e-2 for result in results)
