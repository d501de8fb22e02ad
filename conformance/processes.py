"""Works on questions in several processes at a time, and hands the judgements over in the order of the questions."""

import os
import selectors
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import suppress
from itertools import islice
from multiprocessing.connection import Connection
from tempfile import TemporaryFile
from typing import IO, Self

from conformance.corpus import Question
from conformance.examine import Examiner
from conformance.parcels import Answer, Answers, Link, Order, Questions, Raised, restore
from conformance.pool import AHEAD_PER_JOB, WAITING_PER_JOB
from conformance.verdict import Judgement, Timing
from reference_node.errors import CouldNotJudge

MESSAGE_SECONDS_MAX = 0.02
"""How long the questions of one message should take."""
MESSAGE_QUESTIONS_MAX = 8
_ENDING_SIGNALS = frozenset({signal.SIGINT, signal.SIGTERM})
"""Those that end a command; held back while a process is started."""
_END_SECONDS_MAX = 10.0


class ProcessLost(CouldNotJudge):
    """A process that judged questions ended by itself."""


class _Worker:
    """A process, and the end of the pair by which it is talked to."""

    def __init__(self, counts: IO[bytes]) -> None:
        """Start it; `counts` is the file of what is counted over the whole run."""
        ours, theirs = socket.socketpair()
        with theirs:
            self.connection: Link = Connection(ours.detach())
            command = [sys.executable, "-P", "-m", "conformance.worker", str(theirs.fileno()), str(counts.fileno())]
            self.process = subprocess.Popen(  # noqa: S603 - our own program
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                pass_fds=(theirs.fileno(), counts.fileno()),
                env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
                start_new_session=True,  # Ctrl-C comes to all processes of a terminal's session
            )
        self.room = self.room_max = 0
        """Messages with questions that it takes before it has answered one."""

    def order(self, order: Order) -> None:
        """Tell it what to do. Raises ProcessLost."""
        self._send(order)
        self.room = self.room_max = order.threads * AHEAD_PER_JOB

    def send(self, questions: Questions) -> None:
        """Give it questions. Raises ProcessLost."""
        self._send(questions)
        self.room -= 1

    def receive(self) -> Answers:
        """Wait for what it says next. Raises ProcessLost."""
        try:
            answers: Answers = self.connection.recv()
        except (EOFError, OSError):
            raise self._lost() from None
        self.room += 1
        return answers

    def kill(self) -> None:
        """End it; there is nothing that it would have to finish."""
        self.connection.close()
        self.process.kill()
        self.process.wait()

    def _send(self, message: object) -> None:
        try:
            self.connection.send(message)
        except OSError:
            raise self._lost() from None

    def _lost(self) -> ProcessLost:
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(_END_SECONDS_MAX)
        code = self.process.returncode
        return ProcessLost(f"process {self.process.pid}, which judged questions, ended with code {code}")


class _Workers:
    """Several processes."""

    def __init__(self, orders: Sequence[Order]) -> None:
        """Name what each is to do; nothing is started yet."""
        self._orders = orders
        self._started: list[_Worker] = []
        self._ready = selectors.DefaultSelector()

    def __enter__(self) -> Self:
        """Start them. Raises CouldNotJudge where that fails."""
        try:
            with TemporaryFile() as counts:
                self._start(counts)
            for worker, order in zip(self._started, self._orders, strict=True):
                worker.order(order)
        except OSError as error:
            self.kill()
            raise CouldNotJudge(f"no process to judge questions can be started: {error.strerror}") from error
        except BaseException:
            self.kill()
            raise
        return self

    def __exit__(self, *_reason: object) -> None:
        """End them."""
        self.kill()

    def _start(self, counts: IO[bytes]) -> None:
        """Start them, so that no signal comes between a process and the note of it."""
        before = signal.pthread_sigmask(signal.SIG_BLOCK, _ENDING_SIGNALS)
        try:
            for _ in self._orders:
                worker = _Worker(counts)
                self._started.append(worker)
                self._ready.register(worker.connection, selectors.EVENT_READ, worker)
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)

    def kill(self) -> None:
        """End them."""
        self._ready.close()
        for worker in self._started:
            worker.kill()

    def roomiest(self) -> _Worker | None:
        """Return the one that is least busy for what it can do, None where all are full."""
        found = max(self._started, key=lambda worker: worker.room / worker.room_max)
        return found if found.room else None

    def receive(self) -> Answers:
        """Wait until some say something, and return that."""
        return [numbered for key, _ in self._ready.select() for numbered in key.data.receive()]


def judge_in_processes(
    recipe: Callable[..., Examiner], questions: Iterable[Question], shares: Sequence[int]
) -> Generator[Judgement, None, None]:
    """Yield the judgement on each question in order, taking questions only as they are needed.

    What judging raises is raised here. Whoever stops taking judgements, or ends itself, ends the processes.

    Args:
        recipe: makes in each process what judges there, of the run's `counts`; it is sent to them.
        questions: may be without end.
        shares: for each process, how many threads judge at a time.

    Raises:
        ProcessLost: one of them ended.
    """
    waiting: dict[int, Question] = {}
    done: dict[int, Answer] = {}
    numbered = enumerate(questions)
    most, size = sum(shares) * WAITING_PER_JOB, 1
    with _Workers([Order(recipe, threads) for threads in shares]) as workers:
        while True:
            while len(waiting) < most and (worker := workers.roomiest()) and (taken := list(islice(numbered, size))):
                worker.send(taken)
                waiting.update(taken)
            if not waiting:
                return
            answers = workers.receive()
            size = message_size(answers)
            done.update(answers)
            # Both are in the order of numbers where it matters: the first that waits is the next to be handed over.
            while waiting and (number := next(iter(waiting))) in done:
                yield _judgement(waiting.pop(number), done.pop(number))


def message_size(answers: Answers) -> int:
    """Return how many questions to put into a message, as fast as the last ones were answered.

    Several save work for each message; but what is on its way is asked even when time is over or enough is wrong.
    """
    seconds = sum(map(_seconds, answers))
    return max(1, min(MESSAGE_QUESTIONS_MAX, int(MESSAGE_SECONDS_MAX * len(answers) / max(seconds, 1e-6))))


def _seconds(numbered: tuple[int, Answer]) -> float:
    answer = numbered[1]
    if isinstance(answer, Raised):
        return 0.0
    timing = answer if isinstance(answer, Timing) else answer.timing
    return (timing.reference_seconds or 0.0) + (timing.candidate_seconds or 0.0)


def _judgement(question: Question, answer: Answer) -> Judgement:
    if isinstance(answer, Raised):
        raise answer.error
    return restore(question, answer)
