"""Counts are exact, whoever counts."""

import subprocess
import sys
import threading
from tempfile import TemporaryFile

from conformance.counts import Counts, shared_counts

TIMES = 300
COUNT = f"""
import sys
from conformance.counts import shared_counts
counts = shared_counts(int(sys.argv[1]))
for _ in range({TIMES}):
    counts.explained.up()
"""


def count_up(counts: Counts) -> None:
    """Count many times, by several threads."""
    threads = [threading.Thread(target=lambda: [counts.explained.up() for _ in range(TIMES)]) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_threads_count_together() -> None:
    counts = Counts()
    count_up(counts)
    assert (counts.explained.value, counts.reference_silence.value) == (4 * TIMES, 0)
    counts.explained.reset()
    assert (counts.explained.value, counts.explained.up()) == (0, 1)


def test_processes_count_together() -> None:
    with TemporaryFile() as file:
        counts = shared_counts(file.fileno())
        command = [sys.executable, "-c", COUNT, str(file.fileno())]
        others = [subprocess.Popen(command, pass_fds=[file.fileno()]) for _ in range(2)]
        count_up(counts)
        assert [other.wait(20) for other in others] == [0, 0]
        assert (counts.explained.value, counts.candidate_silence.value) == (6 * TIMES, 0)
        counts.explained.reset()
        assert shared_counts(file.fileno()).explained.value == 0
