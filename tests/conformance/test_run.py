"""A run asks everything once and in order, and what it did not see it does not call good."""

import itertools
import threading
import time
from collections.abc import Iterator
from dataclasses import replace

import pytest

from conformance.corpus import Question
from conformance.run import SILENT_IN_A_ROW_MAX, Limits, Run, run_questions
from conformance.subject import Recorded, Reply
from conformance.verdict import Judgement, Verdict
from tests.conformance.questions import question

QUESTIONS = [question(f"m{count}") for count in range(20)]


class Scripted:
    """A candidate that answers as the record does, but for what the script says about the n-th question."""

    name = version = "scripted"

    def __init__(self, script: dict[int, Reply | BaseException]) -> None:
        self.script = script
        self.asked: list[str] = []

    def ask(self, asked: Question) -> Reply:
        """Return or raise what the script says, else the recorded answer."""
        step = self.script.get(len(self.asked), Reply(200, asked.recorded.encode()))
        self.asked.append(asked.name)
        if isinstance(step, BaseException):
            raise step
        return step


def test_all_answers_right_is_a_pass() -> None:
    candidate, told = Scripted({}), list[Judgement]()
    run = run_questions("t", QUESTIONS, Recorded("geth"), candidate, tell=told.append)
    assert (run.verdict, run.exit_code, run.interrupted) == (Verdict.MATCH, 0, False)
    assert candidate.asked == [asked.name for asked in QUESTIONS]
    assert tuple(told) == run.judgements


@pytest.mark.parametrize(
    ("reply", "verdict", "exit_code"),
    [
        (Reply(200, b'{"jsonrpc":"2.0","id":1,"result":"0x2"}'), Verdict.MISMATCH, 1),
        (Reply(0, b"", "it hung"), Verdict.INCONCLUSIVE, 3),
        (Reply(503, b""), Verdict.INCONCLUSIVE, 3),
    ],
)
def test_one_answer_decides_the_whole(reply: Reply, verdict: Verdict, exit_code: int) -> None:
    run = run_questions("t", QUESTIONS, Recorded("geth"), Scripted({7: reply}))
    assert (run.verdict, run.exit_code) == (verdict, exit_code)
    assert [judgement.verdict for judgement in run.judgements].count(Verdict.MATCH) == len(QUESTIONS) - 1


def test_an_interrupted_run_keeps_what_it_has() -> None:
    run = run_questions("t", QUESTIONS, Recorded("geth"), Scripted({5: KeyboardInterrupt()}))
    assert (len(run.judgements), run.planned) == (5, 20)
    assert (run.verdict, run.exit_code, run.interrupted) == (Verdict.INCONCLUSIVE, 3, True)


def test_an_interrupted_run_with_a_failure_still_says_so() -> None:
    script: dict[int, Reply | BaseException] = {1: Reply(500, b""), 5: KeyboardInterrupt()}
    run = run_questions("t", QUESTIONS, Recorded("geth"), Scripted(script))
    assert (run.verdict, run.exit_code) == (Verdict.MISMATCH, 3)


def test_an_endpoint_that_fell_silent_is_asked_no_more() -> None:
    silent = Reply(0, b"", "it hung")
    candidate = Scripted(dict.fromkeys(range(3, 20), silent))
    run = run_questions("t", QUESTIONS, Recorded("geth"), candidate)
    assert len(candidate.asked) == 3 + SILENT_IN_A_ROW_MAX
    assert len(run.judgements) == len(QUESTIONS)
    assert "not asked" in run.judgements[-1].problem
    assert run.exit_code == 3


def test_single_silences_do_not_end_a_run() -> None:
    silent = Reply(0, b"", "it hung")
    candidate = Scripted(dict.fromkeys(range(0, 20, 2), silent))
    run_questions("t", QUESTIONS, Recorded("geth"), candidate)
    assert len(candidate.asked) == len(QUESTIONS)


