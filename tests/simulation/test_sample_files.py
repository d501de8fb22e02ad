"""Samples as CSV and Parquet: read back the same, scenario and seed inside, damage named."""

import json
from pathlib import Path

import numpy as np
import pytest

from simulation import simulate
from simulation.errors import ScenarioError
from simulation.estimates import estimate_measures
from simulation.result import Result
from simulation.sample_files import read_samples, write_samples
from tests.simulation.models import model_of, units

MODEL = model_of([units("a", 2, 0.1, 0.5)], "a")
ENDS = ["csv", "parquet"]


@pytest.fixture(scope="module")
def result() -> Result:
    return simulate(MODEL, engine="simpy", replications=3, horizon_days=20, seed=9)


@pytest.mark.parametrize("end", ENDS)
def test_samples_are_read_back_as_they_were(result: Result, tmp_path: Path, end: str) -> None:
    path = tmp_path / f"samples.{end}"
    write_samples(path, result.samples)
    found = read_samples(path)
    assert found.about == result.about
    assert found.about.seed == 9
    assert json.loads(found.about.scenario)["title"] == MODEL.title
    for before, after in zip(result.samples.replications, found.replications, strict=True):
        assert after.horizon_hours == before.horizon_hours
        assert after.events == before.events
        for measure in ("good", "fresh"):
            assert np.array_equal(before.down[measure], after.down[measure])
    assert estimate_measures(MODEL, found.replications) == estimate_measures(MODEL, result.samples.replications)


@pytest.mark.parametrize("end", ENDS)
def test_runs_without_outages_and_results_without_runs_are_kept(tmp_path: Path, end: str) -> None:
    quiet = simulate(model_of([units("a", 2, 1e-9, 0.5)], "a"), engine="simpy", replications=2, horizon_days=1)
    exact = simulate(MODEL)
    for each, count in ((quiet, 2), (exact, 0)):
        write_samples(tmp_path / f"s.{end}", each.samples)
        found = read_samples(tmp_path / f"s.{end}")
        assert found.about == each.about
        assert [run.down["good"].shape for run in found.replications] == [(0, 2)] * count


def test_the_same_seed_writes_the_same_bytes_and_pandas_reads_them(result: Result, tmp_path: Path) -> None:
    import pandas as pd

    again = simulate(MODEL, engine="simpy", replications=3, horizon_days=20, seed=9)
    for name, each in (("one.csv", result), ("two.csv", again)):
        write_samples(tmp_path / name, each.samples)
    assert (tmp_path / "one.csv").read_bytes() == (tmp_path / "two.csv").read_bytes()
    frame = pd.read_csv(tmp_path / "one.csv", comment="#")
    assert list(frame.columns) == list(result.samples_frame().columns)
    assert len(frame) == len(result.samples_frame())


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ("# ethercattle.samples/1", "# other", "its first line does not say ethercattle.samples/1"),
        ('"schema":"ethercattle.samples/1"', '"schema":"x"', "its schema is 'x'"),
        ("replication,measure", "run,measure", "its columns are 'run,measure,start_hours,end_hours'"),
        ("\n0,good,", "\n7,good,", "replication 7 and measure 'good'"),
        ("\n0,good,", "\n0,bad,", "replication 0 and measure 'bad'"),
        ("\n0,good,", "\n0,good,-", "is out of order or beyond the horizon"),
        ("\n0,good,", "\nzero,good,", "invalid literal"),
        ('"seed":9,', "", "'seed'"),
        ('"events":[', '"events":[1,', "events of 4 replications, expected 3"),
    ],
)
def test_damage_is_named(result: Result, tmp_path: Path, old: str, new: str, named: str) -> None:
    path = tmp_path / "samples.csv"
    write_samples(path, result.samples)
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))
    with pytest.raises(ScenarioError, match="can't be read") as raised:
        read_samples(path)
    assert named in str(raised.value)


def test_files_that_can_not_be_are_refused(result: Result, tmp_path: Path) -> None:
    for use in (lambda path: write_samples(path, result.samples), read_samples):
        with pytest.raises(ScenarioError, match=r"expected a name that ends in \.csv or \.parquet"):
            use(tmp_path / "samples.txt")
    with pytest.raises(ScenarioError, match="there is no such file"):
        read_samples(tmp_path / "none.csv")
    with pytest.raises(ScenarioError, match="can't be written"):
        write_samples(tmp_path / "no folder" / "samples.csv", result.samples)
    (tmp_path / "bad.parquet").write_bytes(b"PAR1 no more")
    with pytest.raises(ScenarioError, match="can't be read"):
        read_samples(tmp_path / "bad.parquet")
