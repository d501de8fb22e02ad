"""The chain that a replica serves: from when it may, until its drain is over."""

import logging
import threading
from collections.abc import Callable
from dataclasses import replace

from reference_node.backend import Backend, Node
from reference_node.chain.genesis import stored_config, stored_genesis_hash
from reference_node.errors import AgeLimitExceeded
from reference_node.health import NO_THRESHOLDS, Health, Thresholds, as_text, judge
from reference_node.lifecycle import AgeLimits, breach, may_begin, waits_for
from reference_node.process_log import fields
from reference_node.roles.follower import Follower
from reference_node.store.leveldb import Store

CHECK_SECONDS = 0.05
"""How long a limit may be passed, or following be at its end, before the replica acts on it."""
NO_LIMITS = AgeLimits()
_LOGGER = logging.getLogger(__name__)


class FollowedChain:
    """Serves nothing until the replica may begin, from then on the newest whole view, to the end of the drain."""

    def __init__(
        self,
        store: Store,
        follower: Follower,
        limits: AgeLimits = NO_LIMITS,
        thresholds: Thresholds = NO_THRESHOLDS,
        send_transaction: Callable[[Backend, bytes], bytes] | None = None,
    ) -> None:
        self._store = store
        self._send_transaction = send_transaction
        self._follower = follower
        self._limits = limits
        self._thresholds = thresholds
        self._node: Node | None = None
        self._has_begun = False
        self._is_draining = False

    def health(self) -> Health:
        """Return where the replica stands; a limit that is passed shows here before the drain begins."""
        standing = self._follower.standing()
        held_back = breach(standing, self._limits)
        if not held_back and not self.has_begun():
            held_back = waits_for(standing, self._limits)
        facts = replace(self._follower.facts(), held_back=held_back, draining=self._is_draining)
        return judge(facts, self._thresholds)

    def backend(self) -> Backend | None:
        """Return a backend pinned to the newest view, or None before the replica may serve."""
        if not self._has_begun and not self.has_begun():
            return None
        view = self._follower.view
        if view is None:
            return None
        if self._node is None:
            config, genesis_hash = stored_config(self._store), stored_genesis_hash(self._store) or b""
            self._node = Node(config, genesis_hash, self._send_transaction)
        return Backend(view, self._node)

    def has_begun(self) -> bool:
        """Say whether the replica serves; where it may now for the first time, it does from here on."""
        if not self._has_begun and not self._is_draining:
            standing = self._follower.standing()
            self._has_begun = may_begin(standing, self._limits) and not breach(standing, self._limits)
        return self._has_begun

    def ending(self) -> Exception | None:
        """Return what has to end the replica, or None."""
        if self._follower.failure is not None:
            return self._follower.failure
        passed = breach(self._follower.standing(), self._limits)
        return AgeLimitExceeded(passed) if passed else None

    def drain(self) -> None:
        """Fail health from here on; requests that still come are answered as before."""
        self._is_draining = True


def keep(
    chain: FollowedChain, stopping: threading.Event, closed: threading.Event, drain_seconds: float
) -> Exception | None:
    """Wait for the end, drain, and set `closed`; return what ended the replica, or None for a stop on request.

    Args:
        chain: what is served.
        stopping: set where the process was told to stop.
        closed: set by this once nothing has to be served any more, or by the server where it could not go on.
        drain_seconds: how long requests are answered while health fails; a replica that serves nothing does not wait.
    """
    ending: Exception | None = None
    try:
        while ending is None and not stopping.is_set() and not closed.is_set():
            stopping.wait(CHECK_SECONDS)
            ending = chain.ending()
        waits_seconds = drain_seconds if chain.has_begun() else 0.0
        chain.drain()
        why = "told to stop" if ending is None else str(ending)
        level = logging.INFO if ending is None else logging.WARNING
        _LOGGER.log(
            level, "draining for %s s: %s", as_text(waits_seconds), why, extra=fields(drain_seconds=waits_seconds)
        )
        closed.wait(waits_seconds)
    finally:
        closed.set()
    return ending
