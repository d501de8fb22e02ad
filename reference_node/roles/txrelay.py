"""The relay: takes signed transactions from a topic and sends them to a node.

What the node has taken, or knows already, or has refused for good (that is kept in a dead-letter topic) is settled;
the consumer group's offset moves on over settled records alone. So nothing is lost, and after a crash at most a
window of records is in doubt: of those the node is asked first.
"""

import logging
import random
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from itertools import islice

from reference_node.config import MetricsSettings
from reference_node.errors import LogRefused, LogUnavailable, UsageError
from reference_node.log.interface import Log, StoredRecord
from reference_node.log.open import open_log, parse_topic, parse_topic_name
from reference_node.log.tail import read_backwards
from reference_node.metrics import Metrics, Values, metrics_shown
from reference_node.process_log import fields
from reference_node.roles.endpoint import Endpoint, HttpRefusal, NodeAway, open_endpoint
from reference_node.roles.patience import PAUSE_SECONDS_FIRST, next_pause, try_often
from reference_node.roles.relay_decisions import (
    WINDOW_RECORDS_MAX,
    Kind,
    Pending,
    Verdict,
    Window,
    backoff_seconds,
    buried_offsets,
    dead_letter,
    judge_answer,
    judge_http_status,
    put_off,
    settled_by,
    transaction_hash,
    unwrapped,
)

READ_SECONDS = 0.2
"""How long a read waits at the end of the topic, and so how long a stop may take."""
LAG_SECONDS = 1.0
"""How old the lag among the counters may be."""
LETTERS_READ_MAX = 1024
"""Dead letters looked through at the start for those of a run that was killed."""
DEAD_SUFFIX = "-dead"
_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class TxRelaySettings:
    """What the flags of `ethercattle txrelay` say."""

    broker: str
    topic: str
    """`name`, or `name:offset` or `name:` (the oldest) to go on there instead of where the group is."""
    group: str
    endpoint: str
    """URL or IPC socket path."""
    dead_letter: str = ""
    """Topic for what the node refuses; empty for the topic's name and `-dead`."""
    kafka_config: Mapping[str, str] = field(default_factory=dict)
    metrics: MetricsSettings | None = None
    """Where its metrics are shown; None for nowhere."""


@dataclass(frozen=True, slots=True)
class RelayCounters:
    """What a relay has done since it started."""

    sent: int = 0
    """Transactions the node took."""
    already_known: int = 0
    """Transactions the node had already."""
    refused: int = 0
    """Transactions that went to the dead letters."""
    retried: int = 0
    """Attempts that have to be made again."""
    lag_records: int = 0
    """Records of the topic after the committed offset."""


