from dataclasses import replace

import pytest

from loadtests.compare_targets import Comparison, Interval, MethodDifference
from loadtests.comparing import Example
from loadtests.gates import judge_gates, parse_gates
from loadtests.outcomes import Kind
from loadtests.report.page import page_of, verdict_of
from loadtests.saturation import Health, judge_saturation
from loadtests.slices import Ending
from loadtests.summary import Mark, MethodFigures, Summary
from loadtests.verdict import end_of
from simulation.page.page import as_html
from tests.loadtests.report.seconds import second
from tests.loadtests.runs import ABOUT, latency, make_run

CALLS = MethodFigures(
    "eth_call",
    {Ending("eth_call", Kind.RESULT, None): 90, Ending("eth_call", Kind.RPC, -32000): 10},
    latency(p99_ms=123.4),
    latency(),
)


def faulty_run() -> Summary:
    seconds = (second(0, failed=2, kinds={Kind.RESULT: 8, Kind.RPC: 2}, heads={0: 7}), second(1, heads={0: 9}))
    return make_run(
        (CALLS,), latency(p99_ms=123.4), latency(), seconds=seconds,
        consistency={"heads_told": 5, "head_regressions": 3}, marks=(Mark(0.5, "kill replica <1>", 1.5),),
    )  # fmt: skip


def test_a_page_tells_what_came_out_what_failed_and_what_was_done() -> None:
    text = as_html(page_of(faulty_run()))
    for told in ("10 of 100 calls failed", "-32000", "10.000%", "kill replica &lt;1&gt;", "123", "ethercattle load"):
        assert told in text, told
    assert text.count("<svg") == 4, "latency, requests, failures, heads"
    assert "heads that went backwards" in text


def test_a_run_of_nothing_still_has_a_page() -> None:
    page = page_of(make_run(is_interrupted=True))
    assert page.verdict == "open"
    assert "interrupted: figures are of the part before" in as_html(page)


def test_a_run_without_faults_failures_or_heads_has_no_parts_for_them() -> None:
    run = make_run((replace(CALLS, endings={Ending("eth_call", Kind.RESULT, None): 9}),), seconds=(second(0),))
    headings = [section.heading for section in page_of(run).sections]
    assert headings == ["Latency over time", "Requests a second", "Latency", "By method", "The generator"]


@pytest.mark.parametrize(
    ("gate", "verdict"),
    [("p99_ms>200", "pass"), ("p99_ms>100", "fail"), ("p99_ms[eth_getLogs]>100", "open"), ("", "")],
)
def test_gates_decide_the_verdict(gate: str, verdict: str) -> None:
    run = faulty_run()
    judged = judge_gates(parse_gates(gate) if gate else (), run)
    assert page_of(run, judged).verdict == verdict


def test_a_generator_that_was_saturated_leaves_it_open() -> None:
    late = [Health(late_p99_ms=500.0, late_max_ms=900.0, loop_lag_ms=1.0, cpu_share=0.2, cpu_wait_share=0.0, waiting=0)]
    run = replace(faulty_run(), saturation=judge_saturation(late, 500.0, is_open=True))
    assert verdict_of(run, judge_gates(parse_gates("p99_ms>100"), run)) == "open"


def test_the_page_says_what_the_command_ends_with() -> None:
    kept = judge_gates(parse_gates("p99_ms>200"), faulty_run())
    undone = replace(faulty_run(), marks=(Mark(0.5, "kill replica 1", failure="it was gone before"),))
    assert (end_of(undone, kept), verdict_of(undone, kept)) == (3, "open")
    nothing = make_run((replace(CALLS, endings={Ending("eth_call", Kind.TIMEOUT, None): 9}),))
    assert (end_of(nothing, ()), verdict_of(nothing, ())) == (1, "fail")


def test_methods_that_were_dropped_are_named() -> None:
    run = make_run(about=replace(ABOUT, dropped={"eth_mining": 0.25}))
    assert ("Not sent", "eth_mining (25.0%)") in page_of(run).facts


def test_two_targets_are_shown_side_by_side() -> None:
    differing = MethodDifference("all", 50, 2.0, 3.0, Interval(-1.0, -1.2, -0.8), Interval(-0.9, None, None),
                                 Interval(-2.0, None, None))  # fmt: skip
    example = Example(method="eth_call", request='{"<b>": 1}', problem="result is other")
    run = make_run(comparison=Comparison("http://127.0.0.1:1", (differing,), 40, 10, 2, (example,), 1, {}))
    text = as_html(page_of(run))
    for told in ("-1.00 [-1.20, -0.80]", "2 calls were answered differently", "{&#34;&lt;b&gt;&#34;: 1}"):
        assert told in text, told
