"""What each role shows to Prometheus: the table of metrics, and how they are read off counters and health.

Nothing is counted here. A scrape reads the plain counters of `reference_node.counters` and asks the node for its
health, so that metrics cost nothing between scrapes.
"""

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from reference_node.config import MetricsSettings
from reference_node.counters import ApplyCounters, Histogram, PublishCounters
from reference_node.health import Health, Status
from reference_node.rpc.meters import RpcMeters

MASTER, DEV, REPLICA, RELAY = "master", "master --dev", "replica", "txrelay"
SERVERS = (DEV, REPLICA)


@dataclass(frozen=True, slots=True)
class Described:
    """A metric, as documentation and scrapes name it."""

    name: str
    """Counters are shown with `_total`, histograms with `_bucket`, `_sum` and `_count` after it."""
    kind: str
    """`gauge`, `counter` or `histogram`."""
    roles: tuple[str, ...]
    text: str
    label: str = ""
    """Name of its one label; empty for none."""


METRICS = tuple(
    Described(f"ethercattle_{name}", kind, roles, text, label)
    for name, kind, roles, text, label in (
        ("head_number", "gauge", SERVERS, "Number of the newest block that is served.", ""),
        ("block_age_seconds", "gauge", SERVERS, "Age of the head by its timestamp.", ""),
        ("log_offset", "gauge", SERVERS, "Offset of the last log record in the database; -1 before the first.", ""),
        ("master_epoch", "gauge", (MASTER, DEV, REPLICA), "Epoch of the master that writes the log.", ""),
        ("status", "gauge", SERVERS, "1 for the status that health answers, 0 for the others.", "status"),
        ("offset_age_seconds", "gauge", (REPLICA,), "Age of the newest applied record by the master's clock.", ""),
        ("lag_records", "gauge", (REPLICA,), "Log records that are not applied yet.", ""),
        ("lag_blocks", "gauge", (REPLICA,), "Blocks between the head and the newest one in the log.", ""),
        ("caught_up", "gauge", (REPLICA,), "1 once the log's end has been reached.", ""),
        ("draining", "gauge", (REPLICA,), "1 while the node answers its last requests.", ""),
        ("log_away", "gauge", (REPLICA,), "1 while the log can't be reached.", ""),
        ("last_heartbeat_age_seconds", "gauge", (REPLICA,), "Age of the master's last heartbeat.", ""),
        ("applied_records", "counter", (REPLICA,), "Log records taken, marks and repeated ones too.", ""),
        ("applied_batches", "counter", (REPLICA,), "Batches written to the database.", ""),
        ("applied_operations", "counter", (REPLICA,), "Puts and deletes in those batches.", ""),
        ("applied_bytes", "counter", (REPLICA,), "Bytes of the records taken.", ""),
        ("reorgs", "counter", (REPLICA,), "Heads that did not continue the one before.", ""),
        ("apply_seconds", "histogram", (REPLICA,), "Time to write a batch and take a view of it.", ""),
        ("published_batches", "counter", (MASTER, DEV), "Batches that the log has taken.", ""),
        ("published_records", "counter", (MASTER, DEV), "Records that the log has taken, without heartbeats.", ""),
        ("published_bytes", "counter", (MASTER, DEV), "Bytes of those records.", ""),
        ("heartbeats", "counter", (MASTER, DEV), "Heartbeats that the log has taken.", ""),
        ("publish_seconds", "histogram", (MASTER, DEV), "Time until the log has taken an append.", ""),
        ("outbox_batches", "gauge", (MASTER, DEV), "Batches in the database that the log has not taken yet.", ""),
        ("executed_head_number", "gauge", (MASTER, DEV), "Number of the newest executed block.", ""),
        ("rpc_seconds", "histogram", SERVERS, "Time of JSON-RPC calls; those not offered are `unknown`.", "method"),
        ("rpc_errors", "counter", SERVERS, "JSON-RPC errors answered.", "code"),
        ("http_requests", "counter", SERVERS, "HTTP requests answered.", "status"),
        ("http_requests_under_way", "gauge", SERVERS, "HTTP requests that are not answered yet.", ""),
        ("relay_sent", "counter", (RELAY,), "Transactions that the node took.", ""),
        ("relay_already_known", "counter", (RELAY,), "Transactions that the node had already.", ""),
        ("relay_refused", "counter", (RELAY,), "Transactions that went to the dead letters.", ""),
        ("relay_retried", "counter", (RELAY,), "Attempts that had to be made again.", ""),
        ("relay_lag_records", "gauge", (RELAY,), "Transactions after the committed offset.", ""),
    )
)
METRICS_BY_NAME: Mapping[str, Described] = {metric.name: metric for metric in METRICS}

