"""Keeps with a judgement what reports show of it: how long each side took, and the replies where they matter."""

import threading
from dataclasses import replace

from conformance.subject import Reply
from conformance.verdict import Judgement, Replies, Timing, Verdict

REPLY_BYTES_MAX = 256 * 1024
"""A longer reply is not kept; the differences found in it are."""
KEPT_BYTES_MAX = 64 * 1024 * 1024
"""Of all replies of a run together; later ones are not kept."""
_SAID_ENOUGH = {Verdict.MATCH, Verdict.UNCHECKED}


class Keeper:
    """Keeps replies of one run until they are too many; for use from several threads."""

    def __init__(self, bytes_max: int = KEPT_BYTES_MAX) -> None:
        """Keep so many bytes of replies at the most."""
        self._bytes_left = bytes_max
        self._lock = threading.Lock()

    def keep(self, judgement: Judgement, expected: Reply, got: Reply) -> Judgement:
        """Return a judgement with the times of both replies, and the replies themselves where it is no match."""
        timed = replace(judgement, timing=Timing(expected.seconds or None, got.seconds or None))
        if judgement.verdict in _SAID_ENOUGH or not self._take(expected, got):
            return timed
        return replace(timed, replies=Replies(expected, got))

    def _take(self, expected: Reply, got: Reply) -> bool:
        """Say whether there is room for two replies, and take it."""
        if max(len(expected.body), len(got.body)) > REPLY_BYTES_MAX:
            return False
        size_bytes = len(expected.body) + len(got.body)
        with self._lock:
            if size_bytes > self._bytes_left:
                return False
            self._bytes_left -= size_bytes
            return True
