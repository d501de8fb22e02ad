"""Small logs: a ledger's records in a file, and the faults that can be planted in them."""

from collections.abc import Callable, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from hypothesis import strategies as st

from reference_node.log.interface import FencedWriter, Record
from reference_node.log.sqlite import SqliteLog
from reference_node.roles.ledger import ForkChoiceMove, Ledger
from reference_node.store.leveldb import Store
from reference_node.store.schema import is_private
from reference_node.store.view import KeyValueReader

T = TypeVar("T")

TOPIC = "geth"
PART_BYTES = 40
"""Small enough that many batches have several parts."""

Writes = Sequence[tuple[bytes, bytes | None]]

small_keys = st.sampled_from(
    [b"", b"k", b"LastBlock", b"\x07" * 32, b"ethercattle-looks-private-4567890"[:32], b"h" * 41]
)
steps = st.lists(
    st.lists(st.tuples(small_keys, st.none() | st.binary(max_size=60)), max_size=5, unique_by=lambda write: write[0]),
    min_size=1,
    max_size=8,
)
"""What a master commits, step by step."""


class Clock:
    """A clock that moves a second with every look."""

    def __init__(self) -> None:
        self._now_ms = 1_700_000_000_000

    def __call__(self) -> int:
        """Return milliseconds since 1970."""
        self._now_ms += 1000
        return self._now_ms


def open_ledger(store: Store) -> Ledger:
    """Return a ledger that cuts small parts and has its own clock."""
    return Ledger(store, Clock(), PART_BYTES)


def public_content(store: KeyValueReader) -> dict[bytes, bytes]:
    """Return all that a master and its replicas have in common."""
    return {key: value for key, value in store.iterator() if not is_private(key)}


def write_log(path: Path, datadir: Path, committed: Sequence[Writes]) -> list[Record]:
    """Let a master commit and publish these steps, with a heartbeat after each second one; return the log's records."""
    with closing(Store(datadir)) as store, closing(SqliteLog(path, create=True)) as log:
        ledger = open_ledger(store)
        ledger.connect(log, TOPIC, promote=False)
        for count, writes in enumerate(committed):
            ledger.commit(dict(writes), count, count, ForkChoiceMove(safe_hash=bytes([count % 255 + 1]) * 32))
            ledger.publish()
            if count % 2:
                ledger.heartbeat()
        return [stored.record for stored in log.read(TOPIC, 0, 10_000, 0).records]


class Crash(Exception):
    """The process ends here."""


class Fuse:
    """Burns down with every durable action; when it is out, the process ends before or after the action."""

    def __init__(self, actions_left: int, *, after: bool) -> None:
        self._actions_left = actions_left
        self._after = after

    def around(self, action: Callable[[], T]) -> T:
        """Do a durable action, unless the process ends first."""
        self._actions_left -= 1
        if self._actions_left < 0 and not self._after:
            raise Crash
        result = action()
        if self._actions_left < 0:
            raise Crash
        return result


class CrashingStore(Store):
    """A database whose process ends by a fuse."""

    def __init__(self, datadir: Path, fuse: Fuse) -> None:
        super().__init__(datadir)
        self._fuse = fuse

    def apply(self, *arguments: Any, **options: Any) -> None:
        """Write, unless the process ends."""
        self._fuse.around(partial(super().apply, *arguments, **options))


class CrashingLog(SqliteLog):
    """A log whose writer's process ends by a fuse."""

    def __init__(self, path: Path, fuse: Fuse) -> None:
        super().__init__(path, create=True)
        self._fuse = fuse

    def open_writer(self, topic: str, epoch: int) -> FencedWriter:
        """Open a writer, unless the process ends."""
        return self._fuse.around(partial(super().open_writer, topic, epoch))

    def append_fenced(self, *arguments: Any) -> int:
        """Append, unless the process ends."""
        return self._fuse.around(partial(super().append_fenced, *arguments))


fuses = st.builds(Fuse, st.integers(0, 12), after=st.booleans())
