"""What became of a call: one kind each, told apart so that no error counts as a success."""

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """The kinds; all but the first two are failures."""

    RESULT = "result"
    NULL = "null"
    """`null` where null is allowed."""
    TRANSPORT = "transport"
    """Refused, reset, or closed before the answer was whole."""
    TIMEOUT = "timeout"
    HTTP = "http"
    """A status other than 200."""
    MALFORMED = "malformed"
    """No JSON, no JSON-RPC, another id, or a batch that lacks an answer."""
    RPC = "rpc"
    """A JSON-RPC error."""
    MISSING = "missing"
    """`null` where a result must be."""
    STALE = "stale"
    """A right answer about a head that the pool had left behind for longer than allowed."""
    MISMATCH = "mismatch"
    """Another answer than the compared target's."""


GOOD = frozenset({Kind.RESULT, Kind.NULL})


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one call."""

    kind: Kind
    code: int | None = None
    """The HTTP status, or the code of the JSON-RPC error."""

    @property
    def is_failure(self) -> bool:
        """Whether a client would call it one."""
        return self.kind not in GOOD
