"""Tries are bounded in number and in time, and a stop ends them."""

import threading

import pytest

from reference_node.errors import LogRefused, LogUnavailable
from reference_node.roles import patience
from reference_node.roles.patience import PAUSE_SECONDS_MAX, START_TRIES_MAX, next_pause, try_often


class Failing:
    """Fails so many times, then works."""

    def __init__(self, times: int, error: Exception) -> None:
        self.left, self.error, self.calls = times, error, 0

    def __call__(self) -> str:
        """Fail, or say that it is done."""
        self.calls += 1
        if self.calls <= self.left:
            raise self.error
        return "done"


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "PAUSE_SECONDS_FIRST", 0.0)


@pytest.mark.parametrize("times", range(START_TRIES_MAX))
def test_what_works_in_time_is_returned(times: int) -> None:
    action = Failing(times, LogUnavailable("away"))
    assert try_often(action, threading.Event()) == "done"
    assert action.calls == times + 1


def test_the_last_error_is_raised_where_nothing_helps() -> None:
    action = Failing(99, LogUnavailable("away"))
    with pytest.raises(LogUnavailable, match="away"):
        try_often(action, threading.Event())
    assert action.calls == START_TRIES_MAX


def test_a_refusal_is_not_tried_again() -> None:
    action = Failing(99, LogRefused("not ours"))
    with pytest.raises(LogRefused):
        try_often(action, threading.Event())
    assert action.calls == 1


def test_a_stop_ends_the_tries() -> None:
    action, stopping = Failing(99, LogUnavailable("away")), threading.Event()
    stopping.set()
    with pytest.raises(LogUnavailable):
        try_often(action, stopping)
    assert action.calls == 1


def test_no_try_begins_after_the_time_is_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "START_SECONDS_MAX", -1.0)
    action = Failing(99, LogUnavailable("away"))
    with pytest.raises(LogUnavailable):
        try_often(action, threading.Event())
    assert action.calls == 1


def test_pauses_grow_up_to_a_bound() -> None:
    assert (next_pause(0.1), next_pause(3.0), next_pause(PAUSE_SECONDS_MAX)) == (0.2, 5.0, 5.0)
