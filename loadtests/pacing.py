"""Open and closed loops: who sends what next, and when."""

import time
from collections import deque
from collections.abc import Callable
from typing import Any, Protocol

from gevent.hub import get_hub

from loadtests.alarm import Alarm
from loadtests.schedule import Schedule
from loadtests.shapes import Segment, level_at

HANDED_MAX = 32
"""Requests handed out before the loop sees to answers again."""

Given = tuple[int, float, bool]
"""What to send: its number, its intended time, and whether the worker was free then."""


class Worker(Protocol):
    """Who sends; asks for what to send next whenever it is woken, and whenever it has sent."""

    greenlet_to_wake: Any


Take = Callable[[Worker], Given | None]
"""Gives a worker what to send next, or None: it is to wait until it is woken."""
Start = Callable[[Take], None]
"""Starts one more worker, which takes its requests from what is given."""


class OpenLoop:
    """Hands each arrival at its time to a free worker; starts workers up to a bound, and then lets arrivals wait.

    What waits stays in the schedule and is taken in order: nothing is dropped.
    """

    def __init__(self, schedule: Schedule, begin: float, workers_max: int, start: Start) -> None:
        """Prepare; `begin` is on `time.monotonic`."""
        self._schedule = schedule
        self._begin = begin
        self._workers_max = workers_max
        self._start = start
        self._free: list[Worker] = []
        self._handed: dict[Worker, Given] = {}
        self._newcomers: deque[Given] = deque()
        self.workers = 0
        self.is_stopped = False
        self._alarm = Alarm(self._hand_out)
        self._is_set = False

    def begin(self) -> None:
        """Begin to hand out."""
        self._set_alarm()

    def stop(self) -> None:
        """Hand out no more."""
        if not self.is_stopped:
            self.is_stopped = True
            self._alarm.close()

    @property
    def in_flight(self) -> int:
        """Requests that workers are busy with."""
        return self.workers - len(self._free)

    def waiting(self, now_seconds: float) -> int:
        """Return how many requests are due and were not taken."""
        return self._schedule.due(now_seconds)

    def overdue(self, now_seconds: float) -> list[float]:
        """Return when those requests were due that wait."""
        return self._schedule.overdue(now_seconds)

    def offered(self, until_seconds: float) -> int:
        """Return how many requests had come due by a moment."""
        return self._schedule.offered(until_seconds)

    @property
    def is_over(self) -> bool:
        """Whether no request is left to be sent, and each that was has ended."""
        return (self.is_stopped or self._schedule.peek() is None) and not self.in_flight

    def take(self, worker: Worker) -> Given | None:
        """Return what a worker is to send now, or None: it is free."""
        if worker in self._handed:
            return self._handed.pop(worker)
        if self._newcomers:
            return self._newcomers.popleft()
        at_seconds = self._schedule.peek()
        if self.is_stopped or at_seconds is None or at_seconds > time.monotonic() - self._begin:
            self._free.append(worker)
            self._set_alarm()
            return None
        return (*self._schedule.take(), False)

    def _hand_out(self) -> None:
        """Give everything that is due to free workers; runs in the hub."""
        self._is_set = False
        for _ in range(HANDED_MAX):
            at_seconds = self._schedule.peek()
            if self.is_stopped or at_seconds is None or at_seconds > time.monotonic() - self._begin:
                break
            if self._free:
                worker = self._free.pop()
                self._handed[worker] = (*self._schedule.take(), True)
                worker.greenlet_to_wake.switch()
            elif self.workers < self._workers_max:
                self.workers += 1
                self._newcomers.append((*self._schedule.take(), True))
                self._start(self.take)
            else:  # whoever is free next takes what waits
                break
        self._set_alarm()

    def _set_alarm(self) -> None:
        """Be called when the next one is due, unless there is none, or nobody to give it to."""
        at_seconds = self._schedule.peek()
        if self._is_set or self.is_stopped or at_seconds is None:
            return
        if self._free or self.workers < self._workers_max:
            self._is_set = True
            self._alarm.set(self._begin + at_seconds)


class ClosedLoop:
    """Keeps a number of workers busy: each sends its next request when it has the answer to the last."""

    def __init__(self, segments: tuple[Segment, ...], begin: float, process: int, processes: int, start: Start) -> None:
        """Prepare; `begin` is on `time.monotonic`, the segments' levels are users of the whole run."""
        self._segments = segments
        self.began = begin
        self._process, self._processes = process, processes
        self._start = start
        self._free: list[Worker] = []
        self._next_number = process
        self.workers = 0
        self.is_stopped = False

    def begin(self) -> None:
        """Begin to send."""
        self.adjust(0.0)

    def stop(self) -> None:
        """Send no more."""
        self.is_stopped = True

    def adjust(self, now_seconds: float) -> None:
        """Have as many workers at work as the segments say; those that are too many stop by themselves."""
        for _ in range(min(self._wanted(now_seconds) - self.in_flight, len(self._free))):
            get_hub().loop.run_callback(self._free.pop().greenlet_to_wake.switch)
        while self.workers < self._wanted(now_seconds):
            self.workers += 1
            self._start(self.take)

    @property
    def in_flight(self) -> int:
        """Workers at work."""
        return self.workers - len(self._free)

    def waiting(self, now_seconds: float) -> int:
        """Nothing ever waits: who waits does not ask."""
        del now_seconds
        return 0

    def overdue(self, now_seconds: float) -> list[float]:
        """Return nothing."""
        del now_seconds
        return []

    def offered(self, until_seconds: float) -> int:
        """Return how many requests were sent: each is due when it is sent."""
        del until_seconds
        return (self._next_number - self._process) // self._processes

    @property
    def is_over(self) -> bool:
        """Whether the time is up and every request has ended."""
        return time.monotonic() - self.began >= self._segments[-1].end_seconds and not self.in_flight

    def take(self, worker: Worker) -> Given | None:
        """Return what a worker is to send now, or None: it is not wanted."""
        now_seconds = time.monotonic() - self.began
        if self.is_stopped or self.in_flight > self._wanted(now_seconds):
            self._free.append(worker)
            return None
        number = self._next_number
        self._next_number += self._processes
        return number, now_seconds, True

    def _wanted(self, now_seconds: float) -> int:
        """Return how many of the users are this process's."""
        users = round(level_at(self._segments, now_seconds))
        return max(0, (users - self._process + self._processes - 1) // self._processes)


Loop = OpenLoop | ClosedLoop
