"""Of the fitted laws the one of least AIC is taken, and what few or odd durations do not tell is said."""

from dataclasses import replace

import numpy as np
import pytest

from simulation.calibration import goodness
from simulation.calibration.calibrate import Calibrated, calibrate
from simulation.calibration.fitting import Flags, Vector
from simulation.calibration.measured import Durations
from simulation.calibration.scenario_piece import as_toml
from simulation.errors import ScenarioError
from simulation.laws import Deterministic, Exponential, Lognormal, Weibull
from tests.simulation.calibration.test_fitting import TRUTHS, drawn


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Few samples for each test of goodness."""
    monkeypatch.setattr(goodness, "BOOTSTRAPS", 39)


def found(hours: Vector | list[float], is_censored: Flags | None = None) -> Calibrated:
    """Calibrate one quantity."""
    values = np.asarray(hours, dtype=np.float64)
    flags = np.zeros(len(values), dtype=np.bool_) if is_censored is None else is_censored
    return calibrate([Durations("master", "recovery", values, flags)]).quantities[0]


@pytest.mark.parametrize("family", ["weibull", "lognormal", "gamma"])
def test_the_law_that_made_the_durations_is_chosen_or_as_good(family: str) -> None:
    chosen = found(*drawn(TRUTHS[family], 400, cut_hours=12.0))
    assert family in {chosen.chosen.fit.family, *chosen.as_good}
    assert chosen.chosen.fit.family != "exponential"
    assert chosen.law.mean_hours == pytest.approx(TRUTHS[family].mean_hours, rel=0.15)
    assert chosen.warnings == ()


def test_the_simplest_law_is_not_beaten_by_what_it_is_a_case_of() -> None:
    chosen = found(*drawn(Exponential(3.0), 300))
    assert "exponential" in {chosen.chosen.fit.family, *chosen.as_good}


def test_what_never_varies_is_deterministic() -> None:
    chosen = found([0.02] * 6)
    assert chosen.law == Deterministic(0.02)
    assert chosen.why == "all 6 lasted the same"
    assert found([0.0]).law == Deterministic(0.0)


def test_few_durations_tell_no_law() -> None:
    chosen = found([1.0, 2.0, 3.0])
    assert chosen.law == Exponential(2.0)
    assert "3 durations" in chosen.warnings[0]
    assert "5 or more" in chosen.warnings[0]
    assert found([2.5]).law == Exponential(2.5)


def test_two_causes_in_one_column_are_said_to_fit_no_law() -> None:
    rng = np.random.default_rng(3)
    mixed = np.concatenate((Lognormal(0.0, 0.1).sample(rng, 100), Weibull(8.0, 40.0).sample(rng, 100)))
    chosen = found(mixed)
    assert len(chosen.warnings) == 1
    assert "no law fits" in chosen.warnings[0]


def test_nothing_can_be_said_where_nothing_ended() -> None:
    with pytest.raises(ScenarioError, match=r"master\.recovery: of 2 measured none ended"):
        found([1.0, 2.0], np.array([True, True]))


def test_of_what_nothing_can_be_said_is_left_out_and_told() -> None:
    late = Durations("kafka", "recovery", np.array([60.0]), np.array([True]))
    ended = Durations("replica", "recovery", np.array([1.0, 2.0]), np.zeros(2, dtype=np.bool_))
    calibration = calibrate([late, ended])
    assert [each.durations.part for each in calibration.quantities] == ["replica"]
    assert calibration.left_out == ("kafka.recovery: of 1 measured none ended, expected one that did",)
    assert f"# left out: {calibration.left_out[0]}" in as_toml(calibration)


@pytest.mark.parametrize(("name", "value"), [("seed", -1), ("confidence", 1.5)])
def test_arguments_out_of_range_are_named(name: str, value: float) -> None:
    with pytest.raises(ScenarioError, match=name):
        calibrate([], **{name: value})  # type: ignore[arg-type]


def test_the_frame_has_a_row_per_law_and_marks_the_chosen_one() -> None:
    durations = Durations("master", "recovery", *drawn(Exponential(3.0), 40))
    told: list[tuple[int, int]] = []
    calibration = calibrate([durations, replace(durations, part="replica")], seed=3,
                            progress=lambda done, planned: told.append((done, planned)))  # fmt: skip
    frame = calibration.to_frame()
    assert len(frame) == 10
    assert frame[frame["chosen"]]["part"].tolist() == ["master", "replica"]
    assert frame.attrs["about"]["seed"] == 3
    assert told == [(each, 10) for each in range(1, 11)]
