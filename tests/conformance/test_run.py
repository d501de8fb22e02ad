"""A run asks everything once and in order, and what it did not see it does not call good."""

import pytest

from conformance.corpus import Question
from conformance.run import SILENT_IN_A_ROW_MAX, run_questions
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
