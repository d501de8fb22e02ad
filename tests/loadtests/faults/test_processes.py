"""Processes are killed, stopped, frozen and started again by the same words, and none is left."""

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from fixtures.process import Child, start_child
from fixtures.up_system import Part, Role
from loadtests.faults.processes import Processes

WAIT_SECONDS = 10.0
SCRIPT = "import sys, time; print(sys.argv[1:], flush=True); time.sleep(600)"
STUBBORN = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); {SCRIPT}"


def wait_until(probe: Callable[[], bool]) -> None:
    """Wait for a condition."""
    deadline = time.monotonic() + WAIT_SECONDS
    while not probe():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def state_of(child: Child) -> str:
    """Return the letter that the kernel has for a process: T where it is frozen."""
    return Path(f"/proc/{child.process.pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[0]


def start(folder: Path, script: str = SCRIPT) -> Child:
    """Start something that listens nowhere, but is told a port."""
    return start_child("replica-0-0", [sys.executable, "-c", script, "--http.port", "0"], folder / "log")


@pytest.fixture
def child(tmp_path: Path) -> Iterator[Child]:
    """A running process."""
    started = start(tmp_path)
    wait_until(lambda: bool(started.tail()))
    yield started
    started.kill()


@pytest.fixture
def processes(child: Child) -> Iterator[Processes]:
    """It, as part of a system."""
    with closing(Processes([Part(Role.REPLICA, "replica-0-0", child)], {"replica-0-0": 7001})) as made:
        yield made


def test_a_killed_process_is_started_again_on_its_port(child: Child, processes: Processes) -> None:
    processes.kill("replica-0-0")
    assert child.process.returncode == -signal.SIGKILL
    assert processes.ended() == {"replica-0-0": child}
    processes.start("replica-0-0")
    assert processes.ended() == {}
    again = processes.child("replica-0-0")
    wait_until(lambda: "7001" in again.tail())
    assert "['--http.port', '0', '--http.port', '7001']" in again.tail()
    assert again.process.pid != child.process.pid
    processes.kill("replica-0-0")
    processes.start("replica-0-0")
    assert processes.child("replica-0-0").process.poll() is None


def test_a_stopped_process_is_waited_for_before_it_is_started_again(child: Child, processes: Processes) -> None:
    processes.stop("replica-0-0")
    processes.start("replica-0-0")
    assert child.process.returncode == -signal.SIGTERM
    assert processes.child("replica-0-0").process.poll() is None


def test_one_that_does_not_end_is_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:  # fmt: skip
    monkeypatch.setattr("loadtests.faults.processes.STOP_SECONDS_MAX", 0.2)
    stubborn = start(tmp_path, STUBBORN)
    wait_until(lambda: bool(stubborn.tail()))
    with closing(Processes([Part(Role.REPLICA, "replica-0-0", stubborn)], {})) as processes:
        processes.stop("replica-0-0")
        processes.start("replica-0-0")
        assert stubborn.process.returncode == -signal.SIGKILL
        again = processes.child("replica-0-0")
        monkeypatch.undo()
        again.kill()


def test_a_paused_process_is_frozen_until_resumed_or_closed(child: Child, processes: Processes) -> None:
    processes.pause("replica-0-0")
    wait_until(lambda: state_of(child) == "T")
    processes.resume("replica-0-0")
    wait_until(lambda: state_of(child) != "T")
    processes.pause("replica-0-0")
    processes.close()
    wait_until(lambda: state_of(child) != "T")


def test_closing_ends_what_was_started_again_and_leaves_the_first_to_their_owner(child: Child, tmp_path: Path) -> None:
    other = start(tmp_path)
    parts = [Part(Role.REPLICA, "replica-0-0", child), Part(Role.MASTER, "master-0", other)]
    processes = Processes(parts, {})
    processes.kill("master-0")
    processes.start("master-0")
    again = processes.child("master-0")
    processes.pause("master-0")
    processes.close()
    assert again.process.poll() is not None
    assert child.process.poll() is None
    with pytest.raises(ProcessLookupError):
        os.kill(again.process.pid, 0)


def test_what_was_started_again_outlives_the_thread_that_asked_for_it(child: Child, processes: Processes) -> None:
    import threading

    processes.kill("replica-0-0")
    asking = threading.Thread(target=processes.start, args=("replica-0-0",))
    asking.start()
    asking.join()
    again = processes.child("replica-0-0")
    wait_until(lambda: again.tail().count("--http.port") >= 2)
    assert again.process.poll() is None, "a child dies with the thread that started it"
