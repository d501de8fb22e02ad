"""Small models that several tests of the simulation use; times in hours, rates per hour."""

from collections.abc import Sequence

from hypothesis import strategies as st

from simulation.laws import Exponential, Gamma, Law
from simulation.model import Crew, Discipline, Group, Measure, Model, Outage, Shock, Shows, Stage, Standby
from simulation.structure import parse_expression


def units(
    name: str,
    count: int,
    failure: Law | float,
    repair: Law | float,
    crew: str | None = None,
    standby: Standby | None = None,
) -> Group:
    """Units that are repaired in one stage, which needs a crew; a number is an exponential law's rate."""
    up, away = (Exponential(1 / law) if isinstance(law, float) else law for law in (failure, repair))
    return Group(name, count, up, (Outage("failure", 1.0, (Stage("repair", away, needs_crew=True),)),), crew, standby)


def model_of(
    groups: Sequence[Group], expression: str, crews: Sequence[Crew] = (), shocks: Sequence[Shock] = ()
) -> Model:
    """A model with one measure, `good`, for which stale units are good ones, and `fresh`, for which they are not."""
    names = [group.name for group in groups]
    parsed = parse_expression(expression, names)
    measures = (Measure("good", parsed, counts_stale=True), Measure("fresh", parsed, counts_stale=False))
    return Model("of a test", tuple(groups), tuple(crews), tuple(shocks), measures)


rates = st.floats(0.001, 2.0)
markov_laws = st.builds(Exponential, st.floats(0.5, 1000.0)) | st.builds(
    Gamma, st.integers(1, 3).map(float), st.floats(0.5, 1000.0)
)


@st.composite
def outages(draw: st.DrawFn, laws: st.SearchStrategy[Law] = markov_laws) -> tuple[Outage, ...]:
    """One or two ways to be away, of one or two stages each."""
    stages = st.builds(Stage, st.just("step"), laws, st.sampled_from(Shows), st.booleans())
    ways = draw(st.lists(st.lists(stages, min_size=1, max_size=2), min_size=1, max_size=2))
    first = draw(st.floats(0.1, 0.9)) if len(ways) == 2 else 1.0
    chances = (first, 1 - first)
    return tuple(
        Outage(f"way{place}", chance, tuple(way))
        for place, (way, chance) in enumerate(zip(ways, chances, strict=False))
    )


@st.composite
def independent_models(draw: st.DrawFn, laws: st.SearchStrategy[Law] = markov_laws) -> Model:
    """Up to three groups of units that have nothing to do with each other."""
    groups = [
        Group(f"g{place}", draw(st.integers(1, 2)), draw(laws), draw(outages(laws)))
        for place in range(draw(st.integers(1, 2)))
    ]
    return model_of(groups, draw(expressions([group.name for group in groups])))


def expressions(names: Sequence[str]) -> st.SearchStrategy[str]:
    """Conditions over groups, that hold while everything is up or not."""
    leaf = st.builds(lambda name, least: f"{name} >= {least}", st.sampled_from(names), st.integers(1, 2))
    return leaf | st.recursive(
        st.sampled_from(names),
        lambda inner: st.builds(
            lambda kind, a, b: f"({a}) {kind} ({b})" if kind != "atleast" else f"atleast(1, {a}, {b})",
            st.sampled_from(["and", "or", "atleast"]),
            inner,
            inner,
        ),
        max_leaves=4,
    )


@st.composite
def dependent_models(draw: st.DrawFn, hours: tuple[float, float] = (0.5, 100.0)) -> Model:
    """Two groups that share a crew of any discipline; perhaps in standby, perhaps struck by a common shock.

    Args:
        draw: hypothesis gives it.
        hours: least and longest mean of a law; shocks come up to five times as seldom.
    """
    least, longest = hours
    crew = Crew("crew", draw(st.integers(1, 2)), draw(st.sampled_from(Discipline)), ("b", "a"))
    standby = draw(st.none() | st.builds(Standby, st.just(1), st.sampled_from([0.0, 0.5, 1.0])))
    exponential = st.builds(Exponential, st.floats(least, longest))
    groups = (
        Group("a", draw(st.integers(1, 3)), draw(exponential), draw(outages(exponential)), "crew", standby),
        Group("b", draw(st.integers(1, 2)), draw(exponential), draw(outages(exponential)), "crew"),
    )
    ways = draw(st.just(()) | outages(exponential))
    shock = Shock("storm", draw(st.floats(10 * least, 5 * longest)), ("a", "b"), ways)
    shocks = draw(st.sampled_from([(), (shock,)]))
    return model_of(groups, draw(expressions(["a", "b"])), [crew], shocks)
