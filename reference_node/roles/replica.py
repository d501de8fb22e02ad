"""The replica: follows the log in one thread, and serves the chain over HTTP in another."""

import dataclasses
import threading
from dataclasses import dataclass, field
from pathlib import Path

from reference_node.backend import Backend, Node
from reference_node.chain.genesis import stored_config, stored_genesis_hash
from reference_node.health import Health, judge
from reference_node.log.open import open_log, parse_topic
from reference_node.roles.follower import Follower
from reference_node.rpc.methods import METHODS
from reference_node.rpc.serve import listen, serve, url_of
from reference_node.rpc.server import HttpSettings, JsonRpcApp
from reference_node.store.leveldb import Store

THREAD_STOP_SECONDS_MAX = 30.0


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


class FollowedChain:
    """What a replica serves: nothing until it has caught up with the log once, from then on the newest whole view."""

    def __init__(self, store: Store, follower: Follower) -> None:
        self._store = store
        self._follower = follower
        self._node: Node | None = None
        self._caught_up = False

    def health(self) -> Health:
        """Return where the replica stands; once caught up it stays ready unless following has failed."""
        facts = self._follower.facts()
        self._caught_up = self._caught_up or (facts.caught_up and facts.head is not None)
        return judge(dataclasses.replace(facts, caught_up=self._caught_up))

    def backend(self) -> Backend | None:
        """Return a backend pinned to the newest view, or None before the replica has caught up."""
        view = self._follower.view
        if view is None or not (self._caught_up or self.health().serves):
            return None
        if self._node is None:
            self._node = Node(stored_config(self._store), stored_genesis_hash(self._store) or b"")
        return Backend(view, self._node)


def run_replica(settings: ReplicaSettings, stopping: threading.Event) -> None:
    """Follow the log and serve until told to stop; or only catch up, with `sync_shutdown`.

    Raises:
        UsageError, StoreError, LogError: see `reference_node.errors`.
    """
    topic, start = parse_topic(settings.topic)
    listener = None if settings.sync_shutdown else listen(settings.address, settings.port)
    store = log = None
    try:
        log = open_log(settings.broker)
        store = Store(settings.datadir)
        follower = Follower(store, log, topic, start)
        if listener is None:
            _catch_up(follower, stopping)
        else:
            thread = threading.Thread(target=follower.run, args=(stopping,), name="follower")
            thread.start()
            try:
                print(f"replica listening on {url_of(listener)}", flush=True)
                serve(JsonRpcApp(FollowedChain(store, follower), settings.http, METHODS), listener, stopping)
            finally:
                stopping.set()
                thread.join(THREAD_STOP_SECONDS_MAX)
        if follower.failure is not None:
            raise follower.failure
    finally:
        for opened in (listener, store, log):
            if opened is not None:
                opened.close()


def _catch_up(follower: Follower, stopping: threading.Event) -> None:
    while not stopping.is_set() and not follower.caught_up():
        follower.follow()
    at = follower.view.head if follower.view else None
    print(f"replica caught up at block {at.number} 0x{at.hash.hex()}" if at else "replica has no block yet", flush=True)
