"""Which engine takes what, and that the two exact ones agree."""

import math

import pytest
from hypothesis import assume, given, settings

from simulation import analytic, ctmc
from simulation.engines import Engine, applicable, best_engine, exact_results
from simulation.errors import NotApplicable
from simulation.laws import Uniform
from simulation.model import HOURS_A_YEAR, Crew, Model, Standby
from tests.simulation.models import independent_models, model_of, units

ONE = Crew("crew", 1)


def test_the_best_engine_is_the_first_that_can() -> None:
    independent = model_of([units("a", 2, Uniform(1.0, 2.0), 0.1)], "a")
    shared = model_of([units("a", 2, 0.01, 0.1, "crew")], "a", [ONE])
    neither = model_of([units("a", 2, Uniform(1.0, 2.0), 0.1, "crew")], "a", [ONE])
    assert [best_engine(model) for model in (independent, shared, neither)] == [Engine.FORM, Engine.CHAIN, Engine.FAST]
    assert "crew 'crew' of 1 is shared" in applicable(neither)[Engine.FORM]
    assert "has law uniform" in applicable(neither)[Engine.CHAIN]
    assert applicable(neither)[Engine.FAST] == applicable(neither)[Engine.SIMPY] == ""


def test_a_chain_of_too_many_states_is_not_the_best(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("simulation.engines.CHAIN_STATES_MAX", 2)
    shared = model_of([units("a", 2, 0.01, 0.1, "crew")], "a", [ONE])
    assert "more than 2 states" in applicable(shared)[Engine.CHAIN]


def test_the_figures_of_two_clusters_by_hand() -> None:
    failure, repair = 1 / (14 * 24), 1 / 0.75
    model = model_of([units("master", 2, failure, repair)], "master")
    (result, _) = exact_results(model, Engine.FORM)
    down = failure / (failure + repair)
    assert result.unavailability == pytest.approx(down**2)
    assert result.availability == pytest.approx(0.999995039707, abs=1e-12)
    assert result.mttr_hours == pytest.approx(0.75 / 2)
    assert result.outages_a_year == pytest.approx(2 * down * (1 - down) * failure * HOURS_A_YEAR)
    assert result.downtime_minutes_a_year == pytest.approx(2.609, abs=1e-3)
    assert result.mtbf_hours / (result.mtbf_hours + result.mttr_hours) == pytest.approx(result.availability)
    assert result.mean_hours_to_failure is None


@given(independent_models())
@settings(max_examples=40)
def test_the_exact_engines_agree_on_independent_units(model: Model) -> None:
    assume(model.measures[0].expression.holds({group.name: group.count for group in model.groups}))
    for form, chain in zip(exact_results(model, Engine.FORM), exact_results(model, Engine.CHAIN), strict=True):
        assert form.unavailability == pytest.approx(chain.unavailability, rel=1e-9, abs=1e-14)
        assert form.outages_a_year == pytest.approx(chain.outages_a_year, rel=1e-9, abs=1e-9)
        assert form.mttr_hours == pytest.approx(chain.mttr_hours, rel=1e-8, abs=1e-9)


@pytest.mark.parametrize(
    "text", ["a and b >= 2", "a + b >= 2", "not a or b", "a == 1 and b < 2", "a >= 2 or not (a and b)"]
)
def test_they_agree_on_how_often_also_where_a_good_unit_harms(text: str) -> None:
    model = model_of([units("a", 2, 0.2, 0.5), units("b", 2, 0.1, 0.3)], text)
    chain, measure = ctmc.build_chain(model), model.measures[0]
    assert analytic.failures_an_hour(model, measure) == pytest.approx(ctmc.failures_an_hour(chain, measure), rel=1e-9)


def test_what_never_fails_is_up_for_ever() -> None:
    model = model_of([units("a", 1, 0.1, 1.0)], "a or not a")
    for engine in (Engine.FORM, Engine.CHAIN):
        (result, _) = exact_results(model, engine)
        assert (result.availability, result.mtbf_hours, result.mttr_hours) == (1.0, math.inf, 0.0)


def test_sampling_engines_and_models_that_do_not_fit_are_refused() -> None:
    cold = model_of([units("a", 2, 0.01, 0.1, None, Standby(1, 0.0))], "a")
    with pytest.raises(NotApplicable, match="closed form: units of 'a' wait in standby"):
        exact_results(cold, Engine.FORM)
    with pytest.raises(NotApplicable, match="engine simpy gives samples, expected one of form, chain"):
        exact_results(cold, Engine.SIMPY)
