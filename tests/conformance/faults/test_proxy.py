"""A fault planted on the way is found by a run over real HTTP, and by one without."""

import json
from collections.abc import Callable

import pytest

from conformance.corpus import Question, answers_folder, load_corpus
from conformance.faults.facts import gather_facts
from conformance.faults.proxy import mutating_proxy
from conformance.faults.subject import MutatingSubject
from conformance.faults.table import CONTROLS, find_fault
from conformance.run import run_questions
from conformance.subject import Endpoint, Recorded, Subject
from conformance.verdict import Verdict
from tests.conformance.fake_node import Wire, fake_node

CORPUS = load_corpus(
    answers_folder("everyfork"),
    include=["bodies/batch*", "eth_getLogs/*", "eth_call/revert*", "eth_getBlockByNumber/*"],
)
ASKED = tuple({question.body: question for question in CORPUS.questions if question.method == "bodies"}.values())
ASKED += tuple(question for question in CORPUS.questions[::4] if question not in ASKED)
FACTS = gather_facts(CORPUS.questions)
RECORD = Recorded("geth")
OVER_HTTP = (
    "logs-swapped", "block-stale", "quantity-padded", "error-to-null", "revert-data-changed", "batch-reordered",
    "id-of-another-type", "http-status-wrong", "http-200-with-html", "json-truncated", "body-empty", "json-not-utf-8",
)  # fmt: skip


def recorded_node(body: str) -> Wire:
    """Answer as it is recorded."""
    found = [question.recorded for question in ASKED if question.body == body]
    return Wire(found[0].encode() if found else b'{"jsonrpc":"2.0","id":1,"result":"fake"}')


def over_http(name: str, judge_it: Callable[[Subject], None]) -> int:
    """Judge a node behind a proxy that plants a fault, and return how often it was planted."""
    with fake_node(recorded_node) as node, Endpoint(node) as right:
        subject = MutatingSubject(right, find_fault(name), FACTS)
        with mutating_proxy(subject) as url, Endpoint(url) as candidate:
            planted_before = subject.planted  # in the version that was asked for
            judge_it(candidate)
            return subject.planted - planted_before


@pytest.mark.parametrize("name", OVER_HTTP)
def test_a_fault_on_the_wire_fails_the_run(name: str) -> None:
    subject = MutatingSubject(RECORD, find_fault(name), FACTS)
    bearing = {question.name for question in ASKED if subject.ask(question) != RECORD.ask(question)}
    assert bearing

    def judge_it(candidate: Subject) -> None:
        run = run_questions("faulty", ASKED, RECORD, candidate)
        assert run.exit_code == 1
        wrong = {judgement.question.name for judgement in run.judgements if judgement.verdict is Verdict.MISMATCH}
        assert wrong == bearing
        assert len(run.judgements) == len(ASKED)

    assert over_http(name, judge_it) >= len(bearing)


@pytest.mark.parametrize("control", CONTROLS, ids=lambda control: control.name)
def test_what_is_no_fault_passes_over_the_wire(control: object) -> None:
    def judge_it(candidate: Subject) -> None:
        assert run_questions("right", ASKED, RECORD, candidate).exit_code == 0

    assert over_http(getattr(control, "name", ""), judge_it) > 0


def test_a_subject_plants_the_same_in_the_same_request() -> None:
    subject = MutatingSubject(RECORD, find_fault("quantity-off-by-one"), FACTS, seed=3)
    first = [subject.ask(question).body for question in ASKED]
    assert [subject.ask(question).body for question in ASKED] == first
    assert subject.planted > 0
    assert subject.name == "recorded with quantity-off-by-one"


def test_a_silent_endpoint_stays_silent_behind_the_proxy() -> None:
    with fake_node(lambda _: Wire(b"1234", bytes_withheld=2)) as node, Endpoint(node) as right:
        subject = MutatingSubject(right, find_fault("unchanged"))
        asked = Question("m/c", "m", "", json.dumps({"jsonrpc": "2.0", "id": 1, "method": "m"}), "{}")
        assert subject.ask(asked).failure
        with mutating_proxy(subject) as url, Endpoint(url) as candidate:
            assert candidate.ask(asked).status == 502