Value = float | None | Mapping[str, float] | Histogram | Mapping[str, Histogram]
"""What a metric shows: None for nothing; by its label's value, where it has one."""
Values = Mapping[str, Value]
"""Values by a metric's name without its prefix."""


class Metrics:
    """What a process shows: sources come and go with the parts of a role."""

    def __init__(self, url: str | None = None) -> None:
        self.url = url
        """Where it is shown; None for nowhere."""
        self._sources: list[Callable[[], Values]] = []
        self._lock = threading.Lock()

    @contextmanager
    def showing(self, source: Callable[[], Values]) -> Iterator[None]:
        """Read this source too at each scrape, in another thread, until left: then none is under way any more."""
        with self._lock:
            self._sources.append(source)
        try:
            yield
        finally:
            with self._lock:
                self._sources.remove(source)

    def read(self) -> Values:
        """Return what all sources give now."""
        with self._lock:
            return {name: value for source in self._sources for name, value in source().items()}

    def announce(self) -> None:
        """Print where it is shown."""
        if self.url is not None:
            print(f"metrics on {self.url}", flush=True)


@contextmanager
def metrics_shown(settings: MetricsSettings | None) -> Iterator[Metrics]:
    """Show metrics over HTTP until left; without settings they are shown nowhere, and cost nothing.

    Raises:
        UsageError: the address can't be listened on.
    """
    metrics = Metrics()
    if settings is None:
        yield metrics
        return
    from reference_node.metrics_http import served  # the library is loaded for those who want metrics alone

    with served(settings, metrics.read) as url:
        metrics.url = url
        yield metrics


def read_health(health: Health) -> Values:
    """Return what a server's health shows."""
    facts = health.facts
    return {
        "head_number": None if facts.head is None else facts.head.number,
        "block_age_seconds": facts.block_age_seconds,
        "log_offset": facts.offset,
        "master_epoch": facts.epoch,
        "status": {status.value: float(status is health.status) for status in Status},
    }


def read_following(health: Health, now_seconds: float | None = None) -> Values:
    """Return what beyond `read_health` only a replica's health shows; `now_seconds` since 1970, or by the clock."""
    facts = health.facts
    now = time.time() if now_seconds is None else now_seconds
    heard = facts.last_heartbeat_ms
    return {
        "offset_age_seconds": facts.offset_age_seconds,
        "lag_records": facts.lag_records,
        "lag_blocks": facts.lag_blocks,
        "caught_up": float(facts.caught_up),
        "draining": float(facts.draining),
        "log_away": float(bool(facts.log_away)),
        "last_heartbeat_age_seconds": None if heard is None else max(0.0, now - heard / 1000),
    }


def read_applied(counters: ApplyCounters) -> Values:
    """Return what a replica has applied."""
    return {
        "applied_records": counters.records,
        "applied_batches": counters.batches,
        "applied_operations": counters.operations,
        "applied_bytes": counters.value_bytes,
        "reorgs": counters.reorgs,
        "apply_seconds": counters.seconds,
    }


def read_published(counters: PublishCounters, sequence: int, epoch: int, head_number: int | None) -> Values:
    """Return what a master has published; `sequence` is of the last batch in its database."""
    return {
        "master_epoch": epoch,
        "published_batches": counters.batches,
        "published_records": counters.records,
        "published_bytes": counters.value_bytes,
        "heartbeats": counters.heartbeats,
        "publish_seconds": counters.seconds,
        "outbox_batches": max(0, sequence - counters.published_sequence),
        "executed_head_number": head_number,
    }


def read_rpc(meters: RpcMeters | None) -> Values:
    """Return what a server has answered; methods that were never called are left out."""
    if meters is None:
        return {}
    return {
        "rpc_seconds": {name: seconds for name, seconds in meters.calls.items() if any(seconds.counts)},
        "rpc_errors": {str(code): count for code, count in dict(meters.errors).items()},
        "http_requests": {str(status): count for status, count in meters.by_status().items()},
        "http_requests_under_way": meters.under_way,
    }
