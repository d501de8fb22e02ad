"""A replica in this process: its log can be taken away, its clock stands still unless it is moved."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from reference_node.capture.head import switch_head
from reference_node.errors import LogUnavailable
from reference_node.log.interface import Bounds, ReadResult
from reference_node.log.sqlite import SqliteLog
from reference_node.roles.follower import Follower
from reference_node.roles.ledger import Ledger
from reference_node.store.leveldb import Store
from reference_node.store.overlay import Overlay
from tests.reference_node.logs import TOPIC
from tests.reference_node.worlds import World

WAIT_SECONDS_MAX = 10.0
START_MS = 1_700_000_000_000


class SwitchedLog(SqliteLog):
    """A log that can be taken away, and that counts what it is asked."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, create=False)
        self.is_away = False
        self.asked = 0
        self.identity_told: bytes | None = None

    def _ask(self) -> None:
        self.asked += 1
        if self.is_away:
            raise LogUnavailable("no broker answers")

    def bounds(self, topic: str) -> Bounds:
        """Return the topic's range."""
        self._ask()
        return super().bounds(topic)

    def identity(self, topic: str) -> bytes:
        """Return the topic's identity, or the one planted."""
        self._ask()
        return self.identity_told or super().identity(topic)

    def read(self, topic: str, offset: int, limit: int, timeout_seconds: float) -> ReadResult:
        """Return the next records."""
        self._ask()
        return super().read(topic, offset, limit, timeout_seconds)


class Clock:
    """A clock that stands still: the master's and the replica's."""

    def __init__(self) -> None:
        self.now_ms = START_MS

    def __call__(self) -> int:
        """Return milliseconds since 1970."""
        return self.now_ms


class Rig:
    """A master's ledger on a small chain, and a follower of its log with a clock of its own."""

    def __init__(self, folder: Path, ledger: Ledger, log: SwitchedLog, store: Store, clock: Clock) -> None:
        self.clock = clock
        self.world = World()
        self.store = store
        self.ledger, self.log, self.folder = ledger, log, folder
        ledger.commit(dict(self.world.genesis.writes), 0, 0)
        ledger.publish()
        self.follower = Follower(store, log, TOPIC, clock=clock)

    def add_blocks(self, count: int) -> None:
        """Publish empty steps that name the blocks after the genesis."""
        for number in range(1, count + 1):
            self.ledger.commit({b"k": b"%d" % number}, number, number)
            self.ledger.publish()

    def add_head(self, timestamp: int) -> None:
        """Publish a block of this timestamp (seconds) on the head, stamped with the clock as it is now."""
        built = self.world.add(timestamp=timestamp)
        writes: dict[bytes, bytes | None] = dict(built.executed.writes)
        writes.update(switch_head(Overlay(self.ledger.store, writes), self.world.head))
        self.ledger.commit(writes, self.world.head.number, self.world.head.number)
        self.ledger.publish()

    def catch_up(self) -> None:
        """Apply all there is."""
        while not self.follower.caught_up():
            self.follower.follow(0)
        self.follower.look()

    @contextmanager
    def running(self) -> Iterator[threading.Event]:
        """Let the follower run in a thread of its own."""
        stopping = threading.Event()
        thread = threading.Thread(target=self.follower.run, args=(stopping,))
        thread.start()
        try:
            yield stopping
        finally:
            stopping.set()
            thread.join(WAIT_SECONDS_MAX)
        assert not thread.is_alive()


@contextmanager
def make_rig(folder: Path) -> Iterator[Rig]:
    """Yield a follower that has read nothing yet of a log with a genesis."""
    with (
        closing(SqliteLog(folder / "log.sqlite", create=True)) as log,
        closing(Store(folder / "master")) as master,
        closing(Store(folder / "replica")) as replica,
    ):
        clock = Clock()
        ledger = Ledger(master, clock)
        ledger.connect(log, TOPIC, promote=False)
        with closing(SwitchedLog(folder / "log.sqlite")) as switched:
            yield Rig(folder, ledger, switched, replica, clock)


def wait_for(condition: Callable[[], object]) -> None:
    """Wait until a condition holds."""
    deadline = time.monotonic() + WAIT_SECONDS_MAX
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.005)
