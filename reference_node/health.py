"""What a node says of itself to a balancer: facts, and the verdict that thresholds make of them.

Nothing here reads a clock, a log or a database: `judge` is a function of what it is given.
"""

from dataclasses import dataclass, field
from enum import StrEnum

SCHEMA = "ethercattle.health/1"


class Status(StrEnum):
    """Whether a node may be used."""

    READY = "ready"
    DEGRADED = "degraded"
    """It serves, but stands behind a threshold: use it only where there is no better one."""
    UNREADY = "unready"
    """It must not be used."""


_HTTP_STATUS = {Status.READY: 200, Status.DEGRADED: 429, Status.UNREADY: 503}


@dataclass(frozen=True, slots=True)
class Head:
    """The head of the view that a node serves."""

    number: int
    hash: bytes
    timestamp: int
    """Seconds since 1970, from the block."""


@dataclass(frozen=True, slots=True)
class Thresholds:
    """What the `--health.*` flags say; a node past one of them is degraded. 0 turns one off."""

    lag_records: int = 0
    lag_blocks: int = 0
    offset_age_seconds: float = 0.0
    block_age_seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Facts:
    """Where a node stands."""

    caught_up: bool = False
    """It has reached the log's end, with a whole chain, since it started; the lags say how far behind it is now."""
    head: Head | None = None
    """None before the first whole chain."""
    head_readable: bool = False
    """The head's header and state root were read just now."""
    block_age_seconds: float | None = None
    """How old the head's timestamp is."""
    offset: int = -1
    """Offset of the last log record applied; -1 before the first."""
    offset_age_seconds: float | None = None
    """How old the newest applied record is by the master's clock."""
    lag_records: int | None = None
    """Log records not applied yet, or None where the log does not say."""
    lag_blocks: int | None = None
    """Blocks between the head and the newest one the log is known to hold, or None where that is not known."""
    epoch: int = 0
    """The master's epoch."""
    last_heartbeat_ms: int | None = None
    """The master's clock in the last record that carried no block: milliseconds since 1970; None before the first."""
    draining: bool = False
    """It is about to stop, and answers only what still comes."""
    failure: str = ""
    """What ended following the log; empty while it goes on."""
    log_away: str = ""
    """Why the log can't be reached just now; empty where it can."""
    held_back: str = ""
    """Which age forbids serving: the one it waits for at its start, or the limit it has passed; empty for none."""


@dataclass(frozen=True, slots=True)
class Health:
    """Whether a node may be used, why not, and where it stands."""

    status: Status
    reasons: tuple[str, ...]
    """Why it is not ready; empty where it is."""
    facts: Facts = field(default_factory=Facts)
    thresholds: Thresholds = field(default_factory=Thresholds)

    @property
    def serves(self) -> bool:
        """Whether it may be used at all."""
        return self.status is not Status.UNREADY

    @property
    def live(self) -> bool:
        """Whether the process does its work; one that does not has to be started anew."""
        return not self.facts.failure

    @property
    def http_status(self) -> int:
        """200 ready, 429 degraded, 503 unready: what `/health/ready` answers."""
        return _HTTP_STATUS[self.status]

    @property
    def reason(self) -> str:
        """All reasons in one line."""
        return "; ".join(self.reasons)

    def as_json(self) -> dict[str, object]:
        """Return the form that the health endpoints answer: docs/nodes.md describes it."""
        facts, limits = self.facts, self.thresholds
        return {
            "schema": SCHEMA,
            "status": self.status.value,
            "reasons": list(self.reasons),
            "live": self.live,
            "caught_up": facts.caught_up,
            "head": None
            if facts.head is None
            else {
                "number": facts.head.number,
                "hash": "0x" + facts.head.hash.hex(),
                "timestamp": facts.head.timestamp,
            },
            "head_readable": facts.head_readable,
            "block_age_seconds": facts.block_age_seconds,
            "offset": facts.offset,
            "offset_age_seconds": facts.offset_age_seconds,
            "lag_records": facts.lag_records,
            "lag_blocks": facts.lag_blocks,
            "epoch": facts.epoch,
            "last_heartbeat": facts.last_heartbeat_ms,
            "draining": facts.draining,
            "thresholds": {
                "lag_records": limits.lag_records,
                "lag_blocks": limits.lag_blocks,
                "offset_age_seconds": limits.offset_age_seconds,
                "block_age_seconds": limits.block_age_seconds,
            },
        }


NO_THRESHOLDS = Thresholds()


def judge(facts: Facts, thresholds: Thresholds = NO_THRESHOLDS) -> Health:
    """Return the verdict: unready for what forbids use, else degraded for what is past a threshold, else ready."""
    if stops := _what_forbids_use(facts):
        return Health(Status.UNREADY, stops, facts, thresholds)
    if slows := _what_is_past(facts, thresholds):
        return Health(Status.DEGRADED, slows, facts, thresholds)
    return Health(Status.READY, (), facts, thresholds)


def _what_forbids_use(facts: Facts) -> tuple[str, ...]:
    reasons = []
    if facts.failure:
        reasons.append(facts.failure)
    if facts.draining:
        reasons.append("draining")
    if facts.head is None:
        reasons.append("the database holds no whole chain yet")
    elif not facts.head_readable:
        reasons.append(f"the head, block {facts.head.number}, can't be read")
    if not facts.caught_up and (facts.head is not None or facts.lag_records != 0):
        behind = "an unknown number of" if facts.lag_records is None else facts.lag_records
        reasons.append(f"not caught up yet: {behind} log records behind")
        if facts.log_away:
            reasons.append(facts.log_away)
    if facts.held_back:
        reasons.append(facts.held_back)
    return tuple(reasons)


def _what_is_past(facts: Facts, limits: Thresholds) -> tuple[str, ...]:
    reasons = [facts.log_away] if facts.log_away else []
    for found, limit, name in (
        (facts.lag_records, limits.lag_records, "log records behind"),
        (facts.lag_blocks, limits.lag_blocks, "blocks behind"),
    ):
        if limit and found is not None and found > limit:
            reasons.append(f"{found} {name}, expected at most {limit}")
    for age, limit_seconds, name in (
        (facts.offset_age_seconds, limits.offset_age_seconds, "newest record"),
        (facts.block_age_seconds, limits.block_age_seconds, "head"),
    ):
        if limit_seconds and age is not None and age > limit_seconds:
            reasons.append(f"the {name} is {as_text(age)} s old, expected at most {as_text(limit_seconds)} s")
    return tuple(reasons)


def as_text(seconds: float) -> str:
    """Return seconds with as many decimals as they need, three at the most."""
    return f"{seconds:.3f}".rstrip("0").rstrip(".")
