"""Stages of outages as flags, balancer and snapshots make them."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulation.cluster_plan import BalancerPlan, ClusterPlan, Detection, Failover, MasterPlan, Part, Restart, Snapshots
from simulation.errors import ScenarioError
from simulation.laws import Deterministic, Exponential, Law, Uniform
from simulation.model import Outage, Shows, Stage
from simulation.outage_plans import (
    aging,
    crash_age_hours,
    leadership_outages,
    log_outages,
    master_outages,
    plain_outages,
    replica_outages,
    usable_snapshots,
)

SECOND, MINUTE = 1 / 3600, 1 / 60
GUIDE = Detection(62 * SECOND, 240 * SECOND, 30 * SECOND, 45 * SECOND)
OFF = Detection(0.0, 0.0, 0.0, 0.0)
PART = Part(1, Exponential(336.0), Exponential(0.75))
BALANCER = BalancerPlan(PART, 2 * SECOND, fall=3, rise=2, redispatch=True)
SNAPSHOTS = Snapshots(24.0, 96.0, 168.0, 0.0, Exponential(2 * MINUTE), Exponential(20 * MINUTE), 0.02, None)
PLAN = ClusterPlan(
    "t", 2, MasterPlan(PART), replica=PART, kafka=None, balancer=BALANCER, relay=None, region=None,
    detection=GUIDE, snapshots=None,
)  # fmt: skip


def stages(outage: Outage) -> list[tuple[str, str, float]]:
    """Name, what it shows, and mean seconds (to a millisecond) of each stage."""
    return [(stage.name, str(stage.shows), round(stage.law.mean_hours / SECOND, 3)) for stage in outage.stages]


def test_a_dead_master_leaves_old_data_until_the_offset_age_and_the_next_look() -> None:
    (crash,) = master_outages(PLAN)
    detect = crash.stages[0].law
    assert isinstance(detect, Uniform)
    assert [detect.low_hours / SECOND, detect.high_hours / SECOND] == pytest.approx([62.0, 92.0])
    assert stages(crash) == [("detect", "stale", 77.0), ("repair", "down", 2700.0), ("rejoin", "down", 3.0)]


def test_with_the_flags_off_old_data_is_served_to_the_end() -> None:
    (crash,) = master_outages(replace(PLAN, detection=OFF))
    assert stages(crash) == [("repair", "stale", 2700.0)]
    only_blocks = replace(PLAN, detection=Detection(0.0, 240 * SECOND, 30 * SECOND, 0.0))
    assert crash_age_hours(only_blocks) == 240 * SECOND


def test_a_stalled_master_is_told_by_the_block_age_alone() -> None:
    plan = replace(PLAN, master=replace(PLAN.master, stall_share=0.25))
    crash, stall = master_outages(plan)
    assert (crash.name, crash.probability, stall.name, stall.probability) == ("crash", 0.75, "stall", 0.25)
    assert stages(stall)[0] == ("detect", "stale", 255.0)
    blind = replace(plan, detection=replace(GUIDE, block_age_hours=0.0))
    assert stages(master_outages(blind)[1]) == [("repair", "stale", 2700.0)]


def test_a_quick_restart_is_stale_and_a_slow_one_down_after_the_age() -> None:
    quick = replace(PART, restart=Restart(0.6, Exponential(20 * SECOND)))
    restart, crash = master_outages(replace(PLAN, master=MasterPlan(quick)))
    assert stages(restart) == [("restart", "stale", 20.0)]
    assert [restart.probability, crash.probability] == pytest.approx([0.6, 0.4])
    slow = replace(PART, restart=Restart(0.6, Exponential(177 * SECOND)))
    restart = master_outages(replace(PLAN, master=MasterPlan(slow)))[0]
    assert stages(restart) == [("age", "stale", 77.0), ("restart", "down", 100.0), ("rejoin", "down", 3.0)]


def test_a_master_that_catches_up_shows_as_the_startup_age_says() -> None:
    syncing = replace(PLAN, master=MasterPlan(PART, sync=Exponential(MINUTE)))
    assert ("sync", "down", 60.0) in stages(master_outages(syncing)[0])
    eager = replace(syncing, detection=replace(GUIDE, startup_age_hours=0.0))
    assert ("sync", "stale", 60.0) in stages(master_outages(eager)[0])


def test_a_lost_replica_is_missed_after_fall_checks_and_back_after_rise() -> None:
    (loss,) = replica_outages(PLAN, PART)
    assert loss.stages[0].law == Uniform(4 * SECOND, 6 * SECOND)
    assert stages(loss) == [("detect", "down", 5.0), ("repair", "down", 2700.0), ("rejoin", "down", 3.0)]
    (alone,) = replica_outages(replace(PLAN, balancer=None), PART)
    assert stages(alone) == [("repair", "down", 2700.0)]
    (always,) = replica_outages(PLAN, replace(PART, restart=Restart(1.0, Exponential(MINUTE))))
    assert stages(always) == [("restart", "down", 60.0), ("rejoin", "down", 3.0)]


def test_a_takeover_succeeds_as_often_as_its_coverage() -> None:
    failover = Failover(Exponential(30 * SECOND), coverage=0.9)
    covered, missed = leadership_outages(PLAN, failover)
    assert stages(covered) == [("detect", "stale", 77.0), ("fail over", "down", 30.0), ("rejoin", "down", 3.0)]
    assert [covered.probability, missed.probability] == pytest.approx([0.9, 0.1])
    assert ("repair", "down", 2700.0) in stages(missed)
    assert len(leadership_outages(PLAN, replace(failover, coverage=1.0))) == 1


def test_the_log_away_makes_replicas_old_first() -> None:
    (loss,) = log_outages(PLAN, PART)
    assert stages(loss) == [("age", "stale", 77.0), ("repair", "down", 2623.0), ("rejoin", "down", 3.0)]


def test_parts_without_data_only_restart_or_are_repaired() -> None:
    part = replace(PART, restart=Restart(0.5, Exponential(MINUTE)), crew="crew")
    restart, loss = plain_outages(PLAN, part)
    assert stages(restart) == [("restart", "down", 60.0)]
    assert loss.stages == (Stage("repair", PART.repair or Deterministic(0.0), needs_crew=True),)


def test_recovery_boots_restores_replays_and_catches_up() -> None:
    """Replay: age x write / replay = 12 h x 0.02; meanwhile, 22 minutes and that replay's writes x 0.02 / 0.98."""
    lost = replace(PLAN, replica=replace(PART, repair=None), snapshots=SNAPSHOTS)
    (loss,) = replica_outages(lost, replace(PART, repair=None))
    replay = 12 * 3600 * 0.02
    assert stages(loss) == [
        ("detect", "down", 5.0),
        ("boot", "down", 120.0),
        ("restore", "down", 1200.0),
        ("replay", "down", replay),
        ("catch up", "down", round((1320 + replay) * 0.02 / 0.98, 3)),
        ("rejoin", "down", 3.0),
    ]
    whole = sum(stage.law.mean_hours for stage in loss.stages[1:5])
    assert whole == pytest.approx((1320 * SECOND + 12 * 0.02) / (1 - 0.02))
    assert loss.stages[3].law == Uniform(0.0, 24 * 0.02)


