"""What verification and schemas find becomes judgements: never a match where something is wrong or was not checked."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from conformance.corpus import Question
from conformance.findings import judge_by_schema, judge_outcome, judge_with_schema, name_wrong_side
from conformance.schema import Schemas, load_schemas
from conformance.subject import Reply
from conformance.verdict import Verdict, judge
from conformance.verify.ask import Asker
from conformance.verify.explain import Endpoints
from conformance.verify.values import Finding, Outcome, State
from tests.conformance.questions import answer, error_answer, question
from tests.conformance.verify.chain import Node, right_answer
from tests.conformance.verify.faults import at, hash_of, put

FILE = Path(__file__).parent / "schemas.json"
HEAD = replace(question("head", [], "0x1"), speconly=True)


@pytest.fixture(scope="module")
def schemas() -> Schemas:
    """Our own small file."""
    return load_schemas(FILE, {"head"})


def reply(text: str | bytes, status: int = 200) -> Reply:
    """Return a reply with a body."""
    return Reply(status, text if isinstance(text, bytes) else text.encode())


@pytest.mark.parametrize(
    ("got", "verdict"),
    [
        (answer("0x1"), Verdict.MATCH), (answer("0xffff"), Verdict.MATCH), (answer("0x01"), Verdict.MISMATCH),
        (answer(None), Verdict.MISMATCH), (error_answer(), Verdict.MISMATCH), ("<html>", Verdict.MISMATCH),
        ("", Verdict.MISMATCH), ('{"jsonrpc":"2.0","id":2,"result":"0x1"}', Verdict.MISMATCH),
        ('{"id":1,"result":"0x1"}', Verdict.MISMATCH), ("[]", Verdict.MISMATCH),
    ],
)  # fmt: skip
def test_a_speconly_answer_need_only_have_its_form(schemas: Schemas, got: str, verdict: Verdict) -> None:
    judgement = judge_by_schema(HEAD, reply(got), schemas)
    assert judgement.verdict is verdict
    assert bool(judgement.problem) == (verdict is not Verdict.MATCH)


def test_a_speconly_answer_without_a_schema_is_not_checked(schemas: Schemas) -> None:
    assert judge_by_schema(HEAD, reply(answer("0x1")), None).verdict is Verdict.UNCHECKED
    other = replace(question("other"), speconly=True)
    judgement = judge_by_schema(other, reply(answer("0x1")), schemas)
    assert judgement.verdict is Verdict.UNCHECKED
    assert str(FILE) in judgement.problem


@pytest.mark.parametrize("failed", [Reply(0, b"", "it hung"), Reply(502, b"")])
def test_a_speconly_answer_that_does_not_come_is_inconclusive(schemas: Schemas, failed: Reply) -> None:
    assert judge_by_schema(HEAD, failed, schemas).verdict is Verdict.INCONCLUSIVE


def test_where_the_example_is_an_error_an_error_of_its_form_matches(schemas: Schemas) -> None:
    example = replace(HEAD, recorded=error_answer())
    assert judge_by_schema(example, reply(error_answer(-1, "other")), schemas).verdict is Verdict.MATCH
    assert judge_by_schema(example, reply(error_answer("-1", "other")), schemas).verdict is Verdict.MISMATCH
    nothing = replace(HEAD, recorded="")
    assert judge_by_schema(nothing, reply(error_answer()), schemas).verdict is Verdict.UNCHECKED


def test_a_schema_makes_a_match_a_mismatch_and_nothing_better(schemas: Schemas) -> None:
    asked = question("head", [], "0x01")
    wrong, other = reply(answer("0x01")), reply(answer("0x2"))
    same = judge_with_schema(judge(asked, wrong, wrong), wrong, schemas)
    assert same.verdict is Verdict.MISMATCH
    assert [finding.claim for finding in same.findings] == ["schema"]
    differs = judge(asked, wrong, other)
    assert judge_with_schema(differs, other, schemas) == differs
    silent = Reply(0, b"", "it hung")
    assert judge_with_schema(judge(asked, wrong, silent), silent, schemas).verdict is Verdict.INCONCLUSIVE


def test_outcomes_become_judgements() -> None:
    finding = Finding("block-hash", "it", "eth_x", "{}", "$.result", "a", "b")
    for state, findings, reason, verdict in (
        (State.HOLDS, (), "", Verdict.MATCH),
        (State.BROKEN, (finding,) * 7, "", Verdict.MISMATCH),
        (State.UNCHECKED, (), "it hung", Verdict.INCONCLUSIVE),
    ):
        judgement = judge_outcome(Outcome("block-hash", "block-3", "eth_x", "It holds", state, findings, reason))
        assert judgement.verdict is verdict
        assert judgement.question.name == "eth_x/verify-block-hash-block-3"
        assert judgement.question.why == "It holds"
        assert ("$.result" in judgement.problem) == bool(findings)
        assert ("and 2 more" in judgement.problem) == bool(findings)
        assert (judgement.problem == reason) or findings


def test_the_wrong_side_is_named_where_it_is_proven() -> None:
    body = {"jsonrpc": "2.0", "id": 1, "method": "eth_getBlockByHash", "params": [hash_of(1), True]}
    asked = Question("eth_getBlockByHash/x", "eth_getBlockByHash", "", json.dumps(body), "")
    wrong = Node(at(None, "eth_getBlockByHash", put("miner", "0x" + "55" * 20)))
    right = reply(right_answer(json.dumps(body)))
    judgement = judge(asked, right, wrong.ask(asked))
    named = name_wrong_side(judgement, right, wrong.ask(asked), Endpoints(None, Asker(wrong)))
    assert (named.verdict, named.wrong_side) == (Verdict.MISMATCH, "candidate")
    assert named.findings
    call = Question("eth_call/x", "eth_call", "", '{"jsonrpc":"2.0","id":1,"method":"eth_call","params":[]}', "")
    other = judge(call, reply(answer("0x1")), reply(answer("0x2")))
    assert name_wrong_side(other, reply(answer("0x1")), reply(answer("0x2")), Endpoints(None, None)) == other
