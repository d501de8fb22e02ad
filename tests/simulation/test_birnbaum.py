"""How much a unit matters, against what can be worked out by hand and against small changes of its availability."""

import math
from dataclasses import replace

import pytest
from hypothesis import given, settings

from simulation import load_scenario
from simulation.analytic import unavailability, unit_shares
from simulation.birnbaum import UnitImportance, birnbaum, importance_frame
from simulation.errors import NotApplicable, ScenarioError
from simulation.laws import Exponential
from simulation.model import Group, Model
from tests.simulation.models import independent_models, model_of, units


def of(found: tuple[UnitImportance, ...], group: str) -> UnitImportance:
    return next(each for each in found if each.group == group)


def test_in_series_a_unit_matters_as_much_as_the_others_are_there() -> None:
    model = model_of([units("a", 1, 0.1, 0.9), units("b", 1, 0.2, 0.8)], "a and b")
    found = birnbaum(model)
    assert of(found, "a").birnbaum == pytest.approx(0.8)
    assert of(found, "b").birnbaum == pytest.approx(0.9)
    assert [each.group for each in found] == ["b", "a"]
    assert of(found, "a").minutes_saved_year == pytest.approx((1 - 0.9 * 0.8 - 0.2) * 525960)
    assert of(found, "a").achievement_worth == pytest.approx(1 / 0.28)
    assert of(found, "a").reduction_worth == pytest.approx(0.28 / 0.2)


def test_in_parallel_a_unit_matters_as_much_as_the_others_are_away() -> None:
    found = birnbaum(model_of([units("a", 1, 0.1, 0.9), units("b", 1, 0.2, 0.8)], "a or b"))
    assert of(found, "a").birnbaum == pytest.approx(0.2)
    assert of(found, "b").birnbaum == pytest.approx(0.1)
    for each in found:
        assert each.criticality == pytest.approx(1)
        assert each.reduction_worth == math.inf


def test_one_of_two_out_of_three_matters_where_exactly_one_other_is_there() -> None:
    (found,) = birnbaum(model_of([units("a", 3, 0.1, 0.9)], "a >= 2"))
    assert found.units == 3
    assert found.birnbaum == pytest.approx(2 * 0.9 * 0.1)
    assert found.criticality == pytest.approx(2 * 0.9 * 0.1 * 0.1 / (3 * 0.01 * 0.9 + 0.001))


def test_what_is_not_spoken_of_does_not_matter_and_is_not_listed() -> None:
    found = birnbaum(model_of([units("a", 1, 0.1, 0.9), units("b", 1, 0.2, 0.8)], "a"))
    assert [each.group for each in found] == ["a"]


@settings(max_examples=40, deadline=None)
@given(independent_models())
def test_it_is_the_slope_of_unavailability_over_a_units_own(model: Model) -> None:
    measure = model.measures[0]
    for found in birnbaum(model, "good"):
        group = model.group(found.group)
        if group.count > 1:
            continue  # its units can't be changed one by one
        ends = []
        for factor in (0.999, 1.001):
            changed = with_failure(model, group, factor)
            bad = unit_shares(changed.group(found.group)).down
            ends.append((bad, unavailability(changed, measure)))
        (bad, lost), (other_bad, other_lost) = ends
        if bad != other_bad:
            assert found.birnbaum == pytest.approx((other_lost - lost) / (other_bad - bad), rel=1e-3, abs=1e-9)


def with_failure(model: Model, group: Group, factor: float) -> Model:
    changed = replace(group, failure=Exponential(group.failure.mean_hours * factor))
    groups = tuple(changed if each.name == group.name else each for each in model.groups)
    return replace(model, groups=groups)


def test_a_bridges_middle_matters_least() -> None:
    found = birnbaum(load_scenario("bridge"))
    assert found[-1].group == "c"
    assert importance_frame(found)["birnbaum"].is_monotonic_decreasing


def test_units_that_depend_on_each_other_are_refused_with_the_reason() -> None:
    with pytest.raises(NotApplicable, match="crew 'operator' of 1 is shared by 2 units"):
        birnbaum(load_scenario("shared_crew"))
    with pytest.raises(ScenarioError, match="measure is 'flow'"):
        birnbaum(load_scenario("guide_2"), "flow")