class Relay:
    """Sends one topic to one node for one consumer group; its counters may be read from other threads."""

    def __init__(
        self,
        log: Log,
        topic: str,
        group: str,
        dead_topic: str,
        endpoint: Endpoint,
        *,
        start: int | None = None,
        seed: int | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Go on from the group's committed offset, or the oldest where there is none; make missing topics.

        Args:
            log: where the topics are.
            topic: the transactions' topic.
            group: the consumer group.
            dead_topic: where refused transactions are kept.
            endpoint: the node.
            start: offset to go on from instead, -1 for the oldest.
            seed: of the waits' jitter.
            clock: seconds, ascending.

        Raises:
            LogRefused: the topic does not hold the offset to go on from.
            LogUnavailable: the log is not there.
        """
        self._log = log
        self._topic = topic
        self._group = group
        self._dead_topic = dead_topic
        self._endpoint = endpoint
        self._clock = clock
        self._random = random.Random(seed)  # noqa: S311 - spreads retries, guards nothing
        log.append(topic, ())
        log.append(dead_topic, ())
        self._committed = _first_offset(log, topic, group, start)
        self._buried = buried_offsets(islice(read_backwards(log, dead_topic), LETTERS_READ_MAX), topic, group)
        self._window = Window(self._committed)
        self._doubtful_left = WINDOW_RECORDS_MAX
        self._away_attempts = 0
        self._lag_seconds = -LAG_SECONDS
        self._counters = RelayCounters()

    @property
    def counters(self) -> RelayCounters:
        """What it has done so far."""
        return self._counters

    @property
    def committed(self) -> int:
        """The offset a new relay of the group would go on from."""
        return self._committed

    def run(self, stopping: threading.Event) -> None:
        """Relay until told to stop; a log that is away is waited for.

        Raises:
            LogError: the log refuses what is needed; what was settled before is not sent again.
        """
        pause_seconds = 0.0
        while not stopping.is_set():
            try:
                self.step(stopping)
                pause_seconds = 0.0
            except LogUnavailable as error:
                if not pause_seconds:
                    _LOG.warning("the log is away: %s", error)
                pause_seconds = next_pause(pause_seconds or PAUSE_SECONDS_FIRST)
                stopping.wait(pause_seconds)

    def step(self, stopping: threading.Event) -> None:
        """Read what there is, send what is due, and commit what is settled."""
        self._read(stopping)
        try:
            self._send_due(stopping)
        finally:
            self._commit()

    def _read(self, stopping: threading.Event) -> None:
        waiting = self._window.waiting
        due_seconds = min((entry.due_seconds for entry in waiting), default=self._clock() + READ_SECONDS)
        wait_seconds = min(max(0.0, due_seconds - self._clock()), READ_SECONDS)
        if self._window.room <= 0:
            stopping.wait(wait_seconds)
            return
        result = self._log.read(self._topic, self._window.next_offset, self._window.room, wait_seconds)
        for stored in result.records:
            self._take(stored)
        self._window.next_offset = result.next_offset

    def _take(self, stored: StoredRecord) -> None:
        if stored.offset in self._window.entries:
            return  # read before, when the log went away
        is_in_doubt, self._doubtful_left = self._doubtful_left > 0, self._doubtful_left - 1
        value = stored.record.value
        self._window.entries[stored.offset] = Pending(stored.offset, value, unwrapped(value), is_in_doubt)

    def _send_due(self, stopping: threading.Event) -> None:
        for entry in self._window.waiting:
            if stopping.is_set():
                return
            if entry.due_seconds > self._clock():
                continue
            verdict = self._attempt(entry)
            if verdict.kind is Kind.AWAY:
                self._wait_for_node(entry, verdict, stopping)
                return
            if self._away_attempts:
                _LOG.warning("the node answers again", extra=fields(attempts=self._away_attempts))
                self._away_attempts = 0
            self._settle(entry, verdict)

    def _attempt(self, entry: Pending) -> Verdict:
        """Send a transaction, and say what came of it; one that is none is refused without the node's word."""
        if entry.offset in self._buried:
            return Verdict(Kind.KNOWN, "it is among the dead letters")
        try:
            transaction_hash(entry.raw)
        except ValueError as error:
            return Verdict(Kind.REFUSED, f"no transaction: {error}")
        try:
            if entry.is_in_doubt and self._node_knows(entry):
                return Verdict(Kind.KNOWN, "the node has it")
            verdict = judge_answer(self._endpoint.call("eth_sendRawTransaction", "0x" + entry.raw.hex()))
            if verdict.kind is Kind.ASK:
                return settled_by(verdict, self._node_knows(entry))
        except NodeAway as error:
            return Verdict(Kind.AWAY, str(error))
        except HttpRefusal as error:
            return judge_http_status(error.status, error.text)
        return verdict

    def _node_knows(self, entry: Pending) -> bool | None:
        """Ask whether the node has a transaction; None where it can't say, as while it indexes."""
        answer = self._endpoint.call("eth_getTransactionByHash", "0x" + transaction_hash(entry.raw).hex())
        return None if answer.get("error") is not None else answer.get("result") is not None

    def _settle(self, entry: Pending, verdict: Verdict) -> None:
        """Act on a verdict about one transaction."""
        if verdict.kind is Kind.LATER:
            outcome = put_off(entry, verdict, self._clock(), self._random.random())
            if isinstance(outcome, Pending):
                self._window.entries[entry.offset] = outcome
                self._count(retried=1)
                return
            verdict = outcome
        if verdict.kind is Kind.REFUSED:
            letter = dead_letter(self._topic, self._group, entry.offset, entry.value, verdict, time.time_ns() // 10**6)
            self._log.append(self._dead_topic, (letter,))
            _LOG.warning(
                "refused for good: %s", verdict.reason,
                extra=fields(offset=entry.offset, code=verdict.code, dead_letter=self._dead_topic),
            )  # fmt: skip
            self._count(refused=1)
        else:
            _LOG.info("%s", verdict.kind.value, extra=fields(offset=entry.offset))
            self._count(**{"sent" if verdict.kind is Kind.ACCEPTED else "already_known": 1})
        self._window.settle(entry.offset)

    def _wait_for_node(self, entry: Pending, verdict: Verdict, stopping: threading.Event) -> None:
        """Wait before the next attempt of all; what was under way may have reached the node."""
        self._window.entries[entry.offset] = replace(entry, is_in_doubt=True)
        if self._away_attempts == 0:
            _LOG.warning("the node takes no transactions: %s", verdict.reason, extra=fields(code=verdict.code))
        self._count(retried=1)
        self._commit()
        stopping.wait(backoff_seconds(self._away_attempts, self._random.random()))
        self._away_attempts += 1

    def _commit(self) -> None:
        reached = self._window.take_committable()
        if reached != self._committed:
            self._log.commit(self._topic, self._group, reached)
            self._committed = reached
        if self._clock() - self._lag_seconds >= LAG_SECONDS:
            self._lag_seconds = self._clock()
            lag = max(0, self._log.bounds(self._topic).end - self._committed)
            self._counters = replace(self._counters, lag_records=lag)

    def _count(self, sent: int = 0, already_known: int = 0, refused: int = 0, retried: int = 0) -> None:
        now = self._counters
        self._counters = replace(
            now, sent=now.sent + sent, already_known=now.already_known + already_known,
            refused=now.refused + refused, retried=now.retried + retried,
        )  # fmt: skip


def run_txrelay(settings: TxRelaySettings, stopping: threading.Event) -> None:
    """Relay until told to stop.

    Raises:
        UsageError, LogError: see `reference_node.errors`.
    """
    topic, start = parse_topic(settings.topic, "--kafka.tx.topic")
    dead_topic = parse_topic_name(settings.dead_letter or topic + DEAD_SUFFIX, "--kafka.tx.deadletter")
    if dead_topic == topic:
        raise UsageError(f"--kafka.tx.deadletter is {dead_topic!r}, expected another topic than --kafka.tx.topic")
    with metrics_shown(settings.metrics) as metrics:
        _relay(settings, topic, start, dead_topic, metrics, stopping)


def _relay(
    settings: TxRelaySettings,
    topic: str,
    start: int | None,
    dead_topic: str,
    metrics: Metrics,
    stopping: threading.Event,
) -> None:
    endpoint = open_endpoint(settings.endpoint)
    try:
        log = try_often(lambda: open_log(settings.broker, config=settings.kafka_config), stopping)
        try:
            relay = try_often(lambda: Relay(log, topic, settings.group, dead_topic, endpoint, start=start), stopping)
            print(
                f"txrelay sends topic {topic} from offset {relay.committed} on to {settings.endpoint}"
                f" for group {settings.group}; refused transactions go to topic {dead_topic}",
                flush=True,
            )
            metrics.announce()
            with metrics.showing(lambda: read_relayed(relay.counters)):
                relay.run(stopping)
        finally:
            log.close()
    finally:
        endpoint.close()


def read_relayed(counters: RelayCounters) -> Values:
    """Return what of a relay is shown as metrics."""
    return {
        "relay_sent": counters.sent,
        "relay_already_known": counters.already_known,
        "relay_refused": counters.refused,
        "relay_retried": counters.retried,
        "relay_lag_records": counters.lag_records,
    }


def _first_offset(log: Log, topic: str, group: str, start: int | None) -> int:
    """Return the offset to go on from. Raises LogRefused where the topic does not hold it."""
    bounds = log.bounds(topic)
    if start is not None and start < 0:
        return bounds.start
    committed = log.committed(topic, group) if start is None else start
    if committed is None:
        return bounds.start
    if not bounds.start <= committed <= bounds.end:
        lost = "transactions before it are gone" if committed < bounds.start else "the topic was made anew"
        raise LogRefused(
            f"topic {topic!r} holds offsets {bounds.start} to {bounds.end - 1}, but group {group!r} goes on at "
            f"{committed}: {lost}; --kafka.tx.topic {topic}: goes on from the oldest there is"
        )
    return committed
