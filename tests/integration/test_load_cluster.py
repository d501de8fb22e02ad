"""`ethercattle load --cluster`: faults while it runs, what clients see of them, and nothing left behind."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from simulation.calibration.measured import read_durations

LOAD = (sys.executable, "-m", "ethercattle", "load", "--cluster", "--mix", "light", "--rate", "40", "--warmup", "1")
RUN_SECONDS_MAX = 240.0
MARGIN_SECONDS = 15.0
"""A busy machine is late; what is measured here is no benchmark."""
NOT_JUDGED = 3
"""Also where a busy machine is too late for figures to be trusted: what is counted is there all the same."""


@dataclass(frozen=True, slots=True)
class Ran:
    """A run that has ended."""

    code: int
    text: str
    """What it wrote on stdout and stderr."""
    report: dict[str, Any]
    times: Path

    def mark(self, number: int = 0) -> dict[str, Any]:
        """Return what is told of a fault."""
        found: dict[str, Any] = self.report["marks"][number]
        return found

    def seconds(self, quantity: str, number: int = 0) -> float:
        """Return how long something took that was seen to its end."""
        lasted = self.mark(number)["fault"]["lasted"][quantity]
        assert not lasted["is_censored"], f"{quantity}: {lasted}\n{self.text}"
        return float(lasted["seconds"])


def run_load(folder: Path, *flags: str, duration: int = 14) -> Ran:
    """Load a cluster to the end."""
    report, times = folder / "load.json", folder / "faults.csv"
    command = [*LOAD, "--duration", str(duration), "--json", str(report), "--fault-times", str(times), *flags]
    ended = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, timeout=RUN_SECONDS_MAX, check=False
    )  # fmt: skip
    text = ended.stdout + ended.stderr
    assert report.exists(), text
    return Ran(ended.returncode, text, json.loads(report.read_text()), times)


def processes_of(folder: Path) -> list[str]:
    """Return the command lines of processes that were told of a folder, by a word or as their TMPDIR."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal() and int(entry.name) != os.getpid():
            try:
                words, environment = (entry / "cmdline").read_bytes(), (entry / "environ").read_bytes()
            except OSError:
                continue
            if str(folder).encode() in words + environment:
                found.append(words.replace(b"\0", b" ").decode(errors="replace"))
    return found


def wait_until(probe: Callable[[], bool], what: str) -> None:
    """Wait for a condition."""
    deadline = time.monotonic() + RUN_SECONDS_MAX
    while not probe():
        assert time.monotonic() < deadline, f"waited in vain for {what}"
        time.sleep(0.05)


@pytest.mark.real
@pytest.mark.usefixtures("haproxy_program")
def test_behind_haproxy_no_answer_fails_when_a_replica_is_killed_at_half_time(tmp_path: Path) -> None:
    ran = run_load(tmp_path, "--fault", "kill replica 1 at 7s for 1s", "--fail-on", "failures>0,head_regressions>0")
    assert ran.code in (0, NOT_JUDGED), ran.text
    assert [gate["verdict"] for gate in ran.report["gates"]] == ["kept", "kept"], ran.text
    assert ran.report["calls"] > 300
    assert ran.mark()["failed"] == 0
    assert ran.seconds("detection") < MARGIN_SECONDS
    assert ran.seconds("recovery") >= 0.9, "it was away for a second"
    assert "kill replica 1 at 7s for 1s (done at 7." in ran.text
    measured = {durations.name for durations in read_durations(ran.times)}
    assert measured == {"replica.detection", "replica.recovery", "replica.restart"}


@pytest.mark.slow
def test_without_a_balancer_the_calls_that_fail_are_named(tmp_path: Path) -> None:
    ran = run_load(tmp_path, "--balancer", "none", "--fault", "kill replica 1 at 5s for 2s", "--fail-on", "failures>0")
    assert ran.code in (1, NOT_JUDGED), ran.text
    assert [gate["verdict"] for gate in ran.report["gates"]] == ["broken"]
    assert ran.mark()["failed"] >= 20, "every second call goes to a replica that is not there"
    assert ran.report["kinds"]["transport"] == ran.report["failures"]
    assert f"{ran.mark()['failed']} calls failed meanwhile: {ran.mark()['failed']} transport" in ran.text
    assert "no balancer: clients take the replicas in turn" in ran.text


@pytest.mark.slow
def test_masters_and_cut_ways_are_noticed_and_come_back(tmp_path: Path) -> None:
    faults = ("--fault", "cut replica 0 at 3s for 2s", "--fault", "pause master at 8s for 7s")
    ran = run_load(tmp_path, "--balancer", "none", "--timeout", "1", *faults, duration=24)
    assert ran.report["kinds"]["timeout"] >= 20, "what goes the way that was cut gets no answer"
    assert ran.seconds("detection", 0) < MARGIN_SECONDS
    assert ran.mark(1)["fault"]["part"] == "master"
    assert ran.seconds("detection", 1) >= 3.0, "replicas are patient for five seconds, less a heartbeat"
    assert ran.seconds("recovery", 1) < MARGIN_SECONDS
    assert "a proxy before replica-0-0" in ran.text


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_the_run_with_what_there_is_and_leaves_nothing(tmp_path: Path, number: signal.Signals) -> None:
    report = tmp_path / "load.json"
    command = [*LOAD, "--balancer", "none", "--duration", "120", "--json", str(report)]
    command += ["--fault", "pause replica 1 at 1s for 100s", "--fault", "kill replica 0 at 1s for 0.5s"]
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    with (tmp_path / "output").open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output, env=environment)

    def told(text: str) -> bool:
        assert process.poll() is None, (tmp_path / "output").read_text()
        return text in (tmp_path / "output").read_text()

    wait_until(lambda: told("kill replica 0 at 1s for 0.5s: made good"), "the faults")
    process.send_signal(number)
    assert process.wait(RUN_SECONDS_MAX) == NOT_JUDGED
    assert "interrupted: figures are of the part before" in (tmp_path / "output").read_text()
    assert json.loads(report.read_text())["is_interrupted"] is True
    wait_until(lambda: processes_of(tmp_path) == [], "the end of all processes")
    assert [path.name for path in tmp_path.iterdir() if path.is_dir()] == []


@pytest.mark.slow
def test_when_the_load_is_killed_its_cluster_dies_with_it(tmp_path: Path) -> None:
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    command = [*LOAD, "--balancer", "none", "--duration", "120", "--fault", "kill replica 0 at 1s for 0.5s"]
    with (tmp_path / "output").open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output, env=environment)
    wait_until(lambda: "made good" in (tmp_path / "output").read_text(), "the fault")
    process.kill()
    process.wait()
    wait_until(lambda: processes_of(tmp_path) == [], "the end of all processes")


@pytest.mark.real
@pytest.mark.usefixtures("haproxy_program", "kafka_program")
def test_on_kafka_a_killed_replica_and_a_frozen_broker_cost_no_answer(tmp_path: Path) -> None:
    faults = ("--fault", "kill replica 1 at 5s for 1s", "--fault", "pause broker at 11s for 6s")
    more = ("--fault", "cut replica 0 from broker at 24s for 6s")
    ran = run_load(
        tmp_path, "--broker", "kafka", "--replicas", "2", *faults, *more, "--fail-on", "failures>0", duration=36
    )
    assert ran.report["gates"][0]["verdict"] == "kept", ran.text
    assert [mark["fault"]["part"] for mark in ran.report["marks"]] == ["replica", "kafka", "replica"]
    for number in range(3):
        assert ran.seconds("recovery", number) < MARGIN_SECONDS
    assert "a proxy between the log and replica-0-0" in ran.text
