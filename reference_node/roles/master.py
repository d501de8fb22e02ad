"""The master: takes blocks from chain files or a node, executes them, and publishes their writes to the log."""

import logging
import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console
from rich.progress import track

from reference_node.chain.files import read_blocks, read_forkchoice
from reference_node.chain.genesis import Genesis, load_genesis
from reference_node.chain.types import Block
from reference_node.config import MetricsSettings
from reference_node.errors import UsageError
from reference_node.log.open import open_log, parse_topic
from reference_node.metrics import Metrics, Values, metrics_shown, read_health, read_published, read_rpc
from reference_node.process_log import fields
from reference_node.roles.block_source import ANSWER_SECONDS_MAX, RpcSource
from reference_node.roles.chain_writer import ChainWriter, holds_chain
from reference_node.roles.endpoint import open_endpoint
from reference_node.roles.following import Follow, FollowSettings, run_following
from reference_node.roles.ledger import PUBLISHED_BATCHES_MAX, Ledger
from reference_node.roles.outlet import Outlet
from reference_node.roles.patience import try_often
from reference_node.roles.record_formats import WRITEBATCH, record_bytes_limit, record_format
from reference_node.store.leveldb import Store

HEARTBEAT_SECONDS = 30.0
_LOG = logging.getLogger(__name__)
THREAD_STOP_SECONDS_MAX = 30.0


@dataclass(frozen=True, slots=True)
class DevSettings:
    """Where a master with dev production takes transactions, and what it offers there."""

    address: str
    port: int
    vhosts: tuple[str, ...]
    cors_domains: tuple[str, ...]
    apis: tuple[str, ...]
    min_block_wait_seconds: float = 2.0
    """How long a request waits for the least block it names."""


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
    follow: FollowSettings | None = None
    """Take blocks from a node after the import."""
    kafka_config: Mapping[str, str] = field(default_factory=dict)
    """librdkafka properties."""
    records: str = WRITEBATCH.name
    """The format of the records, as `--log.format` names it."""
    metrics: MetricsSettings | None = None
    """Where its metrics are shown; None for nowhere."""
    announces: bool = True
    """Say on stdout where it stands after the import."""


def run_master(settings: MasterSettings, stopping: threading.Event) -> None:
    """Import what there is to import, then make blocks, follow a node or send heartbeats until told to stop.

    Raises:
        InvalidBlock: a block breaks the rules; what came before it is published.
        UsageError, StoreError, ChainFileError, LogError: see `reference_node.errors`.
    """
    topic, start = parse_topic(settings.topic)
    if start is not None:
        raise UsageError(f"--kafka.topic is {settings.topic!r}, but a master takes a name without an offset")
    _check_modes(settings)
    genesis = load_genesis(settings.genesis)
    with metrics_shown(settings.metrics) as metrics:
        _run(settings, topic, genesis, metrics, stopping)


def _check_modes(settings: MasterSettings) -> None:
    """Refuse flags that exclude each other."""
    if settings.dev is not None and settings.exit_when_done:
        raise UsageError("--dev and --exit-when-done exclude each other: dev production goes on until it is stopped")
    if settings.follow is not None:
        for flag, is_given, why in (
            ("--dev", settings.dev is not None, "blocks come from one place"),
            ("--forkchoice", settings.forkchoice is not None, "the source chooses head, safe and finalized"),
            ("--period", bool(settings.period_seconds), "blocks come when the source has them"),
            ("--exit-when-done", settings.exit_when_done, "following goes on until it is stopped"),
        ):
            if is_given:
                raise UsageError(f"--follow and {flag} exclude each other: {why}")


def _run(settings: MasterSettings, topic: str, genesis: Genesis, metrics: Metrics, stopping: threading.Event) -> None:
    if settings.follow is not None:  # a slip of the pen is told before anything is made
        open_endpoint(settings.follow.endpoint, "--follow").close()
    with ExitStack() as opened:
        store = opened.enter_context(closing(Store(settings.datadir)))
        log = opened.enter_context(
            closing(try_often(lambda: open_log(settings.broker, create=True, config=settings.kafka_config), stopping))
        )
        holds_chain(store, genesis)
        ledger = _open_ledger(settings, store)
        outlet = opened.enter_context(closing(Outlet(ledger, log, topic)))
        outlet.connect(settings.promote, stopping)  # before the genesis, so that a refusal leaves nothing behind
        writer = ChainWriter(ledger, genesis)
        opened.enter_context(metrics.showing(lambda: _read_published(ledger, writer)))
        _work(settings, genesis, writer, outlet, metrics, stopping)


