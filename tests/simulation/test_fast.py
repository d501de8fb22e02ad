"""The compiled engine: run by run the readable one, in the long run the exact chain."""

import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from simulation import compiled, ctmc, fast, processes
from simulation.errors import NotApplicable, ScenarioError
from simulation.estimates import Basis, estimate_measures
from simulation.laws import Deterministic, Empirical, Exponential, Gamma, Law, Lognormal, Uniform, Weibull
from simulation.model import Crew, Discipline, Group, Model, Outage, Refresh, Shock, Shows, Stage, Standby
from simulation.trace import Replication, down_hours
from tests.simulation.models import dependent_models, expressions, independent_models, model_of, outages, units
from tests.simulation.same_luck import share_luck

EXAMPLES = 20
CHANCE = 0.001
"""Of a wrong alarm, over all examples of a test together."""
continuous = (
    st.builds(Exponential, st.floats(1.0, 50.0))
    | st.builds(Weibull, st.floats(0.5, 4.0), st.floats(1.0, 50.0))
    | st.builds(Lognormal, st.floats(0.0, 3.0), st.floats(0.1, 2.0))
    | st.builds(Gamma, st.floats(0.3, 5.0), st.floats(1.0, 50.0))
    | st.builds(Uniform, st.floats(0.0, 5.0), st.floats(6.0, 50.0))
)
any_laws = continuous | st.just(Deterministic(0.0)) | st.builds(Empirical, st.just((0.7, 3.1, 20.9)))


@st.composite
def any_models(draw: st.DrawFn) -> Model:
    """Two groups with everything a model can have; no two things happen at one instant but by intent."""
    crews = [Crew("x", draw(st.integers(1, 2)), draw(st.sampled_from(Discipline)), ("b", "a"))]
    standby = draw(st.none() | st.builds(Standby, st.integers(1, 2), st.sampled_from([0.0, 0.3, 1.0])))
    refresh = draw(st.none() | st.builds(Refresh, st.floats(30.0, 90.0), any_laws, st.sampled_from(Shows)))
    named = st.sampled_from([None, "x"])
    groups = (
        Group("a", draw(st.integers(1, 4)), draw(continuous), draw(outages(any_laws)), draw(named), standby),
        Group("b", draw(st.integers(1, 3)), draw(continuous), draw(outages(any_laws)), draw(named), None, refresh),
    )
    shocks = draw(
        st.lists(
            st.builds(
                Shock,
                st.sampled_from(["storm", "flood"]),
                st.floats(10.0, 300.0),
                st.sampled_from([("a",), ("b", "a")]),
                st.just(()) | outages(any_laws),
            ),
            max_size=2,
            unique_by=lambda shock: shock.name,
        )
    )
    return model_of(groups, draw(expressions(["a", "b"])), crews, shocks)


def expect_same(one: Replication, other: Replication) -> None:
    assert one.events == other.events
    assert list(one.down) == list(other.down)
    for name in one.down:
        assert one.down[name] == pytest.approx(other.down[name], rel=1e-9)
    assert one.regenerations_hours == pytest.approx(other.regenerations_hours, rel=1e-9)


def back_at_once() -> Model:
    """A storm strikes the working unit and the one in cold standby, and both are back at the same instant."""
    blink = Outage("blink", 1.0, (Stage("nothing", Deterministic(0.0)),))
    pair = units("a", 2, 1.0, 1.0, standby=Standby(1, 0.0))
    return model_of([pair], "a", [], [Shock("storm", 10.0, ("a",), (blink,))])


