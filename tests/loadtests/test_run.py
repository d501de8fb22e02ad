"""Flags become what generators are told, and what a report says was run."""

import pytest

from loadtests.errors import LoadError
from loadtests.options import Options, check_options
from loadtests.pool import Pool
from loadtests.run import BLOCK_NUMBER, describe, make_task
from loadtests.workload import plan_workload

URLS = ("http://a:1", "http://b:2")
OPEN = Options(targets=URLS, rate=50.0, duration=10.0, warmup=2.0, seed=4, processes=3, connections_max=100)


def test_connections_are_shared_among_processes_and_the_seed_is_passed_on() -> None:
    task = make_task(OPEN, plan_workload(OPEN), URLS, BLOCK_NUMBER)
    assert (task.connections_max, task.processes, task.seed, task.is_open) == (34, 3, 4, True)
    assert (task.targets, task.end_seconds, task.warmup_seconds) == (URLS, 12.0, 2.0)
    assert task.requests == BLOCK_NUMBER.spec


def test_a_report_says_what_was_run() -> None:
    about = describe(OPEN, plan_workload(OPEN), Pool(URLS, ("no haproxy",)), BLOCK_NUMBER)
    assert (about.workload, about.level, about.mix) == ("open", "50 requests/s, poisson arrivals", "eth_blockNumber")
    assert about.notes == ("no haproxy",)
    assert about.began_at.endswith("+00:00")


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        (Options(rate=1.0), "no --target given"),
        (Options(targets=URLS, connections_max=2, processes=3), "--connections-max is 2, expected one for each"),
        (Options(targets=URLS, is_cluster=True), "--cluster and --target given"),
    ],
)
def test_flags_that_contradict_each_other_are_named(options: Options, complaint: str) -> None:
    with pytest.raises(LoadError, match=complaint):
        check_options(options)
