"""What a generator tells of one second: counts and every time measured; slices of the same second add up."""

from array import array
from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

import orjson

from loadtests.outcomes import GOOD, Kind

MICROSECONDS = "I"
"""How times are packed: 32 bits, so up to 71 minutes."""
MICROSECONDS_MAX = 2**32 - 1


class Ending(NamedTuple):
    """How a call ended, as counts are told apart."""

    method: str
    kind: Kind
    code: int | None


class Times(NamedTuple):
    """Times of the requests that held a method alone, or of batches; in microseconds, one each request."""

    response: "array[int]"
    """From the intended time to the answer's last byte."""
    service: "array[int]"
    """From sending to the answer's last byte."""


@dataclass(frozen=True, slots=True)
class Slice:
    """One second of one generator."""

    process: int
    second: int
    """Counted from the run's begin; what ended in it is in it."""
    is_warmup: bool
    """Whether it tells of arrivals that were meant for the warm-up, which no figure counts."""
    offered: int = 0
    """HTTP requests whose intended time was in it."""
    sent: int = 0
    answered: int = 0
    """HTTP requests that ended, in whatever way."""
    in_flight: int = 0
    """HTTP requests sent and not yet ended, at its end."""
    waiting: int = 0
    """HTTP requests due and not yet sent, as all connections were busy, at its end."""
    endings: Mapping[Ending, int] = field(default_factory=dict)
    """Calls by how they ended; each item of a batch is one."""
    times: Mapping[str, Times] = field(default_factory=dict)
    """By method; `batch` for batches. Requests that ended in a failure are in it."""
    late: "array[int]" = field(default_factory=lambda: array(MICROSECONDS))
    """How late each request was sent that had a connection free, in microseconds: the generator's own fault."""
    unsent: "array[int]" = field(default_factory=lambda: array(MICROSECONDS))
    """How long each request had waited that was never sent before the end; in the last slice only."""
    consistency: Mapping[str, int] = field(default_factory=dict)
    """What the watch counted, by name."""
    heads: Mapping[int, int] = field(default_factory=dict)
    """The highest head that each target has shown so far."""
    connections: int = 0
    """Opened so far, by this process."""
    loop_lag_us: int = 0
    """How late the second's end was noticed."""
    cpu_share: float = 0.0
    """Processor time used by the process, of one core."""
    cpu_wait_share: float = 0.0
    """Time that the process could have run and had no processor, where the kernel tells it."""

    @property
    def failed(self) -> int:
        """Calls that a client would say have failed."""
        return sum(count for ending, count in self.endings.items() if ending.kind not in GOOD)

    def to_line(self) -> bytes:
        """Return it as one line of JSON."""
        return orjson.dumps({**_plain(self), "type": "slice"}) + b"\n"


_COUNTS = (
    "process", "second", "is_warmup", "offered", "sent", "answered", "in_flight", "waiting", "connections",
    "loop_lag_us", "cpu_share", "cpu_wait_share",
)  # fmt: skip


def _plain(one: Slice) -> dict[str, object]:
    plain: dict[str, object] = {name: getattr(one, name) for name in _COUNTS}
    plain["endings"] = [[*ending, count] for ending, count in one.endings.items()]
    plain["times"] = {
        method: [pack_times(times.response), pack_times(times.service)] for method, times in one.times.items()
    }
    plain["late"], plain["unsent"] = pack_times(one.late), pack_times(one.unsent)
    plain["consistency"] = dict(one.consistency)
    plain["heads"] = {str(target): head for target, head in one.heads.items()}
    return plain


def read_slice(found: Mapping[str, object]) -> Slice:
    """Return the slice that a decoded line holds."""
    values: dict[str, object] = {name: found[name] for name in _COUNTS}
    endings, times, heads = found["endings"], found["times"], found["heads"]
    assert isinstance(endings, list)
    assert isinstance(times, dict)
    assert isinstance(heads, dict)
    values["endings"] = {Ending(method, Kind(kind), code): count for method, kind, code, count in endings}
    values["times"] = {method: Times(read_times(one), read_times(other)) for method, (one, other) in times.items()}
    values["late"], values["unsent"] = read_times(str(found["late"])), read_times(str(found["unsent"]))
    values["consistency"] = found["consistency"]
    values["heads"] = {int(target): head for target, head in heads.items()}
    return Slice(**values)  # type: ignore[arg-type] # each value is checked by what it is read from


def pack_times(values: "array[int]") -> str:
    """Return times as text that JSON can hold."""
    return b64encode(values.tobytes()).decode()


def read_times(text: str) -> "array[int]":
    """Return the times that `pack_times` wrote."""
    values = array(MICROSECONDS)
    values.frombytes(b64decode(text))
    return values
