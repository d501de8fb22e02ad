"""The piece of TOML goes into a scenario as it is, and the scenario has the laws that were fitted."""

import tomllib
from pathlib import Path

import numpy as np
import pytest

from simulation.calibration import goodness
from simulation.calibration.calibrate import calibrate
from simulation.calibration.measured import Durations
from simulation.calibration.scenario_piece import as_toml, law_text
from simulation.cluster_plan import ClusterPlan
from simulation.law_tables import read_law
from simulation.laws import Deterministic, Exponential, Gamma, Law, Lognormal, Weibull
from simulation.model import Model
from simulation.scenario import load_scenario, read_scenario
from simulation.tables import Table
from tests.simulation.calibration.test_fitting import drawn


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Few samples for each test of goodness."""
    monkeypatch.setattr(goodness, "BOOTSTRAPS", 39)


def lasting(part: str, quantity: str, law: Law, size: int = 30) -> Durations:
    """Return durations of a law."""
    return Durations(part, quantity, *drawn(law, size))


def piece(*durations: Durations) -> str:
    """Return the piece for some durations."""
    return as_toml(calibrate(durations))


@pytest.mark.parametrize(
    "law",
    [Exponential(336.0), Weibull(1.42, 30.0), Lognormal(-3.0, 0.7), Gamma(2.5, 0.001), Deterministic(0.02),
     Deterministic(0.0), Exponential(1e-9), Weibull(0.2, 1.0)],
)  # fmt: skip
def test_a_law_is_written_as_scenarios_read_it(law: Law) -> None:
    table = Table(tomllib.loads(f"law = {law_text(law)}"))
    again = read_law(table, "law")
    assert type(again) is type(law)
    assert again.mean_hours == pytest.approx(law.mean_hours, rel=1e-5)


def test_a_clusters_piece_goes_into_its_scenario() -> None:
    text = piece(
        lasting("master", "time_between_failures", Weibull(1.5, 300.0)),
        lasting("master", "detection", Deterministic(0.02)),
        lasting("replica", "time_between_failures", Exponential(200.0)),
        lasting("replica", "recovery", Lognormal(-1.0, 0.5)),
        lasting("replica", "restart", Gamma(9.0, 0.01), 90),
        lasting("balancer", "failover", Gamma(3.0, 0.001)),
        lasting("kafka", "election", Exponential(0.003)),
        lasting("snapshots", "boot", Exponential(0.05)),
        lasting("relay", "sync", Exponential(0.05)),
    )
    found = tomllib.loads(text)
    assert set(found) == {"master", "replica", "balancer", "kafka", "snapshots", "relay"}
    assert found["relay"] == {}
    assert "relay has no key for it" in text
    assert '# detection took { law = "deterministic", value_seconds = 72 }, 30 measured: a cluster\'s follows' in text
    scenario = load_scenario("operators_guide")
    tables = {name: dict(value) if isinstance(value, dict) else value for name, value in scenario.tables.items()}
    for name, keys in found.items():
        tables[name] |= keys
    del tables["replica"]["recovery"]
    plan = read_scenario(tables, "calibrated", Path()).plan
    assert isinstance(plan, ClusterPlan)
    assert plan.replica is not None
    assert plan.replica.repair is not None
    assert plan.replica.repair.mean_hours == pytest.approx(np.exp(-1 + 0.125), rel=0.3)
    assert plan.master.part.failure.mean_hours == pytest.approx(Weibull(1.5, 300.0).mean_hours, rel=0.3)


def test_a_components_detection_is_a_stage_before_its_repair() -> None:
    text = piece(
        lasting("pump", "time_between_failures", Exponential(700.0)),
        lasting("pump", "detection", Deterministic(0.5)),
        lasting("pump", "recovery", Lognormal(1.0, 0.5)),
    )
    head = 'title = "t"\nkind = "system"\n[measures]\nflow = "pump"\n'
    model = read_scenario(tomllib.loads(head + text), "t", Path()).plan
    assert isinstance(model, Model)
    (outage,) = model.groups[0].outages
    assert [stage.name for stage in outage.stages] == ["detection", "repair"]
    assert outage.stages[0].law == Deterministic(0.5)


def test_a_component_without_detection_has_a_repair() -> None:
    text = piece(
        lasting("unit", "time_between_failures", Exponential(700.0)), lasting("unit", "recovery", Exponential(2.0))
    )
    head = 'title = "t"\nkind = "system"\n[measures]\nflow = "unit"\n'
    assert isinstance(read_scenario(tomllib.loads(head + text), "t", Path()).plan, Model)
    assert "expected a recovery with it" in piece(lasting("unit", "detection", Exponential(1.0)))


def test_where_no_law_fits_the_values_are_offered_as_they_are() -> None:
    hours = np.concatenate((np.linspace(0.99, 1.01, 40), np.linspace(30, 31, 40)))
    text = piece(Durations("replica", "recovery", hours, np.zeros(80, dtype=np.bool_)))
    line = next(line for line in text.splitlines() if "as measured" in line)
    law = read_law(Table(tomllib.loads(f"law = {line.partition('as measured: ')[2]}")), "law")
    assert law.mean_hours == pytest.approx(hours.mean(), rel=1e-4)


def test_what_share_of_failures_restarts_cure_is_not_guessed() -> None:
    text = piece(lasting("replica", "restart", Exponential(0.01)))
    assert tomllib.loads(text) == {"replica": {}}
    assert "# restart = { share = …, time = { mean_" in text
