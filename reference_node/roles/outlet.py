"""The way from a master's database to its log: while the log is away, the outbox keeps what is made.

An append that was not answered may or may not be in the log. So the first thing after an outage is to connect anew:
that looks at the log's end, forgets what is there already, and refuses a log that another master has gone on with.
Whether the log answers again is asked in a thread of its own, as a broker that is away can take long to say nothing:
the master goes on making blocks meanwhile.
"""

import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from reference_node.errors import LogError, LogUnavailable
from reference_node.log.interface import Log
from reference_node.process_log import fields
from reference_node.roles.ledger import Ledger
from reference_node.roles.patience import PAUSE_SECONDS_FIRST, next_pause, try_often

ASK_SECONDS = 0.1
"""How often it is looked whether the log has answered."""
_LOGGER = logging.getLogger(__name__)


class Outlet:
    """Publishes a ledger's outbox and heartbeats; to be used from one thread at a time, and closed before its log."""

    def __init__(
        self,
        ledger: Ledger,
        log: Log,
        topic: str,
        clock: Callable[[], float] = time.monotonic,
        in_background: Callable[[Callable[[], None]], object] | None = None,
    ) -> None:
        """Publish to a topic.

        Args:
            ledger: whose outbox it is.
            log: where the topic is.
            topic: its name.
            clock: gives seconds, for the pauses between tries.
            in_background: runs what may take long; None for a thread of the outlet's own.
        """
        self.ledger = ledger
        self._log = log
        self._topic = topic
        self._clock = clock
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="outlet")
        self._in_background = in_background or self._thread.submit
        self._away = ""
        self._pause_seconds = PAUSE_SECONDS_FIRST
        self._next_try = 0.0
        self._is_asking = False
        self._has_answered = False
        """The log has answered since it was away."""

    @property
    def away(self) -> str:
        """Why the log can't be reached just now; empty where it can."""
        return self._away

    def connect(self, promote: bool, stopping: threading.Event) -> None:
        """Become the log's only writer, within a bound of tries.

        Raises:
            Fenced, LogRefused: see `Ledger.connect`.
            LogUnavailable: the log was away at each try.
        """
        try_often(lambda: self.ledger.connect(self._log, self._topic, promote), stopping)

    def publish(self) -> bool:
        """Publish what the outbox holds; say whether it is in the log now.

        While the log is away this returns at once, but for a try now and then.

        Raises:
            Fenced, LogRefused: this master may not write any more, or the log is another one.
        """
        return self._try(self.ledger.publish)

    def heartbeat(self) -> bool:
        """Publish, and tell the replicas that the master is alive; otherwise as `publish`."""
        return self._try(self.ledger.heartbeat)

    def finish(self, stopping: threading.Event) -> None:
        """Publish all there is, within a bound of tries. Raises LogUnavailable where the outbox keeps something."""

        def publish() -> None:
            self._next_try, self._has_answered = 0.0, True
            if not self.publish():
                raise LogUnavailable(f"{self._away}; what is not published yet goes out when the master starts again")

        try_often(publish, stopping)

    def close(self) -> None:
        """Wait until nothing of it uses the log any more."""
        self._thread.shutdown()

    def wait_seconds(self, at_most: float) -> float:
        """Return how long there is nothing to do here: until the next try where the log is away."""
        if not self._away:
            return at_most
        return min(at_most, max(ASK_SECONDS if self._is_asking else 0.0, self._next_try - self._clock()))

    def _try(self, action: Callable[[], object]) -> bool:
        if self._away and not self._may_try():
            return False
        try:
            if self._away:
                self.ledger.connect(self._log, self._topic, promote=False)
            action()
        except LogUnavailable as error:
            if not self._away:
                _LOGGER.warning("the log is away, the outbox keeps what is made: %s", error)
            self._away = str(error)
            self._has_answered = False
            self._pause()
            return False
        if self._away:
            _LOGGER.warning("the log is back", extra=fields(sequence=self.ledger.position.chain.sequence))
        self._away, self._pause_seconds = "", PAUSE_SECONDS_FIRST
        return True

    def _may_try(self) -> bool:
        """Say whether a try makes sense now; have the log asked where that is due."""
        if self._clock() < self._next_try or self._is_asking:
            return False
        if not self._has_answered:
            self._is_asking = True
            self._in_background(self._ask)
        return self._has_answered

    def _ask(self) -> None:
        try:
            self._log.bounds(self._topic)
            self._has_answered = True
        except LogUnavailable as error:
            self._away = str(error)
            self._pause()
        except LogError:
            self._has_answered = True  # and the next try says what of it is wrong
        finally:
            self._is_asking = False

    def _pause(self) -> None:
        self._next_try = self._clock() + self._pause_seconds
        self._pause_seconds = next_pause(self._pause_seconds)
