"""docs/simulation.md's measured times give the laws that stand there, and its notebook lines run."""

import re
import tomllib
from pathlib import Path

import pytest
from click.testing import CliRunner

from simulation.calibration.measured import QUANTITIES
from simulation.cli import simulate

PAGE = (Path(__file__).parents[3] / "docs/simulation.md").read_text().partition("## Calibration")[2]


def block(kind: str, place: int = 0) -> str:
    """Return a block of the part about calibration, and what follows it."""
    found: list[str] = re.findall(rf"```{kind}\n(.*?)```", PAGE, re.DOTALL)
    return found[place]


def test_the_laws_on_the_page_are_those_of_its_measured_times(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("simulation.calibration.goodness.BOOTSTRAPS", 3)
    (tmp_path / "faults.csv").write_text(block("csv"))
    done = CliRunner().invoke(simulate, ["--calibrate", str(tmp_path / "faults.csv")])
    assert done.exit_code == 0
    found, expected = (tomllib.loads(text)["master"] for text in (done.stdout, block("toml")))
    for key in ("failure", "repair"):
        assert found[key].pop("law") == expected[key].pop("law")
        assert found[key] == pytest.approx(expected[key], rel=0.001)  # other libraries round otherwise


def test_every_quantity_stands_on_the_page() -> None:
    assert [each for each in QUANTITIES if f"`{each}_…`" not in PAGE] == []


def test_the_lines_for_notebooks_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("simulation.calibration.goodness.BOOTSTRAPS", 1)
    Path("faults.csv").write_text(block("csv"))
    exec(compile(block("python"), "docs/simulation.md", "exec"), {})
