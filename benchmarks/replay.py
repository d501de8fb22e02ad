"""Replay of a log into a replica's database, against reading the same records and writing them without any check."""

import tempfile
import threading
import time
from pathlib import Path

import plyvel

from benchmarks.replaying import follow_seconds, write_step
from benchmarks.result import Figure
from fixtures.chain_files import ChainFiles
from reference_node.log.sqlite import SqliteLog
from reference_node.roles.master import MasterSettings, run_master
from reference_node.store.leveldb import WRITE_BUFFER_BYTES
from reference_node.writeset import WriteSet, decode_write_batch

TOPIC = "geth"
RECORDS_A_READ = 256
ROUNDS = 3
GOAL_RATIO = 0.5


def measure(chain: ChainFiles) -> list[Figure]:
    """Return writes a second, the best of some rounds on each side."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        broker = folder / "log.sqlite"
        settings = MasterSettings(
            datadir=folder / "master",
            genesis=chain.genesis,
            broker=f"sqlite:///{broker}",
            topic=TOPIC,
            chain_files=(chain.chain,),
            exit_when_done=True,
        )
        run_master(settings, threading.Event())
        writes = _decode_all(broker)
        count = sum(len(found) for found in writes)
        ours = count / min(
            follow_seconds(f"sqlite:///{broker}", TOPIC, folder / f"replica-{turn}") for turn in range(ROUNDS)
        )
        raw = count / min(_raw(broker, writes, folder / f"raw-{turn}") for turn in range(ROUNDS))
    return [Figure("replay", ours, "writes/s", "read + plyvel write alone", raw, GOAL_RATIO)]


def _raw(broker: Path, writes: list[WriteSet], datadir: Path) -> float:
    log = SqliteLog(broker, create=False)
    database = plyvel.DB(str(datadir), create_if_missing=True, write_buffer_size=WRITE_BUFFER_BYTES)
    try:
        started = time.perf_counter()
        end, offset = log.bounds(TOPIC).end, 0
        while offset < end:
            offset += len(log.read(TOPIC, offset, RECORDS_A_READ, 0).records)
        for step in writes:
            write_step(database, step)
        return time.perf_counter() - started
    finally:
        database.close()
        log.close()


def _decode_all(broker: Path) -> list[WriteSet]:
    """Return the write set of each batch, its parts put together."""
    log = SqliteLog(broker, create=False)
    found: dict[bytes, bytes] = {}
    for stored in log.read(TOPIC, 0, log.bounds(TOPIC).end, 0).records:
        headers = dict(stored.record.headers)
        if headers["kind"] == b"batch":
            found[headers["sequence"]] = found.get(headers["sequence"], b"") + stored.record.value
    log.close()
    return [decode_write_batch(payload) for payload in found.values()]
