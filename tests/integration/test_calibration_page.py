"""docs/simulation.md shows what `ethercattle simulate --calibrate` says of its measured times, to the last word."""

import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from simulation.cli import simulate
from tests.simulation.calibration.test_calibration_page import block

NUMBER = re.compile(r"\d+(?:\.\d+)?")


def test_the_example_is_what_the_command_says(tmp_path: Path) -> None:
    (tmp_path / "faults.csv").write_text(block("csv"))
    done = CliRunner().invoke(simulate, ["--calibrate", str(tmp_path / "faults.csv")])
    assert done.exit_code == 0
    assert NUMBER.sub("N", done.stdout) == NUMBER.sub("N", block("toml"))
    found, expected = (list(map(float, NUMBER.findall(text))) for text in (done.stdout, block("toml")))
    assert found == pytest.approx(expected, rel=0.02, abs=0.02)  # other libraries round otherwise


def test_the_lines_for_notebooks_draw_kept_samples(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    words = ("two_machines", "--engine", "fast", "--replications", "2", "--horizon-days", "10")
    assert CliRunner().invoke(simulate, [*words, "--samples", "samples.parquet"]).exit_code == 0
    exec(compile(block("python", 1), "docs/simulation.md", "exec"), {})
    names = {path.name for path in Path("pictures").iterdir()}
    assert {"timeline.png", "outage-lengths.svg", "convergence.svg"} <= names
