"""A planted fault is never a match, a right answer is never blamed, and what was not seen is inconclusive."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from conformance.allowances import Settings
from conformance.compare import Kind
from conformance.corpus import Question
from conformance.subject import Endpoint, Recorded, Reply
from conformance.transport.settings import Transport
from conformance.verdict import Judgement, Verdict, judge, overall
from tests.conformance.fake_node import Wire, fake_node
from tests.conformance.questions import answer, error_answer, question

LOGS = [{"address": "0x0a", "topics": ["0x01", "0x02"], "removed": False, "data": "0xab"}, {"address": "0x0b"}]
RESULT = {"hash": "0xab", "logs": LOGS, "to": None, "gas": 2**53 + 1}
ASKED = question("eth_getTransactionReceipt", ["0xab"], RESULT)

Change = Callable[[dict[str, Any]], object]


def changed(change: Change) -> bytes:
    """Return the right answer with one change made to it."""
    content = json.loads(ASKED.recorded)
    change(content)
    return json.dumps(content).encode()


def judge_over_http(asked: Question, wire: Wire) -> Judgement:
    """Judge what a node answers against the record."""
    with fake_node(lambda _: wire) as url, Endpoint(url, transport=Transport(reply_seconds_max=5)) as candidate:
        return judge(asked, Recorded("geth").ask(asked), candidate.ask(asked))


PLANTED: dict[str, Change] = {
    "wrong value": lambda a: a["result"].update(hash="0xac"),
    "upper-case hex": lambda a: a["result"].update(hash="0xAB"),
    "padded hex": lambda a: a["result"].update(hash="0x0ab"),
    "swapped items": lambda a: a["result"]["logs"].reverse(),
    "swapped topics": lambda a: a["result"]["logs"][0]["topics"].reverse(),
    "dropped item": lambda a: a["result"]["logs"].pop(),
    "item twice": lambda a: a["result"]["logs"].append(LOGS[1]),
    "empty array": lambda a: a["result"].update(logs=[]),
    "extra field": lambda a: a["result"].update(extra=None),
    "extra member": lambda a: a.update(extra=1),
    "missing field": lambda a: a["result"].pop("hash"),
    "missing for null": lambda a: a["result"].pop("to"),
    "value for null": lambda a: a["result"].update(to="0x"),
    "null for value": lambda a: a["result"].update(hash=None),
    "null result": lambda a: a.update(result=None),
    "no result": lambda a: a.pop("result"),
    "off by one beyond 2^53": lambda a: a["result"].update(gas=2**53),
    "number for boolean": lambda a: a["result"]["logs"][0].update(removed=0),
    "text for number": lambda a: a["result"].update(gas=str(2**53 + 1)),
    "error for result": lambda a: (a.pop("result"), a.update(error={"code": -32000, "message": "no"})),
    "error beside result": lambda a: a.update(error={"code": -32000, "message": "no"}),
    "wrong id": lambda a: a.update(id=2),
    "id as text": lambda a: a.update(id="1"),
    "null id": lambda a: a.update(id=None),
    "no id": lambda a: a.pop("id"),
    "wrong version": lambda a: a.update(jsonrpc="1.0"),
}


@pytest.mark.parametrize("change", PLANTED.values(), ids=PLANTED.keys())
def test_a_planted_fault_is_a_mismatch(change: Change) -> None:
    judgement = judge_over_http(ASKED, Wire(changed(change)))
    assert judgement.verdict is Verdict.MISMATCH
    assert judgement.differences


@pytest.mark.parametrize(
    "body",
    [
        ASKED.recorded.encode(),
        ASKED.recorded.encode() + b"\n",
        json.dumps(dict(reversed(json.loads(ASKED.recorded).items())), indent=2).encode(),
    ],
)
def test_the_right_answer_matches_however_it_is_laid_out(body: bytes) -> None:
    assert judge_over_http(ASKED, Wire(body)).verdict is Verdict.MATCH


@pytest.mark.parametrize(
    ("wire", "verdict", "named"),
    [
        (Wire(b"boom", 500), Verdict.MISMATCH, "HTTP status 500, expected 200"),
        (Wire(ASKED.recorded.encode(), 500), Verdict.MISMATCH, "HTTP status 500"),
        (Wire(ASKED.recorded.encode(), 404), Verdict.MISMATCH, "HTTP status 404"),
        (Wire(ASKED.recorded.encode(), 302), Verdict.MISMATCH, "HTTP status 302"),
        (Wire(b"bad gateway", 502), Verdict.INCONCLUSIVE, "HTTP status 502"),
        (Wire(ASKED.recorded.encode(), 503), Verdict.INCONCLUSIVE, "HTTP status 503"),
        (Wire(b""), Verdict.MISMATCH, "not JSON"),
        (Wire(b"<html>It works!</html>"), Verdict.MISMATCH, "not JSON"),
        (Wire(ASKED.recorded.encode()[:-9]), Verdict.MISMATCH, "not JSON"),
        (Wire(ASKED.recorded.encode(), bytes_withheld=9), Verdict.INCONCLUSIVE, "no whole reply"),
        (Wire(b"[" * 200_000), Verdict.MISMATCH, "can't be read"),
        (Wire(b'{"jsonrpc":"2.0","id":1,"result":1,"result":1}'), Verdict.MISMATCH, "twice"),
        (Wire(b"[" + ASKED.recorded.encode() + b"]"), Verdict.MISMATCH, ""),
        (Wire(b"null"), Verdict.MISMATCH, ""),
    ],
)
def test_what_is_no_answer_is_named_and_never_a_pass(wire: Wire, verdict: Verdict, named: str) -> None:
    judgement = judge_over_http(ASKED, wire)
    assert judgement.verdict is verdict
    assert named in judgement.problem


def test_a_node_that_is_not_there_is_unknown() -> None:
    with fake_node(lambda _: Wire(b"")) as url:
        pass
    with Endpoint(url) as gone:
        judgement = judge(ASKED, Recorded("geth").ask(ASKED), gone.ask(ASKED))
    assert judgement.verdict is Verdict.INCONCLUSIVE
    assert "candidate gave no whole reply" in judgement.problem


def judge_texts(expected: str, got: str, *, strict: bool = False, body: str = "") -> Judgement:
    """Judge two texts that came with HTTP status 200."""
    asked = Question("m/c", "m", "", body or '{"jsonrpc":"2.0","id":1,"method":"m"}', expected)
    return judge(asked, Reply(200, expected.encode()), Reply(200, got.encode()), Settings(strict_messages=strict))


REVERTED = error_answer(3, "execution reverted", data="0x08")


@pytest.mark.parametrize(
    "got",
    [
        error_answer(-32000, "execution reverted", data="0x08"),
        error_answer(3, "execution reverted", data="0x09"),
        error_answer(3, "execution reverted", data=None),
        error_answer(3, "execution reverted"),
        error_answer("3", "execution reverted", data="0x08"),
        error_answer(3, None, data="0x08"),
        error_answer(3, "execution reverted", data="0x08", extra=1),
        '{"jsonrpc":"2.0","id":1,"error":{"code":3,"data":"0x08"}}',
        '{"jsonrpc":"2.0","id":1,"error":null}',
        answer("0x"),
        answer(None),
    ],
)
def test_errors_are_compared_by_code_and_data(got: str) -> None:
    assert judge_texts(REVERTED, got).verdict is Verdict.MISMATCH


def test_another_message_is_counted_apart_unless_asked_for() -> None:
    got = error_answer(3, "reverted", data="0x08")
    judgement = judge_texts(REVERTED, got)
    assert judgement.verdict is Verdict.MATCH
    assert [difference.got for difference in judgement.message_differences] == ["reverted"]
    assert judge_texts(REVERTED, got, strict=True).verdict is Verdict.MISMATCH


@pytest.mark.parametrize("text", [REVERTED, answer("0x1"), answer(None), ""])
@pytest.mark.parametrize("strict", [False, True])
def test_an_answer_matches_itself(text: str, strict: bool) -> None:
    assert judge_texts(text, text, strict=strict) == Judgement(judge_texts(text, text).question, Verdict.MATCH)


def test_a_message_inside_a_result_is_no_error_message() -> None:
    judgement = judge_texts(answer({"error": {"message": "a"}}), answer({"error": {"message": "b"}}))
    assert judgement.verdict is Verdict.MISMATCH


BATCH_BODY = '[{"jsonrpc":"2.0","id":1,"method":"web3_clientVersion"},{"jsonrpc":"2.0","id":2,"method":"eth_chainId"}]'
BATCH = [{"jsonrpc": "2.0", "id": 1, "result": "Geth"}, {"jsonrpc": "2.0", "id": 2, "result": "0x1"}]


def judge_batch(got: list[dict[str, Any]]) -> Judgement:
    """Judge a batch's answers."""
    return judge_texts(json.dumps(BATCH), json.dumps(got), body=BATCH_BODY)


