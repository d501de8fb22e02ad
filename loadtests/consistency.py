"""Watches whether answers fit together: heads that go backwards, answers about heads left behind, hashes that disagree.

What a client was shown counts from the end of an answer; what a request may expect, from when it was sent. So answers
that overtake each other are no fault. Heads are those that answers name in `X-EtherCattle-Block-Number`, and where
there is none, results of `eth_blockNumber`. A process sees its own clients only, whose requests are all its own.
"""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, fields

import orjson

from loadtests.calls import Arrival
from loadtests.seams import Reply
from reference_node.rpc.http import POSITION_HEADERS

BLOCK_NUMBER, BLOCK_HASH = (name.lower().encode() for name in POSITION_HEADERS[:2])
RISES_MAX = 64
"""Rises of a head that are remembered: as many as can happen while a request is under way."""
HASHES_MAX = 256
BEHIND_MAX = 16
"""Answers further behind count as this far."""
BLOCK_BYTES_MAX = 1 << 15
"""Blocks without transactions are smaller; larger answers are not looked into for a hash."""
_BLOCK_METHODS = ("eth_getBlockByNumber", "eth_getBlockByHash")
_BEHIND = "behind_blocks_"
_MS = 1000


class Rises:
    """When a head was first shown, for the last few heads."""

    __slots__ = ("_rises", "head")

    def __init__(self) -> None:
        """Begin with none shown."""
        self._rises: deque[tuple[float, int]] = deque(maxlen=RISES_MAX)
        self.head = -1

    def show(self, head: int, at_seconds: float) -> None:
        """Take note of a head."""
        if head > self.head:
            self.head = head
            self._rises.append((at_seconds, head))

    def head_at(self, at_seconds: float) -> int:
        """Return the highest head shown by then, -1 for none."""
        for shown_seconds, head in reversed(self._rises):
            if shown_seconds <= at_seconds:
                return head
        return -1

    def left_behind(self, head: int) -> float | None:
        """Return when a higher head was first shown, None for never."""
        found = None
        for shown_seconds, shown in reversed(self._rises):
            if shown <= head:
                break
            found = shown_seconds
        return found


class HeadWatch:
    """Watches the answers of one process; a `loadtests.seams.Watch`."""

    def __init__(self) -> None:
        """Begin with nothing seen."""
        self._pool = Rises()
        self._clients: dict[int, Rises] = {}
        self._hashes: dict[int, bytes] = {}
        self._heads: dict[int, int] = {}
        self._counts: dict[str, int] = {}
        self._read: tuple[Reply, int | None] | None = None

    def seen_head(self, client: int) -> int | None:
        """Return the newest block that a client was shown, None for none."""
        rises = self._clients.get(client)
        return None if rises is None or rises.head < 0 else rises.head

    def head_of(self, arrival: Arrival, reply: Reply) -> int | None:
        """Return the head that an answer names."""
        if self._read is not None and self._read[0] is reply:
            return self._read[1]
        head = read_head(arrival, reply)
        self._read = (reply, head)
        return head

    def stale_seconds(self, head: int, sent_seconds: float) -> float:
        """Return for how long a newer head had been known when a request was sent, 0 where none was."""
        if head >= self._pool.head:
            return 0.0
        left_seconds = self._pool.left_behind(head)
        return 0.0 if left_seconds is None else max(sent_seconds - left_seconds, 0.0)

    def count(self, name: str, amount: int = 1) -> None:
        """Count something by name."""
        self._counts[name] = self._counts.get(name, 0) + amount

    def saw(self, arrival: Arrival, target: int, reply: Reply, sent_seconds: float, ended_seconds: float) -> None:
        """Take note of an answer."""
        head = self.head_of(arrival, reply)
        if head is None:
            self._compare_block(arrival, reply)
            return
        self._compare(head, sent_seconds)
        client = self._clients.get(arrival.client)
        if client is None:
            client = self._clients[arrival.client] = Rises()
        if head < client.head and head < client.head_at(sent_seconds):
            self.count("head_regressions")
        client.show(head, ended_seconds)
        self._pool.show(head, ended_seconds)
        if head > self._heads.get(target, -1):
            self._heads[target] = head
        known = reply.headers.get(BLOCK_HASH)
        if known is not None:
            self._compare_hash(head, known)

    def take(self) -> dict[str, int]:
        """Return what was counted since it was asked last; what ends in `_max` is a highest, the rest are sums."""
        counts, self._counts = self._counts, {}
        return counts

    def heads(self) -> dict[int, int]:
        """Return the highest head that each target has shown."""
        return dict(self._heads)

    def _compare(self, head: int, sent_seconds: float) -> None:
        """Count how far an answer is behind the pool's head as it was when the request was sent."""
        self.count("heads_told")
        if head >= self._pool.head:
            return
        behind = self._pool.head_at(sent_seconds) - head
        if behind <= 0:
            return
        self.count(f"{_BEHIND}{min(behind, BEHIND_MAX)}")
        self._raise("behind_blocks_max", behind)
        self._raise("behind_ms_max", int(self.stale_seconds(head, sent_seconds) * _MS))

    def _compare_block(self, arrival: Arrival, reply: Reply) -> None:
        """Compare the hash of a block that an answer without headers holds."""
        if arrival.is_batch or arrival.calls[0].method not in _BLOCK_METHODS or len(reply.body) > BLOCK_BYTES_MAX:
            return
        try:
            block = orjson.loads(reply.body)["result"]
            self._compare_hash(int(block["number"], 16), block["hash"].encode())
        except (ValueError, TypeError, KeyError, AttributeError):  # the judge sees to what is no block
            return

    def _compare_hash(self, number: int, found: bytes) -> None:
        self.count("hashes_told")
        known = self._hashes.get(number)
        if known == found:
            return
        if known is not None:
            self.count("hash_disagreements")
        elif len(self._hashes) >= HASHES_MAX:
            del self._hashes[next(iter(self._hashes))]
        self._hashes[number] = found

    def _raise(self, name: str, value: int) -> None:
        self._counts[name] = max(self._counts.get(name, 0), value)


