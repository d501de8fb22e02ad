"""What one generator process is told to do: a value that travels as one line of JSON."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import orjson

from loadtests.shapes import Segment

TIMEOUT_SECONDS = 10.0
CONNECTIONS_MAX = 512


@dataclass(frozen=True, slots=True)
class Task:
    """The share of one process in a run."""

    targets: tuple[str, ...]
    """URLs; each client takes them in turn."""
    segments: tuple[Segment, ...]
    """Arrivals a second over time, or users over time where the loop is closed; warm-up included."""
    is_open: bool = True
    is_poisson: bool = True
    replay: tuple[float, ...] = ()
    """Times of recorded arrivals, in seconds since the begin; they stand in for the segments' rates."""
    process: int = 0
    processes: int = 1
    seed: int = 0
    warmup_seconds: float = 0.0
    timeout_seconds: float = TIMEOUT_SECONDS
    connections_max: int = CONNECTIONS_MAX
    """Requests at a time, of this process."""
    compare: str = ""
    """URL of a second target, which is sent each request too; empty for none."""
    requests: Mapping[str, Any] = field(default_factory=dict)
    """What to send; `loadtests.sources` reads it."""

    @property
    def end_seconds(self) -> float:
        """When the last arrival is due at the latest."""
        return self.segments[-1].end_seconds

    def to_line(self) -> bytes:
        """Return it as one line."""
        return orjson.dumps(asdict(self)) + b"\n"


def read_task(line: bytes) -> Task:
    """Return the task that a line holds."""
    found = orjson.loads(line)
    found["segments"] = tuple(Segment(**each) for each in found["segments"])
    return Task(**{**found, "targets": tuple(found["targets"]), "replay": tuple(found["replay"])})