WRONG = Reply(200, b'{"jsonrpc":"2.0","id":1,"result":"0x2"}')


class Slow:
    """A candidate that answers after a moment each, and notes how many it is asked at a time."""

    name = version = "slow"

    def __init__(self, seconds: float = 0.01) -> None:
        self.seconds = seconds
        self.at_once = self.most = 0
        self.lock = threading.Lock()

    def ask(self, asked: Question) -> Reply:
        """Answer as recorded, later ones sooner than earlier ones."""
        with self.lock:
            self.at_once += 1
            self.most = max(self.most, self.at_once)
        time.sleep(self.seconds * (2 if int(asked.method[1:]) % 2 else 1))
        with self.lock:
            self.at_once -= 1
        return Reply(200, asked.recorded.encode())


@pytest.mark.parametrize("jobs", [1, 3, 8])
def test_so_many_questions_are_asked_at_a_time_and_the_report_keeps_their_order(jobs: int) -> None:
    candidate, told = Slow(), list[Judgement]()
    run = run_questions("t", QUESTIONS, Recorded("geth"), candidate, limits=Limits(jobs), tell=told.append)
    assert [judgement.question for judgement in run.judgements] == QUESTIONS
    assert tuple(told) == run.judgements
    assert candidate.most == jobs


def test_questions_are_taken_as_they_are_asked_and_no_more_than_needed() -> None:
    taken = 0

    def endless() -> Iterator[Question]:
        nonlocal taken
        for taken in itertools.count(1):
            yield question(f"m{taken}")

    run = run_questions("t", endless(), Recorded("geth"), Slow(0.001), limits=Limits(4, seconds_max=0.3))
    assert 20 < len(run.judgements) == run.planned <= taken < len(run.judgements) + 140
    assert (run.verdict, run.exit_code, run.stopped) == (Verdict.MATCH, 0, "after 0.3 s")


@pytest.mark.parametrize("jobs", [1, 4])
def test_enough_wrong_answers_end_a_run(jobs: int) -> None:
    candidate = Scripted(dict.fromkeys(range(20), WRONG))
    run = run_questions("t", QUESTIONS, Recorded("geth"), candidate, limits=Limits(jobs, mismatches_max=3))
    assert (len(run.judgements), run.planned, run.exit_code) == (3, 20, 1)
    assert run.stopped == "after 3 wrong answers"


def test_what_a_thread_raises_ends_the_run() -> None:
    with pytest.raises(ZeroDivisionError):
        run_questions("t", QUESTIONS, Recorded("geth"), Scripted({3: ZeroDivisionError()}), limits=Limits(4))


def test_an_interrupt_does_not_wait_for_an_endpoint() -> None:
    never = threading.Event()

    class Hanging(Slow):
        def ask(self, asked: Question) -> Reply:
            if asked.method == "m9":
                never.wait(60)
            return super().ask(asked)

    def tell(judgement: Judgement) -> None:
        if judgement.question.method == "m5":
            raise KeyboardInterrupt

    started = time.monotonic()
    run = run_questions("t", QUESTIONS, Recorded("geth"), Hanging(), limits=Limits(4), tell=tell)
    assert time.monotonic() - started < 10
    never.set()
    assert run.interrupted
    assert (len(run.judgements), run.exit_code) == (6, 3)


@pytest.mark.parametrize(("lag_blocks_max", "exit_code"), [(0, 1), (1, 1), (2, 0), (3, 0)])
def test_a_little_lag_may_be_forgiven(lag_blocks_max: int, exit_code: int) -> None:
    match = run_questions("t", QUESTIONS[:2], Recorded("geth"), Scripted({})).judgements
    lag = replace(match[1], verdict=Verdict.LAG, lag_blocks=2)
    run = Run(
        "t", Recorded("a"), Recorded("b"), (match[0], lag), 2, 1.0, False, False, lag_blocks_max=lag_blocks_max
    )  # fmt: skip
    assert run.exit_code == exit_code