@given(any_models(), st.integers(0, 2**64 - 1), st.integers(0, 1000))
@example(back_at_once(), 0, 0)
@settings(max_examples=60)
def test_with_the_same_luck_it_is_the_readable_engine_event_by_event(model: Model, seed: int, number: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        share_luck(patch)
        expected = processes.simulate_once(model, 1500.0, seed, number)
    expect_same(fast.simulate_once(model, 1500.0, seed, number), expected)


@given(dependent_models() | independent_models())
@settings(max_examples=EXAMPLES)
def test_the_exact_chain_lies_in_its_interval(model: Model) -> None:
    horizon = 200 * longest_round_hours(model)
    runs = [fast.simulate_once(model, horizon, 7, number) for number in range(20)]
    chain = ctmc.build_chain(model)
    found = estimate_measures(model, runs, Basis(1 - CHANCE / EXAMPLES / 2, horizon / 10))
    for measure in model.measures:
        interval = found[measure.name].unavailability  # also where a few outages were seen, or none
        assert interval.low - 1e-9 <= ctmc.unavailability(chain, measure) <= interval.high + 1e-9


def longest_round_hours(model: Model) -> float:
    """The mean time from up to up again of the slowest unit, or between shocks."""
    rounds = [
        group.failure.mean_hours + sum(stage.law.mean_hours for outage in group.outages for stage in outage.stages)
        for group in model.groups
    ]
    return max([*rounds, *(shock.mean_hours for shock in model.shocks)])


@given(any_models())
@settings(max_examples=EXAMPLES)
def test_on_its_own_luck_it_agrees_with_the_readable_engine(model: Model) -> None:
    basis = Basis(1 - CHANCE / EXAMPLES / 2)
    ours, theirs = (
        estimate_measures(model, [engine.simulate_once(model, 1000.0, 3, run) for run in range(10)], basis)
        for engine in (fast, processes)
    )
    for measure in model.measures:
        one, other = ours[measure.name].unavailability, theirs[measure.name].unavailability
        assert one.low <= other.high + 1e-9
        assert other.low <= one.high + 1e-9


ONE_UNIT = model_of([units("a", 1, 0.01, 0.1)], "a")


def test_the_same_seed_gives_the_same_run_and_another_one_gives_another() -> None:
    runs = [fast.simulate_once(ONE_UNIT, 1e5, seed, number) for seed, number in ((1, 0), (1, 0), (1, 1), (2, 0))]
    expect_same(runs[0], runs[1])
    totals = {down_hours(run.down["good"]) for run in runs}
    assert len(totals) == 3


def test_a_run_of_many_slices_is_that_of_one(monkeypatch: pytest.MonkeyPatch) -> None:
    model = model_of([units("a", 3, 0.01, 0.1, "crew")], "a >= 2", [Crew("crew", 1)])
    whole = fast.simulate_once(model, 1e5, 1)
    monkeypatch.setattr(fast, "SLICE_EVENTS", 7)
    expect_same(fast.simulate_once(model, 1e5, 1), whole)


def test_a_longer_run_goes_on_where_a_shorter_one_ended() -> None:
    short, long = (fast.simulate_once(ONE_UNIT, horizon, 1).down["good"] for horizon in (1e4, 2e4))
    assert np.array_equal(short[:-1], long[: len(short) - 1])


def test_variants_share_their_luck_where_they_are_alike() -> None:
    """Another repair law in one group leaves the other group's outages where they were; a slower one only stretches."""
    groups = [units("a", 1, 0.01, 0.1), units("b", 1, 0.02, 0.2)]
    models = [model_of([groups[0], units("b", 1, 0.02, law)], "a") for law in (0.2, Weibull(2.0, 9.0))]
    one, other = (fast.simulate_once(model, 1e5, 5).down["good"] for model in models)
    assert np.array_equal(one, other)
    slower = fast.simulate_once(model_of([units("a", 1, 0.01, 0.05), groups[1]], "a"), 1e5, 5).down["good"]
    lengths, longer = (spans[:100, 1] - spans[:100, 0] for spans in (one, slower))
    assert longer == pytest.approx(2 * lengths)


def test_streams_of_units_and_replications_have_nothing_to_do_with_each_other() -> None:
    model = model_of([units("a", 1, 1.0, 1.0), units("b", 1, 1.0, 1.0)], "a")
    model = replace(model, measures=tuple(replace(model.measures[0], name=name) for name in ("a", "b")))
    runs = [fast.simulate_once(ONE_UNIT, 1e5, 1, number).down["good"] for number in range(40)]
    firsts = np.array([spans[:200, 1] - spans[:200, 0] for spans in runs])
    correlations = np.corrcoef(firsts)[np.triu_indices(40, 1)]
    assert np.abs(correlations).max() < 5 / np.sqrt(200)
    assert abs(correlations.mean()) < 5 / np.sqrt(200 * len(correlations))


def test_expressions_of_every_form_are_what_they_say() -> None:
    """Each is evaluated by the compiled engine in the state it starts in, all units up."""
    groups = [units("a", 2, 1.0, 1.0), units("b", 3, 1.0, 1.0), units("c", 1, 1.0, 1.0)]
    for text in (
        "a + b >= 5",
        "a + b > 5",
        "a <= 1 or b < 3",
        "a == 2 and not c < 1",
        "atleast(2, a > 2, b, c)",
        "atleast(3, a > 2, b, c)",
        "not (a and b and c)",
        "atleast(a, b >= 4, c, b == 3)",
        "7 >= a + b + c + 1",
        "0",
    ):
        model = model_of(groups, text)
        counts = {group.name: group.count for group in groups}
        down = fast.simulate_once(model, 1e-9, 1).down["good"]
        assert (len(down) == 0) is model.measures[0].expression.holds(counts), text


def test_groups_too_many_for_a_table_of_all_counts_are_no_matter() -> None:
    groups = [units(f"g{place}", 5, 0.01, 1.0) for place in range(30)]
    model = model_of(groups, f"atleast(29, {', '.join(group.name for group in groups)})")
    assert fast.simulate_once(model, 1000.0, 1).events > 1000


def test_laws_that_let_no_time_pass_are_refused() -> None:
    stuck = Group("a", 1, Deterministic(0.0), (Outage("o", 1.0, (Stage("s", Deterministic(0.0)),)),))
    with pytest.raises(ScenarioError, match="events at 0 hours"):
        fast.simulate_once(model_of([stuck], "a"), 1.0, 1)


def test_without_numba_one_line_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compiled, "njit", None)
    with pytest.raises(NotApplicable, match="numba is not installed; expected: pip install"):
        fast.simulate_once(ONE_UNIT, 1.0, 1)


