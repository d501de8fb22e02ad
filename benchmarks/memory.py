"""Memory of a replica that replays a gigabyte of records: what it fetches and applies is bounded."""

import os
import tempfile
from pathlib import Path

from benchmarks.records import fill_topic
from benchmarks.result import Figure
from fixtures.chain_files import ChainFiles
from fixtures.kafka import running_kafka
from fixtures.nodes import ETHERCATTLE, TOPIC
from fixtures.process import start_child
from reference_node.errors import CouldNotJudge

SIZES_BYTES = (10**8, 10**9)
WRITES_A_BATCH, VALUE_BYTES = 500, 1000
"""A batch of half a megabyte, as a busy block of mainnet is."""
LIMIT_MB = 400.0


def measure(chain: ChainFiles) -> list[Figure]:
    """Return the most memory a replica had while it replayed each amount of records: ten times as many, not more."""
    del chain  # its few megabytes say nothing about bounds
    with running_kafka() as kafka:
        found = {size: _memory_mb(kafka.bootstrap, f"{TOPIC}-{size}", size) for size in SIZES_BYTES}
    return [
        Figure(f"memory while replaying {size / 1e9:.1f} GB", memory_mb, "MB", "limit", LIMIT_MB, None)
        for size, memory_mb in found.items()
    ]


def _memory_mb(broker: str, topic: str, size_bytes: int) -> float:
    fill_topic(broker, topic, size_bytes, WRITES_A_BATCH, VALUE_BYTES)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        command: list[str | Path] = [*ETHERCATTLE, "replica", "--datadir", folder / "replica", "--kafka.topic", topic]
        command += ["--kafka.broker", broker, "--replica.syncshutdown"]
        child = start_child("replica", command, folder / "replica.log")
        _, status, usage = os.wait4(child.process.pid, 0)
        if status:
            raise CouldNotJudge(f"the replica ended with status {status}:\n{child.tail()}")
    return usage.ru_maxrss / 1024
