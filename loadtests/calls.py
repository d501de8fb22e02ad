"""What is sent: calls, and when each is meant to be sent."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Call:
    """One JSON-RPC request of one client."""

    method: str
    body: bytes
    """The request object as JSON, its id included."""
    id: int
    allows_null: bool = False
    """Whether `null` is a right answer, as for a block beyond the head."""
    needs_block: int | None = None
    """The block that must be there for the answer, where there is one: a client that was shown it may expect it."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """One HTTP request of the schedule: a call, or a batch of several."""

    at_seconds: float
    """When it is meant to be sent, counted from the schedule's begin."""
    client: int
    """Whose it is; what one client was shown, it may expect to see again."""
    calls: tuple[Call, ...]
    is_batch: bool = False
