"""Several processes judge as one does, within the same limits, and nothing is left of them."""

import itertools
import json
import os
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import NoReturn

import pytest

from conformance.corpus import Question
from conformance.examine import SILENT_IN_A_ROW_MAX
from conformance.parcels import Answer, Raised
from conformance.pool import WAITING_PER_JOB
from conformance.processes import MESSAGE_QUESTIONS_MAX, message_size
from conformance.run import Limits, Run, run_questions
from conformance.subject import Endpoint, Recorded
from conformance.transport.settings import Kind, Transport
from conformance.verdict import Judgement, Timing, Verdict
from tests.conformance.fake_node import Answerer, Wire, fake_node
from tests.conformance.questions import answer, question

RECORD = Recorded("geth")
QUESTIONS = [question(f"m{count}", [count], hex(count)) for count in range(60)]
RIGHT = {asked.body: asked.recorded for asked in QUESTIONS}


def right(body: str) -> Wire:
    """Answer as recorded, and with a name where asked for that."""
    return Wire(RIGHT.get(body, answer("Fake/v1")).encode())


def faulty(body: str) -> Wire:
    """Answer some questions as recorded, and others in ways that are wrong or tell nothing."""
    place = list(RIGHT).index(body) if body in RIGHT else 0
    if place % 10 == 3:
        return Wire(answer("0xdead").encode())
    if place % 10 == 5:
        return Wire(b"<html>", 502)
    if place % 10 == 7:
        return Wire(b"{")
    return Wire(right(body).body + b" " * (place % 2))


def run_on(answerer: Answerer, limits: Limits, transport: Transport | None = None) -> Run:
    """Run all questions on a fake candidate."""
    with fake_node(answerer) as url, Endpoint(url, "fake", transport or Transport()) as candidate:
        return run_questions("t", QUESTIONS, RECORD, candidate, limits=limits)


def said(run: Run) -> list[Judgement]:
    """Return judgements without what is another each time."""
    return [
        replace(judgement, timing=Timing(), replies=None if judgement.replies is None else "kept")  # type: ignore[arg-type]
        for judgement in run.judgements
    ]


def test_the_verdicts_are_those_of_one_process() -> None:
    one, several = run_on(faulty, Limits(4)), run_on(faulty, Limits(4, (2, 2)))
    assert [judgement.question for judgement in several.judgements] == QUESTIONS
    assert said(several) == said(one)
    assert (several.exit_code, several.planned) == (one.exit_code, one.planned) == (1, 60)
    kept = several.judgements[3].replies
    assert kept is not None
    assert kept.candidate.body == answer("0xdead").encode()
    assert all(judgement.timing.candidate_seconds for judgement in several.judgements)
    counts = [sum(judgement.verdict is verdict for judgement in several.judgements) for verdict in Verdict]
    assert counts == [42, 12, 0, 6, 0]


def test_enough_wrong_answers_end_a_run_at_the_same_place() -> None:
    one = run_on(faulty, Limits(4, mismatches_max=3))
    several = run_on(faulty, Limits(4, (2, 1, 1), mismatches_max=3))
    assert said(several) == said(one)
    assert (several.stopped, several.exit_code) == ("after 3 wrong answers", 1)


def test_each_has_its_share_of_what_is_in_flight() -> None:
    lock, at_once, most = threading.Lock(), 0, 0
    first, together = [asked.body for asked in QUESTIONS[:4]], threading.Barrier(4)

    def wait_for_others(body: str) -> Wire:
        nonlocal at_once, most
        if body in RIGHT:
            with lock:
                at_once += 1
                most = max(most, at_once)
            if body in first:
                together.wait(10)
            with lock:
                at_once -= 1
        return right(body)

    assert run_on(wait_for_others, Limits(4, (3, 1))).exit_code == 0
    assert most == 4


def test_batches_are_filled_in_each() -> None:
    sizes = []

    def batches(body: str) -> Wire:
        if not body.startswith("["):
            return right(body)
        requests = json.loads(body)
        sizes.append(len(requests))
        answers = [{"jsonrpc": "2.0", "id": each["id"], "result": hex(each["params"][0])} for each in requests]
        return Wire(json.dumps(answers).encode())

    run = run_on(batches, Limits(20, (10, 10)), Transport(Kind.BATCH, batch_size=10))
    assert run.exit_code == 0
    assert sum(sizes) == len(QUESTIONS)
    assert 1 < max(sizes) <= 10


def test_an_endpoint_that_fell_silent_in_one_is_asked_no_more_in_any() -> None:
    asked = itertools.count()

    def silent(body: str) -> Wire:
        if body not in RIGHT:
            return right(body)
        next(asked)
        return Wire(b"12345678", bytes_withheld=4)

    run = run_on(silent, Limits(4, (1, 1, 1, 1)))
    assert SILENT_IN_A_ROW_MAX <= next(asked) < SILENT_IN_A_ROW_MAX + 4
    assert run.exit_code == 3
    assert "not asked" in run.judgements[-1].problem


