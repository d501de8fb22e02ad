"""Reads a topic from its end: what was written last says where a log stands."""

from collections.abc import Iterator

from reference_node.log.interface import Log, StoredRecord

STEP_OFFSETS_FIRST = 8
STEP_OFFSETS_MAX = 1024


def read_backwards(log: Log, topic: str) -> Iterator[StoredRecord]:
    """Yield a topic's records from the newest that is there now to the oldest.

    Offsets may have holes, so it looks in ranges that grow.

    Raises:
        LogRefused: records were dropped meanwhile.
        LogUnavailable: the log or the topic is not there.
    """
    bounds = log.bounds(topic)
    upper, step = bounds.end, STEP_OFFSETS_FIRST
    while upper > bounds.start:
        lower = max(bounds.start, upper - step)
        yield from reversed(_range(log, topic, lower, upper))
        upper, step = lower, min(step * 2, STEP_OFFSETS_MAX)


def _range(log: Log, topic: str, lower: int, upper: int) -> list[StoredRecord]:
    found: list[StoredRecord] = []
    while lower < upper:
        result = log.read(topic, lower, upper - lower, 0)
        found += (stored for stored in result.records if stored.offset < upper)
        if result.next_offset == lower:
            break
        lower = result.next_offset
    return found
