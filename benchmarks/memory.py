"""Memory of a replica that replays a gigabyte of records: what it fetches and applies is bounded."""

import re
import tempfile
import time
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
LIMIT_MB = 200.0
SAMPLE_SECONDS = 0.02


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
        most_mb = 0.0
        while child.process.poll() is None:
            most_mb = max(most_mb, _anonymous_mb(child.process.pid))
            time.sleep(SAMPLE_SECONDS)
        if child.process.returncode:
            raise CouldNotJudge(f"the replica ended with code {child.process.returncode}:\n{child.tail()}")
    return most_mb


def _anonymous_mb(pid: int) -> float:
    """Return a process's own memory; pages of its database's files, which the kernel may drop, don't count."""
    try:
        match = re.search(r"RssAnon:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    except OSError:  # it has just ended
        return 0.0
    return int(match.group(1)) / 1024 if match else 0.0
