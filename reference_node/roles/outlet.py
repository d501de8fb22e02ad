"""The way from a master's database to its log: while the log is away, the outbox keeps what is made.

A broker that is away can take long to say nothing. So all that waits for the log is done in a thread of its own, and
the master goes on making blocks after a bounded wait. An append that was not answered may or may not be in the log: the
first thing after an outage is to connect anew, which looks at the log's end, forgets what is there already, and refuses
a log that another master has gone on with.
"""

import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

from reference_node.errors import LogUnavailable
from reference_node.log.interface import Log
from reference_node.process_log import fields
from reference_node.roles.ledger import Ledger
from reference_node.roles.patience import PAUSE_SECONDS_FIRST, next_pause, try_often

PATIENCE_SECONDS = 5.0
"""How long a step waits for the log, the first time that it takes long."""
LOOK_SECONDS = 0.1
"""How often a master looks whether the log has answered."""
Submit = Callable[[Callable[[], None]], "Future[None]"]
_LOGGER = logging.getLogger(__name__)


class Outlet:
    """Publishes a ledger's outbox and heartbeats; to be used from one thread at a time, and closed before its log."""

    def __init__(
        self,
        ledger: Ledger,
        log: Log,
        topic: str,
        clock: Callable[[], float] = time.monotonic,
        submit: Submit | None = None,
    ) -> None:
        """Publish to a topic.

        Args:
            ledger: whose outbox it is.
            log: where the topic is.
            topic: its name.
            clock: gives seconds, for the pauses between tries.
            submit: begins work that may take long; None for a thread of the outlet's own.
        """
        self.ledger = ledger
        self._log = log
        self._topic = topic
        self._clock = clock
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="outlet")
        self._submit: Submit = submit or self._thread.submit
        self._running: Future[None] | None = None
        self._away = ""
        self._is_lost = False
        """An append was not answered, so what the log holds is not known."""
        self._pause_seconds = PAUSE_SECONDS_FIRST
        self._next_try = 0.0

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

        Where the log takes long this returns after a bounded wait, and while it is away at once.

        Raises:
            Fenced, LogRefused: this master may not write any more, or the log is another one.
        """
        return self._tell(self.ledger.publish)

    def heartbeat(self) -> bool:
        """Publish, and tell the replicas that the master is alive; otherwise as `publish`."""
        return self._tell(self.ledger.heartbeat)

    def finish(self, stopping: threading.Event) -> None:
        """Publish all there is, within a bound of tries. Raises LogUnavailable where the outbox keeps something."""

        def publish() -> None:
            self._collect(None)
            self._next_try = 0.0
            if not self._tell(self.ledger.publish, waits=True):
                raise LogUnavailable(f"{self._away}; what is not published yet goes out when the master starts again")

        try_often(publish, stopping)

    def close(self) -> None:
        """Wait until nothing of it uses the log any more."""
        self._thread.shutdown()

    def wait_seconds(self, at_most: float) -> float:
        """Return how long there is nothing to do here: until the log may have answered, or the next try."""
        if self._running is not None:
            return min(at_most, LOOK_SECONDS)
        return min(at_most, max(0.0, self._next_try - self._clock())) if self._away else at_most

    def _tell(self, action: Callable[[], object], *, waits: bool = False) -> bool:
        if not self._collect(0.0) or (self._is_lost and self._clock() < self._next_try):
            return False
        self._running = self._submit(lambda: self._work(action))
        patience_seconds = 0.0 if self._away else PATIENCE_SECONDS
        return self._collect(None if waits else patience_seconds)

    def _work(self, action: Callable[[], object]) -> None:
        if self._is_lost:
            self.ledger.connect(self._log, self._topic, promote=False)
        action()

    def _collect(self, wait_seconds: float | None) -> bool:
        """Take what the work under way came to; say False where it goes on, or where the log was away.

        Args:
            wait_seconds: how long to wait for it; None for as long as the log itself may take.
        """
        if self._running is None:
            return True
        try:
            self._running.result(wait_seconds)
        except TimeoutError:
            self._note_away(f"the log has not answered for {PATIENCE_SECONDS:g} s")
            return False
        except LogUnavailable as error:
            self._note_away(str(error))
            self._away = str(error)
            self._running, self._is_lost = None, True
            self._next_try = self._clock() + self._pause_seconds
            self._pause_seconds = next_pause(self._pause_seconds)
            return False
        except BaseException:
            self._running = None
            raise
        if self._away:
            _LOGGER.warning("the log is back", extra=fields(sequence=self.ledger.position.chain.sequence))
        self._running, self._is_lost, self._away, self._pause_seconds = None, False, "", PAUSE_SECONDS_FIRST
        return True

    def _note_away(self, why: str) -> None:
        if not self._away:
            self._away = why
            _LOGGER.warning("the log is away, the outbox keeps what is made: %s", why)
