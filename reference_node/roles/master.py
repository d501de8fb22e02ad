"""The master: takes blocks from chain files, executes them, and publishes their writes to the log."""

import threading
import time
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.progress import track

from reference_node.chain.files import read_blocks, read_forkchoice
from reference_node.chain.genesis import load_genesis
from reference_node.errors import UsageError
from reference_node.log.open import open_log, parse_topic
from reference_node.roles.chain_writer import ChainWriter, holds_chain
from reference_node.roles.ledger import PUBLISHED_BATCHES_MAX, Ledger
from reference_node.roles.outlet import Outlet
from reference_node.roles.patience import try_often
from reference_node.store.leveldb import Store

HEARTBEAT_SECONDS = 30.0
THREAD_STOP_SECONDS_MAX = 30.0


@dataclass(frozen=True, slots=True)
class DevSettings:
    """Where a master with dev production takes transactions, and what it offers there."""

    address: str
    port: int
    vhosts: tuple[str, ...]
    cors_domains: tuple[str, ...]
    apis: tuple[str, ...]


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
    dev: DevSettings | None = None
    """Make blocks after the import; None ends with the import's last block."""


def run_master(settings: MasterSettings, stopping: threading.Event) -> None:
    """Import what there is to import, then make blocks or send heartbeats until told to stop.

    Raises:
        InvalidBlock: a block breaks the rules; what came before it is published.
        UsageError, StoreError, ChainFileError, LogError: see `reference_node.errors`.
    """
    topic, start = parse_topic(settings.topic)
    if start is not None:
        raise UsageError(f"--kafka.topic is {settings.topic!r}, but a master takes a name without an offset")
    if settings.dev is not None and settings.exit_when_done:
        raise UsageError("--dev and --exit-when-done exclude each other: dev production goes on until it is stopped")
    genesis = load_genesis(settings.genesis)
    store = Store(settings.datadir)
    log = None
    try:
        log = try_often(lambda: open_log(settings.broker, create=True), stopping)
        holds_chain(store, genesis)
        ledger = Ledger(store)
        outlet = Outlet(ledger, log, topic)
        outlet.connect(settings.promote, stopping)  # before the genesis, so that a refusal leaves nothing behind
        writer = ChainWriter(ledger, genesis)
        outlet.publish()
        _import_files(settings, writer, outlet, stopping)
        print(f"master at block {writer.head.number} 0x{writer.head.hash.hex()}", flush=True)
        if settings.dev is not None and not stopping.is_set():
            _produce(settings, settings.dev, writer, outlet, stopping)
        while not settings.exit_when_done and not stopping.wait(outlet.wait_seconds(settings.heartbeat_seconds)):
            outlet.heartbeat()
        outlet.finish(stopping)
    finally:
        if log is not None:
            log.close()
        store.close()


def _produce(
    settings: MasterSettings, dev: DevSettings, writer: ChainWriter, outlet: Outlet, stopping: threading.Event
) -> None:
    """Make blocks and serve their chain until told to stop."""
    from reference_node.roles.production import Producer  # a master without --dev needs no server
    from reference_node.rpc.methods import METHODS
    from reference_node.rpc.serve import listen, serve, url_of
    from reference_node.rpc.server import HttpSettings, JsonRpcApp

    with listen(dev.address, dev.port) as listener:
        producer = Producer(writer, outlet, settings.period_seconds)
        thread = threading.Thread(target=producer.run, args=(stopping, settings.heartbeat_seconds), name="producer")
        thread.start()
        try:
            print(f"master listening on {url_of(listener)}", flush=True)
            http = HttpSettings(dev.vhosts, dev.cors_domains, dev.apis)
            serve(JsonRpcApp(producer, http, {**METHODS, **producer.methods()}), listener, stopping)
        finally:
            stopping.set()
            thread.join(THREAD_STOP_SECONDS_MAX)
    if producer.failure is not None:
        raise producer.failure


def _import_files(settings: MasterSettings, writer: ChainWriter, outlet: Outlet, stopping: threading.Event) -> None:
    blocks = [block for path in settings.chain_files for block in read_blocks(path)]
    try:
        console = Console(stderr=True)
        shown = track(blocks, "importing", console=console, transient=True, disable=not console.is_terminal)
        for count, block in enumerate(shown):
            if block.header.number == 0:
                continue
            if settings.period_seconds and not writer.knows(block.header.hash):
                outlet.publish()
                _pause(settings, outlet, stopping)
            if stopping.is_set():
                return
            writer.extend(block)
            if count % PUBLISHED_BATCHES_MAX == 0:
                outlet.publish()
        for path in settings.side_files:
            for count, block in enumerate(read_blocks(path)):
                if stopping.is_set():
                    return
                writer.add_side(block)
                if count % PUBLISHED_BATCHES_MAX == 0:
                    outlet.publish()
        if settings.forkchoice:
            writer.choose_file(read_forkchoice(settings.forkchoice))
    finally:
        outlet.publish()


def _pause(settings: MasterSettings, outlet: Outlet, stopping: threading.Event) -> None:
    """Wait for a period, with heartbeats where it is a long one."""
    end = time.monotonic() + settings.period_seconds
    while (left_seconds := end - time.monotonic()) > 0:
        wait_seconds = outlet.wait_seconds(settings.heartbeat_seconds)
        if stopping.wait(min(wait_seconds, left_seconds)):
            return
        if wait_seconds < left_seconds:
            outlet.heartbeat()
