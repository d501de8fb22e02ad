"""docs/simulation.md's measured times give the laws that stand there, and its notebook lines run."""

import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from simulation.calibration.measured import QUANTITIES
from simulation.cli import simulate

PAGE = (Path(__file__).parents[3] / "docs/simulation.md").read_text().partition("## Calibration")[2]

NUMBER = re.compile(r"\d+(?:\.\d+)?")


def block(kind: str, place: int = 0) -> str:
    """Return a block of the part about calibration, and what follows it."""
    found: list[str] = re.findall(rf"```{kind}\n(.*?)```", PAGE, re.DOTALL)
    return found[place]


def test_the_example_is_what_the_command_says(tmp_path: Path) -> None:
    (tmp_path / "faults.csv").write_text(block("csv"))
    done = CliRunner().invoke(simulate, ["--calibrate", str(tmp_path / "faults.csv")])
    assert done.exit_code == 0
    assert NUMBER.sub("N", done.stdout) == NUMBER.sub("N", block("toml"))
    found, expected = (list(map(float, NUMBER.findall(text))) for text in (done.stdout, block("toml")))
    assert found == pytest.approx(expected, rel=0.02, abs=0.02)  # other libraries round otherwise


def test_every_quantity_stands_on_the_page() -> None:
    assert [each for each in QUANTITIES if f"`{each}_…`" not in PAGE] == []


@pytest.mark.parametrize("place", [0, 1])
def test_the_lines_for_notebooks_run(place: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("simulation.calibration.goodness.BOOTSTRAPS", 9)
    Path("faults.csv").write_text(block("csv"))
    words = ("two_machines", "--engine", "fast", "--replications", "2", "--horizon-days", "10")
    assert CliRunner().invoke(simulate, [*words, "--samples", "samples.parquet"]).exit_code == 0
    exec(compile(block("python", place), "docs/simulation.md", "exec"), {})
