"""How long a replica that was killed takes until it may serve again, everything it had on its disk."""

import tempfile
import time
from pathlib import Path

from benchmarks.result import Figure
from fixtures.chain_files import ChainFiles
from fixtures.cluster import head_of, running_cluster, start_replica, wait_for_head

KILLS = 5
GOAL_SECONDS = 3.0


def measure(chain: ChainFiles) -> list[Figure]:
    """Return the longest of some recoveries, from SIGKILL to ready with the chain's head."""
    waits_seconds = []
    with running_cluster(chain) as cluster, tempfile.TemporaryDirectory() as name:
        replica, head = cluster.replicas[0], head_of(chain)
        for turn in range(KILLS):
            started = time.perf_counter()
            replica.child.kill()
            replica = start_replica(replica.datadir, cluster.broker, Path(name) / f"replica-{turn}.log")
            try:
                wait_for_head(replica, head)
                waits_seconds.append(time.perf_counter() - started)
            except BaseException:
                replica.child.stop()
                raise
        replica.child.stop()
    return [Figure("killed replica ready again, longest", max(waits_seconds), "s", "limit", GOAL_SECONDS, None)]
