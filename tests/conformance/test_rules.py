"""What a value means decides how a difference is named, and never whether there is one."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.compare import Kind, differences
from conformance.corpus import answers_folder, load_corpus
from conformance.rules import Meaning, meaning_at, other_form
from conformance.subject import Reply
from conformance.verdict import Verdict, judge
from tests.conformance.questions import answer, question


@pytest.mark.parametrize(
    ("method", "place", "meaning"),
    [
        ("eth_getBalance", "$.result", Meaning.QUANTITY),
        ("eth_getCode", "$.result", None),
        ("eth_getStorageAt", "$.result", None),
        ("eth_getBlockByNumber", "$.result.number", Meaning.QUANTITY),
        ("eth_getBlockByNumber", "$.result.nonce", Meaning.DATA),
        ("eth_getBlockByHash", "$.result.transactions[3].nonce", Meaning.QUANTITY),
        ("eth_getBlockByHash", "$.result.transactions[3].input", None),
        ("eth_getTransactionByHash", "$.result.nonce", Meaning.QUANTITY),
        ("eth_getTransactionByHash", "$.result.accessList", None),
        ("eth_getBlockReceipts", "$.result[0].logs[1].logIndex", Meaning.QUANTITY),
        ("eth_getLogs", "$.result[1].data", None),
        ("eth_getProof", "$.result.storageProof[0].value", Meaning.QUANTITY),
        ("eth_getProof", "$.result.balance", Meaning.QUANTITY),
        ("eth_feeHistory", "$.result.reward[0][2]", Meaning.QUANTITY),
        ("eth_createAccessList", "$.result.accessList", Meaning.SET),
        ("eth_createAccessList", "$.result.accessList[12].storageKeys", Meaning.SET),
        ("eth_call", "$.result", None),
        ("", "$.result", None),
    ],
)
def test_the_table_says_what_is_where(method: str, place: str, meaning: Meaning | None) -> None:
    assert meaning_at(method, place) is meaning


def test_every_value_that_the_table_calls_a_quantity_is_recorded_as_one() -> None:
    found: dict[Meaning | None, int] = dict.fromkeys([*Meaning, None], 0)
    for asked in load_corpus(answers_folder("everyfork"), exclude=["bodies"]).questions:
        content = json.loads(asked.recorded or "null")
        for place, value in texts("$.result", content.get("result") if isinstance(content, dict) else None):
            meaning = meaning_at(asked.method, place)
            found[meaning] += 1
            if meaning is Meaning.QUANTITY:
                assert value == hex(int(value, 16)), f"{asked.name} {place}"
            elif meaning is Meaning.DATA:
                assert len(value) % 2 == 0, f"{asked.name} {place}"
    assert found[Meaning.QUANTITY] > 5000
    assert found[Meaning.DATA] > 20


def texts(place: str, value: Any) -> list[tuple[str, str]]:
    """Return every text in a value with its place."""
    if isinstance(value, dict):
        return [found for key, item in value.items() for found in texts(f"{place}.{key}", item)]
    if isinstance(value, list):
        return [found for step, item in enumerate(value) for found in texts(f"{place}[{step}]", item)]
    return [(place, value)] if isinstance(value, str) else []


@pytest.mark.parametrize(
    ("meaning", "expected", "got", "said"),
    [
        (Meaning.QUANTITY, "0x1", "0x01", "padded"),
        (Meaning.QUANTITY, "0x0", "0x00", "padded"),
        (Meaning.QUANTITY, "0x0", "0x", "empty"),
        (Meaning.QUANTITY, "0xa", "0xA", "upper-case hex"),
        (Meaning.QUANTITY, "0xa", "0X0A", "0X for 0x, upper-case hex, padded"),
        (Meaning.QUANTITY, "0xa", "a", "without 0x"),
        (Meaning.QUANTITY, "0x01", "0x1", "the reference's: padded"),
        (Meaning.QUANTITY, "0xa", "0xb", ""),
        (Meaning.QUANTITY, "0xa", "0xa0", ""),
        (Meaning.QUANTITY, "0xa", "10", ""),
        (Meaning.QUANTITY, "0xa", "", ""),
        (None, "0xab", "0xAB", "upper-case hex"),
        (None, "0xab", "0x00ab", ""),
        (None, "0x", "0x00", ""),
        (None, "", "0x", ""),
        (None, "word", "WORD", ""),
        (Meaning.DATA, "0x01", "0x1", ""),
    ],
)
def test_the_form_of_a_value_has_a_name(meaning: Meaning | None, expected: str, got: str, said: str) -> None:
    assert other_form(meaning, expected, got) == said


@given(st.integers(0, 2**256), st.integers(0, 5), st.booleans())
def test_a_quantity_in_another_form_is_a_mismatch_of_that_kind(number: int, zeros: int, upper: bool) -> None:
    asked = question("eth_getBalance", result=hex(number))
    digits = "0" * zeros + f"{number:x}"
    text = "0x" + (digits.upper() if upper else digits)
    judgement = judge(asked, Reply(200, asked.recorded.encode()), Reply(200, answer(text).encode()))
    if text == hex(number):
        assert judgement.verdict is Verdict.MATCH
    else:
        assert judgement.verdict is Verdict.MISMATCH
        assert [found.kind for found in judgement.differences] == [Kind.FORM]


@given(st.text("0xXaA1"), st.text("0xXaA1"), st.sampled_from([*Meaning, None]))
def test_what_a_value_means_never_makes_two_texts_equal(left: str, right: str, meaning: Meaning | None) -> None:
    assert bool(differences(left, right, lambda _: meaning)) == (left != right)
