"""The smallest number that is enough: exact answers, open ones, and targets that nothing reaches."""

from dataclasses import replace
from pathlib import Path

import pytest

from simulation import load_scenario
from simulation.errors import ScenarioError
from simulation.estimates import Estimate, Method
from simulation.gate import Verdict
from simulation.scenario import Scenario, read_scenario
from simulation.target import LOOKS_MAX, Outcome, Try, _is_hopeless, smallest_count


@pytest.mark.parametrize(
    ("wanted", "smallest"), [(0.99, 1), (0.9977, 1), (0.9978, 2), (0.99999, 2), (0.999999, 3), (0.99999999, 4)]
)
def test_the_guides_formula_says_how_many(wanted: float, smallest: int) -> None:
    found = smallest_count(load_scenario("guide_1"), wanted)
    assert (found.outcome, found.smallest) == (Outcome.REACHED, smallest)
    assert [each.value for each in found.tries] == list(range(1, smallest + 1))
    assert found.reason == ""


def test_common_causes_need_more_than_the_formula_says() -> None:
    assert smallest_count(load_scenario("guide_1"), 0.99997).smallest == 2
    assert smallest_count(load_scenario("common_cause"), 0.99997).smallest == 4


def test_anything_that_is_counted_may_be_raised() -> None:
    found = smallest_count(load_scenario("k_3_of_5"), 0.999, key="components.unit.count")
    assert [each.value for each in found.tries] == [3, 4]  # fewer could never be three good ones
    assert found.smallest == 4


def two_parts(condition: str) -> Scenario:
    part = {"failure": {"mean_days": 30}, "repair": {"mean_hours": 8}}
    tables = {"title": "t", "kind": "system", "components": {"a": part, "b": dict(part)}, "measures": {"m": condition}}
    return read_scenario(tables, "t", Path())


def test_where_a_shared_part_sets_the_limit_no_number_is_enough() -> None:
    found = smallest_count(two_parts("a and b"), 0.99, key="components.a.count")
    assert found.outcome is Outcome.OUT_OF_REACH
    assert found.smallest is None
    assert "the best up to 50; what they share sets the limit" in found.reason
    assert [each.value for each in found.tries] == [1, 2, 3, 4, 50]
    assert found.tries[-1].availability.value == pytest.approx(90 / 91, abs=1e-9)


def test_what_gains_nothing_for_long_may_still_reach_it() -> None:
    found = smallest_count(two_parts("b or a >= 7"), 0.999, key="components.a.count")
    assert (found.outcome, found.smallest) == (Outcome.REACHED, 7)
    assert [each.value for each in found.tries] == [1, 2, 3, 4, 5, 6, 7, 50]


def tried(minutes: dict[int, float]) -> dict[int, Try]:
    none = Estimate("x", 0.0, 0.0, 0.0, 0.95, Method.EXACT, 0)
    return {
        value: Try(value, "chain", none, replace(none, value=each), Verdict.FAIL) for value, each in minutes.items()
    }


@pytest.mark.parametrize(
    ("minutes", "is_hopeless"),
    [
        ({1: 90, 2: 40, 3: 30, 4: 25, 50: 20}, True),  # more of them help, but not enough
        ({1: 90, 2: 40, 3: 30, 4: 25, 50: 80}, False),  # too many do harm: it may still get better before
        ({1: 90, 2: 40, 3: 30, 4: 25, 5: 26, 6: 28, 7: 31, 50: 80}, True),  # it got worse
    ],
)
def test_it_is_known_when_to_give_up(minutes: dict[int, float], is_hopeless: bool) -> None:
    assert _is_hopeless(tried(minutes), 50) is is_hopeless


def test_an_interval_that_holds_the_target_is_looked_at_again_with_more_runs() -> None:
    scenario = load_scenario("guide_1")
    found = smallest_count(scenario, 0.9978, engine="fast", replications=10, horizon_days=300)
    assert found.tries[0].availability.samples in {10 * 4**look for look in range(LOOKS_MAX)}
    assert found.tries[0].availability.samples > 10
    assert found.smallest in {1, 2, None}


def test_what_stays_open_is_said_and_a_larger_number_may_be_enough() -> None:
    found = smallest_count(load_scenario("guide_1"), 0.997773, engine="fast", replications=10, horizon_days=300)
    assert found.outcome is Outcome.OPEN
    assert found.reason == "with N = 1 the interval holds 0.997773"
    assert found.smallest == 2


def test_when_the_time_is_up_it_is_open() -> None:
    found = smallest_count(load_scenario("old_snapshots"), 0.9999999, engine="simpy", max_seconds=1e-6)
    assert found.outcome is Outcome.OPEN
    assert found.reason
    assert len(found.tries) == 1


def test_a_frame_has_a_row_for_each_try() -> None:
    frame = smallest_count(load_scenario("guide_1"), 0.9999).to_frame()
    assert list(frame["N"]) == [1, 2]
    assert list(frame["verdict"]) == ["fail", "pass"]


@pytest.mark.parametrize("wanted", [0.0, 1.0, 1.5, -0.1, float("nan")])
def test_an_impossible_target_is_refused(wanted: float) -> None:
    with pytest.raises(ScenarioError, match="expected above 0 and below 1"):
        smallest_count(load_scenario("guide_1"), wanted)


@pytest.mark.parametrize(
    ("name", "key", "named"),
    [
        ("bridge", "N", "a system has no N"),
        ("guide_1", "clutsers", "clutsers is unknown"),
        ("guide_1", "title", "title=1: title is 1, expected a text"),
    ],
)
def test_what_can_not_be_raised_is_named(name: str, key: str, named: str) -> None:
    with pytest.raises(ScenarioError, match=named):
        smallest_count(load_scenario(name), 0.99, key=key)
