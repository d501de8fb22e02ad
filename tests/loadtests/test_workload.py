"""Flags become one workload, or one line says why not."""

from pathlib import Path

import pytest

from loadtests.errors import LoadError
from loadtests.options import Options
from loadtests.shapes import Segment
from loadtests.workload import plan_workload


def options(**values: object) -> Options:
    return Options(**{"duration": 10.0, "warmup": 2.0, **values})  # type: ignore[arg-type]


def test_a_rate_is_an_open_loop_and_users_are_a_closed_one() -> None:
    opened, closed = plan_workload(options(rate=100.0)), plan_workload(options(users=7, shape="step 2"))
    assert (opened.is_open, opened.text) == (True, "100 requests/s, poisson arrivals")
    assert opened.segments == (Segment(0, 2, 100, 100), Segment(2, 12, 100, 100))
    assert (closed.is_open, closed.text) == (False, "7 users, step 2")


@pytest.mark.parametrize("given", [{}, {"rate": 1.0, "users": 1}])
def test_one_of_rate_and_users_is_needed(given: dict[str, object]) -> None:
    with pytest.raises(LoadError, match="of --rate and --users given, expected one"):
        plan_workload(options(**given))


def test_recorded_arrivals_come_after_the_warmup(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("at_seconds\n0.5\n9.9\n10.0\n")
    planned = plan_workload(options(shape=f"replay {path}"))
    assert planned.replay == (2.5, 11.9)
    assert planned.segments[-1].end_seconds == 12.0


def test_recorded_rates_end_with_the_duration(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("second,offered\n" + "".join(f"{second},5\n" for second in range(20)))
    planned = plan_workload(options(shape=f"replay {path}", duration=4.5))
    assert planned.segments[-1] == Segment(6.0, 6.5, 5.0, 5.0)
    assert planned.is_open


def test_a_record_has_its_own_rate_and_needs_a_path(tmp_path: Path) -> None:
    with pytest.raises(LoadError, match="--users and --shape 'replay x' contradict"):
        plan_workload(options(shape="replay x", users=3))
    with pytest.raises(LoadError, match="the path of a CSV"):
        plan_workload(options(shape="replay"))
    path = tmp_path / "late.csv"
    path.write_text("at_seconds\n50\n")
    with pytest.raises(LoadError, match="nothing before --duration 10"):
        plan_workload(options(shape=f"replay {path}"))
