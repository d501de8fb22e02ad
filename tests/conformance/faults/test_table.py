"""Each kind of fault, before and after, and that it leaves alone what can't bear it."""

import json
from pathlib import Path
from random import Random

import pytest

from conformance.corpus import Question
from conformance.faults.controls import CONTROLS
from conformance.faults.facts import NO_FACTS, Facts, gather_facts
from conformance.faults.fault import Right, right_answer
from conformance.faults.table import FAULTS, find_fault
from conformance.subject import Reply

CHANCES = 40
ADDRESS = "0x" + "5e" * 20
ELSEWHERE = {
    "block-stale", "block-of-a-sibling", "state-stale", "answer-to-another", "byte-flipped", "bloom-bit-flipped",
    "json-truncated", "null-for-missing", "http-status-wrong", "http-200-with-html", "json-nested-deeply",
    "revert-data-changed", "json-not-utf-8", "json-with-mark", "json-two-answers",
}  # fmt: skip
"""Kinds that depend on facts, or of which too much may come for a table: they have tests of their own below."""


def read_table(text: str) -> list[tuple[str, str, set[bytes]]]:
    """Return of each kind its name, a right body and every wrong body that may come of it."""
    found = []
    for part in text.split("\n\n")[1:]:
        name, before, *after = part.strip("\n").split("\n")
        assert before[:2] == "- "
        assert after
        assert all(line[:2] == "+ " for line in after), name
        found.append((name, before[2:], {line[2:].encode() for line in after}))
    return found


TABLE = read_table((Path(__file__).parent / "before_after.txt").read_text())


def right(body: str, question: Question | None = None) -> Right:
    """Return a right answer with this body."""
    return right_answer(question or Question("m/case", "m", "", "{}", body), Reply(200, body.encode()))


def planted(name: str, answer: Right, facts: Facts = NO_FACTS) -> set[tuple[int, bytes]]:
    """Return all that comes of planting a fault with many chances."""
    wrongs = [find_fault(name).plant(answer, facts, Random(chance)) for chance in range(CHANCES)]
    return {(wrong.status, wrong.body) for wrong in wrongs if wrong is not None}


def result(value: object) -> str:
    """Return an answer with a result."""
    return json.dumps({"jsonrpc": "2.0", "id": 1, "result": value}, separators=(",", ":"))


def ask(method: str, params: list[object], value: object) -> Question:
    """Return a question with its recorded result."""
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params})
    return Question(f"{method}/case", method, "", body, result(value))


def block(number: str, block_hash: str, transactions: list[object]) -> dict[str, object]:
    """Return what matters here of a block."""
    return {"number": number, "hash": block_hash, "transactions": transactions}


OLDER = ask("eth_getBlockByNumber", ["0x1", True], block("0x1", "0xa1", [{"hash": "0xc1"}]))
NEWER = ask("eth_getBlockByNumber", ["0x2", True], block("0x2", "0xa2", [{"hash": "0xc2"}]))
SIBLING = ask("eth_getBlockByHash", ["0xb2", True], block("0x2", "0xb2", [{"hash": "0xc3"}]))
THEN = ask("eth_getBalance", [ADDRESS, "0x1"], "0x5")
NOW = ask("eth_getBalance", [ADDRESS, "latest"], "0x6")
FACTS = gather_facts([OLDER, NEWER, SIBLING, THEN, NOW])


@pytest.mark.parametrize(("name", "before", "after"), TABLE, ids=[row[0] for row in TABLE])
def test_a_right_answer_becomes_a_wrong_one(name: str, before: str, after: set[bytes]) -> None:
    assert planted(name, right(before)) == {(200, body) for body in after}


def test_every_kind_is_tested_here() -> None:
    assert {fault.name for fault in FAULTS} == {row[0] for row in TABLE} | ELSEWHERE
    assert len(FAULTS) == len({fault.name for fault in FAULTS}) >= 25
    assert all(fault.reason for fault in (*FAULTS, *CONTROLS))


@pytest.mark.parametrize(
    ("name", "asked", "after"),
    [
        ("block-stale", NEWER, block("0x1", "0xa1", [{"hash": "0xc1"}])),
        ("block-of-a-sibling", NEWER, block("0x2", "0xb2", [{"hash": "0xc3"}])),
        ("state-stale", NOW, "0x5"),
        ("state-stale", ask("eth_blockNumber", [], "0x10"), "0xf"),
        ("answer-to-another", NOW, "0x5"),
        (
            "block-of-a-sibling", ask("eth_getBlockByNumber", ["0x2", False], block("0x2", "0xa2", ["0xc2"])),
            block("0x2", "0xb2", ["0xc3"]),
        ),
    ],
)  # fmt: skip
def test_the_right_answer_to_another_question_is_planted(name: str, asked: Question, after: object) -> None:
    assert planted(name, right(asked.recorded, asked), FACTS) == {(200, result(after).encode())}


