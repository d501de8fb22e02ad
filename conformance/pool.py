"""Works on many things at a time and hands the results over in the order of the things."""

import threading
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Future
from queue import SimpleQueue
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")
WAITING_PER_JOB = 32
"""Things taken for each worker that are not handed over yet: so many may get done while one takes long."""
AHEAD_PER_JOB = 2
"""Things taken for each worker that are not done yet: what it works on, and what it works on next."""


def map_in_order(work: Callable[[T], R], things: Iterable[T], jobs: int) -> Generator[R, None, None]:
    """Yield the result of each thing in order, taking things only as they are needed.

    What work raises is raised here. Whoever stops taking results lets the workers go: each ends with what it does.

    Args:
        work: called by several threads at once; with one job by the caller's own.
        things: may be without end.
        jobs: at work at once.
    """
    if jobs == 1:
        yield from map(work, things)
        return
    tasks: SimpleQueue[tuple[T, Future[R]] | None] = SimpleQueue()
    # Daemons, unlike those of concurrent.futures: a command that is interrupted does not wait for an endpoint.
    for number in range(jobs):
        threading.Thread(target=_work, args=(work, tasks), name=f"conform-{number}", daemon=True).start()
    waiting: deque[Future[R]] = deque()
    room = threading.Semaphore(jobs * AHEAD_PER_JOB)
    try:
        for thing in _taken_with_room(things, room):
            waiting.append(Future())
            waiting[-1].add_done_callback(lambda _: room.release())
            tasks.put((thing, waiting[-1]))
            while waiting and (waiting[0].done() or len(waiting) >= jobs * WAITING_PER_JOB):
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        for future in waiting:
            future.cancel()
        for _ in range(jobs):
            tasks.put(None)


def _taken_with_room(things: Iterable[T], room: threading.Semaphore) -> Iterator[T]:
    left = iter(things)
    while True:
        room.acquire()
        try:
            yield next(left)
        except StopIteration:
            return


def _work(work: Callable[[T], R], tasks: "SimpleQueue[tuple[T, Future[R]] | None]") -> None:
    while (task := tasks.get()) is not None:
        thing, future = task
        if not future.set_running_or_notify_cancel():
            continue
        try:
            future.set_result(work(thing))
        except BaseException as error:  # noqa: BLE001 - raised again where the result is taken
            future.set_exception(error)
