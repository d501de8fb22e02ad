"""`--plot`, `--plots` and `--html` draw what `ethercattle simulate` finds, and refuse early what can't be."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from simulation.api import simulate as simulate_api
from simulation.calibration import goodness
from simulation.cli import simulate
from simulation.plots.of_samples import timeline
from simulation.plots.picture import picture_bytes
from simulation.scenario import load_scenario

SHORT = ("--engine", "fast", "--replications", "4", "--horizon-days", "400")


def run(*words: str) -> Result:
    return CliRunner().invoke(simulate, list(words))


@pytest.fixture
def measured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A file of measured durations, and few samples for each test of goodness."""
    monkeypatch.setattr(goodness, "BOOTSTRAPS", 9)
    path = tmp_path / "faults.csv"
    path.write_text("part,recovery_minutes\n" + "".join(f"master,{40 + at * at % 11}\n" for at in range(12)))
    return str(path)


@pytest.mark.parametrize(
    ("words", "pictures"),
    [
        (("shared_crew", *SHORT), {"timeline", "outage-lengths", "convergence"}),
        (("shared_crew", "--explain"), {"waterfall-reads", "waterfall-fresh-reads"}),
        (("guide_1", "--sweep", "mtbf_days=1:60:log:4", "--sweep", "N=1,2"), {"availability-mtbf-days"}),
        (("guide_1", "--importance"), {"tornado"}),
        (("guide_1", "--target", "0.99999"), {"target"}),
        (("--calibrate", "FILE"), {"calibration"}),
    ],
)
def test_every_kind_of_study_has_a_page_with_its_pictures(
    words: tuple[str, ...], pictures: set[str], tmp_path: Path, measured: str
) -> None:
    page = tmp_path / "page.html"
    words = tuple(measured if each == "FILE" else each for each in words)
    done = run(*words, "--html", str(page))
    assert done.exit_code == 0, done.output
    text = page.read_text()
    assert {each for each in pictures if f'id="{each}-figure_1"' in text} == pictures
    assert text.count("<svg") == len(pictures)
    assert "<th" in text


def test_pictures_go_into_a_folder_and_into_one_file(tmp_path: Path) -> None:
    words = ("guide_1", "--sweep", "mtbf_days=1:60:log:4")
    assert run(*words, "--plots", str(tmp_path / "plots"), "--plot", str(tmp_path / "one.PNG")).exit_code == 0
    assert sorted(path.name for path in (tmp_path / "plots").iterdir()) == [
        "availability-mtbf-days.png", "availability-mtbf-days.svg",
    ]  # fmt: skip
    assert (tmp_path / "one.PNG").read_bytes() == (tmp_path / "plots" / "availability-mtbf-days.png").read_bytes()


def test_the_same_seed_draws_the_same() -> None:
    found = [
        picture_bytes(timeline(simulate_api(load_scenario("two_machines"), engine="fast", replications=2,
                                            horizon_days=20.0, seed=seed).samples), "svg")
        for seed in (3, 3, 4)
    ]  # fmt: skip
    assert found[0] == found[1]
    assert found[0] != found[2]


def test_a_page_of_an_exact_answer_has_no_pictures_and_says_why(tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    done = run("guide_2", "--html", str(page), "--require", "fresh_read_availability>=0.9999999")
    assert done.exit_code == 1
    text = page.read_text()
    assert "0.999995039707" in text
    assert 'class="badge fail"' in text
    assert "engine form has no runs to draw" in text
    assert "<svg" not in text


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("guide_2", "--plot", "x.pdf"), "--plot x.pdf: expected a name that ends in .png or .svg"),
        (("guide_2", "--plot", "/no/where/x.png"), "there is no folder /no/where"),
        (("guide_2", "--html", "/no/where/x.html"), "there is no folder /no/where"),
        (("guide_2", "--json", "/no/where/x.json"), "--json /no/where/x.json can't be written: there is no folder"),
        (("operators_guide", "--samples", "/no/where/x.csv"), "--samples /no/where/x.csv can't be written"),
        (("guide_2", "--html", "-"), "--html is -, expected a file"),
        (("operators_guide", "--samples", "x.json"), "expected a name that ends in .csv or .parquet"),
        (("guide_2", "--plots", __file__), "expected a folder"),
        (("guide_2", "--plot", "/tmp/never.png"), "engine form has no runs to draw"),
        (("guide_2", "--list", "--plot", "x.pdf"), ""),
    ],
)
def test_what_cannot_be_drawn_is_said_in_a_line(words: tuple[str, ...], said: str) -> None:
    done = run(*words)
    assert done.exit_code == (2 if said else 0)
    assert said in done.output
    assert "Traceback" not in done.output


def test_without_matplotlib_it_is_said_before_anything_is_worked_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("simulation.drawings.find_spec", lambda _name: None)
    done = run("shared_crew", *SHORT, "--plot", "x.png")
    assert done.exit_code == 2
    assert "pip install 'ethercattle[simulation]'" in done.output
