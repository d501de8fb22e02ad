"""The replica: one thread follows the log, one watches over its age, and one serves the chain over HTTP."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from pathlib import Path
from socket import socket

from reference_node.errors import CouldNotJudge
from reference_node.health import NO_THRESHOLDS, Thresholds
from reference_node.lifecycle import AgeLimits
from reference_node.log.open import open_log, parse_topic
from reference_node.roles.followed import NO_LIMITS, FollowedChain, keep
from reference_node.roles.follower import Follower
from reference_node.roles.patience import try_often
from reference_node.rpc.methods import METHODS
from reference_node.rpc.serve import listen, serve, url_of
from reference_node.rpc.server import HttpSettings, JsonRpcApp
from reference_node.store.leveldb import Store

DRAIN_SECONDS = 5.0
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
    limits: AgeLimits = NO_LIMITS
    thresholds: Thresholds = NO_THRESHOLDS
    drain_seconds: float = DRAIN_SECONDS


def run_replica(settings: ReplicaSettings, stopping: threading.Event) -> None:
    """Follow the log and serve until told to stop; or only catch up, with `sync_shutdown`.

    Raises:
        AgeLimitExceeded: a limit was passed.
        CouldNotJudge: it was to catch up, and was stopped before.
        UsageError, StoreError, LogError: see `reference_node.errors`.
    """
    topic, start = parse_topic(settings.topic)
    with ExitStack() as opened:
        listener = None
        if not settings.sync_shutdown:
            listener = opened.enter_context(closing(listen(settings.address, settings.port)))
        log = opened.enter_context(closing(try_often(lambda: open_log(settings.broker), stopping)))
        store = opened.enter_context(closing(Store(settings.datadir)))
        follower = try_often(lambda: Follower(store, log, topic, start), stopping)
        if listener is None:
            _catch_up(follower, stopping)
        else:
            chain = FollowedChain(store, follower, settings.limits, settings.thresholds)
            _follow_and_serve(settings, follower, chain, listener, stopping)


def _follow_and_serve(
    settings: ReplicaSettings, follower: Follower, chain: FollowedChain, listener: socket, stopping: threading.Event
) -> None:
    """Serve until told to stop or until something ends the replica, which is raised."""
    closed = threading.Event()
    with ThreadPoolExecutor(2, thread_name_prefix="replica") as threads:
        following = threads.submit(follower.run, closed)
        keeping = threads.submit(keep, chain, stopping, closed, settings.drain_seconds)
        try:
            print(f"replica listening on {url_of(listener)}", flush=True)
            serve(JsonRpcApp(chain, settings.http, METHODS), listener, closed)
        finally:
            closed.set()
    following.result()
    ending = keeping.result() or follower.failure
    if ending is not None:
        raise ending


def _catch_up(follower: Follower, stopping: threading.Event) -> None:
    """Follow to the log's end, also of a log that moves on meanwhile. Raises CouldNotJudge if stopped before."""
    while True:
        began = time.monotonic()
        end = try_often(follower.log_end, stopping)
        while follower.next_offset < end:
            if stopping.is_set():
                raise CouldNotJudge(f"stopped at offset {follower.next_offset}, before the log's end at {end}")
            try_often(follower.follow, stopping)
        if time.monotonic() - began < CATCH_UP_ROUND_SECONDS:
            break
    at = follower.view.head if follower.view else None
    print(f"replica caught up at block {at.number} 0x{at.hash.hex()}" if at else "replica has no block yet", flush=True)
