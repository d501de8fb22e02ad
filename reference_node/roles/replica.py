"""The replica: one thread follows the log, one watches over its age, and one serves the chain over HTTP."""

import logging
import threading
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from pathlib import Path
from socket import socket

from reference_node.config import MetricsSettings
from reference_node.errors import CouldNotJudge, UsageError
from reference_node.health import NO_THRESHOLDS, Thresholds
from reference_node.lifecycle import AgeLimits
from reference_node.log.open import open_log, parse_topic, parse_topic_name
from reference_node.metrics import (
    Metrics,
    Values,
    metrics_shown,
    read_applied,
    read_following,
    read_health,
    read_rpc,
)
from reference_node.process_log import fields
from reference_node.roles.followed import CHECK_SECONDS, NO_LIMITS, FollowedChain, keep
from reference_node.roles.follower import Follower
from reference_node.roles.patience import try_often
from reference_node.roles.record_formats import WRITEBATCH, record_format
from reference_node.roles.sender import TransactionSender
from reference_node.rpc.eth_call import load_evm
from reference_node.rpc.methods import METHODS
from reference_node.rpc.serve import listen, serve, url_of
from reference_node.rpc.server import HttpSettings, JsonRpcApp
from reference_node.store.leveldb import Store

DRAIN_SECONDS = 5.0
_LOG = logging.getLogger(__name__)
CATCH_UP_ROUND_SECONDS = 1.0
"""A log that moves on all the time has been caught up with once a run to the end it had took no longer than this."""


@dataclass(frozen=True, slots=True)
class ReplicaSettings:
    """What the flags of `ethercattle replica` say."""

    datadir: Path
    broker: str
    topic: str
    """`name`, `name:offset` or `name:` (the oldest)."""
    address: str = "127.0.0.1"
    port: int = 8545
    http: HttpSettings = field(default_factory=HttpSettings)
    sync_shutdown: bool = False
    kafka_config: Mapping[str, str] = field(default_factory=dict)
    """librdkafka properties."""
    records: str = WRITEBATCH.name
    """The format of the records, as `--log.format` names it."""
    limits: AgeLimits = NO_LIMITS
    thresholds: Thresholds = NO_THRESHOLDS
    drain_seconds: float = DRAIN_SECONDS
    metrics: MetricsSettings | None = None
    """Where its metrics are shown; None for nowhere."""
    tx_topic: str = ""
    """Topic for transactions that clients send; without one they are refused."""


def run_replica(settings: ReplicaSettings, stopping: threading.Event) -> None:
    """Follow the log and serve until told to stop; or only catch up, with `sync_shutdown`.

    Raises:
        AgeLimitExceeded: a limit was passed.
        CouldNotJudge: it was to catch up, and was stopped before.
        UsageError, StoreError, LogError: see `reference_node.errors`.
    """
    topic, start = parse_topic(settings.topic)
    tx_topic = _tx_topic_beside(topic, settings.tx_topic)
    with ExitStack() as opened:
        listener = None
        if not settings.sync_shutdown:
            listener = opened.enter_context(closing(listen(settings.address, settings.port)))
        metrics = opened.enter_context(metrics_shown(settings.metrics))
        log = opened.enter_context(
            closing(try_often(lambda: open_log(settings.broker, config=settings.kafka_config), stopping))
        )
        store = opened.enter_context(closing(Store(settings.datadir)))
        form = record_format(settings.records)
        follower = try_often(lambda: Follower(store, log, topic, start, record_format=form), stopping)
        opened.enter_context(metrics.showing(lambda: read_applied(follower.witness.counters)))
        if listener is None:
            metrics.announce()
            _catch_up(follower, stopping)
        else:
            send = None
            if tx_topic:
                send = try_often(lambda: TransactionSender(log, tx_topic), stopping).send
            chain = FollowedChain(store, follower, settings.limits, settings.thresholds, send)
            opened.enter_context(metrics.showing(lambda: _read_standing(chain)))
            _follow_and_serve(settings, follower, chain, listener, metrics, stopping)


def _follow_and_serve(
    settings: ReplicaSettings, follower: Follower, chain: FollowedChain, listener: socket, metrics: Metrics,
    stopping: threading.Event,
) -> None:  # fmt: skip
    """Serve until told to stop or until something ends the replica, which is raised."""
    closed = threading.Event()
    with ThreadPoolExecutor(3, thread_name_prefix="replica") as threads:
        following = threads.submit(follower.run, closed)
        keeping = threads.submit(keep, chain, stopping, closed, settings.drain_seconds)
        threads.submit(_warm_up, chain, closed)
        try:
            print(f"replica listening on {url_of(listener)}", flush=True)
            _LOG.info("listening", extra=fields(url=url_of(listener)))
            metrics.announce()
            app = JsonRpcApp(chain, settings.http, METHODS, metered=metrics.url is not None)
            with metrics.showing(lambda: read_rpc(app.meters)):
                serve(app, listener, closed)
        finally:
            closed.set()
    following.result()
    ending = keeping.result() or follower.failure
    if ending is not None:
        raise ending


def _tx_topic_beside(topic: str, text: str) -> str:
    """Return the name of the transactions' topic; none where there is to be none."""
    name = parse_topic_name(text, "--kafka.tx.topic") if text else ""
    if name == topic:
        raise UsageError(f"--kafka.tx.topic is {name!r}, expected another topic than --kafka.topic")
    return name


def _warm_up(chain: FollowedChain, closed: threading.Event) -> None:
    """Load the EVM once the replica serves: before its first call, and not before it is ready."""
    while not chain.has_begun():
        if closed.wait(CHECK_SECONDS):
            return
    load_evm()


def _read_standing(chain: FollowedChain) -> Values:
    health = chain.health()
    return {**read_health(health), **read_following(health)}


def _catch_up(follower: Follower, stopping: threading.Event) -> None:
    """Follow to the log's end, also of a log that moves on meanwhile. Raises CouldNotJudge if stopped before."""
    while True:
        began = time.monotonic()
        end = try_often(follower.log_end, stopping)
        while follower.next_offset < end:
            if stopping.is_set():
                raise CouldNotJudge(f"stopped at offset {follower.next_offset}, before the log's end at {end}")
            if not try_often(follower.follow, stopping):
                try_often(follower.log_end, stopping)  # says so where the log is away rather than silent
        if time.monotonic() - began < CATCH_UP_ROUND_SECONDS:
            break
    at = follower.view.head if follower.view else None
    print(f"replica caught up at block {at.number} 0x{at.hash.hex()}" if at else "replica has no block yet", flush=True)
