"""`simulate`: which engine, the same numbers with any workers, running until precise, and what is refused."""

import math
import subprocess
import sys
from typing import Any

import numpy as np
import pytest

import simulation
from simulation import compare, load_scenario, simulate
from simulation.api import scenario_text
from simulation.errors import NotApplicable, NotReached, ScenarioError
from simulation.estimates import Method
from simulation.laws import Weibull
from simulation.model import Crew
from simulation.runs import ENGINE_MODULES, Progress
from tests.simulation.models import model_of, units

TWO = model_of([units("a", 2, 0.01, 0.1, "crew")], "a", [Crew("crew", 1)])
EXACT = 0.016393442623


def test_an_exact_engine_is_taken_where_one_applies_and_says_why() -> None:
    result = simulate(TWO)
    assert result.about.engine == "chain"
    assert "crew 'crew' of 1 is shared by 2 units" in result.why
    found = result.measures["good"].unavailability
    assert found.low == found.high == found.value == pytest.approx(EXACT, abs=1e-12)
    assert found.method is Method.EXACT
    assert result.samples.replications == ()


def test_simulated_and_exact_agree_and_every_estimate_is_there() -> None:
    result = simulate(TWO, engine="simpy", replications=12, horizon_days=400, confidence=0.999)
    exact = simulate(TWO).estimates
    for quantity in (
        "unavailability",
        "availability",
        "downtime_minutes_year",
        "outages_year",
        "mtbf_hours",
        "mttr_hours",
    ):
        found = result.estimates[f"good_{quantity}"]
        assert found.low <= exact[f"good_{quantity}"].value <= found.high
    assert result.estimates["good_outage_hours_p99"].value > result.estimates["good_outage_hours_p50"].value > 0


def test_two_workers_give_the_numbers_of_one_and_progress_is_told() -> None:
    told: list[Progress] = []
    settings: dict[str, Any] = {"engine": "simpy", "replications": 6, "horizon_days": 40.0, "seed": 3}
    one = simulate(TWO, **settings)
    two = simulate(TWO, jobs=2, progress=told.append, **settings)
    assert one.estimates == two.estimates
    for first, second in zip(one.samples.replications, two.samples.replications, strict=True):
        assert np.array_equal(first.down["good"], second.down["good"])
    assert [each.done for each in told] == [1, 2, 3, 4, 5, 6]
    assert told[-1].planned == 6


def test_joblibs_configuration_says_where_jobs_run() -> None:
    from joblib import parallel_config

    settings: dict[str, Any] = {"engine": "simpy", "replications": 4, "horizon_days": 40.0}
    with parallel_config(backend="threading", n_jobs=2):
        there = simulate(TWO, jobs=None, **settings)
    assert there.estimates == simulate(TWO, **settings).estimates


def test_runs_go_on_until_the_relative_error_is_reached() -> None:
    result = simulate(TWO, engine="simpy", replications=10, horizon_days=100, rel_error=0.1)
    assert result.measures["good"].unavailability.relative_error <= 0.1
    assert len(result.samples.replications) > 10
    again = simulate(TWO, engine="simpy", replications=10, horizon_days=100, rel_error=0.1)
    assert again.estimates == result.estimates


def test_what_is_not_reached_in_time_is_said_and_carries_what_there_is() -> None:
    with pytest.raises(NotReached, match=r"relative error of good is .*, expected at most 0\.01%") as raised:
        simulate(
            TWO, engine="simpy", replications=5, horizon_days=20, rel_error=1e-4, precise=["good"], max_seconds=0.3
        )
    assert raised.value.exit_code == 3
    assert raised.value.result is not None
    assert 0 <= raised.value.result.measures["good"].unavailability.low < EXACT * 5
    with pytest.raises(NotReached, match="not all could be run: 1 of 3 replications"):
        simulate(TWO, engine="simpy", replications=3, horizon_days=20, max_seconds=1e-9)


