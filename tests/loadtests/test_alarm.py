"""An alarm rings once for each setting, near enough to its time to measure fast servers by."""

import time

import gevent
import pytest

from loadtests import alarm
from loadtests.alarm import Alarm


@pytest.fixture(params=["timerfd", "loop"])
def _either_way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.param == "loop":
        monkeypatch.setattr(alarm, "_LIBC", None)


@pytest.mark.usefixtures("_either_way")
def test_it_rings_once_at_its_time_and_can_be_set_again() -> None:
    rings: list[float] = []
    made = Alarm(lambda: rings.append(time.monotonic()))
    moments = [time.monotonic() + 0.02 * number for number in range(1, 4)]
    for moment in moments:
        made.set(moment)
        gevent.sleep(0.03)
    made.close()
    assert len(rings) == 3
    # The loop's own timers may ring early by some milliseconds, and who set them sets them again.
    assert all(ring >= moment - 5e-3 for ring, moment in zip(rings, moments, strict=True))
    assert min(ring - moment for ring, moment in zip(rings, moments, strict=True)) < 0.005


@pytest.mark.usefixtures("_either_way")
def test_a_later_setting_replaces_an_earlier_one_and_the_past_rings_at_once() -> None:
    rings: list[int] = []
    made = Alarm(lambda: rings.append(1))
    made.set(time.monotonic() + 0.02)
    made.set(time.monotonic() + 60)
    gevent.sleep(0.05)
    assert rings == []
    made.set(time.monotonic() - 5)
    gevent.sleep(0.02)
    assert rings == [1]
    made.set(time.monotonic() + 0.01)
    made.close()
    gevent.sleep(0.03)
    assert rings == [1]
