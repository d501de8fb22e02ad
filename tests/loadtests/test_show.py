"""People are shown what happened, and told aloud what makes figures less than they seem."""

import io
from dataclasses import replace

from rich.console import Console

from loadtests.outcomes import Kind
from loadtests.saturation import judge_saturation
from loadtests.show import draw_seconds, print_summary, remarks
from loadtests.slices import Ending
from loadtests.summary import MethodFigures, SecondFigures
from tests.loadtests.runs import ABOUT, latency, make_run

SECOND = SecondFigures(
    second=4, is_warmup=False, offered=100, sent=99, answered=98, calls=98, failed=3, in_flight=1, waiting=2, kinds={},
    p50_ms=0.5, p99_ms=12.25, max_ms=1234.5, service_p99_ms=1.0, consistency={}, heads={}, late_p99_ms=None,
)  # fmt: skip


def printed(thing: object) -> str:
    console = Console(file=io.StringIO(), width=160, highlight=False)
    console.print(thing)
    return str(console.file.getvalue())  # type: ignore[attr-defined]


def test_a_second_shows_what_was_offered_and_what_became_of_it() -> None:
    idle = replace(SECOND, second=0, is_warmup=True, p50_ms=None, p99_ms=None, max_ms=None)
    lines = printed(draw_seconds([idle, SECOND], 35.0)).splitlines()
    assert lines[1].split() == ["1/35", "100", "98", "3", "-", "-", "-", "1", "2", "warm-up"]
    assert lines[2].split() == ["5/35", "100", "98", "3", "0.50", "12.25", "1234", "1", "2"]


def test_the_summary_names_rates_latencies_and_failures() -> None:
    endings = {Ending("eth_call", Kind.RESULT, None): 990, Ending("eth_call", Kind.RPC, -32000): 10}
    run = make_run(
        (MethodFigures("eth_call", endings, latency(p99_ms=7.5), latency()),), latency(p99_9_ms=88.0), latency(),
        consistency={"heads_told": 10, "head_regressions": 2},
    )  # fmt: skip
    console = Console(file=io.StringIO(), width=160, highlight=False)
    print_summary(run, console)
    text = console.file.getvalue()  # type: ignore[attr-defined]
    assert "open loop: 100 requests/s; test, seed 7" in text
    assert "offered 100.0/s, achieved 100.0/s over 10 s; 1000 calls, 10 failed" in text
    assert "failed: eth_call, rpc -32000: 10" in text
    assert "88.00" in text
    assert "7.50" in text
    assert "head_regressions 2" in text


def test_remarks_are_made_only_where_there_is_something_to_remark() -> None:
    assert remarks(make_run()) == []


def test_what_flatters_is_told() -> None:
    closed = make_run(about=replace(ABOUT, workload="closed", notes=("a note",)), unsent=3, unanswered=2)
    text = "\n".join(remarks(replace(closed, is_interrupted=True)))
    for said in ("a note", "closed loop", "3 requests were due and never sent", "2 requests", "interrupted"):
        assert said in text


def test_saturation_is_named_with_its_reason() -> None:
    saturated = replace(judge_saturation([], 0.0, is_open=True), reasons=("it rained",))
    assert remarks(make_run(saturation=saturated)) == ["SATURATED, figures are the generator's own: it rained"]
