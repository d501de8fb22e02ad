"""How long after the master has a block a replica shows it, with the log between them."""

import statistics
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from benchmarks.result import Figure
from fixtures.chain_files import ChainFiles
from fixtures.cluster import TOPIC, start_dev_master, start_replica
from fixtures.kafka import running_kafka
from fixtures.make_chain.wallet import Wallet, address
from reference_node.log.codec_writebatch import BATCH, decode
from reference_node.log.open import open_log

RATES = ((1.0, 40), (20.0, 600))
"""Blocks a second, and how many blocks are measured at that rate."""
TRANSFERS_A_BLOCK = 10
GOAL_P99_MS = 100.0
READ_RECORDS_MAX = 256


@dataclass(slots=True)
class Watcher:
    """Asks a replica for its head over and over, and notes when each block was seen first."""

    url: str
    seen_ms: dict[int, float] = field(default_factory=dict)
    """Block number to this machine's clock, milliseconds since 1970."""
    stopping: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        """Ask until told to stop."""
        body = b'{"jsonrpc":"2.0","id":1,"method":"eth_blockNumber","params":[]}'
        with httpx.Client(trust_env=False, headers={"content-type": "application/json"}) as client:
            last = -1
            while not self.stopping.is_set():
                answer = client.post(self.url, content=body)
                now_ms = time.time() * 1000
                if answer.is_error:  # it has not caught up yet
                    continue
                number = int(answer.json()["result"], 16)
                for found in range(last + 1, number + 1):
                    self.seen_ms[found] = now_ms
                last = max(last, number)


def measure(chain: ChainFiles) -> list[Figure]:
    """Return the median and the 99th percentile at each rate, beside what DESIGN allows."""
    figures = []
    with running_kafka() as kafka, tempfile.TemporaryDirectory() as name:
        for rate, blocks in RATES:
            folder = Path(name) / f"at-{rate:g}"
            folder.mkdir()
            waits_ms = sorted(_waits_ms(chain, kafka.bootstrap, f"{TOPIC}-{rate:g}", folder, rate, blocks))
            p99 = waits_ms[min(len(waits_ms) - 1, round(0.99 * len(waits_ms)))]
            title = f"block visible on a replica, {rate:g} blocks/s"
            figures += [
                Figure(f"{title}, p50", statistics.median(waits_ms), "ms", "limit", GOAL_P99_MS, None),
                Figure(f"{title}, p99", p99, "ms", "limit", GOAL_P99_MS, None),
            ]
    return figures


def _waits_ms(
    chain: ChainFiles, broker: str, topic: str, folder: Path, rate: float, blocks: int
) -> list[float]:  # fmt: skip
    """Return for each block how long after the master's database had it the replica answered with it."""
    settings = ["--kafka.topic", topic]
    never = ["--period", "86400"]  # blocks are made when they are asked for
    master = start_dev_master(chain, folder / "master", broker, folder / "master.log", [*settings, *never])
    replica = start_replica(folder / "replica", broker, folder / "replica.log", settings)
    watcher = Watcher(replica.url)
    thread = threading.Thread(target=watcher.run, name="watcher")
    try:
        thread.start()
        wallet, count = Wallet(), 0
        with httpx.Client(trust_env=False, timeout=30) as client:
            started = time.monotonic()
            for number in range(1, blocks + 1):
                calls = [
                    ("eth_sendRawTransaction", ["0x" + _transfer(wallet, place)]) for place in range(TRANSFERS_A_BLOCK)
                ]
                batch = [{"jsonrpc": "2.0", "id": 1, "method": name, "params": found} for name, found in calls]
                client.post(master.url, json=batch).raise_for_status()
                time.sleep(max(0.0, started + number / rate - time.monotonic()))
                mine = {"jsonrpc": "2.0", "id": 1, "method": "dev_mine", "params": []}
                client.post(master.url, json=mine).raise_for_status()
                count += 1
        replica.child.wait_until(lambda: count in watcher.seen_ms, 30, f"block {count}")
    finally:
        watcher.stopping.set()
        thread.join()
        replica.child.stop()
        master.child.stop()
    had_ms = _had_ms(broker, topic)
    return [watcher.seen_ms[number] - had_ms[number] for number in range(1, blocks + 1)]


def _transfer(wallet: Wallet, place: int) -> str:
    sender = place % 8
    return wallet.dynamic(sender, address((sender + 1) % 8), value=1, gas=21_000).hex()


def _had_ms(broker: str, topic: str) -> dict[int, int]:
    """Return when the master's database had each block, as its record says (the master's clock)."""
    had: dict[int, int] = {}
    log = open_log(broker)
    try:
        offset, end = log.bounds(topic).start, log.bounds(topic).end
        while offset < end:
            found = log.read(topic, offset, READ_RECORDS_MAX, 1.0)
            for stored in found.records:
                record = decode(stored)
                if record.kind == BATCH:
                    first = int.from_bytes(dict(stored.record.headers)["source"][:8], "big")
                    had.setdefault(first, record.time_ms)
            offset = found.next_offset
    finally:
        log.close()
    return had
