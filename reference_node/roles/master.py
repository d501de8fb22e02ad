"""The master: takes blocks from chain files, executes them, and publishes their writes to the log."""

import threading
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.progress import track

from reference_node.chain.files import read_blocks, read_forkchoice
from reference_node.chain.genesis import load_genesis
from reference_node.log.open import open_log
from reference_node.roles.chain_writer import ChainWriter
from reference_node.roles.ledger import PUBLISHED_BATCHES_MAX, Ledger
from reference_node.store.leveldb import Store

HEARTBEAT_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class MasterSettings:
    """What the flags of `ethercattle master` say."""

    datadir: Path
    genesis: Path
    broker: str
    topic: str
    chain_files: tuple[Path, ...] = ()
    side_files: tuple[Path, ...] = ()
    forkchoice: Path | None = None
    period_seconds: float = 0.0
    heartbeat_seconds: float = HEARTBEAT_SECONDS
    promote: bool = False
    exit_when_done: bool = False


def run_master(settings: MasterSettings, stopping: threading.Event) -> None:
    """Import what there is to import, then send heartbeats until told to stop.

    Raises:
        InvalidBlock: a block breaks the rules; what came before it is published.
        StoreError, ChainFileError, LogError: see `reference_node.errors`.
    """
    genesis = load_genesis(settings.genesis)
    store = Store(settings.datadir)
    log = None
    try:
        log = open_log(settings.broker, create=True)
        ledger = Ledger(store)
        writer = ChainWriter(ledger, genesis)
        ledger.connect(log, settings.topic, settings.promote)
        ledger.publish()
        _import_files(settings, writer, ledger, stopping)
        print(f"master at block {writer.head.number} 0x{writer.head.hash.hex()}", flush=True)
        while not settings.exit_when_done and not stopping.wait(settings.heartbeat_seconds):
            ledger.heartbeat()
    finally:
        if log is not None:
            log.close()
        store.close()


def _import_files(settings: MasterSettings, writer: ChainWriter, ledger: Ledger, stopping: threading.Event) -> None:
    blocks = [block for path in settings.chain_files for block in read_blocks(path)]
    try:
        for count, block in enumerate(track(blocks, "importing", console=Console(stderr=True), transient=True)):
            if stopping.is_set():
                return
            if block.header.number == 0:
                continue
            if settings.period_seconds and not writer.knows(block.header.hash):
                ledger.publish()
                stopping.wait(settings.period_seconds)
            writer.extend(block)
            if count % PUBLISHED_BATCHES_MAX == 0:
                ledger.publish()
        for path in settings.side_files:
            for block in read_blocks(path):
                writer.add_side(block)
        if settings.forkchoice:
            writer.choose_file(read_forkchoice(settings.forkchoice))
    finally:
        ledger.publish()
