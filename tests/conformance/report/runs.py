"""A run with one answer of each kind, for tests of reports."""

from dataclasses import replace

from conformance.run import Run
from conformance.subject import Recorded, Reply
from conformance.verdict import judge
from tests.conformance.questions import answer, error_answer, question

HUGE = 2**60 + 1
ESCAPE = "\x1b[2J\x00"


def mixed_run(*, interrupted: bool = False) -> Run:
    """Return a run of two passes (an allowance, another message), two mismatches and one unknown."""
    asked = [
        (question("web3_clientVersion", [], "Geth/v1"), Reply(200, answer("Other/v1").encode())),
        (replace(question("eth_call"), recorded=error_answer(3, "a")), Reply(200, error_answer(3, "b").encode())),
        (question("eth_getBalance", [], {"a": HUGE, "b": None}), Reply(200, answer({"a": HUGE - 1}).encode())),
        (replace(question("eth_chainId"), why=f"why {ESCAPE}"), Reply(200, ESCAPE.encode())),
        (question("eth_getCode"), Reply(0, b"", "it hung")),
    ]
    judgements = tuple(judge(ask, Recorded("").ask(ask), reply) for ask, reply in asked)
    planned = len(asked) + 3 * interrupted
    candidate = Recorded("Other/v1", "http://candidate")
    return Run("testchain", Recorded("Geth/v1"), candidate, judgements, planned, 1.5, False, interrupted)
