"""Load tests of whole processes: what a client would feel is what is measured, and every end is an orderly one."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from loadtests import control
from loadtests.errors import LoadError
from loadtests.options import Options
from loadtests.outcomes import Kind
from loadtests.pool import Pool
from loadtests.run import BLOCK_NUMBER, run_load
from loadtests.shapes import levels
from loadtests.summary import SecondFigures, Summary
from loadtests.task import Task
from loadtests.verdict import end_of
from reference_node.errors import CouldNotJudge
from tests.integration.load_targets import Target, running_target

WAIT_SECONDS_MAX = 30


@pytest.fixture
def target() -> Iterator[Target]:
    """A server that answers at once."""
    with running_target() as running:
        yield running


def run(*urls: str, show: Callable[[SecondFigures], None] = lambda second: None, **values: object) -> Summary:
    """Load with eth_blockNumber."""
    given = {"duration": 3.0, "warmup": 1.0, "timeout": 5.0, **values}
    return run_load(Options(**given), Pool(urls), BLOCK_NUMBER, show)  # type: ignore[arg-type]


def test_a_frozen_server_shows_in_an_open_loop_and_hides_in_a_closed_one(target: Target) -> None:
    """A fifth of the time it is frozen; a closed loop's users send next to nothing then, so next to nothing is slow."""
    target.freeze_in_every(0.2, 1.0)
    opened = run(target.url, rate=200.0, duration=5.0)
    closed = run(target.url, users=2, duration=5.0)
    assert opened.response is not None
    assert closed.response is not None
    assert opened.response.p95_ms > 100
    assert opened.response.p99_ms > 150
    assert closed.response.p95_ms < 50
    assert closed.response.p99_ms < 100
    assert opened.failures == closed.failures == 0
    assert not opened.saturation.is_saturated, opened.saturation.reasons


def test_what_a_closed_loop_hides_is_the_time_before_sending(target: Target) -> None:
    """With one connection, requests wait for each other: response times say so, service times do not."""
    target.freeze_in_every(0.2, 1.0)
    summary = run(target.url, rate=200.0, duration=4.0, connections_max=1)
    assert summary.response is not None
    assert summary.service is not None
    assert summary.response.p90_ms > 10 * summary.service.p90_ms
    assert summary.response.p95_ms > 100


def test_every_request_of_the_schedule_is_sent_once_whatever_the_count_of_processes(target: Target) -> None:
    alone = run(target.url, rate=300.0, arrivals="constant")
    shared = run(target.url, rate=300.0, arrivals="constant", processes=3)
    assert (alone.offered, alone.answered, shared.offered, shared.answered) == (900, 900, 900, 900)
    assert target.answered == 2 * 1200
    assert (alone.unsent, alone.unanswered, shared.unsent) == (0, 0, 0)
    assert alone.achieved_rate == pytest.approx(300, rel=0.02)


def test_several_targets_are_taken_in_turn() -> None:
    with running_target() as first, running_target() as second, running_target() as third:
        summary = run(first.url, second.url, third.url, rate=150.0, duration=2.0)
        answered = [each.answered for each in (first, second, third)]
    assert summary.failures == 0
    assert max(answered) - min(answered) <= 0.2 * sum(answered) / 3


def test_a_target_that_dies_meanwhile_still_yields_figures_and_names_the_failures() -> None:
    with running_target() as dying:
        summary = run(dying.url, rate=100.0, duration=4.0, show=lambda each: dying.die() if each.second == 1 else None)
    assert summary.kinds[Kind.RESULT] > 50
    assert summary.kinds[Kind.TRANSPORT] > 150
    assert set(summary.kinds) == {Kind.RESULT, Kind.TRANSPORT}
    assert end_of(summary, ()) == 0, "no gate was asked for, and some succeeded"
    assert [each.failed > 0 for each in summary.seconds[:5]] == [False, False, True, True, True]


def test_a_target_that_is_gone_is_no_good_run_and_closed_users_do_not_rage() -> None:
    with running_target() as gone:
        url = gone.url
    summary = run(url, users=3, duration=1.0)
    assert summary.failures == summary.calls > 0
    assert set(summary.kinds) == {Kind.TRANSPORT}
    assert summary.calls < 100, "each user pauses after a failure"
    assert end_of(summary, ()) == 1


def test_more_than_can_be_sent_waits_is_counted_and_told() -> None:
    """A server that never answers holds the only connection: all others were due and are never sent."""
    with running_target() as frozen:
        pool = Pool((frozen.url,), begun=lambda begin: frozen.freeze(4.0))
        options = Options(rate=50.0, duration=1.0, timeout=0.5, connections_max=1, warmup=0.0)
        summary = run_load(options, pool, BLOCK_NUMBER, lambda second: None)
    assert summary.unsent > 30
    assert summary.offered == summary.sent + summary.unsent == pytest.approx(50, abs=25)
    assert summary.error_rate == 1.0
    assert summary.response is not None
    assert summary.response.count == summary.answered + summary.unsent
    assert not summary.saturation.is_saturated


