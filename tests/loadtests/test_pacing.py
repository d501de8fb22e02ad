"""Loops hand out each request once, in order, at its time; what can't be sent waits and is never lost."""

import time
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import gevent
import numpy as np
import pytest
from gevent.hub import get_hub

from loadtests.pacing import ClosedLoop, Given, OpenLoop, Take
from loadtests.schedule import Schedule
from loadtests.shapes import Segment, levels

AHEAD_SECONDS = 0.02


class FakeWorker:
    """Takes what it is given, and is busy with each for a while."""

    def __init__(self, take: Take, busy_seconds: float, sent: list[tuple[Given, float]]) -> None:
        self._take = take
        self._busy_seconds = busy_seconds
        self._sent = sent
        self.greenlet_to_wake: Any = gevent.spawn(self.serve)

    def serve(self) -> None:
        """Send what is given, for ever."""
        while True:
            given = self._take(self)
            if given is None:
                get_hub().switch()
            else:
                self._sent.append((given, time.monotonic()))
                gevent.sleep(self._busy_seconds)


class Scene:
    """A loop's workers, and what they sent."""

    def __init__(self, busy_seconds: float) -> None:
        self.busy_seconds = busy_seconds
        self.workers: list[FakeWorker] = []
        self.sent: list[tuple[Given, float]] = []

    def start(self, take: Take) -> None:
        """Start a worker."""
        self.workers.append(FakeWorker(take, self.busy_seconds, self.sent))

    def wait_until_over(self, loop: OpenLoop | ClosedLoop) -> None:
        """Wait, and not for ever."""
        with gevent.Timeout(5):
            while not loop.is_over:
                gevent.sleep(0.005)


@pytest.fixture
def scene(request: pytest.FixtureRequest) -> Iterator[Scene]:
    made = Scene(getattr(request, "param", 0.001))
    yield made
    gevent.killall([worker.greenlet_to_wake for worker in made.workers])


def open_loop(scene: Scene, times: list[float], workers_max: int) -> tuple[OpenLoop, float]:
    begin = time.monotonic() + AHEAD_SECONDS
    loop = OpenLoop(Schedule(iter([np.array(times)])), begin, workers_max, scene.start)
    loop.begin()
    return loop, begin


def test_each_request_is_handed_out_once_at_its_time(scene: Scene) -> None:
    times = [0.001 * number for number in range(200)]
    loop, begin = open_loop(scene, times, 10)
    scene.wait_until_over(loop)
    loop.stop()
    assert [given[0] for given, _ in scene.sent] == list(range(200))
    late = sorted(moment - begin - given[1] for given, moment in scene.sent)
    assert late[0] >= -1e-6, "sent before its time"
    assert late[len(late) // 2] < 0.005
    assert 1 <= len(scene.workers) <= 10


@pytest.mark.parametrize("scene", [0.05], indirect=True)
def test_what_is_due_while_all_are_busy_waits_in_order_and_is_not_the_generators_fault(scene: Scene) -> None:
    loop, begin = open_loop(scene, [0.0] * 10, 2)
    gevent.sleep(AHEAD_SECONDS + 0.02)
    now_seconds = time.monotonic() - begin
    assert (loop.in_flight, loop.waiting(now_seconds), loop.offered(now_seconds)) == (2, 8, 10)
    assert loop.overdue(now_seconds) == [0.0] * 8
    scene.wait_until_over(loop)
    loop.stop()
    assert [given[0] for given, _ in scene.sent] == list(range(10))
    assert [given[2] for given, _ in scene.sent] == [True] * 2 + [False] * 8
    assert len(scene.workers) == 2


@pytest.mark.parametrize("scene", [0.03], indirect=True)
def test_workers_are_started_only_when_all_are_busy(scene: Scene) -> None:
    loop, _ = open_loop(scene, [0.0, 0.06, 0.12, 0.18, 0.18], 5)
    scene.wait_until_over(loop)
    loop.stop()
    assert len(scene.workers) == 2
    assert all(given[2] for given, _ in scene.sent)


@pytest.mark.parametrize("scene", [0.05], indirect=True)
def test_a_stopped_loop_sends_no_more_and_knows_what_waits(scene: Scene) -> None:
    loop, begin = open_loop(scene, [0.0] * 5 + [60.0], 2)
    gevent.sleep(AHEAD_SECONDS + 0.02)
    loop.stop()
    loop.stop()
    scene.wait_until_over(loop)
    assert len(scene.sent) == 2
    assert loop.overdue(time.monotonic() - begin) == [0.0] * 3


def test_an_idle_loop_wakes_for_what_comes_later(scene: Scene) -> None:
    loop, begin = open_loop(scene, [0.0, 0.1, 0.2], 1)
    scene.wait_until_over(loop)
    loop.stop()
    assert [round(moment - begin, 1) for _, moment in scene.sent] == [0.0, 0.1, 0.2]


def closed_loop(scene: Scene, segments: tuple[Segment, ...], process: int = 0, processes: int = 1) -> ClosedLoop:
    loop = ClosedLoop(segments, time.monotonic(), process, processes, scene.start)
    loop.begin()
    return loop


@pytest.mark.parametrize("scene", [0.01], indirect=True)
def test_closed_users_wait_for_each_answer(scene: Scene) -> None:
    loop = closed_loop(scene, levels([(0.0, 3.0)], 0.2))
    scene.wait_until_over(loop)
    assert len(scene.workers) == 3
    assert 15 <= len(scene.sent) <= 60
    assert loop.offered(1.0) == len(scene.sent)
    assert [given[0] for given, _ in scene.sent] == list(range(len(scene.sent)))


@pytest.mark.parametrize(("process", "users"), [(0, 3), (1, 2), (2, 2)])
def test_processes_share_closed_users_and_numbers(scene: Scene, process: int, users: int) -> None:
    loop = closed_loop(scene, levels([(0.0, 7.0)], 0.05), process, 3)
    scene.wait_until_over(loop)
    assert len(scene.workers) == users
    numbers = [given[0] for given, _ in scene.sent]
    assert numbers[0] == process
    assert all(later - earlier == 3 for earlier, later in pairwise(numbers))


def test_closed_users_come_and_go_as_the_shape_says(scene: Scene) -> None:
    segments = levels([(0.0, 1.0), (0.05, 4.0), (0.1, 2.0), (0.15, 3.0)], 0.2)
    loop = closed_loop(scene, segments)
    counts = []
    for moment in (0.02, 0.07, 0.12, 0.17):
        gevent.sleep(max(moment - (time.monotonic() - loop.began), 0))
        loop.adjust(time.monotonic() - loop.began)
        gevent.sleep(0.01)
        counts.append(loop.in_flight)
    scene.wait_until_over(loop)
    assert counts == [1, 4, 2, 3]
    assert len(scene.workers) == 4