def test_questions_are_taken_as_they_are_asked_and_no_more_than_needed() -> None:
    taken = 0

    def endless() -> Iterator[Question]:
        nonlocal taken
        for taken in itertools.count(1):
            yield QUESTIONS[taken % len(QUESTIONS)]

    with fake_node(faulty) as url, Endpoint(url) as candidate:
        run = run_questions("t", endless(), RECORD, candidate, limits=Limits(2, (1, 1), mismatches_max=20))
    assert len(run.judgements) <= taken < len(run.judgements) + 2 * WAITING_PER_JOB


def test_no_question_is_sent_when_time_is_over() -> None:
    with fake_node(right) as url, Endpoint(url) as candidate:
        endless = itertools.cycle(QUESTIONS)
        run = run_questions("t", endless, RECORD, candidate, limits=Limits(2, (1, 1), seconds_max=1.0))
    assert 0 < len(run.judgements) == run.planned
    assert (run.verdict, run.exit_code, run.stopped) == (Verdict.MATCH, 0, "after 1 s")


def test_longer_messages_than_a_pipe_holds_go_both_ways() -> None:
    long = "0x" + "ab" * 200_000
    asked = [question(f"m{count}", [long], long) for count in range(12)]

    with fake_node(lambda body: Wire(answer(long + "00").encode())) as url, Endpoint(url) as candidate:
        run = run_questions("t", asked, RECORD, candidate, limits=Limits(2, (1, 1)))
    assert [judgement.verdict for judgement in run.judgements] == [Verdict.MISMATCH] * 12


class Broken(Recorded):
    """A reference that can't be asked."""

    def ask(self, question: Question) -> NoReturn:
        """Fail, as only a mistake of ours would."""
        raise ZeroDivisionError(f"planted in {question.name}")


def test_what_one_raises_ends_the_run() -> None:
    with (
        fake_node(right) as url,
        Endpoint(url) as candidate,
        pytest.raises(ZeroDivisionError, match="planted in m0/case"),
    ):
        run_questions("t", QUESTIONS, Broken("geth"), candidate, limits=Limits(2, (1, 1)))


def children_of(pid: int) -> set[int]:
    """Return the processes that a process has started and that are there."""
    listed = subprocess.run(["ps", "-o", "pid=,args=", "--ppid", str(pid)], capture_output=True, text=True, check=False)
    lines = [line.split(maxsplit=1) for line in listed.stdout.splitlines()]
    return {int(number) for number, command in lines if "conformance.worker" in command}


def wait_until_gone(pids: set[int]) -> None:
    """Fail unless processes are gone within a bound."""
    deadline = time.monotonic() + 20
    while left := {
        pid for pid in pids if Path(f"/proc/{pid}/cmdline").exists() and Path(f"/proc/{pid}/cmdline").read_text()
    }:
        assert time.monotonic() < deadline, left
        time.sleep(0.02)


def test_one_that_ends_by_itself_leaves_the_run_without_a_verdict_and_with_a_report() -> None:
    def kill_one(_judgement: Judgement) -> None:
        for pid in list(children_of(os.getpid()))[:1]:
            os.kill(pid, signal.SIGKILL)

    with fake_node(right) as url, Endpoint(url) as candidate:
        endless, limits = itertools.cycle(QUESTIONS), Limits(2, (1, 1), seconds_max=20.0)
        run = run_questions("t", endless, RECORD, candidate, limits=limits, tell=kill_one)
    assert run.judgements
    assert (run.exit_code, run.interrupted) == (3, True)
    assert run.stopped.startswith("because process ")
    assert run.stopped.endswith("which judged questions, ended with code -9")


def test_nothing_is_left_behind_however_a_run_ends() -> None:
    seen: set[int] = set()

    def interrupt(judgement: Judgement) -> None:
        seen.update(children_of(os.getpid()))
        if judgement.question == QUESTIONS[5]:
            raise KeyboardInterrupt

    with fake_node(right) as url, Endpoint(url) as candidate:
        run = run_questions("t", QUESTIONS, RECORD, candidate, limits=Limits(2, (1, 1)), tell=interrupt)
        assert (len(run.judgements), run.exit_code, run.interrupted) == (6, 3, True)
        run_questions("t", QUESTIONS, RECORD, candidate, limits=Limits(2, (1, 1)))
    assert len(seen) == 2
    assert children_of(os.getpid()) == set()


@pytest.mark.parametrize(
    ("answers", "size"),
    [
        ([Timing(0.0005, 0.0005)], MESSAGE_QUESTIONS_MAX),
        ([Timing(None, 0.005), Timing(None, 0.005)], 4),
        ([Timing(0.5, 0.5)], 1),
        ([Judgement(QUESTIONS[0], Verdict.MISMATCH, timing=Timing(None, 0.009))], 2),
        ([Raised(ValueError())], MESSAGE_QUESTIONS_MAX),
    ],
)
def test_several_questions_are_sent_at_once_where_answers_are_fast(answers: list[Answer], size: int) -> None:
    assert message_size(list(enumerate(answers))) == size