def generators_of_this_thread() -> list[int]:
    """Return the process ids of generators that run; a test process may have other children, too."""
    children = Path(f"/proc/self/task/{threading.get_native_id()}/children").read_text().split()
    return [int(each) for each in children if b"loadtests.generator" in Path(f"/proc/{each}/cmdline").read_bytes()]


def test_a_generator_that_cannot_keep_its_schedule_says_so(target: Target) -> None:
    """It is held for a part of each second, as on a machine without a processor to spare; its target is well."""
    held: list[int] = []

    def hold(_second: SecondFigures) -> None:
        for generator in generators_of_this_thread():
            os.kill(generator, signal.SIGSTOP)
            held.append(generator)
            time.sleep(0.1)
            os.kill(generator, signal.SIGCONT)

    summary = run(target.url, rate=100.0, show=hold)
    assert len(held) > 1
    assert len(set(held)) == 1
    assert summary.saturation.is_saturated
    assert "though a connection was free" in summary.saturation.reasons[0]
    assert end_of(summary, ()) == 3


def test_shapes_are_followed(target: Target) -> None:
    summary = run(target.url, rate=300.0, arrivals="constant", shape="step 3")
    assert [each.offered for each in summary.seconds][:4] == [100, 100, 200, 300]
    users = run(target.url, users=6, shape="step 3")
    assert [each.in_flight for each in users.seconds][1:3] == pytest.approx([2, 4], abs=2)


def test_seconds_are_shown_while_it_runs(target: Target) -> None:
    shown: list[SecondFigures] = []
    run(target.url, rate=50.0, duration=2.0, show=shown.append)
    assert [each.second for each in shown][:3] == [0, 1, 2]
    assert [each.is_warmup for each in shown][:2] == [True, False]


def test_what_a_generator_cannot_send_is_one_line() -> None:
    with pytest.raises(LoadError, match="kind of requests is 'riddles', expected"):
        run_load(
            Options(rate=1.0, duration=1.0, warmup=0.0), Pool(("http://127.0.0.1:1",)),
            replace(BLOCK_NUMBER, spec={"kind": "riddles"}), lambda second: None,
        )  # fmt: skip


def test_a_generator_that_breaks_down_is_named(target: Target) -> None:
    broken = replace(BLOCK_NUMBER, spec={"kind": "fixed"})
    with pytest.raises(CouldNotJudge, match=r"broke down: (.|\n)*KeyError"):
        run_load(Options(rate=1.0, duration=1.0, warmup=0.0), Pool((target.url,)), broken, lambda second: None)


def begun_generator(url: str) -> "subprocess.Popen[bytes]":
    """Return a generator that has begun a minute's load."""
    task = Task((url,), levels([(0.0, 100.0)], 60.0), requests=BLOCK_NUMBER.spec)
    process = subprocess.Popen(control.COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(task.to_line())
    process.stdin.flush()
    assert json.loads(process.stdout.readline()) == {"type": "ready"}
    process.stdin.write(json.dumps({"begin": time.monotonic()}).encode() + b"\n")
    process.stdin.flush()
    assert json.loads(process.stdout.readline())["type"] == "slice"
    return process


@pytest.mark.parametrize("how", ["eof", "term"])
def test_a_generator_ends_with_who_started_it_and_tells_what_it_has(target: Target, how: str) -> None:
    process = begun_generator(target.url)
    assert process.stdin is not None
    assert process.stdout is not None
    if how == "eof":
        process.stdin.close()
    else:
        process.send_signal(signal.SIGTERM)
    lines = [json.loads(line) for line in process.stdout]
    assert process.wait(WAIT_SECONDS_MAX) == 0
    process.stdout.close()
    process.stdin.close()
    assert [each["type"] for each in lines][-2:] == ["slice", "end"]
    assert lines[-1]["is_interrupted"] is True


def test_an_interrupt_ends_a_run_early_with_what_there_is(target: Target) -> None:
    seen = threading.Event()

    def interrupt() -> None:
        seen.wait(WAIT_SECONDS_MAX)
        os.kill(os.getpid(), signal.SIGINT)

    thread = threading.Thread(target=interrupt)
    thread.start()
    summary = run(target.url, rate=100.0, duration=60.0, show=lambda second: seen.set() if second.second else None)
    thread.join()
    assert summary.is_interrupted
    assert summary.calls > 0
    assert summary.measured_seconds < 10
    assert end_of(summary, ()) == 3


BREAKING = """
import loadtests.opening as opening
from loadtests import control
from loadtests.errors import LoadError
from loadtests.fixed import open_fixed

def open_breaking(task):
    opened = open_fixed(task)

    def source(number, at_seconds):
        if number == 20:
            raise LoadError("the keys have no ether left")
        return opened.source(number, at_seconds)

    return opened._replace(source=source)

opening.KINDS["fixed"] = open_breaking
from loadtests.generator import main
main()
"""


def test_a_source_that_breaks_down_ends_the_run_with_its_reason(
    target: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(control, "COMMAND", (sys.executable, "-c", BREAKING))
    begin = time.monotonic()
    with pytest.raises(LoadError, match="the keys have no ether left"):
        run(target.url, rate=100.0, duration=60.0)
    assert time.monotonic() - begin < WAIT_SECONDS_MAX