@pytest.mark.parametrize("asked", [OLDER, THEN, ask("eth_chainId", [], "0x1"), ask("eth_getBlockByNumber", [], None)])
def test_nothing_older_is_planted_where_nothing_older_is_known(asked: Question) -> None:
    assert planted("block-stale", right(asked.recorded, asked), FACTS) == set()
    assert planted("state-stale", right(asked.recorded, asked), FACTS) == set()


@pytest.mark.parametrize("size_bytes", [20, 32, 256])
def test_one_bit_is_flipped(size_bytes: int) -> None:
    before = bytes(size_bytes)
    text = f"0x{before.hex()}"
    for name, value in (("byte-flipped", text), ("bloom-bit-flipped", {"logsBloom": text})):
        bodies = [json.loads(body)["result"] for _, body in planted(name, right(result(value)))]
        texts = [body["logsBloom"] if isinstance(body, dict) else body for body in bodies]
        assert len(texts) > 1
        assert all(int(text, 16).bit_count() == 1 and len(text) == 2 + 2 * size_bytes for text in texts)


def test_a_body_is_cut_anywhere_but_never_whole() -> None:
    body = result("0xa").encode()
    cut = {wrong for _, wrong in planted("json-truncated", right(body.decode()))}
    assert len(cut) > 10
    assert all(body.startswith(wrong) and 0 < len(wrong) < len(body) for wrong in cut)


def test_a_field_of_another_fork_is_null() -> None:
    fields = [json.loads(body)["result"] for _, body in planted("null-for-missing", right(result({})))]
    assert len(fields) > 1
    assert all(list(field.values()) == [None] for field in fields)


def test_a_right_body_comes_under_a_wrong_status() -> None:
    body = result("0xa")
    statuses = planted("http-status-wrong", right(body))
    assert {wrong for _, wrong in statuses} == {body.encode()}
    assert len(statuses) > 1
    assert not {status for status, _ in statuses} & {200, 429, 502, 503, 504}


def test_a_page_and_a_deep_array_are_planted() -> None:
    assert [b"<html>" in body for _, body in planted("http-200-with-html", right(result("0xa")))] == [True]
    assert [body.count(b"[") >= 1000 for _, body in planted("json-nested-deeply", right(result("0xa")))] == [True]


def test_a_revert_gives_another_reason() -> None:
    before = '{"id":1,"error":{"code":3,"message":"m","data":"0x08c3"}}'
    data = {json.loads(body)["error"]["data"] for _, body in planted("revert-data-changed", right(before))}
    assert len(data) > 1
    assert all(len(text) == 6 and text.startswith("0x08c") and text != "0x08c3" for text in data)


def test_bytes_that_are_no_json_are_planted() -> None:
    body = result("0xa").encode()
    for name, after in (
        ("json-not-utf-8", body[:-2] + b"\xff\xfe" + body[-2:]),
        ("json-with-mark", b"\xef\xbb\xbf" + body),
        ("json-two-answers", body + b"\n" + body),
    ):
        assert planted(name, right(body.decode())) == {(200, after)}


ODD = ("", "null", "[]", "{}", "7", '"text"', "[[[]]]", '{"result":{}}', "<html>", "[null,1]")


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
@pytest.mark.parametrize("body", ODD)
def test_no_body_is_too_odd_to_plant_in(fault: object, body: str) -> None:
    for answer in (right(body), right(body, Question("m/case", "m", "", '[{"method":1,"params":{}},5]', body))):
        for status, wrong in planted(getattr(fault, "name", ""), answer, FACTS):
            assert (status, wrong) != (200, body.encode())


@pytest.mark.parametrize("control", CONTROLS, ids=lambda control: control.name)
def test_a_control_says_the_same_in_other_bytes(control: object) -> None:
    before = '{"jsonrpc":"2.0","id":1,"result":{"b":"0xa","a":[null,{"d":1,"c":"x"}]}}'
    name = getattr(control, "name", "")
    bodies = planted(name, right(before))
    assert bodies
    assert all(json.loads(body) == json.loads(before) for _, body in bodies)
    assert ((200, before.encode()) in bodies) == (name == "unchanged")
