"""`conform --processes` as it is used: stopped from outside it writes its report, killed it leaves nothing behind."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from conformance.corpus import answers_folder, load_corpus
from tests.conformance.fake_node import Wire, fake_node
from tests.conformance.questions import answer

RECORD = {asked.body: asked.recorded for asked in load_corpus(answers_folder("everyfork")).questions}
SECONDS_MAX = 60.0


@contextmanager
def hanging_run(report: Path, after: int) -> Iterator["subprocess.Popen[str]"]:
    """Give a run of three processes whose candidate has answered so many questions, and no more of them."""
    answered, is_over, lock = 0, threading.Event(), threading.Lock()
    reached = threading.Event()

    def answer_some(body: str) -> Wire:
        nonlocal answered
        with lock:
            answered += 1
            if answered >= after:
                reached.set()
        if answered >= after:
            is_over.wait(SECONDS_MAX)
        return Wire(RECORD.get(body, answer("Fake/v1")).encode())

    with fake_node(answer_some) as url:
        command = [sys.executable, "-m", "ethercattle", "conform", "--candidate", url, "--json", str(report)]
        flags = ["--jobs", "6", "--processes", "3"]
        running = subprocess.Popen(
            [*command, *flags], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
        )
        try:
            assert reached.wait(SECONDS_MAX)
            yield running
        finally:
            is_over.set()
            running.kill()
            running.communicate()


def workers_of(pid: int) -> list[int]:
    """Return the processes that judge for another."""
    listed = subprocess.run(["ps", "-o", "pid=,args=", "--ppid", str(pid)], capture_output=True, text=True, check=True)
    return [int(line.split()[0]) for line in listed.stdout.splitlines() if "conformance.worker" in line]


def wait_until_gone(pids: list[int]) -> None:
    """Fail unless they are gone in a while."""
    deadline = time.monotonic() + 20
    while left := [pid for pid in pids if is_running(pid)]:
        assert time.monotonic() < deadline, f"processes {left} are still there"
        time.sleep(0.02)


def is_running(pid: int) -> bool:
    """Say whether a process is there, and not only its number until somebody asks how it ended."""
    try:
        return "conformance.worker" in Path(f"/proc/{pid}/cmdline").read_text()
    except OSError:
        return False


@pytest.mark.parametrize("is_for_all", [True, False])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_all_with_the_report_of_what_was_judged(
    tmp_path: Path, number: signal.Signals, is_for_all: bool
) -> None:
    """Whether it comes to one process, or to all of a group as Ctrl-C does."""
    report = tmp_path / "report.json"
    with hanging_run(report, after=200) as running:
        workers = workers_of(running.pid)
        assert len(workers) == 3
        (os.killpg if is_for_all else os.kill)(running.pid, number)
        output, errors = running.communicate(timeout=30)
    assert running.returncode == 3, errors
    assert "interrupted: " in output
    assert "Traceback" not in errors
    written = json.loads(report.read_text())
    assert written["interrupted"] is True
    assert 0 < written["totals"]["match"] < 200
    wait_until_gone(workers)


def test_one_that_is_killed_takes_all_with_it(tmp_path: Path) -> None:
    with hanging_run(tmp_path / "report.json", after=200) as running:
        workers = workers_of(running.pid)
        assert len(workers) == 3
        running.kill()
        _, errors = running.communicate(timeout=30)
        wait_until_gone(workers)
    assert "Traceback" not in errors


def test_the_report_is_that_of_one_process(tmp_path: Path) -> None:
    """But for times: of all recorded cases, at a candidate that is wrong here and there."""

    def somewhat_wrong(body: str) -> Wire:
        right = RECORD.get(body, answer("Fake/v1"))
        return Wire((right.replace("0x1", "0x2", 1) if len(right) % 17 == 0 else right).encode())

    reports = []
    with fake_node(somewhat_wrong) as url:
        for processes in ("1", "4"):
            path = tmp_path / f"{processes}.json"
            command = [sys.executable, "-m", "ethercattle", "conform", "--candidate", url, "--json", str(path)]
            subprocess.run([*command, "--processes", processes], capture_output=True, check=False, timeout=SECONDS_MAX)
            reports.append(without_times(json.loads(path.read_text())))
    assert reports[0] == reports[1]
    assert (reports[0]["exit_code"], reports[0]["totals"]["mismatch"] > 10) == (1, True)
    assert len(reports[0]["cases"]) == len(load_corpus(answers_folder("everyfork")).questions)


def without_times(value: Any) -> Any:
    """Return a report without what is another each time."""
    if isinstance(value, dict):
        left_out = {"seconds", "reference_seconds", "candidate_seconds", "latency", "started_at", "flags"}
        return {key: without_times(item) for key, item in value.items() if key not in left_out}
    return [without_times(item) for item in value] if isinstance(value, list) else value
