"""Pictures of runs show the outages that there were, and no others."""

from pathlib import Path

import numpy as np
import pytest
from matplotlib.text import Text

from simulation.errors import ScenarioError
from simulation.estimates import MINUTES_A_YEAR, Basis, unavailability_interval
from simulation.observations import by_replication, outage_hours
from simulation.plots import of_samples
from simulation.plots.of_samples import convergence, longer_than, outage_lengths, pictures_of, settle, timeline
from simulation.plots.picture import picture_bytes
from simulation.sample_files import read_samples, write_samples
from tests.simulation.plots.drawing import HORIZON_HOURS, drawn, samples

TWO_RUNS = samples(
    {"reads": [(100.0, 101.0), (2000.0, 2000.01)], "writes": [(99.0, 103.0)]},
    {"reads": [(5000.0, 5002.0)], "writes": []},
)


def test_a_run_shows_each_outage_where_it_began_as_long_as_it_was() -> None:
    whole, _ = drawn(timeline(TWO_RUNS)).axes
    reads, writes = whole.lines
    assert sorted(np.asarray(reads.get_xdata()).tolist()) == [100 / 24, 2000 / 24]
    assert sorted(np.asarray(reads.get_ydata()).tolist()) == pytest.approx([0.01, 1.0])
    assert [np.asarray(each).tolist() for each in writes.get_data()] == [[99 / 24], [4.0]]
    assert [each.get_label() for each in whole.lines] == ["reads: 2 outages", "writes: 1 outages"]
    assert whole.get_xlim() == (0, HORIZON_HOURS / 24)


def test_the_longest_outage_is_shown_from_near_for_every_measure() -> None:
    _, near = drawn(timeline(TWO_RUNS)).axes
    bars = [[path.get_extents().intervalx.tolist() for path in each.get_paths()] for each in near.collections]
    assert bars == [[pytest.approx([1.0, 2.0])], [pytest.approx([0.0, 4.0])]]  # hours since the longest one began
    assert "hours since day 4.12" in near.get_xlabel()
    assert [each.get_text() for each in near.get_yticklabels()] == ["reads", "writes"]


def test_of_very_many_outages_the_longest_are_shown_and_that_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(of_samples, "OUTAGES_SHOWN_MAX", 3)
    many = samples({"reads": [(10.0 * at, 10.0 * at + at) for at in range(1, 8)]})
    whole = drawn(timeline(many)).axes[0]
    assert sorted(np.asarray(whole.lines[0].get_ydata()).tolist()) == [5.0, 6.0, 7.0]
    assert whole.lines[0].get_label() == "reads: 7 outages, the longest 3 shown"


def test_lengths_are_counted_a_year() -> None:
    axes = drawn(outage_lengths(TWO_RUNS)).axes[0]
    at, rates = axes.lines[0].get_data()
    assert np.asarray(at).tolist() == pytest.approx([0.01, 1.0, 2.0])
    assert np.asarray(rates).tolist() == [1.5, 1.0, 0.5]  # 3, 2 and 1 in two years


def test_of_many_lengths_the_longest_are_all_kept() -> None:
    hours = np.arange(1.0, 100_001.0)
    at, count = longer_than(hours)
    assert len(at) <= of_samples.STEPS_MAX
    assert at[-3:].tolist() == [99_998.0, 99_999.0, 100_000.0]
    assert count[-3:].tolist() == [3.0, 2.0, 1.0]
    assert count[0] == 100_000
    assert (count == 100_001 - at).all()


def test_an_estimate_settles_at_what_is_estimated() -> None:
    rng = np.random.default_rng(2)
    runs = samples(*({"reads": [(100.0, 100.0 + hours)]} for hours in rng.exponential(2.0, 40)), warmup_hours=50.0)
    seen = by_replication(runs.replications, "reads", 50.0)
    known = unavailability_interval(seen, outage_hours(runs.replications, "reads", 50.0), Basis(0.9, 50.0))
    steps = settle(runs, "reads", 0.9)
    assert (steps[0].runs, steps[-1].runs) == (2, 40)
    assert (steps[-1].value, steps[-1].low, steps[-1].high) == (known.value, known.low, known.high)
    axes = drawn(convergence(runs, 0.9)).axes[0]
    assert float(np.asarray(axes.lines[0].get_ydata())[-1]) == pytest.approx(known.value * MINUTES_A_YEAR)


def test_without_any_outage_pictures_say_so() -> None:
    quiet = samples({"reads": []}, {"reads": []})
    for picture in pictures_of(quiet):
        assert picture_bytes(picture, "svg")
    assert "no outage" in [text.get_text() for text in drawn(timeline(quiet)).axes[0].texts]
    assert "no outage" in [text.get_text() for text in drawn(outage_lengths(quiet)).axes[0].texts]


def test_one_run_tells_nothing_of_how_it_settles_and_none_nothing_at_all() -> None:
    assert [each.name for each in pictures_of(samples({"reads": []}))] == ["timeline", "outage-lengths"]
    with pytest.raises(ScenarioError, match="no runs to draw"):
        pictures_of(samples())


def test_of_many_measures_the_first_are_drawn() -> None:
    many = {f"measure_{at}_with_a_very_long_name": [(100.0 + at, 101.0 + at)] for at in range(20)}
    pictures = pictures_of(samples(many, many))
    for picture in pictures:
        texts = [str(each.get_text()) for each in drawn(picture).findobj(Text) if isinstance(each, Text)]
        assert any("measure_5" in text for text in texts)
        assert not any("measure_6" in text for text in texts)


def test_long_names_leave_room_for_the_picture() -> None:
    many = {f"measure_{at}_with_a_very_long_name": [(100.0 + at, 101.0 + at)] for at in range(6)}
    assert picture_bytes(timeline(samples(many)), "svg")  # matplotlib warns where there is none


def test_samples_from_a_file_give_the_same_pictures(tmp_path: Path) -> None:
    path = tmp_path / "samples.csv"
    write_samples(path, TWO_RUNS)
    assert picture_bytes(timeline(read_samples(path)), "svg") == picture_bytes(timeline(TWO_RUNS), "svg")
