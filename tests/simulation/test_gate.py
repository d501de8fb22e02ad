"""Requirements: what is read, what is refused, and each verdict."""

import math

import pytest

from simulation.errors import ScenarioError
from simulation.estimates import Estimate, Method
from simulation.gate import Requirement, Verdict, exit_code, find_estimate, judge, parse_requirement


def estimate(low: float, high: float, name: str = "read_availability") -> Estimate:
    return Estimate(name, (low + high) / 2, low, high, 0.95, Method.REPLICATIONS, 10)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("read_availability>=0.9999", Requirement("read_availability", is_least=True, bound=0.9999)),
        (" write_mttr_hours <= 1e-1 ", Requirement("write_mttr_hours", is_least=False, bound=0.1)),
        ("read_outages_year<=0", Requirement("read_outages_year", is_least=False, bound=0.0)),
        ("a>=-3", Requirement("a", is_least=True, bound=-3.0)),
    ],
)
def test_requirements_are_read(text: str, expected: Requirement) -> None:
    assert parse_requirement(text) == expected
    assert parse_requirement(str(expected)) == expected


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("", "can't be read"),
        ("read_availability", "can't be read"),
        ("read_availability=0.9", "can't be read"),
        ("read_availability>0.9", "can't be read"),
        ("0.9<=read_availability", "can't be read"),
        ("read_availability>=high", "'high' is no number"),
        ("read_availability>=nan", "'nan' is no number"),
        ("read_availability>=inf", "'inf' is no number"),
        ("read_availability>=99.99", "99.99 is impossible"),
        ("read_availability>=-0.1", "-0.1 is impossible"),
        ("staleness_share<=2", "2 is impossible"),
        ("read_availability>=0.9 0.99", "can't be read"),
    ],
)
def test_what_is_no_requirement_is_refused_and_named(text: str, named: str) -> None:
    with pytest.raises(ScenarioError, match=named):
        parse_requirement(text)


@pytest.mark.parametrize(
    ("text", "low", "high", "verdict"),
    [
        ("x>=0.99", 0.991, 0.995, Verdict.PASS),
        ("x>=0.99", 0.99, 0.995, Verdict.PASS),
        ("x>=0.99", 0.98, 0.9899, Verdict.FAIL),
        ("x>=0.99", 0.98, 0.99, Verdict.STRADDLES),
        ("x>=0.99", 0.98, 0.995, Verdict.STRADDLES),
        ("x<=5", 1.0, 5.0, Verdict.PASS),
        ("x<=5", 5.1, 7.0, Verdict.FAIL),
        ("x<=5", 5.0, 7.0, Verdict.STRADDLES),
        ("x<=5", 0.0, math.inf, Verdict.STRADDLES),
        ("x>=5", 6.0, math.inf, Verdict.PASS),
        ("x<=5", math.nan, math.nan, Verdict.STRADDLES),
        ("x>=5", math.nan, math.nan, Verdict.STRADDLES),
    ],
)
def test_verdicts(text: str, low: float, high: float, verdict: Verdict) -> None:
    assert judge(parse_requirement(text), estimate(low, high)) is verdict


def test_estimates_are_found_by_their_name_in_singular_or_plural() -> None:
    found = {name: estimate(0.1, 0.2, name) for name in ("read_availability", "read_mttr_hours")}
    assert find_estimate(parse_requirement("read_mttr_hours<=1"), found).name == "read_mttr_hours"
    assert find_estimate(parse_requirement("reads_availability>=1"), found).name == "read_availability"
    with pytest.raises(ScenarioError, match="did you mean read_availability"):
        find_estimate(parse_requirement("read_avialability>=0.9"), found)


@pytest.mark.parametrize(
    ("verdicts", "code"),
    [
        ([], 0),
        ([Verdict.PASS], 0),
        ([Verdict.PASS, Verdict.STRADDLES], 3),
        ([Verdict.STRADDLES, Verdict.FAIL, Verdict.PASS], 1),
    ],
)
def test_exit_codes(verdicts: list[Verdict], code: int) -> None:
    assert exit_code(verdicts) == code