def test_an_allowance_in_a_batch_covers_its_own_request_alone() -> None:
    judgement = judge_batch([{**BATCH[0], "result": "Other"}, BATCH[1]])
    assert judgement.verdict is Verdict.MATCH
    assert [allowed.allowance.name for allowed in judgement.allowed] == ["client-version"]
    assert judge_batch([BATCH[0], {**BATCH[1], "result": "Other"}]).verdict is Verdict.MISMATCH


def test_the_order_and_number_of_a_batchs_answers_count() -> None:
    assert judge_batch(BATCH).verdict is Verdict.MATCH
    assert judge_batch(BATCH[::-1]).verdict is Verdict.MISMATCH
    assert judge_batch(BATCH[:1]).verdict is Verdict.MISMATCH
    assert judge_batch([*BATCH, BATCH[1]]).verdict is Verdict.MISMATCH


def test_no_answer_is_right_where_none_is_due() -> None:
    assert judge_texts("", "").verdict is Verdict.MATCH
    assert judge_texts("", answer("0x1")).verdict is Verdict.MISMATCH
    assert judge_texts(answer("0x1"), "").verdict is Verdict.MISMATCH


@pytest.mark.parametrize(
    "expected",
    [
        Reply(0, b"", "it hung"),
        Reply(200, b"<html>"),
        Reply(503, b"later"),
        Reply(500, b""),
        Reply(404, b"not found"),
        Reply(401, ASKED.recorded.encode()),
        Reply(200, b'{"a":1,"a":1}'),
    ],
)
def test_without_a_readable_reference_nothing_is_said(expected: Reply) -> None:
    for got in (Reply(200, ASKED.recorded.encode()), expected):
        judgement = judge(ASKED, expected, got)
        assert judgement.verdict is Verdict.INCONCLUSIVE
        assert "reference" in judgement.problem


