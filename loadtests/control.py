"""Starts the generators of a run, hears what they tell, and ends them: nothing of gevent is in this process."""

import json
import queue
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import IO, Any

from loadtests.comparing import PairCounts, read_plain
from loadtests.errors import LoadError
from loadtests.slices import Slice, read_slice
from loadtests.task import Task
from reference_node.errors import CouldNotJudge

COMMAND = (sys.executable, "-m", "loadtests.generator")
READY_SECONDS_MAX = 60.0
"""Importing locust takes a second or two; on a busy machine many."""
AHEAD_SECONDS = 0.2
"""From telling the begin to the begin."""
STOP_SECONDS_MAX = 5.0
LINES_MAX = 1024
"""Of all generators, read and not yet seen to."""
PUT_SECONDS = 0.1
ERROR_BYTES_MAX = 2000


@dataclass(frozen=True, slots=True)
class Ending:
    """How a run ended."""

    begin: float
    """On `time.monotonic`."""
    is_interrupted: bool
    pairs: PairCounts
    """What was found by sending each request to two targets; empty where there was one."""


class _Generator:
    """A generator process, and the thread that reads its lines into a queue."""

    def __init__(self, task: Task, lines: "queue.Queue[tuple[int, dict[str, Any] | None]]") -> None:
        self.number = task.process
        self._errors: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - open as long as the process is
        self.process = subprocess.Popen(  # noqa: S603 - our own module
            COMMAND,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
        )
        self._lines = lines
        self._is_over = threading.Event()
        self.write(task.to_line())
        self._reader = threading.Thread(target=self._read, daemon=True, name=f"generator {self.number}")
        self._reader.start()

    def write(self, line: bytes) -> None:
        """Send it a line; one that has ended is noticed where its lines end."""
        assert self.process.stdin is not None
        with suppress(BrokenPipeError):
            self.process.stdin.write(line)
            self.process.stdin.flush()

    def ask_to_stop(self) -> None:
        """Let it end now, and tell what it has."""
        assert self.process.stdin is not None
        with suppress(BrokenPipeError):
            self.process.stdin.close()

    def end(self) -> None:
        """Make sure that it is gone."""
        self.ask_to_stop()
        try:
            self.process.wait(STOP_SECONDS_MAX)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self._is_over.set()
        self._reader.join()
        assert self.process.stdout is not None
        self.process.stdout.close()
        self._errors.close()

    def complaint(self) -> str:
        """Return the last that it wrote to stderr."""
        self._errors.seek(0, 2)
        self._errors.seek(max(self._errors.tell() - ERROR_BYTES_MAX, 0))
        return self._errors.read().decode(errors="replace").strip()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            found = json.loads(line)
            self._put(found)
            if found["type"] in ("end", "error"):
                return
        self._put(None)

    def _put(self, found: dict[str, Any] | None) -> None:
        """Wait until there is room for a line, or nobody who wants it."""
        while not self._is_over.is_set():
            with suppress(queue.Full):
                self._lines.put((self.number, found), timeout=PUT_SECONDS)
                return


class Generators:
    """All generators of a run, from the start of the first process to the end of the last."""

    def __init__(self, task: Task) -> None:
        """Start the processes that a task asks for."""
        self._lines: queue.Queue[tuple[int, dict[str, Any] | None]] = queue.Queue(LINES_MAX)
        self._end_seconds = task.end_seconds + 2 * task.timeout_seconds
        self._all: list[_Generator] = []
        try:
            for number in range(task.processes):
                self._all.append(_Generator(replace(task, process=number), self._lines))
        except BaseException:
            self.end()
            raise

    def wait_until_ready(self) -> None:
        """Wait until all could begin at once.

        Raises:
            CouldNotJudge: one could not, or took too long.
        """
        deadline = time.monotonic() + READY_SECONDS_MAX
        for _ in self._all:
            number, found = self._next(deadline)
            if found["type"] != "ready":
                raise CouldNotJudge(f"load generator {number} said {found['type']!r} before it was ready")

    def run(self, tell: Callable[[Slice], None], begun: Callable[[float], None]) -> Ending:
        """Let all begin together; tell every slice, until all have ended.

        `begun` is told the begin, on `time.monotonic`, a little before it. An interrupt (KeyboardInterrupt) is not
        raised: the generators stop, and what they have is told.

        Raises:
            CouldNotJudge: a generator broke down.
        """
        begin = time.monotonic() + AHEAD_SECONDS
        for each in self._all:
            each.write(json.dumps({"begin": begin}).encode() + b"\n")
        deadline = begin + self._end_seconds + STOP_SECONDS_MAX + READY_SECONDS_MAX
        ended: list[dict[str, Any]] = []
        pairs = PairCounts()
        is_interrupted = False
        begun(begin)
        while len(ended) < len(self._all):
            try:
                _, found = self._next(deadline)
                if found["type"] == "slice":
                    tell(read_slice(found))
                elif found["type"] == "pairs":
                    pairs.add(read_plain(found))
                elif found["type"] == "end":
                    ended.append(found)
            except KeyboardInterrupt:
                if is_interrupted:
                    raise
                is_interrupted = True
                self.ask_to_stop()
        return Ending(begin, is_interrupted or any(each["is_interrupted"] for each in ended), pairs)

    def ask_to_stop(self) -> None:
        """Let all end now, and tell what they have."""
        for each in self._all:
            each.ask_to_stop()

    def end(self) -> None:
        """Make sure that all are gone."""
        self.ask_to_stop()
        for each in self._all:
            each.end()

    def _next(self, deadline: float) -> tuple[int, dict[str, Any]]:
        """Return the next line of any generator."""
        try:
            number, found = self._lines.get(timeout=max(deadline - time.monotonic(), 0))
        except queue.Empty:
            raise CouldNotJudge("the load generators did not answer in time") from None
        if found is None:
            raise CouldNotJudge(
                f"load generator {number} broke down: {self._all[number].complaint() or 'no reason given'}"
            )
        if found["type"] == "error":
            raise (LoadError if found["exit_code"] == LoadError.exit_code else CouldNotJudge)(found["text"])
        return number, found
