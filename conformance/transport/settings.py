"""How an endpoint is asked, and within which limits."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

CONNECT_SECONDS_MAX = 5.0
REPLY_SECONDS_MAX = 30.0
REPLY_BYTES_MAX = 64 * 1024 * 1024
BATCH_SIZE = 20
BATCH_SIZE_MAX = 1000
"""As many as geth takes (v1.17.8, node/defaults.go, BatchRequestLimit)."""
IN_FLIGHT_MAX = 256


class Kind(StrEnum):
    """What carries questions."""

    HTTP = "http"
    """One question a request, or a message where the URL is a WebSocket's."""
    BATCH = "batch"
    """Several questions a request, as one JSON-RPC batch."""
    WEBSOCKET = "ws"
    """One question a message, over WebSocket even where the URL begins with http."""


@dataclass(frozen=True, slots=True)
class Transport:
    """How one endpoint is asked."""

    kind: Kind = Kind.HTTP
    batch_size: int = BATCH_SIZE
    """Questions in one batch at the most."""
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Sent with every request; may be secret."""
    gzip: bool = False
    """Whether to ask for compressed answers."""
    connect_seconds_max: float = CONNECT_SECONDS_MAX
    reply_seconds_max: float = REPLY_SECONDS_MAX
    """From sending a question to the last byte of its answer."""
    reply_bytes_max: int = REPLY_BYTES_MAX
    """Of one body, after decompression."""
    retries: int = 0
    """How often a question without a whole reply is asked again."""
    in_flight_max: int = IN_FLIGHT_MAX
    """Connections open at the same time; who asks more has to wait."""


PLAIN = Transport()
"""One question a request over HTTP, with the usual limits."""


@dataclass(frozen=True, slots=True)
class Transports:
    """How the two sides are asked."""

    candidate: Transport = PLAIN
    reference: Transport = PLAIN

    def threads(self, jobs: int) -> int:
        """Return how many threads must ask at a time, so that so many requests are in flight."""
        return jobs * self.candidate.batch_size if self.candidate.kind is Kind.BATCH else jobs
