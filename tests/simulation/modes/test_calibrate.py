"""`ethercattle simulate --calibrate` writes a piece of a scenario, says how it was found, and refuses what is wrong."""

import json
import tomllib
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from simulation.calibration import goodness
from simulation.calibration.report import SCHEMA
from simulation.cli import simulate

CSV = "part,detection_seconds,recovery_minutes\n" + "".join(
    f"master,71.5,{'>' if place == 3 else ''}{40 + place * place % 11}\n" for place in range(12)
)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Few samples for each test of goodness."""
    monkeypatch.setattr(goodness, "BOOTSTRAPS", 19)


@pytest.fixture
def measured(tmp_path: Path) -> Path:
    """A file of measured durations."""
    path = tmp_path / "faults.csv"
    path.write_text(CSV)
    return path


def run(*words: str) -> Result:
    return CliRunner().invoke(simulate, list(words))


def test_stdout_is_toml_and_stderr_says_how_it_was_found(measured: Path) -> None:
    done = run("--calibrate", str(measured))
    assert done.exit_code == 0
    repair = tomllib.loads(done.stdout)["master"]["repair"]
    assert repair["mean_minutes"] == pytest.approx(44, rel=0.05)
    assert "seed 0" in done.stdout
    assert "1 of them censored" in done.stdout
    assert "master.recovery" in done.stderr
    assert "deterministic *" in done.stderr


def test_json_tells_every_law_and_is_the_same_for_the_same_seed(measured: Path) -> None:
    done, again = (run("--calibrate", str(measured), "--seed", "3", "--json", "-") for _ in range(2))
    assert done.stdout == again.stdout
    report = json.loads(done.stdout)
    assert (report["schema"], report["seed"]) == (SCHEMA, 3)
    detection, recovery = report["quantities"]
    assert (detection["chosen"], detection["durations"]) == ("deterministic", 12)
    assert recovery["censored"] == 1
    laws = {each["law"]: each for each in recovery["laws"]}
    assert laws["deterministic"]["why_not"] == "they differ"
    best = min((each for each in laws.values() if each["aic"] is not None), key=lambda each: each["aic"])
    assert recovery["chosen"] == best["law"]
    assert tomllib.loads(report["toml"])["master"]["repair"]
    other = json.loads(run("--calibrate", str(measured), "--seed", "4", "--json", "-").stdout)
    assert other["quantities"] != report["quantities"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("guide_1",), "expected no scenario"),
        (("--require", "read_availability>=0.9"), "--require does nothing with --calibrate"),
        (("--samples", "x.csv"), "--samples does nothing with --calibrate"),
        (("--confidence", "2"), "confidence is 2.0"),
    ],
)
def test_what_makes_no_sense_with_it_is_named(measured: Path, words: tuple[str, ...], said: str) -> None:
    done = run("--calibrate", str(measured), *words)
    assert done.exit_code == 2
    assert said in done.output


def test_a_mistake_in_the_file_is_one_line_and_exit_2(measured: Path) -> None:
    measured.write_text("part,recovery_seconds\nmaster,soon\n")
    done = run("--calibrate", str(measured))
    assert done.exit_code == 2
    assert "faults.csv:2: recovery_seconds is 'soon'" in done.output
    assert "Traceback" not in done.output