def test_a_refusal_by_http_status_is_compared_by_its_text() -> None:
    refused = Reply(413, b"content length too large (6000000>5242880)\n")
    assert judge(ASKED, refused, refused).verdict is Verdict.MATCH
    assert judge(ASKED, refused, Reply(413, b"too large")).verdict is Verdict.MISMATCH
    assert judge(ASKED, refused, Reply(200, ASKED.recorded.encode())).verdict is Verdict.MISMATCH


def test_an_answer_with_too_many_differences_fails() -> None:
    judgement = judge_texts(answer(list(range(2000))), answer([]))
    assert judgement.verdict is Verdict.MISMATCH
    assert "1000 differences or more" in judgement.problem
    assert {difference.kind for difference in judgement.differences} == {Kind.MISSING}


@pytest.mark.parametrize(
    ("verdicts", "whole"),
    [
        ("MM", Verdict.MATCH),
        ("MXI", Verdict.MISMATCH),
        ("LXI", Verdict.MISMATCH),
        ("MLI", Verdict.LAG),
        ("MI", Verdict.INCONCLUSIVE),
        ("MU", Verdict.MATCH),
        ("IU", Verdict.INCONCLUSIVE),
        ("U", Verdict.INCONCLUSIVE),
        ("I", Verdict.INCONCLUSIVE),
        ("", Verdict.INCONCLUSIVE),
    ],
)
def test_the_worst_verdict_is_that_of_the_whole(verdicts: str, whole: Verdict) -> None:
    letters = {
        "M": Verdict.MATCH,
        "X": Verdict.MISMATCH,
        "L": Verdict.LAG,
        "I": Verdict.INCONCLUSIVE,
        "U": Verdict.UNCHECKED,
    }
    assert overall(letters[letter] for letter in verdicts) is whole


def test_two_nodes_without_a_method_do_not_match() -> None:
    """And the case that asks for it is named by file and line."""
    missing = Reply(200, error_answer(-32601, "no such method").encode())
    typo = replace(question("eth_getBalanc", ["0x"]), source="cases/eth_getBalanc/case.io:2")
    judgement = judge(typo, missing, missing)
    assert judgement.verdict is Verdict.INCONCLUSIVE
    assert judgement.problem == "cases/eth_getBalanc/case.io:2: the reference has no method eth_getBalanc"
    recorded_so = replace(typo, recorded=error_answer(-32601, "no such method"))
    assert judge(recorded_so, missing, missing).verdict is Verdict.MATCH
    about_bodies = replace(typo, method="bodies")
    assert judge(about_bodies, missing, missing).verdict is Verdict.MATCH


def test_an_answer_that_came_in_a_wrong_way_is_never_a_match() -> None:
    right, flawed = Reply(200, ASKED.recorded.encode()), Reply(200, ASKED.recorded.encode(), flaw="another order")
    assert judge(ASKED, right, flawed).verdict is Verdict.MISMATCH
    assert judge(ASKED, right, flawed).problem == "another order"
    assert judge(ASKED, flawed, right).verdict is Verdict.INCONCLUSIVE


@pytest.mark.parametrize("body", [b'{"a":1,"a":1}', b"[" * 200 + b"]" * 200, b"<html>", b"NaN"])
def test_the_same_unreadable_bytes_on_both_sides_are_no_match(body: bytes) -> None:
    assert judge(ASKED, Reply(200, body), Reply(200, body)).verdict is Verdict.INCONCLUSIVE
