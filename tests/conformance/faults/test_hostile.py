"""Endpoints that misbehave: each gets the outcome it is to get, in bounded time and memory, and never a match."""

import resource
import time

import pytest

from conformance.faults.hostile import Hostile, Listener, hostile_endpoint
from conformance.faults.hostile_kinds import HOSTILE, find_hostile, whole
from conformance.run import run_questions
from conformance.subject import Endpoint, Recorded
from conformance.transport.settings import Transport
from conformance.verdict import Verdict, judge
from tests.conformance.questions import question

pytestmark = pytest.mark.slow

ASKED = question()
RECORD = Recorded("geth")
SHORT = Transport(reply_seconds_max=0.5)
LONG = Transport()
"""For those that do answer: on a busy machine a large body takes its time."""
OVERHEAD_SECONDS_MAX = 60.0
"""For making and reading large bodies on a machine that is busy."""
PEAK_BYTES_MAX = 1536 * 1024 * 1024
"""Of this process, with the endpoint in it: the longest body is 128 MB, and a few copies of it."""


@pytest.mark.parametrize("hostile", HOSTILE, ids=lambda hostile: hostile.name)
def test_a_hostile_endpoint_gets_a_named_outcome_in_bounded_time_and_memory(hostile: Hostile) -> None:
    with hostile_endpoint(hostile) as url:
        started = time.monotonic()
        with Endpoint(url, transport=SHORT if hostile.verdict is Verdict.INCONCLUSIVE else LONG) as endpoint:
            judgements = [judge(ASKED, RECORD.ask(ASKED), endpoint.ask(ASKED)) for _ in range(2)]
        assert time.monotonic() - started < OVERHEAD_SECONDS_MAX
    assert [judgement.verdict for judgement in judgements] == [hostile.verdict] * 2
    for judgement in judgements:
        assert judgement.problem or judgement.differences
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 < PEAK_BYTES_MAX


@pytest.mark.parametrize("hostile", HOSTILE, ids=lambda hostile: hostile.name)
def test_a_hostile_reference_lets_nothing_pass(hostile: Hostile) -> None:
    with hostile_endpoint(hostile) as url, Endpoint(url, transport=SHORT) as endpoint:
        reply = endpoint.ask(ASKED)
    assert judge(ASKED, reply, RECORD.ask(ASKED)).verdict is not Verdict.MATCH


@pytest.mark.parametrize(
    ("name", "exit_code"), [("html", 1), ("wrong-id", 1), ("many-values", 1), ("busy", 3), ("closes-in-body", 3)]
)
def test_a_run_against_a_hostile_endpoint_never_ends_well(name: str, exit_code: int) -> None:
    with hostile_endpoint(find_hostile(name)) as url, Endpoint(url, transport=LONG) as candidate:
        run = run_questions("hostile", [ASKED] * 3, RECORD, candidate)
    assert run.exit_code == exit_code
    assert Verdict.MATCH not in {judgement.verdict for judgement in run.judgements}


def test_an_endpoint_that_answers_right_would_match() -> None:
    def right(to: Listener) -> None:
        to.send(whole(ASKED.recorded.encode()))

    polite = Hostile("polite", right, Verdict.MATCH, "for a test", keeps_open=True)
    with hostile_endpoint(polite) as url, Endpoint(url, transport=LONG) as endpoint:
        assert judge(ASKED, RECORD.ask(ASKED), endpoint.ask(ASKED)).verdict is Verdict.MATCH
