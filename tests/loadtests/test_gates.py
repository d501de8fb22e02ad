"""Gates: read strictly, judged by what a run has, and never passed by what it has not."""

import pytest

from loadtests.errors import LoadError
from loadtests.gates import OF_BOTH, Gate, Verdict, exit_code_of, judge_gates, parse_gates
from loadtests.outcomes import GOOD, Kind
from loadtests.percentiles import Latency
from loadtests.slices import Ending
from loadtests.summary import MethodFigures, Summary
from tests.loadtests.runs import latency, make_run

FAST, SLOW = latency(p99_ms=20.0), latency(p99_ms=80.0)
CALL = MethodFigures(
    "eth_call", {Ending("eth_call", Kind.RESULT, None): 90, Ending("eth_call", Kind.TIMEOUT, None): 10}, SLOW, FAST
)
NUMBER = MethodFigures("eth_blockNumber", {Ending("eth_blockNumber", Kind.RESULT, None): 900}, FAST, FAST)
RUN = make_run(methods=(NUMBER, CALL), response=FAST, service=FAST)


def verdicts(text: str, run: Summary = RUN, counted: dict[str, float] | None = None) -> list[Verdict]:
    """Return what becomes of gates."""
    return [each.verdict for each in judge_gates(parse_gates(text, ("head_regressions",)), run, counted)]


def test_gates_are_read_with_methods_comparisons_and_spaces() -> None:
    expected = (
        Gate("p99_ms", None, ">", 50.0),
        Gate("p99_ms", "eth_call", ">=", 80.0),
        Gate("achieved_rate", None, "<", 900.0),
    )
    assert expected == parse_gates(" p99_ms > 50, p99_ms[eth_call]>=8e1,achieved_rate<900,")


def test_a_gate_reads_back_what_it_was_written_as() -> None:
    text = "p99_ms>50,error_rate>0.001,timeout[eth_call]>=3"
    assert text == ",".join(map(str, parse_gates(text)))


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("", "expected gates such as p99_ms>50"),
        (" , ", "expected gates such as"),
        ("p99_ms", "'p99_ms', expected FIGURE>NUMBER"),
        ("p99_ms=50", "'p99_ms=50', expected FIGURE>NUMBER"),
        ("p99_ms>fast", "the limit 'fast', expected a number"),
        ("p99_ms>nan", "the limit 'nan', expected a number"),
        ("p99>50", "did you mean p99_ms? known are"),
        ("latency>50", "error_rate"),
        ("offered_rate[eth_call]>5", "figures of a method are"),
        ("head_regressions[eth_call]>0", "figures of a method are"),
        (",".join(["p99_ms>1"] * 101), "has 101 gates, expected at most 100"),
    ],
)
def test_what_is_no_gate_is_named(text: str, named: str) -> None:
    with pytest.raises(LoadError, match=r"^(--fail-on|gate) ") as caught:
        parse_gates(text, ("head_regressions",))
    assert named in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("p99_ms>50", Verdict.KEPT),
        ("p99_ms>19", Verdict.BROKEN),
        ("p99_ms>20", Verdict.KEPT),
        ("p99_ms>=20", Verdict.BROKEN),
        ("p99_ms[eth_call]>50", Verdict.BROKEN),
        ("service_p99_ms[eth_call]>50", Verdict.KEPT),
        ("error_rate>0.001", Verdict.BROKEN),
        ("error_rate>0.01", Verdict.KEPT),
        ("error_rate[eth_call]>0.099", Verdict.BROKEN),
        ("error_rate[eth_blockNumber]>0", Verdict.KEPT),
        ("timeout>9", Verdict.BROKEN),
        ("timeout[eth_call]>10", Verdict.KEPT),
        ("rpc>0", Verdict.KEPT),
        ("calls<1001", Verdict.BROKEN),
        ("achieved_share<0.5", Verdict.KEPT),
    ],
)
def test_a_gate_is_broken_where_its_condition_holds(text: str, expected: Verdict) -> None:
    assert [expected] == verdicts(text)


@pytest.mark.parametrize("text", ["p99_ms[eth_getLogs]>50", "rpc[eth_getLogs]>0", "head_regressions>0"])
def test_a_figure_that_is_not_there_leaves_its_gate_open(text: str) -> None:
    assert verdicts(text) == [Verdict.OPEN]


@pytest.mark.parametrize("figure", ["error_rate", "failures", "timeout", "p99_ms", "achieved_rate"])
def test_a_run_without_an_answer_keeps_no_gate(figure: str) -> None:
    nothing = make_run(methods=(), response=None, service=None, offered=0, achieved_rate=0.0)
    assert verdicts(f"{figure}>1e9", nothing) == [Verdict.OPEN]


def test_counted_figures_are_judged() -> None:
    assert verdicts("head_regressions>0", RUN, {"head_regressions": 1.0}) == [Verdict.BROKEN]
    assert verdicts("head_regressions>0", RUN, {"head_regressions": 0.0}) == [Verdict.KEPT]
    assert verdicts("head_regressions>0", RUN, {"head_regressions": float("nan")}) == [Verdict.OPEN]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("head_regressions>5", Verdict.OPEN),
        ("head_regressions>3", Verdict.BROKEN),
        ("head_regressions<5", Verdict.OPEN),
        ("head_regressions<3", Verdict.OPEN),
    ],
)
def test_what_is_at_least_so_much_breaks_a_gate_but_never_keeps_one(text: str, expected: Verdict) -> None:
    gates = parse_gates(text, ("head_regressions",))
    (judged,) = judge_gates(gates, RUN, {"head_regressions": 4.0}, {"head_regressions"})
    assert judged.verdict == expected
    assert ("at least 4" in str(judged)) is (expected is Verdict.OPEN)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("p99_ms>50", 0),
        ("p99_ms>50,p99_ms>10", 1),
        ("p99_ms>50,head_regressions>0", 3),
        ("head_regressions>0,p99_ms>10", 1),
    ],
)
def test_broken_beats_open_beats_kept(text: str, code: int) -> None:
    assert code == exit_code_of(judge_gates(parse_gates(text, ("head_regressions",)), RUN))


def test_a_line_tells_gate_and_value() -> None:
    broken, still_open = judge_gates(parse_gates("p99_ms>10,rpc[eth_getLogs]>0"), RUN)
    assert str(broken) == "--fail-on p99_ms>10: broken, it is 20"
    assert str(still_open) == "--fail-on rpc[eth_getLogs]>0: open, the run has no such figure"


def test_every_latency_figure_and_every_failure_can_be_a_gate() -> None:
    latencies = {name for name in Latency.__dataclass_fields__ if name != "count"}
    failures = {str(kind) for kind in Kind if kind not in GOOD}
    assert latencies | {f"service_{name}" for name in latencies} | failures == set(OF_BOTH)
