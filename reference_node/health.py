"""What a node says of itself to a balancer."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Health:
    """Whether a node may serve, and where it stands."""

    ready: bool
    """Caught up with the log, and the head can be read."""
    head_number: int | None
    head_hash: bytes | None
    offset: int
    """Offset of the last log record applied; -1 before the first."""
    lag_records: int | None
    """Log records not applied yet, or None where the log did not say."""
    reason: str
    """Why it is not ready; empty where it is."""

    def as_json(self) -> dict[str, object]:
        """Return the form that the health endpoints answer."""
        return {
            "ready": self.ready,
            "head": None
            if self.head_number is None or self.head_hash is None
            else {"number": self.head_number, "hash": "0x" + self.head_hash.hex()},
            "offset": self.offset,
            "lag_records": self.lag_records,
            "reason": self.reason,
        }