def read_head(arrival: Arrival, reply: Reply) -> int | None:
    """Return the head that an answer names in its headers, or by being one; None for neither."""
    named = reply.headers.get(BLOCK_NUMBER)
    try:
        if named is not None:
            return int(named)
        if not arrival.is_batch and arrival.calls[0].method == "eth_blockNumber" and reply.status == 200:
            return int(orjson.loads(reply.body)["result"], 16)
    except (ValueError, TypeError, KeyError):  # the judge sees to what is no answer
        return None
    return None


@dataclass(frozen=True, slots=True)
class Consistency:
    """How well a run's answers fitted together; None where nothing was there to tell it."""

    head_regressions: int | None = None
    """Answers about an older head than the same client had been shown before it asked."""
    stale_answers: int | None = None
    """Answers about a head that the pool had left behind for longer than allowed."""
    answers_behind: int | None = None
    """Answers about an older head than any client of the same process had been shown before."""
    answers_behind_share: float | None = None
    """Part of the answers that tell their head."""
    behind_blocks_p99: int | None = None
    behind_blocks_max: int | None = None
    """The largest skew between what answers told and the newest head known."""
    behind_ms_max: int | None = None
    """For how long the newer head had been known, at the most."""
    hash_disagreements: int | None = None
    """Answers that name another hash for a height than the one named before; a reorg is one for each height."""
    read_your_block_failures: int | None = None
    """Calls about a block that the client had been shown, and which then was not there."""

    def figures(self) -> dict[str, float]:
        """Return what is known by name."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: float(value) for name, value in values.items() if value is not None}


FIGURES = tuple(field.name for field in fields(Consistency))
"""What `Consistency.figures` can tell."""


def conclude(counts: Mapping[str, int]) -> Consistency:
    """Return the figures of summed counts."""
    told, hashes, asked = (counts.get(name, 0) for name in ("heads_told", "hashes_told", "own_block_calls"))
    behind = {blocks: counts.get(f"{_BEHIND}{blocks}", 0) for blocks in range(1, BEHIND_MAX + 1)}
    answers_behind = sum(behind.values())
    return Consistency(
        head_regressions=counts.get("head_regressions", 0) if told else None,
        stale_answers=counts.get("stale_answers", 0) if told else None,
        answers_behind=answers_behind if told else None,
        answers_behind_share=answers_behind / told if told else None,
        behind_blocks_p99=_percentile(behind, told, 0.99) if told else None,
        behind_blocks_max=counts.get("behind_blocks_max", 0) if told else None,
        behind_ms_max=counts.get("behind_ms_max", 0) if told else None,
        hash_disagreements=counts.get("hash_disagreements", 0) if hashes else None,
        read_your_block_failures=counts.get("read_your_block_failures", 0) if asked else None,
    )


def _percentile(behind: Mapping[int, int], told: int, part: float) -> int:
    """Return the fewest blocks that so large a part of all answers is not further behind than."""
    reached = told - sum(behind.values())
    for blocks in (0, *behind):
        reached += behind.get(blocks, 0)
        if reached >= part * told:
            return blocks
    return BEHIND_MAX
