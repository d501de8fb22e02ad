"""Answers of any shape become findings or are not checked; nothing raises."""

import json
from typing import Any

import orjson
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from conformance.corpus import Question
from conformance.subject import Reply
from conformance.verify.answer import verify_answer
from conformance.verify.ask import Asker, read_answer
from conformance.verify.chain import Plan, verify_chain
from conformance.verify.evidence import Evidence
from conformance.verify.facts import TRANSACTIONS_MAX
from conformance.verify.values import FINDINGS_MAX, State
from tests.conformance.verify.chain import Node

TEXTS = st.sampled_from(
    [
        "",
        "0x",
        "0x0",
        "0x00",
        "0x1",
        "0xffffffffffffffffff",
        "0x" + "f" * 66,
        "0x" + "ab" * 32,
        "0x" + "AB" * 20,
        "latest",
    ]
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False) | TEXTS,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["hash", "to", "logs"]), inner, max_size=2)
    ),
    max_leaves=5,
)
METHODS = st.sampled_from(
    [
        "eth_getBlockByNumber", "eth_getBlockByHash", "eth_getBlockReceipts", "eth_getLogs", "eth_getProof",
        "eth_getCode", "eth_getTransactionByHash", "eth_getTransactionReceipt", "eth_getStorageAt", "eth_chainId",
        "eth_blockNumber",
    ]
)  # fmt: skip


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return the way to every value in a value."""
    found = [path]
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, item in inner:
        found += places(item, (*path, step))
    return found


def replaced(result: Any, share: float, value: Any) -> Any:
    """Replace one of the values in a result, the one at a share of all."""
    way = places(result)
    *outer, last = way[min(int(share * len(way)), len(way) - 1)] or (None,)
    if last is None:
        return value
    inner = result
    for step in outer:
        inner = inner[step]
    inner[last] = value
    return result


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(METHODS, st.floats(0, 1), VALUES)
def test_any_value_anywhere_is_borne(method: str, share: float, value: Any) -> None:
    def mutate(asked: str, _params: list[Any], result: Any) -> Any:
        return replaced(result, share, value) if asked == method else result

    for outcome in verify_chain(Asker(Node(mutate)), Plan(blocks=3)):
        assert len(outcome.findings) <= FINDINGS_MAX


class Anything:
    """Answers with values that have nothing to do with what was asked."""

    name = "anything"
    version = "Anything/v1"

    def __init__(self, value: Any) -> None:
        self._value = value

    def ask(self, question: Question) -> Reply:
        """Return the value as a result."""
        return Reply(200, orjson.dumps({"jsonrpc": "2.0", "id": 1, "result": self._value}))


@given(METHODS, VALUES)
def test_one_answer_of_any_value_is_borne(method: str, value: Any) -> None:
    params: dict[str, list[Any]] = {
        "eth_getBlockByNumber": ["0x1", True],
        "eth_getBlockByHash": ["0x" + "ab" * 32, False],
        "eth_getBlockReceipts": ["0x1"],
        "eth_getLogs": [{"fromBlock": "0x0", "toBlock": "0x3"}],
        "eth_getProof": ["0x" + "ab" * 20, ["0x" + "00" * 32], "0x1"],
        "eth_getCode": ["0x" + "ab" * 20, "0x1"],
        "eth_getTransactionByHash": ["0x" + "ab" * 32],
        "eth_getTransactionReceipt": ["0x" + "ab" * 32],
        "eth_getStorageAt": ["0x" + "ab" * 20, "0x" + "00" * 32, "0x1"],
    }
    request = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params.get(method, [])}
    body = json.dumps(request)
    right = Asker(Node())
    liar = Asker(Anything(value))
    for asker in (right, liar):
        reply = Anything(value).ask(Question("q", method, "", body, ""))
        verify_answer(request, read_answer("liar", method, body, reply, 1), asker, Evidence([asker, right]))


def test_a_block_of_more_transactions_than_any_has_is_refused() -> None:
    def mutate(method: str, params: list[Any], result: Any) -> Any:
        if method == "eth_getBlockByNumber" and params == ["0x1", True]:
            result["transactions"] = result["transactions"][:1] * (TRANSACTIONS_MAX + 1)
        return result

    outcomes = list(verify_chain(Asker(Node(mutate)), Plan()))
    broken = [outcome for outcome in outcomes if outcome.state is State.BROKEN]
    assert [(outcome.claim, outcome.about) for outcome in broken] == [("block-form", "block-1")]
    assert "at most" in broken[0].findings[0].expected
    assert len(broken[0].findings[0].found) < 1000
