"""Closed forms against the numbers of the literature and of the operator's guide."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulation import analytic
from simulation.errors import NotApplicable
from simulation.laws import Deterministic, Exponential, Weibull
from simulation.model import Crew, Group, Model, Outage, Refresh, Shock, Shows, Stage, Standby
from tests.simulation.models import independent_models, model_of, units

EXACT = 1e-9


@pytest.mark.parametrize(("clusters", "expected"), [(1, 0.997772828508), (2, 0.999995039707), (3, 0.999999988953)])
def test_the_guides_formula(clusters: int, expected: float) -> None:
    assert analytic.clusters_availability(14 * 24, 0.75, clusters) == pytest.approx(expected, abs=1e-12)
    model = model_of([units("master", clusters, Weibull.of_mean(2.0, 14 * 24), Deterministic(0.75))], "master")
    assert analytic.availability(model, model.measures[0]) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize(
    ("count", "least", "crews", "expected"),
    [
        (3, 2, 1, 0.999411996437),
        (3, 2, 3, 0.999707852365),
        (5, 3, 1, 0.999941817074),
        (5, 3, 2, 0.999985584651),
        (5, 3, 5, 0.999990437675),
    ],
)
def test_machine_repair_of_k_out_of_n(count: int, least: int, crews: int, expected: float) -> None:
    failed = analytic.machine_repair(count, 0.001, 0.1, crews)
    assert sum(failed[: count - least + 1]) == pytest.approx(expected, abs=1e-12)
    assert sum(failed) == pytest.approx(1.0, abs=1e-15)


@pytest.mark.parametrize(("crews", "expected"), [(1, 0.6), (2, 2 / 3)])
def test_two_machines_share_of_time_up(crews: int, expected: float) -> None:
    failed = analytic.machine_repair(2, 1 / 1.0, 1 / 0.5, crews)
    assert (2 * failed[0] + failed[1]) / 2 == pytest.approx(expected, abs=EXACT)


def test_two_units_one_crew_have_the_known_unavailability() -> None:
    failure, repair = 0.01, 0.1
    expected = 2 * failure**2 / (repair**2 + 2 * failure * repair + 2 * failure**2)
    assert analytic.machine_repair(2, failure, repair, 1)[2] == pytest.approx(expected, rel=EXACT)
    assert expected == pytest.approx(0.016393442623, abs=1e-12)


def test_stale_time_is_good_or_not_as_the_measure_says() -> None:
    stages = (Stage("detect", Deterministic(1.0), Shows.STALE), Stage("repair", Deterministic(3.0)))
    model = model_of([Group("a", 1, Exponential(96.0), (Outage("crash", 1.0, stages),))], "a")
    good, fresh = (analytic.unavailability(model, measure) for measure in model.measures)
    assert good == pytest.approx(0.03)
    assert fresh == pytest.approx(0.04)
    assert analytic.unit_shares(model.groups[0]) == analytic.Shares(0.96, 0.01, 0.03)


def test_a_tiny_unavailability_keeps_its_digits() -> None:
    model = model_of([units("a", 4, 1e-5, 1.0)], "a")
    assert analytic.unavailability(model, model.measures[0]) == pytest.approx((1e-5 / 1.00001) ** 4, rel=1e-12)


@given(independent_models())
def test_shares_add_up_to_one_and_a_measure_and_its_contrary_too(model: Model) -> None:
    for group in model.groups:
        shares = analytic.unit_shares(group)
        assert shares.up + shares.stale + shares.down == pytest.approx(1.0, abs=1e-12)
    measure = model.measures[0]
    contrary = model_of(model.groups, f"not ({measure.expression.text})").measures[0]
    both = analytic.unavailability(model, measure) + analytic.unavailability(model, contrary)
    assert both == pytest.approx(1.0, abs=1e-12)


@given(independent_models())
def test_what_takes_stale_for_good_is_available_at_least_as_long(model: Model) -> None:
    good, fresh = (analytic.unavailability(model, measure) for measure in model.measures)
    assert good <= fresh + 1e-15


REFUSED = {
    "crew 'c' of 1 is shared by 2": model_of([units("a", 2, 0.1, 1.0, "c")], "a", [Crew("c", 1)]),
    "shock 's'": model_of([units("a", 2, 0.1, 1.0)], "a", (), [Shock("s", 10.0, ("a",))]),
    "'a' wait in standby": model_of([units("a", 2, 0.1, 1.0, None, Standby(1, 0.0))], "a"),
    "'a' are refreshed": model_of(
        [Group("a", 1, Exponential(1.0), (Outage("o", 1.0, ()),), refresh=Refresh(10.0, Deterministic(1.0)))], "a"
    ),
    "2000 units of 'a'": model_of([units("a", 2000, 0.1, 1.0)], "a"),
}


@pytest.mark.parametrize("named", REFUSED)
def test_what_depends_on_each_other_is_refused_by_name(named: str) -> None:
    with pytest.raises(NotApplicable, match=f"closed form.*{named}"):
        analytic.availability(REFUSED[named], REFUSED[named].measures[0])


def test_a_crew_for_everybody_or_that_nobody_needs_is_no_dependence() -> None:
    enough = model_of([units("a", 2, 0.1, 1.0, "c")], "a", [Crew("c", 2)])
    idle = Group("b", 5, Exponential(10.0), (Outage("o", 1.0, (Stage("boot", Exponential(1.0)),)),), "c")
    unneeded = model_of([units("a", 1, 0.1, 1.0, "c"), idle], "a and b", [Crew("c", 1)])
    for model in (enough, unneeded):
        assert 0 < analytic.availability(model, model.measures[0]) < 1


@given(st.lists(st.tuples(st.floats(0.01, 10), st.floats(0.01, 10)), min_size=1, max_size=6))
def test_flows_of_a_birth_death_chain_balance(rates: list[tuple[float, float]]) -> None:
    shares = analytic.birth_death([down for down, _ in rates], [back for _, back in rates])
    for place, (down, back) in enumerate(rates):
        assert shares[place] * down == pytest.approx(shares[place + 1] * back, rel=1e-9)
