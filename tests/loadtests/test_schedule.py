"""Arrivals are the same whatever the count of processes, and follow the rate they are drawn for."""

import numpy as np
import pytest

from loadtests.schedule import BLOCK, Schedule, draw, schedule_of
from loadtests.shapes import Segment, levels
from loadtests.task import Task

CONSTANT = levels([(0.0, 1000.0)], 50.0)


def task(process: int = 0, processes: int = 1, **values: object) -> Task:
    return Task(("http://127.0.0.1:1",), CONSTANT, process=process, processes=processes, seed=3, **values)  # type: ignore[arg-type]


def all_of(schedule: Schedule) -> list[tuple[int, float]]:
    taken = []
    while schedule.peek() is not None:
        taken.append(schedule.take())
    return taken


@pytest.mark.parametrize("processes", [2, 3, 7])
def test_processes_share_one_schedule(processes: int) -> None:
    alone = all_of(schedule_of(task()))
    shared = [all_of(schedule_of(task(process, processes))) for process in range(processes)]
    assert sorted(each for one in shared for each in one) == alone
    assert all(number % processes == process for process, one in enumerate(shared) for number, _ in one)


def test_the_same_seed_gives_the_same_schedule_and_another_seed_another() -> None:
    first, again, other = (np.concatenate(list(draw(CONSTANT, seed, is_poisson=True))) for seed in (1, 1, 2))
    assert np.array_equal(first, again)
    assert not np.array_equal(first[:100], other[:100])


def test_poisson_gaps_are_exponential() -> None:
    times = np.concatenate(list(draw(CONSTANT, 1, is_poisson=True)))
    gaps = np.diff(times)
    assert len(times) == pytest.approx(50_000, abs=4 * 50_000**0.5)
    assert gaps.mean() == pytest.approx(1e-3, rel=0.02)
    assert gaps.std() == pytest.approx(gaps.mean(), rel=0.02)
    assert np.mean(gaps > 1e-3) == pytest.approx(np.exp(-1), abs=0.01)


def test_constant_arrivals_are_evenly_spread_and_none_is_missing() -> None:
    times = np.concatenate(list(draw(CONSTANT, 1, is_poisson=False)))
    assert len(times) == 50_000 > 3 * BLOCK
    assert times[0] == pytest.approx(0.0005)
    assert np.allclose(np.diff(times), 0.001)


def test_arrivals_follow_a_ramp() -> None:
    ramp = (Segment(0.0, 10.0, 0.0, 2000.0),)
    times = np.concatenate(list(draw(ramp, 5, is_poisson=False)))
    assert len(times) == 10_000
    for second in range(10):
        inside = np.sum((times >= second) & (times < second + 1))
        assert inside == pytest.approx(200 * second + 100, abs=1)


def test_no_arrival_falls_into_a_stretch_without_load() -> None:
    pieces = levels([(0.0, 100.0), (2.0, 0.0), (4.0, 100.0)], 6.0)
    times = np.concatenate(list(draw(pieces, 5, is_poisson=True)))
    assert not np.any((times > 2.0) & (times < 4.0))
    assert np.all(np.diff(times) >= 0)


def test_a_schedule_without_any_load_is_empty() -> None:
    assert schedule_of(Task(("http://127.0.0.1:1",), levels([(0.0, 0.0)], 5.0))).peek() is None


def test_what_is_due_is_counted_across_blocks_and_then_overdue() -> None:
    schedule = schedule_of(task(is_poisson=False))
    for _ in range(10):
        assert schedule.peek() is not None
        schedule.take()
    now_seconds = (2 * BLOCK + 100.6) / 1000
    assert schedule.due(now_seconds) == 2 * BLOCK + 101 - 10
    overdue = schedule.overdue(now_seconds)
    assert len(overdue) == 2 * BLOCK + 91
    assert overdue[0] == pytest.approx(0.0105)
    assert schedule.take() == (10, overdue[0])
    assert [schedule.offered(seconds) for seconds in (0.0106, now_seconds)] == [11, 2 * BLOCK + 101]


def test_a_replay_is_sent_as_recorded() -> None:
    schedule = schedule_of(task(1, 2, replay=(0.5, 0.5, 0.7, 3.0)))
    assert all_of(schedule) == [(1, 0.5), (3, 3.0)]
