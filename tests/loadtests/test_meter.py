"""What a process uses of a processor is measured since it was asked last."""

import time
from pathlib import Path

import pytest

from loadtests import meter
from loadtests.meter import Meter


def test_a_process_that_works_shows_it_and_one_that_sleeps_does_not() -> None:
    made = Meter()
    until = time.process_time() + 0.1
    while time.process_time() < until:
        pass
    busy = made.read()
    time.sleep(0.2)
    idle = made.read()
    assert busy["cpu_share"] > 3 * idle["cpu_share"]
    assert idle["cpu_share"] < 0.5
    assert busy["cpu_share"] + busy["cpu_wait_share"] > 0.5, "it wanted a whole one all the time"


def test_where_the_kernel_does_not_count_waiting_there_is_none(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(meter, "_SCHEDSTAT", tmp_path / "none")
    assert Meter().read()["cpu_wait_share"] == 0.0
