"""The flags of `ethercattle load` that start a cluster, do faults to it, and judge the run."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from fixtures.brokers import SQLITE
from fixtures.chain_files import DEFAULT_CHAIN
from loadtests.faults.grammar import FORM, Action, Target
from loadtests.gates import EXAMPLE

REPLICAS_MAX = 60
HAPROXY = "haproxy"
PERIOD_SECONDS = 1.0
_WORDS = f"ACTION is {', '.join(Action)}; TARGET is {', '.join(Target)}"

CLUSTER_OPTIONS: tuple[Callable[[Any], Any], ...] = (
    click.option("--cluster", "is_cluster", is_flag=True, help="Start a cluster of ours and load that."),
    click.option(
        "--broker", default=SQLITE, show_default=True, metavar="sqlite|kafka|HOST:PORT,…",
        help="The cluster's log: the embedded one, a Kafka in a container, or one that runs.",
    ),
    click.option(
        "--kafka.config", "kafka_words", multiple=True, metavar="KEY=VALUE",
        help="A librdkafka property for the cluster's nodes.",
    ),
    click.option(
        "--replicas", type=click.IntRange(1, REPLICAS_MAX), default=2, show_default=True, help="The cluster's."
    ),
    click.option(
        "--balancer", type=click.Choice([HAPROXY, "none"]), default=HAPROXY, show_default=True,
        help="Before the replicas; without HAProxy here, clients take them in turn.",
    ),
    click.option(
        "--chain", "chain_name", default=DEFAULT_CHAIN, show_default=True,
        help="The chain that the cluster begins with: a shipped one or a folder.",
    ),
    click.option(
        "--period", type=click.FloatRange(0), default=PERIOD_SECONDS, show_default=True,
        help="Seconds between the blocks that the cluster adds (0: one for each transaction).",
    ),
    click.option(
        "--fault", "fault_texts", multiple=True, metavar="TEXT",
        help=f"{FORM}: {_WORDS}. Times count from the run's begin, warm-up included.",
    ),
    click.option(
        "--fault-times", "fault_times_path", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE.csv",
        help="Write how long faults took to be noticed and to be over, for simulate --calibrate.",
    ),
    click.option(
        "--fail-on", "fail_on", metavar="GATES", help=f"End with 1 where one of these holds, as in {EXAMPLE}."
    ),
)  # fmt: skip
