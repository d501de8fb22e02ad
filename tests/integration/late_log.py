"""An embedded log that gets another's records a while later, as a replica of a slow cluster would."""

import sqlite3
import threading
import time
from contextlib import closing
from pathlib import Path

POLL_SECONDS = 0.01
COPY = """
    INSERT INTO main.records SELECT * FROM source.records WHERE position >= ? AND position <
        coalesce((SELECT min(position) FROM source.records WHERE position >= ? AND time_ms > ?), 1 << 62)
"""


class LateLog(threading.Thread):
    """Copies the records of an embedded log's only topic to another file, each one some time after it was written."""

    def __init__(self, source: Path, copy: Path) -> None:
        """Copy what is there at once; what comes later is late by `seconds`."""
        super().__init__(name="late log")
        self.seconds = 0.0
        self._source, self._copy = source, copy
        self._done = threading.Event()
        with closing(sqlite3.connect(source)) as before, closing(sqlite3.connect(copy)) as after:
            before.backup(after)

    def run(self) -> None:
        """Copy until told to stop."""
        with closing(sqlite3.connect(self._copy, timeout=30)) as copy:
            copy.execute("ATTACH ? AS source", (str(self._source),))
            while not self._done.wait(POLL_SECONDS):
                with copy:
                    until_ms = int((time.time() - self.seconds) * 1000)
                    (start,) = copy.execute("SELECT next FROM main.topics").fetchone()
                    copy.execute(COPY, (start, start, until_ms))
                    copy.execute("UPDATE main.topics SET next = (SELECT max(position) + 1 FROM main.records)")

    def stop(self) -> None:
        """End the thread."""
        self._done.set()
        self.join()
