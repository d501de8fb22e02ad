"""The requests of a block (EIP-7685), worked out from its logs and from the queues of the system contracts.

A deposit is an event (EIP-6110). Withdrawals and consolidations wait in the storage of a contract; what a block takes
from there follows from the places of the first and the last before and after it (EIPs 7002, 7251).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256

from conformance.verify.ask import Answer, Asker
from conformance.verify.spot import hex_data, hex_quantity, result_of
from reference_node.chain.types import Log

DEPOSIT_TOPIC = bytes.fromhex("649bbc62d0e31342afea4e5cd82d4049e7e1ee912fc0889aa790803be39038c5")
_DEPOSIT_EVENT_BYTES = 576
_DEPOSIT_FIELDS = ((192, 48), (288, 32), (352, 8), (416, 96), (544, 8))
"""Where key, credentials, amount, signature and index stand in an event."""
_FIRST_SLOT, _LAST_SLOT, _ENTRIES_FROM_SLOT = 2, 3, 4
_WORD = 32


@dataclass(frozen=True, slots=True)
class Queue:
    """A system contract whose storage is a queue of requests."""

    kind: int
    """The type of its requests."""
    address: bytes
    words: int
    """Slots of an entry; the first holds who asked."""
    taken_max: int
    """Entries that a block takes at the most."""
    request_bytes: int
    """Length of a request."""


QUEUES = (
    Queue(1, bytes.fromhex("00000961ef480eb55e80d19ad83579a64c007002"), 3, 16, 76),
    Queue(2, bytes.fromhex("0000bbddc7ce488642fb579f8b00f3a590007251"), 4, 2, 116),
)


@dataclass(frozen=True, slots=True)
class QueueAnswers:
    """Storage of a queue around a block."""

    queue: Queue
    first: Answer
    """Place of the first that waits, before the block."""
    last: Answer
    """Place behind the last one, before the block."""
    entries: tuple[Answer, ...]
    """Slots from the first that waits on, after the block: as many as a block can take."""


def ask_queue(asker: Asker, queue: Queue, number: int) -> QueueAnswers:
    """Ask for the storage of a queue around a block that has a parent."""
    before, after = hex_quantity(number - 1), hex_quantity(number)

    def slot(place: int, at: str) -> Answer:
        return asker.ask("eth_getStorageAt", hex_data(queue.address), f"0x{place:064x}", at)

    first, last = slot(_FIRST_SLOT, before), slot(_LAST_SLOT, before)
    begin = _number_or_none(first)
    entries: list[Answer] = []
    # What the block itself adds stands behind the others, so that only the slots say where the queue ends.
    for place in range(queue.taken_max * queue.words if begin is not None else 0):
        entry = slot(_ENTRIES_FROM_SLOT + (begin or 0) * queue.words + place, after)
        if place % queue.words == 0 and not _number_or_none(entry):
            break  # nobody asked
        entries.append(entry)
    return QueueAnswers(queue, first, last, tuple(entries))


def queue_requests(answers: QueueAnswers, logs: Sequence[Log]) -> bytes:
    """Return the requests that a block takes from a queue, in a row.

    Raises:
        Unchecked, Malformed: the storage is not known.
        IndexError: entries are missing from it.
    """
    queue = answers.queue
    begin, end = (_word(answer) for answer in (answers.first, answers.last))
    added = sum(1 for log in logs if log.address == queue.address)
    taken = max(0, min(end + added - begin, queue.taken_max))
    words = [_word(entry).to_bytes(_WORD, "big") for entry in answers.entries[: taken * queue.words]]
    if len(words) < taken * queue.words:
        raise IndexError(f"{taken} requests wait, and {len(words) // queue.words} are stored")
    return b"".join(_request(queue, words[place : place + queue.words]) for place in range(0, len(words), queue.words))


def deposits(logs: Sequence[Log], contract: bytes) -> bytes:
    """Return the deposits that a contract's events tell of, in a row; events of another form are passed over."""
    return b"".join(
        log.data[start : start + size]
        for log in logs
        if log.address == contract and log.topics[:1] == (DEPOSIT_TOPIC,) and len(log.data) == _DEPOSIT_EVENT_BYTES
        for start, size in _DEPOSIT_FIELDS
    )


def possible_hashes(logs: Sequence[Log], taken: Sequence[bytes]) -> Iterator[bytes]:
    """Yield the requests hashes a block can have: which contract takes deposits is not known without its config.

    Args:
        logs: the block's.
        taken: what it takes from each of QUEUES.
    """
    contracts = sorted({log.address for log in logs if log.topics[:1] == (DEPOSIT_TOPIC,)})
    for made in dict.fromkeys([*(deposits(logs, contract) for contract in contracts), b""]):
        every = [(0, made), *((queue.kind, data) for queue, data in zip(QUEUES, taken, strict=True))]
        yield sha256(b"".join(sha256(bytes((kind,)) + data).digest() for kind, data in every if data)).digest()


def _request(queue: Queue, words: Sequence[bytes]) -> bytes:
    payload = words[0][12:] + b"".join(words[1:])
    request = payload[: queue.request_bytes]
    # The amount of a withdrawal is kept in big-endian, and asked for in little-endian.
    return request[:-8] + request[-8:][::-1] if queue.kind == 1 else request


def _word(answer: Answer) -> int:
    return int.from_bytes(result_of(answer).data(_WORD), "big")


def _number_or_none(answer: Answer) -> int | None:
    result = answer.result
    try:
        number = int(result, 16) if isinstance(result, str) and len(result) <= 2 + 2 * _WORD else None
    except ValueError:
        return None
    return number
