"""Counts what a replica takes from its log, and logs what happens to it; it has no part in any of it."""

import logging

from reference_node.counters import ApplyCounters
from reference_node.log.interface import StoredRecord
from reference_node.process_log import fields
from reference_node.store import schema
from reference_node.store.view import View
from reference_node.writeset import WriteSet

_LOG = logging.getLogger(__name__)


class Witness:
    """Is told by a follower what it does; `counters` may be read from other threads."""

    def __init__(self) -> None:
        self.counters = ApplyCounters()

    def record_taken(self, stored: StoredRecord, writes: WriteSet | None, seconds: float) -> None:
        """Count a record that took `seconds`; `writes` is what of it, or of those before, is in the database now."""
        counters = self.counters
        counters.records += 1
        counters.value_bytes += len(stored.record.value)
        if writes is not None:
            counters.batches += 1
            counters.operations += len(writes)
            counters.seconds.observe(seconds)

    def epoch_moved(self, before: int, after: int) -> None:
        """Log that another master, or the same one made anew, goes on with the log."""
        if before != after:
            _LOG.info("epoch opened", extra=fields(epoch=after, epoch_before=before))

    def view_taken(self, before: View | None, after: View | None) -> None:
        """Log a new head, and count and log one that does not continue the one before."""
        if after is None or after is before or (before is not None and after.head.hash == before.head.hash):
            return
        facts = {"number": after.head.number, "hash": after.head.hash, "offset": after.position}
        if before is not None and not _continues(before, after):
            self.counters.reorgs += 1
            was = {"number_before": before.head.number, "hash_before": before.head.hash}
            _LOG.info("reorg", extra=fields(**facts, **was))
        elif _LOG.isEnabledFor(logging.DEBUG):
            _LOG.debug("new head", extra=fields(**facts))

    def caught_up(self, view: View) -> None:
        """Log that the log's end is reached for the first time."""
        _LOG.info("caught up", extra=fields(number=view.head.number, hash=view.head.hash, offset=view.position))

    def log_went_away(self, reason: str) -> None:
        """Log that the log can't be reached; the replica tries on."""
        _LOG.warning("the log is away", extra=fields(reason=reason))

    def log_came_back(self) -> None:
        """Log that the log can be reached again."""
        _LOG.warning("the log is back")


def _continues(before: View, after: View) -> bool:
    """Say whether a view's chain goes through the head of the one before."""
    if after.head.parent_hash == before.head.hash:
        return True
    return after.store.get(schema.canonical_hash_key(before.head.number)) == before.head.hash
