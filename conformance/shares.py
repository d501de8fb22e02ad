"""Decides how many processes ask and judge, and how much of the work each does."""

import os

QUESTIONS_WORTH_PROCESSES = 2000
"""With fewer, they would take longer to start than they save."""
PROCESSES_MAX = 64


def usable_cores() -> int:
    """Return how many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def choose_processes(jobs: int, planned: int | None, cores: int) -> int:
    """Return how many processes to take where nobody says.

    One for each core, though endpoints may be on the same machine: a process waits for them most of the time.

    Args:
        jobs: requests in flight at a time.
        planned: questions to ask, None where only time ends them.
        cores: that may be used.
    """
    is_little = planned is not None and planned < QUESTIONS_WORTH_PROCESSES
    return 1 if is_little else max(1, min(jobs, cores, PROCESSES_MAX))


def share_out(jobs: int, processes: int) -> tuple[int, ...]:
    """Return how many requests each process has in flight, as even as can be; none where there is one process."""
    if processes == 1:
        return ()
    each, more = divmod(jobs, processes)
    return tuple(each + (place < more) for place in range(processes))
