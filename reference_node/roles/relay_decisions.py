"""What the transaction relay decides: which answer means what, how long to wait, and from where to go on.

Nothing here touches a log, a node or a clock. Error texts are geth's (v1.17.8, core/txpool/errors.go,
core/txpool/legacypool/legacypool.go, core/txpool/locals/errors.go); other nodes use most of them as well.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Any

from eth_hash.auto import keccak

from reference_node.chain.go_rlp import LIST, RlpFault, split
from reference_node.log.interface import Record, StoredRecord

WINDOW_RECORDS_MAX = 64
"""Transactions between the committed offset and the last one sent: what a crash leaves in doubt."""
BACKOFF_SECONDS_FIRST = 0.1
BACKOFF_SECONDS_MAX = 30.0
TEMPORARY_SECONDS_MAX = 300.0
"""How long a node may say "not now" of one transaction before that counts as a refusal."""
REASON_LENGTH_MAX = 1000
"""Characters of a dead letter's reason; a node may say more."""
BLOB_TYPE = 3
_FIRST_LEGACY_BYTE = 0xC0
_FIRST_STRING_BYTE = 0x80
_TIMED_OUT, _RATE_LIMITED, _INTERNAL, _NO_METHOD = -32002, -32005, -32603, -32601
_HTTP_TOO_LARGE = 413
_KNOWN_TEXTS = ("already known", "known transaction", "already imported", "alreadyknown")
_TEMPORARY_TEXTS = (
    "txpool is full",
    "out of capacity",
    "transaction underpriced",
    "nonce too high",
    "account limit exceeded",
    "address already reserved",
    "authority already reserved",
    "in-flight transaction limit reached",
    "gapped-nonce tx from delegated accounts",
    "future transaction tries to replace pending",
)
_AWAY_TEXTS = (
    "not ready",
    "syncing",
    "indexing is in progress",
    "shutting down",
    "rate limit",
    "too many requests",
)


class Kind(Enum):
    """What became of an attempt to send a transaction."""

    ACCEPTED = "accepted"
    KNOWN = "already known"
    REFUSED = "refused"
    """For good: it goes to the dead letters."""
    ASK = "ask"
    """Its nonce is used up: by itself, if the node knows it, else by another."""
    LATER = "later"
    """This transaction not now, others perhaps."""
    AWAY = "away"
    """No word about this transaction: the node is not there, or not able to take any."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What an attempt came to."""

    kind: Kind
    reason: str = ""
    code: int = 0
    """The JSON-RPC error code, the HTTP status, or 0 where there was neither."""


@dataclass(frozen=True, slots=True)
class Pending:
    """A transaction of the window."""

    offset: int
    value: bytes
    """What the topic holds."""
    raw: bytes
    """What is sent."""
    is_in_doubt: bool
    """It may have been sent before: the node is asked first."""
    attempts: int = 0
    """How often the node has put it off."""
    first_try_seconds: float | None = None
    """When it was put off first, by the relay's clock."""
    due_seconds: float = 0.0


@dataclass(slots=True)
class Window:
    """The records between the committed offset and the next one to read: what a crash leaves in doubt."""

    next_offset: int
    """Where reading goes on."""
    entries: dict[int, Pending | None] = field(default_factory=dict)
    """What was read, by offset, ascending; None where it is settled."""

    @property
    def room(self) -> int:
        """How many more records may be read."""
        return WINDOW_RECORDS_MAX - len(self.entries)

    @property
    def waiting(self) -> list[Pending]:
        """What is not settled, in the topic's order."""
        return [entry for entry in self.entries.values() if entry is not None]

    def settle(self, offset: int) -> None:
        """Count a record as done."""
        self.entries[offset] = None

    def take_committable(self) -> int:
        """Forget the settled records at the window's start, and return the offset before which all are settled."""
        while self.entries and next(iter(self.entries.values())) is None:
            del self.entries[next(iter(self.entries))]
        return next(iter(self.entries), self.next_offset)


def unwrapped(value: bytes) -> bytes:
    """Return the transaction in a record: older builds put typed ones there as an RLP string."""
    if value and _FIRST_STRING_BYTE <= value[0] < _FIRST_LEGACY_BYTE:
        try:
            _, inner, rest = split(value)
        except RlpFault:
            return value
        return inner if inner and not rest else value
    return value


def transaction_hash(raw: bytes) -> bytes:
    """Return the hash that a node knows a transaction by; a blob transaction's leaves out its sidecar.

    Only the outer form is looked at; whether it is a good transaction is for the node to say.

    Raises:
        ValueError: no node could take this for a transaction.
    """
    if not raw:
        raise ValueError("the value is empty")
    is_legacy = raw[0] >= _FIRST_LEGACY_BYTE
    if not is_legacy and raw[0] >= _FIRST_STRING_BYTE:
        raise ValueError(f"the value starts with byte 0x{raw[0]:02x}, expected a transaction type or an RLP list")
    try:
        kind, fields, rest = split(raw if is_legacy else raw[1:])
        if kind != LIST or rest:
            raise ValueError("the value holds something else than one list of fields")
        if raw[0] == BLOB_TYPE and fields:
            kind, _, sidecar = split(fields)
            if kind == LIST:
                return bytes(keccak(raw[:1] + fields[: len(fields) - len(sidecar)]))
    except RlpFault as fault:
        raise ValueError(f"the value can't be read: {fault}") from fault
    return bytes(keccak(raw))


