"""What the flags of a cluster say, and what contradicts what."""

from pathlib import Path
from typing import Any

import pytest

from loadtests.errors import LoadError
from loadtests.open_pool import open_pool, plan_cluster
from loadtests.options import Options, check_options
from reference_node.errors import CouldNotJudge, UsageError

CLUSTER: dict[str, Any] = {"is_cluster": True, "rate": 10.0, "warmup": 2.0, "duration": 10.0}


def test_a_cluster_is_planned_as_the_flags_say() -> None:
    plan = plan_cluster(
        Options(**CLUSTER, broker="kafka", replicas=3, balancer="none", fault_texts=("kill replica 2 at 11s",))
    )
    assert (plan.broker, plan.replicas, plan.is_balanced, plan.chain.name) == ("kafka", 3, False, "everyfork")
    assert [str(fault) for fault in plan.faults] == ["kill replica 2 at 11s for 5s"]


@pytest.mark.parametrize(
    ("flags", "named"),
    [
        ({"broker": "rabbit"}, "--broker is 'rabbit', expected sqlite, kafka or host:port"),
        ({"kafka_words": ("a=b",)}, "--kafka.config is given, but --broker sqlite"),
        ({"chain_name": "nowhere"}, "nowhere"),
        ({"fault_texts": ("zap replica 1 at 1s",)}, "actions are kill, stop, pause, cut, slow"),
        ({"fault_texts": ("kill replica 1 at 12s",)}, "comes after the run's end at 12 s, warm-up included"),
    ],
)
def test_a_plan_that_can_not_be_is_refused_in_one_line(flags: dict[str, Any], named: str) -> None:
    with pytest.raises(UsageError) as caught:
        plan_cluster(Options(**CLUSTER, **flags))
    assert named in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("flags", "named"),
    [
        ({"replicas": 3}, "--replicas is given, which goes with --cluster only"),
        ({"broker": "kafka"}, "--broker is given"),
        ({"fault_texts": ("kill replica 1 at 1s",)}, "--fault is given, which goes with --cluster only"),
        ({"fault_times_path": Path("x.csv")}, "--fault-times is given"),
        ({"balancer": "none"}, "--balancer is given"),
        ({"period": 3.0}, "--period is given"),
        ({"is_cluster": True}, "--cluster and --target given, expected one of them"),
        ({"targets": ()}, "no --target given, expected at least one URL, or --cluster"),
    ],
)
def test_what_goes_with_a_cluster_only_is_refused_without_one(flags: dict[str, Any], named: str) -> None:
    with pytest.raises(LoadError) as caught:
        check_options(Options(**{"targets": ("http://127.0.0.1:1",), "rate": 1.0, **flags}))
    assert named in str(caught.value)


def test_a_fault_that_can_not_be_done_is_told_before_anything_is_started() -> None:
    told: list[str] = []
    options = Options(**CLUSTER, fault_texts=("kill broker at 1s",))
    with pytest.raises(LoadError, match="--broker sqlite is no process of ours"), open_pool(options, told.append):
        pass
    assert told == []


def test_targets_that_do_not_answer_are_named() -> None:
    options = Options(targets=("http://127.0.0.1:1",), rate=1.0)
    with pytest.raises(CouldNotJudge, match=r"http://127\.0\.0\.1:1 does not answer"), open_pool(options, print):
        pass
