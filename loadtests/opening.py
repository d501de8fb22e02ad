"""Opens what a task's `requests` says is to be sent, judged and watched: the place that joins kinds to generators."""

from collections.abc import Callable

from loadtests.errors import LoadError
from loadtests.fixed import open_fixed
from loadtests.mixed import open_mix
from loadtests.seams import Opened
from loadtests.task import Task

KINDS: dict[str, Callable[[Task], Opened]] = {"fixed": open_fixed, "mix": open_mix}
"""By the `kind` that a task's `requests` name."""


def open_requests(task: Task) -> Opened:
    """Open what is to be sent.

    Raises:
        LoadError: there is no such kind.
    """
    kind = str(task.requests.get("kind"))
    if kind not in KINDS:
        raise LoadError(f"kind of requests is {kind!r}, expected {', '.join(KINDS)}")
    return KINDS[kind](task)