def _work(
    settings: MasterSettings, genesis: Genesis, writer: ChainWriter, outlet: Outlet, metrics: Metrics,
    stopping: threading.Event,
) -> None:  # fmt: skip
    """Import, then make blocks, follow a node or send heartbeats until told to stop; leave nothing in the outbox."""
    if settings.dev is None:
        metrics.announce()
    outlet.publish()
    _import_files(settings, writer, outlet, stopping)
    if settings.announces:
        print(f"master at block {writer.head.number} 0x{writer.head.hash.hex()}", flush=True)
    _LOG.info("imported", extra=fields(number=writer.head.number, hash=writer.head.hash))
    if settings.dev is not None and not stopping.is_set():
        _produce(settings, settings.dev, writer, outlet, metrics, stopping)
    if settings.follow is not None and not stopping.is_set():
        _follow(settings, settings.follow, genesis.header.hash, writer, outlet, stopping)
    while not settings.exit_when_done and not stopping.wait(outlet.wait_seconds(settings.heartbeat_seconds)):
        outlet.heartbeat()
    outlet.finish(stopping)


def _read_published(ledger: Ledger, writer: ChainWriter) -> Values:
    position = ledger.position
    return read_published(ledger.counters, position.chain.sequence, position.epoch, writer.head.number)


def _open_ledger(settings: MasterSettings, store: Store) -> Ledger:
    form = record_format(settings.records)
    limit = record_bytes_limit(form, settings.broker, settings.kafka_config)
    return Ledger(store, record_bytes_max=limit, record_format=form)


def _produce(
    settings: MasterSettings, dev: DevSettings, writer: ChainWriter, outlet: Outlet, metrics: Metrics,
    stopping: threading.Event,
) -> None:  # fmt: skip
    """Make blocks and serve their chain until told to stop."""
    from reference_node.roles.journal import Journal
    from reference_node.roles.production import Producer  # a master without --dev needs no server
    from reference_node.rpc.methods import METHODS
    from reference_node.rpc.serve import listen, serve, url_of
    from reference_node.rpc.server import HttpSettings, JsonRpcApp

    with listen(dev.address, dev.port) as listener, closing(Journal(settings.datadir / "transactions.rlp")) as journal:
        producer = Producer(writer, outlet, settings.period_seconds, journal=journal)
        thread = threading.Thread(target=producer.run, args=(stopping, settings.heartbeat_seconds), name="producer")
        thread.start()
        try:
            print(f"master listening on {url_of(listener)}", flush=True)
            _LOG.info("listening", extra=fields(url=url_of(listener)))
            metrics.announce()
            http = HttpSettings(dev.vhosts, dev.cors_domains, dev.apis, dev.min_block_wait_seconds)
            methods = {**METHODS, **producer.methods()}
            app = JsonRpcApp(producer, http, methods, metered=metrics.url is not None)
            with metrics.showing(lambda: {**read_health(producer.health()), **read_rpc(app.meters)}):
                serve(app, listener, stopping)
        finally:
            stopping.set()
            thread.join(THREAD_STOP_SECONDS_MAX)
    if producer.failure is not None:
        raise producer.failure


def _follow(
    settings: MasterSettings, follow: FollowSettings, genesis_hash: bytes, writer: ChainWriter, outlet: Outlet,
    stopping: threading.Event,
) -> None:  # fmt: skip
    """Take blocks from a node until told to stop."""
    with closing(open_endpoint(follow.endpoint, "--follow", ANSWER_SECONDS_MAX)) as endpoint:
        source = RpcSource(endpoint, follow.name)
        following = Follow(writer, outlet, source, genesis_hash, follow.name, stopping)
        run_following(following, writer, outlet, follow, settings.heartbeat_seconds, stopping)


def _read_files(paths: Iterable[Path]) -> Iterator[Block]:
    return (block for path in paths for block in read_blocks(path))


def _import_files(settings: MasterSettings, writer: ChainWriter, outlet: Outlet, stopping: threading.Event) -> None:
    # Read twice, so that a broken file is refused before anything of it is imported, and no chain has to fit in memory.
    total = sum(1 for _ in _read_files(settings.chain_files))
    is_paced = bool(settings.period_seconds) and settings.dev is None  # else the period is of blocks of our own
    try:
        console = Console(stderr=True)
        blocks, is_hidden = _read_files(settings.chain_files), not console.is_terminal
        shown = track(blocks, "importing", total, console=console, transient=True, disable=is_hidden)
        for count, block in enumerate(shown):
            if block.header.number == 0:
                continue
            if is_paced and not writer.knows(block.header.hash):
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