def test_the_module_can_be_imported_without_numba() -> None:
    code = "import sys; sys.modules['numba'] = None; import simulation.fast as f; print(f.simulate_once.__name__)"
    assert subprocess.run([sys.executable, "-c", code], check=True, capture_output=True).stdout == b"simulate_once\n"


LAWS: list[Law] = [
    Exponential(3.0),
    Weibull(0.7, 2.0),
    Lognormal(0.3, 1.2),
    Gamma(0.4, 2.0),
    Gamma(3.5, 2.0),
    Uniform(1.0, 4.0),
    Empirical((1.0, 5.0, 5.0, 9.0)),
    Deterministic(2.5),
]


@pytest.mark.parametrize("law", LAWS, ids=lambda law: type(law).__name__)
def test_durations_follow_their_law(law: Law) -> None:
    """Up times of one unit against numpy's own draws, by their quantiles; repairs take no time that counts."""
    at_once = (Outage("o", 1.0, (Stage("s", Deterministic(1e-12)),)),)
    run = fast.simulate_once(model_of([Group("a", 1, law, at_once)], "a"), 20_000 * law.mean_hours, 11)
    found = np.sort(np.diff(run.down["good"][:, 0]))
    drawn = np.sort(law.sample(np.random.default_rng(1), len(found)))
    size = len(found)
    # Two samples of one law: Smirnov's distance stays below 1.95 sqrt(2 / n) in 99.9 %.
    grid = np.unique(np.concatenate((found, drawn))) + 1e-6
    distance = np.abs(np.searchsorted(found, grid) - np.searchsorted(drawn, grid)).max() / size
    assert distance < 1.95 * np.sqrt(2 / size)
