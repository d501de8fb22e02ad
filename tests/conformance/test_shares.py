"""Work is shared out evenly, and only where that saves more than it costs."""

import pytest

from conformance.shares import QUESTIONS_WORTH_PROCESSES, choose_processes, share_out, usable_cores


@pytest.mark.parametrize(
    ("jobs", "planned", "cores", "processes"),
    [
        (4, QUESTIONS_WORTH_PROCESSES - 1, 16, 1),
        (4, QUESTIONS_WORTH_PROCESSES, 16, 4),
        (4, None, 16, 4),
        (256, None, 8, 8),
        (256, None, 512, 64),
        (8, None, 1, 1),
        (1, 10**6, 8, 1),
    ],
)
def test_long_runs_take_a_process_for_each_core_and_no_more_than_jobs(
    jobs: int, planned: int | None, cores: int, processes: int
) -> None:
    assert choose_processes(jobs, planned, cores) == processes


@pytest.mark.parametrize(
    ("jobs", "processes", "shares"),
    [(4, 1, ()), (4, 4, (1, 1, 1, 1)), (8, 3, (3, 3, 2)), (5, 2, (3, 2))],
)
def test_shares_are_even(jobs: int, processes: int, shares: tuple[int, ...]) -> None:
    assert share_out(jobs, processes) == shares


def test_there_is_a_core() -> None:
    assert usable_cores() >= 1