def judge_answer(answer: Mapping[str, Any]) -> Verdict:
    """Say what the JSON-RPC answer to eth_sendRawTransaction means."""
    error = answer.get("error")
    if error is None:
        if isinstance(answer.get("result"), str):
            return Verdict(Kind.ACCEPTED)
        return Verdict(Kind.AWAY, f"the answer has neither a hash nor an error: {str(answer)[:200]}")
    if not isinstance(error, Mapping):
        return Verdict(Kind.AWAY, f"the answer's error is not an object: {str(error)[:200]}")
    code = error.get("code")
    return judge_error(code if isinstance(code, int) else 0, str(error.get("message")))


def judge_error(code: int, message: str) -> Verdict:
    """Say what a JSON-RPC error to eth_sendRawTransaction means."""
    text = message.lower()
    if any(known in text for known in _KNOWN_TEXTS):
        return Verdict(Kind.KNOWN, message, code)
    if "nonce too low" in text:
        return Verdict(Kind.ASK, message, code)
    if "replacement" not in text and any(found in text for found in _TEMPORARY_TEXTS):
        return Verdict(Kind.LATER, message, code)
    if code in {_TIMED_OUT, _RATE_LIMITED, _NO_METHOD} or any(found in text for found in _AWAY_TEXTS):
        return Verdict(Kind.AWAY, message, code)
    if code == _INTERNAL:
        return Verdict(Kind.LATER, message, code)
    return Verdict(Kind.REFUSED, message, code)


def judge_http_status(status: int, text: str) -> Verdict:
    """Say what an HTTP status other than 200 means, where no JSON-RPC answer came with it."""
    reason = f"HTTP status {status}: {text.strip()[:200]}"
    return Verdict(Kind.REFUSED if status == _HTTP_TOO_LARGE else Kind.AWAY, reason, status)


def settled_by(verdict: Verdict, is_known: bool | None) -> Verdict:
    """Return what a used-up nonce means where the node knows the transaction, does not, or (None) can't say yet."""
    kind = {True: Kind.KNOWN, False: Kind.REFUSED, None: Kind.LATER}[is_known]
    return replace(verdict, kind=kind)


def put_off(pending: Pending, verdict: Verdict, now_seconds: float, jitter: float) -> Pending | Verdict:
    """Return a transaction with the time of its next try; a refusal where it was put off for too long.

    Args:
        pending: the transaction.
        verdict: what the node said.
        now_seconds: the relay's clock.
        jitter: evenly spread between 0 and 1.
    """
    first = now_seconds if pending.first_try_seconds is None else pending.first_try_seconds
    if now_seconds - first >= TEMPORARY_SECONDS_MAX:
        reason = f"{verdict.reason} (for {now_seconds - first:.0f} s)"
        return Verdict(Kind.REFUSED, reason, verdict.code)
    due = now_seconds + backoff_seconds(pending.attempts, jitter)
    return replace(pending, attempts=pending.attempts + 1, first_try_seconds=first, due_seconds=due)


def backoff_seconds(attempt: int, jitter: float) -> float:
    """Return how long to wait after a failed attempt: doubling up to a bound, of which a random half is left out."""
    longest = min(BACKOFF_SECONDS_MAX, BACKOFF_SECONDS_FIRST * 2.0 ** min(attempt, 30))
    return longest * (0.5 + 0.5 * jitter)


def dead_letter(source: str, group: str, offset: int, value: bytes, verdict: Verdict, time_ms: int) -> Record:
    """Return the record that keeps a refused transaction: its bytes as they were, and why, in headers of text."""
    headers = {
        "reason": verdict.reason[:REASON_LENGTH_MAX],
        "code": str(verdict.code),
        "topic": source,
        "offset": str(offset),
        "group": group,
        "time": str(time_ms),
    }
    return Record(value, tuple((name, text.encode()) for name, text in headers.items()))


def buried_offsets(letters: Iterable[StoredRecord], source: str, group: str) -> frozenset[int]:
    """Return which offsets of a topic are among dead letters that a group's relay wrote."""
    found = set()
    for letter in letters:
        headers = dict(letter.record.headers)
        if headers.get("topic") == source.encode() and headers.get("group") == group.encode():
            offset = headers.get("offset", b"").decode("ascii", "replace")
            if offset.isdecimal():
                found.add(int(offset))
    return frozenset(found)
