"""Axes are labelled in words that people use, and never without a label."""

import pytest
from matplotlib.figure import Figure

from simulation.plots.scales import NAME_CHARACTERS_MAX, availability_text, shortened, tell_availability, tell_durations


@pytest.mark.parametrize(
    ("nines", "text"), [(0, "0 %"), (1, "90 %"), (2, "99 %"), (3, "99.9 %"), (5, "99.999 %"), (9, "9 nines")]
)
def test_availabilities_are_told_by_their_nines(nines: int, text: str) -> None:
    assert availability_text(nines) == text


def test_an_axis_of_durations_has_seconds_to_days() -> None:
    axes = Figure().subplots()
    tell_durations(axes.yaxis, 1 / 3600, 48.0)
    labels = [label.get_text() for label in axes.get_yticklabels()]
    assert {"1 s", "10 s", "1 min", "10 min", "1 h", "10 h", "1 d"} <= set(labels)


@pytest.mark.parametrize(("low", "high"), [(1e-4, 1e-4), (1e-13, 0.5), (0.3, 0.9)])
def test_an_axis_of_availabilities_has_labels(low: float, high: float) -> None:
    axes = Figure().subplots()
    tell_availability(axes.yaxis, low, high)
    assert 1 <= len(axes.get_yticks()) <= 12


def test_long_names_keep_what_tells_them_apart() -> None:
    names = [shortened(f"a_measure_with_a_very_long_name_{place}") for place in range(3)]
    assert names[1] == "a_measure_wi…long_name_1"
    assert {len(name) for name in names} == {NAME_CHARACTERS_MAX}
    assert shortened("reads") == "reads"
