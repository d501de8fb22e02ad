"""What the user asks for beside a mix."""

from collections.abc import Sequence
from dataclasses import dataclass

SKEW = 0.8
STALE_SECONDS = 5.0
CLIENTS = 24


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the user asks for beside the mix."""

    skew: float = SKEW
    """Exponent of Zipf's law: how much more often hot accounts, calls and blocks are asked for than cold ones."""
    batch: int = 1
    """Calls of one HTTP request."""
    clients: int = CLIENTS
    """Who take turns with requests; what one was shown it may expect to see again. All requests of a client are sent by
    one process where the count of processes divides it."""
    seed: int = 0
    stale_seconds: float = STALE_SECONDS
    """How long after a newer head was seen an answer about an older one is stale."""
    keys: Sequence[str] = ()
    """Private keys that pay for transactions; where there are none, the accounts of a shipped chain pay."""
    processes: int = 1
    calls_expected: float = 0.0
    """Of the whole run: as many as can be signed ahead are."""
