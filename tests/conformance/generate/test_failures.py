"""A planted fault is found by generated requests, shrunk to what shows it, and kept as a case that is read again."""

import json
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from conformance.answers import decode_answer
from conformance.compare import differences
from conformance.corpus import Question, load_corpus
from conformance.generate.failures import SHRUNK_PER_SIGNATURE_MAX, Kept, signature_of
from conformance.generate.join import generator_for, keep_failures_of
from conformance.generate.run import SHRINK_TRIES_MAX, Generator
from conformance.subject import Reply
from conformance.verdict import Judgement, Verdict
from fixtures.chain_files import find_chain
from reference_node.errors import UsageError
from tests.conformance.generate.chain import InMemory

pytestmark = pytest.mark.slow

CHAIN = find_chain("everyfork")


@dataclass(slots=True)
class Faulty:
    """Answers as another does, but for one fault."""

    right: InMemory = field(default_factory=InMemory)
    name: str = "faulty"
    version: str = "Faulty/v1"

    def ask(self, question: Question) -> Reply:
        """Return the right answer, or a wrong one where the topic of a filter is at its second place or later."""
        reply = self.right.ask(question)
        answer = json.loads(reply.body or "null")
        request = json.loads(question.body) if question.method == "eth_getLogs" else {}
        wanted = request["params"][0] if isinstance(request.get("params"), list) and request["params"] else {}
        topics = wanted.get("topics") if isinstance(wanted, dict) else None
        if isinstance(topics, list) and any(topics[1:]) and answer.get("result"):
            answer["result"] = answer["result"][1:]
            return Reply(200, json.dumps(answer).encode())
        return reply


_RIGHT = InMemory()
_FAULTY = Faulty(_RIGHT)


def compare(question: Question, expected: Reply, got: Reply) -> Judgement:
    """Judge by exact comparison alone."""
    found = differences(decode_answer(expected.body or b"null"), decode_answer(got.body or b"null"))
    return Judgement(question, Verdict.MISMATCH if found else Verdict.MATCH, "", found)


def examine(question: Question) -> Judgement:
    """Ask the right one and the faulty one."""
    return compare(question, _RIGHT.ask(question), _FAULTY.ask(question))


def judge_generated(examples: int) -> tuple[Generator, list[Judgement]]:
    """Ask generated questions of both."""
    generator = generator_for(_RIGHT, CHAIN, 1, include=["eth_getLogs"])
    return generator, [examine(question) for question in generator.questions(examples)]


def keep(generator: Generator, said: list[Judgement], folder: Path) -> list[Kept]:
    """Keep what failed."""
    return keep_failures_of(said, generator, [each.question for each in said], folder, examine, _RIGHT.ask)


def test_a_fault_is_found_shrunk_and_kept_as_a_case_that_fails_again(tmp_path: Path) -> None:
    generator, said = judge_generated(400)
    failed = [judgement for judgement in said if judgement.verdict is Verdict.MISMATCH]
    assert failed
    kept = keep(generator, said, tmp_path)
    smallest = min(kept, key=lambda each: len(each.question.body)).question
    wanted = json.loads(smallest.body)["params"][0]
    assert set(wanted) <= {"topics", "address", "fromBlock", "toBlock", "blockHash"}
    assert any(wanted["topics"][1:])

    corpus = load_corpus(tmp_path)
    assert {question.body for question in corpus.questions} == {each.question.body for each in kept}
    again = next(question for question in corpus.questions if question.body == smallest.body)
    assert again.why.startswith("seed 1, example")
    recorded = Reply(200, again.recorded.encode())
    assert compare(again, recorded, _RIGHT.ask(again)).verdict is Verdict.MATCH
    assert compare(again, recorded, _FAULTY.ask(again)).verdict is Verdict.MISMATCH


def test_a_long_question_is_shrunk_to_a_short_one() -> None:
    generator, said = judge_generated(400)
    failed = [judgement.question for judgement in said if judgement.verdict is Verdict.MISMATCH]
    longest = max(failed, key=lambda question: len(question.body))
    shrunk = generator.shrink(longest, lambda asked: examine(asked).verdict is Verdict.MISMATCH)
    assert len(shrunk.body) < 0.7 * len(longest.body)
    assert examine(shrunk).verdict is Verdict.MISMATCH


def test_an_endpoint_is_asked_a_bounded_number_of_times_while_a_question_is_shrunk() -> None:
    generator, said = judge_generated(400)
    failed = [judgement.question for judgement in said if judgement.verdict is Verdict.MISMATCH]
    asked: list[str] = []

    def every_other_fails(simpler: Question) -> bool:
        asked.append(simpler.body)
        return len(asked) % 2 == 0

    for question in failed[:5]:
        asked.clear()
        generator.shrink(question, every_other_fails)
        assert len(asked) <= SHRINK_TRIES_MAX
        assert len(set(asked)) == len(asked)


def test_of_failures_that_look_alike_a_few_are_shrunk_and_all_are_kept(tmp_path: Path) -> None:
    generator, said = judge_generated(1200)
    failed = [judgement for judgement in said if judgement.verdict is Verdict.MISMATCH]
    signatures = {signature_of(judgement) for judgement in failed}
    assert len(failed) > SHRUNK_PER_SIGNATURE_MAX * len(signatures)
    bodies = {each.question.body for each in keep(generator, said, tmp_path)}
    unshrunk = {judgement.question.body for judgement in failed} & bodies
    different = {judgement.question.body for judgement in failed}
    assert len(unshrunk) >= len(different) - SHRUNK_PER_SIGNATURE_MAX * len(signatures)


def test_what_matches_is_not_kept(tmp_path: Path) -> None:
    generator = generator_for(_RIGHT, CHAIN, 1)
    said = [compare(asked, _RIGHT.ask(asked), InMemory().ask(asked)) for asked in generator.questions(200)]
    assert {judgement.verdict for judgement in said} == {Verdict.MATCH}
    assert keep(generator, said, tmp_path) == []
    assert list(tmp_path.iterdir()) == []


def test_a_signature_tells_place_kind_and_code_but_no_index_or_value() -> None:
    def signature(expected: object, got: object) -> tuple[str, ...]:
        left, right = (Reply(200, json.dumps(_outcome(value)).encode()) for value in (expected, got))
        return signature_of(compare(Question("m/c", "m", "", '{"id":1}', ""), left, right))

    assert signature([{"a": 1}, {"a": 2}], [{"a": 1}, {"a": 3}]) == ("m", "result.*.a", "different", "")
    assert signature([{"a": 1}], [{"a": 5}]) == signature([{"a": 1}, {"a": 2}], [{"a": 1}, {"a": 3}])
    assert signature(-1, -2) == ("m", "error.code", "different", "-1 -2")
    assert signature(-1, [1]) == ("m", "error", "missing", "-1")


def _outcome(value: object) -> dict[str, object]:
    return {"error": {"code": value, "message": "no"}} if isinstance(value, int) else {"result": value}


def test_patterns_that_leave_nothing_are_a_mistake() -> None:
    with pytest.raises(UsageError, match="--examples has nothing to ask"):
        generator_for(InMemory(), CHAIN, 1, include=["eth_nothing"])
