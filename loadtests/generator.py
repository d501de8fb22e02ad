"""`python -m loadtests.generator`: one process of a run; a task comes on stdin, a line a second goes to stdout.

It waits for a second line with the begin, on the monotonic clock that all processes share; it stops early when stdin
ends (whoever started it is gone) or on SIGTERM, and tells what it has even then.
"""

import gc
import os
import signal
import sys
import time
from typing import Any, BinaryIO

import gevent
import orjson
from gevent.event import Event
from gevent.hub import get_hub
from gevent.pool import Group
from locust.env import Environment

from loadtests.address import read_address
from loadtests.comparing import to_plain
from loadtests.meter import Meter
from loadtests.opening import open_requests
from loadtests.pacing import ClosedLoop, Loop, OpenLoop, Take
from loadtests.pairs import PairSender, open_other
from loadtests.recorder import Load, Recorder
from loadtests.schedule import schedule_of
from loadtests.sending import Parts, Sender
from loadtests.task import Task, read_task
from loadtests.workers import Worker
from reference_node.errors import CouldNotJudge, EtherCattleError

SECOND = 1.0
POLL_SECONDS = 0.01
READ = 1
READ_BYTES = 1 << 16
PAUSE_SECONDS = 0.1
"""Of a user of a closed loop, after a failure of the transport."""


class Generator:
    """One process's share of a run."""

    def __init__(self, task: Task) -> None:
        """Draw the schedule and open what is sent."""
        self._task = task
        self._addresses = tuple(read_address(url) for url in task.targets)
        self._opened = open_requests(task)
        self._recorder = Recorder(task.process, task.warmup_seconds)
        self._schedule = schedule_of(task) if task.is_open else None
        if self._schedule is not None:
            self._schedule.peek()
        self._senders: list[Sender | PairSender] = []
        self._other = open_other(task) if task.compare else None
        self._group = Group()
        self._stopping = Event()
        self._environment = Environment(user_classes=[])
        user_error: Any = self._environment.events.user_error
        user_error.add_listener(self._fail)
        self.is_interrupted = False
        self.error: Exception | None = None
        """What a worker broke down by, where one did; the run ends then."""

    def stop(self) -> None:
        """End before the time."""
        self.is_interrupted = True
        self._stopping.set()

    def run(self, begin: float, out: BinaryIO) -> None:
        """Send all there is to send, and tell a slice a second."""
        loop = self._make_loop(begin)
        meter = Meter()
        gevent.sleep(max(begin - time.monotonic(), 0))
        loop.begin()
        second, offered, is_over = 0, 0, False
        while not is_over:
            self._wait_for(begin + second + SECOND, loop, begin)
            is_over = self._is_over(loop, begin)
            now_seconds = time.monotonic() - begin
            if is_over:
                loop.stop()
                self._recorder.give_up(loop.overdue(now_seconds), now_seconds)
            load = self._load(loop, meter, now_seconds, second, offered)
            self._tell(second, load, out)
            offered, second = offered + load.offered, second + 1
            if isinstance(loop, ClosedLoop):
                loop.adjust(now_seconds)

    def _fail(self, exception: Exception, **_: Any) -> None:
        """Take note of what locust says a worker broke down by."""
        self.error = self.error or exception
        self._stopping.set()

    def _make_loop(self, begin: float) -> Loop:
        task, opened = self._task, self._opened
        parts = Parts(
            self._addresses, task.timeout_seconds, begin, opened.source, opened.judge, opened.watch, self._recorder,
            pause_seconds=0.0 if task.is_open else PAUSE_SECONDS,
        )  # fmt: skip

        def start(take: Take) -> None:
            number = task.process + len(self._senders) * task.processes
            sender = Sender(number, parts) if self._other is None else PairSender(parts, self._other)
            self._senders.append(sender)
            Worker(self._environment, sender, take).start(self._group)

        if self._schedule is None:
            return ClosedLoop(task.segments, begin, task.process, task.processes, start)
        return OpenLoop(self._schedule, begin, task.connections_max, start)

    def _is_over(self, loop: Loop, begin: float) -> bool:
        """Say whether there is nothing left to send and to wait for, or no time left.

        What still waits when the time is up may be sent for as long as a timeout, and answered for as long again.
        """
        late_seconds = time.monotonic() - begin - self._task.end_seconds
        if self._stopping.is_set() or late_seconds > 2 * self._task.timeout_seconds:
            return True
        if late_seconds > self._task.timeout_seconds:
            loop.stop()
        return late_seconds >= 0 and loop.is_over

    def _wait_for(self, moment: float, loop: Loop, begin: float) -> None:
        """Wait until a moment, or until it is over."""
        while (left := moment - time.monotonic()) > 0 and not self._is_over(loop, begin):
            is_ending = time.monotonic() - begin >= self._task.end_seconds
            self._stopping.wait(min(left, POLL_SECONDS) if is_ending else left)

    def _load(self, loop: Loop, meter: Meter, now_seconds: float, second: int, offered: int) -> Load:
        """Return how the generator is doing at a second's end; `offered` is how many came due before it."""
        return Load(
            offered=loop.offered(min(now_seconds, second + SECOND)) - offered,
            in_flight=loop.in_flight,
            waiting=loop.waiting(now_seconds),
            connections=sum(sender.opened for sender in self._senders),
            loop_lag_us=max(int((now_seconds - second - SECOND) * 1e6), 0),
            **meter.read(),
        )

    def _tell(self, second: int, load: Load, out: BinaryIO) -> None:
        watch = self._opened.watch
        for each in self._recorder.take(second, load, watch.take(), watch.heads()):
            out.write(each.to_line())
        if self._other is not None:
            say(out, "pairs", **to_plain(self._other.counts.take()))
        out.flush()


def say(out: BinaryIO, kind: str, **values: Any) -> None:
    """Write a line of another kind than a slice."""
    out.write(orjson.dumps({"type": kind, **values}) + b"\n")
    out.flush()


def main() -> None:
    """Run what stdin says."""
    out = sys.stdout.buffer
    try:
        generator = Generator(read_task(sys.stdin.buffer.readline()))
    except EtherCattleError as error:
        say(out, "error", text=str(error), exit_code=error.exit_code)
        sys.exit(error.exit_code)
    gevent.signal_handler(signal.SIGTERM, generator.stop)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; whoever started us sees to it
    say(out, "ready")
    line = sys.stdin.buffer.readline()
    if not line:
        return
    stdin = get_hub().loop.io(sys.stdin.fileno(), READ)

    def look() -> None:
        if not os.read(sys.stdin.fileno(), READ_BYTES):
            generator.stop()

    stdin.start(look)
    gc.collect()
    gc.freeze()  # what is there now stays: later collections need not look at it
    generator.run(float(orjson.loads(line)["begin"]), out)
    if generator.error is not None:
        code = getattr(generator.error, "exit_code", CouldNotJudge.exit_code)
        say(out, "error", text=f"{type(generator.error).__name__}: {generator.error}", exit_code=code)
        os._exit(code)
    say(out, "end", is_interrupted=generator.is_interrupted)
    os._exit(0)  # answers that are still awaited are of no more use


if __name__ == "__main__":
    main()
