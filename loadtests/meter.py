"""How much of a processor a process has, and how much it lacks."""

import time
from pathlib import Path

_SCHEDSTAT = Path("/proc/self/schedstat")
"""Nanoseconds run, nanoseconds waited for a processor, turns; of the main thread (Linux)."""


class Meter:
    """Reads how much of a processor this process had, and wanted."""

    def __init__(self) -> None:
        """Begin to measure."""
        self._before = self._now()

    def read(self) -> dict[str, float]:
        """Return the shares of one core since it was read last."""
        before, self._before = self._before, self._now()
        wall, cpu, waited = (now - then for now, then in zip(self._before, before, strict=True))
        return {"cpu_share": cpu / wall, "cpu_wait_share": waited / wall}

    def _now(self) -> tuple[float, float, float]:
        try:
            waited = int(_SCHEDSTAT.read_text(encoding="ascii").split()[1]) / 1e9
        except (OSError, IndexError):  # another system, or a kernel that does not count it
            waited = 0.0
        return time.monotonic(), time.process_time(), waited