def mean_age(found: list[tuple[float, int, Law]]) -> list[tuple[float, float]]:
    return [(round(chance, 6), round(law.mean_hours, 3)) for chance, _, law in found]


def test_the_newest_good_snapshot_is_taken_as_far_back_as_they_are_kept() -> None:
    found = list(usable_snapshots(replace(SNAPSHOTS, failure_probability=0.1)))
    assert mean_age(found) == [(0.9, 12.0), (0.09, 36.0), (0.009, 60.0), (0.0009, 84.0)]


def test_what_is_older_than_kafkas_retention_is_of_no_use() -> None:
    """Of a snapshot that is 144 to 168 hours old, only those not older than the log less boot and restore will do."""
    old = replace(SNAPSHOTS, failure_probability=0.5, kept_hours=1000.0, retention_hours=156.0 + 22 / 60)
    found = list(usable_snapshots(old))
    assert len(found) == 7
    assert mean_age(found)[-1] == (round(0.5**7 / 2, 6), 150.0)
    assert sum(chance for chance, _, _ in found) == pytest.approx(1 - 0.5**6 + 0.5**7 / 2)


def test_a_retention_shorter_than_the_interval_leaves_half_to_rebuild() -> None:
    short = replace(SNAPSHOTS, retention_hours=12.0 + 22 / 60, rebuild=Exponential(48.0))
    ways = replica_outages(replace(PLAN, snapshots=short), replace(PART, repair=None, crew="crew"))
    assert [way.name for way in ways] == ["loss, snapshot 1", "loss, rebuild"]
    assert [way.probability for way in ways] == pytest.approx([0.5, 0.5])
    assert [stage.needs_crew for stage in ways[0].stages] == [False] * 6
    assert ways[1].stages[1] == Stage("rebuild", Exponential(48.0), needs_crew=True)
    with pytest.raises(ScenarioError, match=r"snapshots.rebuild is missing: 0.5 of recoveries"):
        replica_outages(replace(PLAN, snapshots=replace(short, rebuild=None)), replace(PART, repair=None))


@given(st.floats(0.001, 100.0), st.floats(0.0, 1.0), st.floats(0.0, 1.0))
def test_a_wait_that_ages_takes_as_long_as_it_takes(mean: float, age: float, check: float) -> None:
    plan = replace(PLAN, detection=Detection(age, age, check, 0.0))
    parts = aging(plan, age, "wait", Exponential(mean))
    assert sum(stage.law.mean_hours for stage in parts) == pytest.approx(mean)
    assert parts[0].shows is Shows.STALE


@given(st.floats(0.0, 1.0), st.floats(24.0, 1000.0), st.floats(1.0, 1000.0))
def test_chances_of_a_masters_outages_add_up_to_one(failing: float, kept: float, retention: float) -> None:
    snapshots = replace(
        SNAPSHOTS, failure_probability=failing, kept_hours=kept, retention_hours=retention, rebuild=Exponential(48.0)
    )
    lost = replace(PART, repair=None, restart=Restart(0.3, Exponential(MINUTE)))
    plan = replace(PLAN, master=MasterPlan(lost, stall_share=0.2), snapshots=snapshots)
    failover = Failover(Exponential(MINUTE), 0.8)
    for ways in (master_outages(plan), leadership_outages(plan, failover), replica_outages(plan, lost)):
        assert sum(way.probability for way in ways) == pytest.approx(1.0, abs=1e-9)
        assert len({way.name for way in ways}) == len(ways)