def test_no_outage_seen_is_no_proof_of_availability_1() -> None:
    result = simulate(model_of([units("a", 2, 1e-9, 1.0)], "a"), engine="simpy", replications=20, horizon_days=10)
    found = result.measures["good"]
    assert found.unavailability.value == 0
    assert found.availability.low == pytest.approx(0.05 ** (1 / 20))
    assert found.mtbf_hours.value == math.inf
    assert found.mtbf_hours.low > 0
    assert math.isnan(found.mttr_hours.value)


def test_variants_on_the_same_luck_are_told_apart_with_few_runs() -> None:
    better = model_of([units("a", 2, 0.01, 0.11, "crew")], "a", [Crew("crew", 1)])
    found = compare(TWO, better, replications=20, horizon_days=500)["good"]
    difference = simulate(better).measures["good"].unavailability.value - EXACT
    assert found.unavailability.low <= difference <= found.unavailability.high
    assert found.is_told
    assert found.variance_ratio < 0.5
    assert found.downtime_minutes_year.value == pytest.approx(found.unavailability.value * 8766 * 60)
    with pytest.raises(ScenarioError, match="engine 'chain' has no runs to compare"):
        compare(TWO, better, engine="chain")


def test_a_scenario_has_one_text_and_frames_know_it() -> None:
    scenario = load_scenario("two_units_one_crew")
    result = simulate(scenario, engine="simpy", replications=2, horizon_days=100)
    assert scenario_text(scenario) == scenario_text(load_scenario("two_units_one_crew"))
    assert scenario_text(TWO) != scenario_text(model_of([units("a", 2, 0.02, 0.1, "crew")], "a", [Crew("crew", 1)]))
    assert len(result.about.scenario_hash) == 64
    frame = result.to_frame()
    name = next(iter(result.estimates))
    assert frame.loc[name, "value"] == result.estimates[name].value
    samples = result.samples_frame()
    assert list(samples.columns) == ["replication", "measure", "start_hours", "end_hours"]
    assert len(samples) == sum(len(each) for run in result.samples.replications for each in run.down.values())
    assert samples.attrs["about"]["seed"] == 0


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"replications": 0}, "replications is 0"),
        ({"replications": 10**9}, "replications is 1000000000"),
        ({"horizon_days": -1.0}, "horizon_days is -1.0"),
        ({"horizon_days": math.nan}, "horizon_days is nan"),
        ({"warmup_days": 4000.0}, "warmup_days is 4000.0"),
        ({"seed": -1}, "seed is -1"),
        ({"confidence": 95}, "confidence is 95"),
        ({"rel_error": 0.0}, "rel_error is 0.0"),
        ({"max_seconds": 0}, "max_seconds is 0"),
        ({"jobs": 0}, "jobs is 0"),
        ({"precise": ["reads"]}, "precise names 'reads', expected one of good, fresh"),
        ({"engine": "markov"}, "engine is 'markov', expected one of form, chain, fast, simpy"),
    ],
)
def test_wrong_arguments_are_named(settings: dict[str, Any], named: str) -> None:
    with pytest.raises(ScenarioError, match=named):
        simulate(TWO, **settings)


def test_without_the_compiled_engine_the_readable_one_is_taken_and_it_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(ENGINE_MODULES, "fast", "simulation.not_installed")
    model = model_of([units("a", 2, Weibull(2.0, 50.0), 1.0, "crew")], "a", [Crew("crew", 1)])
    result = simulate(model, replications=2, horizon_days=10)
    assert result.about.engine == "simpy"
    assert "engine fast needs simulation.not_installed: pip install" in result.why
    with pytest.raises(ScenarioError, match="engine fast needs"):
        simulate(model, engine="fast")


def test_an_engine_that_can_not_take_a_scenario_says_so() -> None:
    with pytest.raises(NotApplicable, match="weibull"):
        simulate(model_of([units("a", 1, Weibull(2.0, 5.0), 1.0, "crew")], "a", [Crew("crew", 1)]), engine="chain")


def test_the_package_imports_nothing_heavy_until_asked() -> None:
    code = "import sys, simulation; early = set(sys.modules); simulation.simulate; late = set(sys.modules); "
    code += "assert 'numpy' not in early; assert 'numpy' in late; assert 'pandas' not in late"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = simulation.nothing
