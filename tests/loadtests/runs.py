"""Makes runs' figures for tests that need some."""

from dataclasses import replace
from typing import Any

from loadtests.percentiles import Latency
from loadtests.saturation import judge_saturation
from loadtests.summary import About, MethodFigures, Summary

ABOUT = About(
    targets=("http://127.0.0.1:8545",),
    workload="open",
    level="100 requests/s",
    mix="test",
    seed=7,
    duration_seconds=10.0,
    warmup_seconds=0.0,
    processes=1,
    connections_max=512,
    timeout_seconds=10.0,
)


def latency(**values: float) -> Latency:
    """Return a distribution that is 1 ms but for what is given."""
    flat = Latency(1000, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0)
    return replace(flat, **values)  # type: ignore[arg-type] # mypy takes `count` for one of the floats


def make_run(
    methods: tuple[MethodFigures, ...] = (), response: Latency | None = None, service: Latency | None = None,
    **values: Any,
) -> Summary:  # fmt: skip
    """Return a run's figures, ten seconds at 100 a second but for what is given."""
    run = Summary(
        about=ABOUT, offered=1000, sent=1000, answered=1000, unsent=0, unanswered=0, measured_seconds=10.0,
        achieved_rate=100.0, methods=methods, response=response, service=service, response_hdr="", service_hdr="",
        consistency={}, seconds=(), saturation=judge_saturation([], 0.0, is_open=True),
    )  # fmt: skip
    return replace(run, **values)
