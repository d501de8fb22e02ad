"""What both replay benchmarks time: a replica's follower, and the writes of a step alone."""

import time
from pathlib import Path
from typing import Any

from reference_node.log.open import open_log
from reference_node.roles.follower import Follower
from reference_node.store.leveldb import Store
from reference_node.writeset import WriteSet


def follow_seconds(broker: str, topic: str, datadir: Path) -> float:
    """Return how long a replica takes from an empty database to the log's end."""
    log, store = open_log(broker), Store(datadir)
    try:
        started = time.perf_counter()
        follower = Follower(store, log, topic)
        while not follower.caught_up():
            follower.follow()
        return time.perf_counter() - started
    finally:
        store.close()
        log.close()


def write_step(database: Any, step: WriteSet) -> None:
    """Write a step to a plyvel database, and nothing else."""
    with database.write_batch() as batch:
        for key, value in step:
            if value is None:
                batch.delete(key)
            else:
                batch.put(key, value)
