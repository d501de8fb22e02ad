"""Where two answers differ, the one that its own block's hash refutes is named; what can be right is not."""

import json
from typing import Any

import pytest

from conformance.corpus import Question
from conformance.subject import Reply
from conformance.verify.ask import Asker
from conformance.verify.explain import Endpoints, Side, explain
from tests.conformance.verify.chain import HEAD, LOG_BLOCK, Mutation, Node, backend, right_answer
from tests.conformance.verify.faults import at, drop, hash_of, more, put
from tests.reference_node.rpc.chains import LOGGER
from tests.reference_node.worlds import ADDRESSES


def ask(method: str, params: list[Any]) -> Question:
    """Return a question that asks one thing."""
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}, separators=(",", ":"))
    return Question(f"{method}/case", method, "", body, "")


def result_of(method: str, params: list[Any]) -> Any:
    """Return the right result."""
    return json.loads(right_answer(ask(method, params).body))["result"]


LOGGER_NAME, RICH = f"0x{LOGGER.hex()}", f"0x{ADDRESSES[0].hex()}"
NUMBER, HASH = hex(LOG_BLOCK), hash_of(LOG_BLOCK)
TRANSACTION = result_of("eth_getTransactionByBlockHashAndIndex", [HASH, "0x1"])["hash"]

DIFFERENT: list[tuple[str, list[Any], Any]] = [
    ("eth_getBlockByHash", [HASH, True], put("miner", RICH)),
    ("eth_getBlockByHash", [HASH, False], put("transactions", drop)),
    ("eth_getBlockByHash", [HASH, False], put("size", more)),
    ("eth_getBlockByHash", [HASH, False], lambda _: None),
    ("eth_getBlockByNumber", [NUMBER, True], put("transactions.1.from", RICH)),
    ("eth_getBlockByNumber", [NUMBER, False], put("number", more)),
    ("eth_getBlockTransactionCountByHash", [HASH], more),
    ("eth_getBlockTransactionCountByHash", [HASH], lambda _: None),
    ("eth_getBlockTransactionCountByNumber", [NUMBER], more),
    ("eth_getTransactionByHash", [TRANSACTION], put("blockNumber", more)),
    ("eth_getTransactionByHash", [TRANSACTION], put("transactionIndex", "0x9")),
    ("eth_getTransactionByHash", [TRANSACTION], lambda _: None),
    ("eth_getTransactionByBlockHashAndIndex", [HASH, "0x1"], put("nonce", more)),
    ("eth_getTransactionByBlockHashAndIndex", [HASH, "0x1"], lambda _: None),
    ("eth_getTransactionByBlockNumberAndIndex", [NUMBER, "0x1"], lambda _: None),
    ("eth_getTransactionReceipt", [TRANSACTION], put("gasUsed", more)),
    ("eth_getTransactionReceipt", [TRANSACTION], put("logs", drop)),
    ("eth_getTransactionReceipt", [TRANSACTION], put("blockHash", hash_of(HEAD))),
    ("eth_getTransactionReceipt", [TRANSACTION], lambda _: None),
    ("eth_getBlockReceipts", [NUMBER], put("0.status", "0x0")),
    ("eth_getBlockReceipts", [{"blockHash": HASH}], drop),
    ("eth_getLogs", [{"blockHash": HASH}], drop),
    ("eth_getLogs", [{"fromBlock": "0x0", "toBlock": "0x5"}], drop),
    ("eth_getLogs", [{"fromBlock": "0x0", "toBlock": "0x5", "address": LOGGER_NAME, "topics": [None]}], drop),
    ("eth_getProof", [LOGGER_NAME, ["0x" + "00" * 31 + "01"], NUMBER], put("storageProof.0.value", more)),
    ("eth_getBalance", [RICH, NUMBER], more),
    ("eth_getBalance", [RICH, {"blockHash": HASH}], more),
    ("eth_getTransactionCount", [RICH, {"blockNumber": NUMBER}], more),
    ("eth_getCode", [LOGGER_NAME, NUMBER], lambda _: "0x"),
    ("eth_getStorageAt", [LOGGER_NAME, "0x" + "00" * 31 + "01", NUMBER], lambda _: "0x" + "00" * 32),
    ("web3_sha3", ["0xcafe"], lambda _: "0x" + "00" * 32),
]


@pytest.mark.parametrize(("method", "params", "change"), DIFFERENT)
def test_the_wrong_side_is_named_whichever_it_is(method: str, params: list[Any], change: Any) -> None:
    question = ask(method, params)
    right, wrong = Node(), Node(at(None, method, change))
    expected, got = right.ask(question), wrong.ask(question)
    assert expected != got
    found = explain(question, expected, got, Endpoints(Asker(right), Asker(wrong)))
    assert found.side is Side.CANDIDATE, found.reason
    assert found.findings
    assert found.findings[0].endpoint == "candidate"
    assert explain(question, got, expected, Endpoints(Asker(wrong), Asker(right))).side is Side.REFERENCE


@pytest.mark.parametrize(("method", "params", "change"), DIFFERENT)
def test_a_right_answer_is_never_blamed(method: str, params: list[Any], change: Any) -> None:
    question = ask(method, params)
    right = Node()
    reply = right.ask(question)
    assert explain(question, reply, reply, Endpoints(Asker(right), Asker(right))).side is Side.UNKNOWN


def test_both_are_wrong() -> None:
    question = ask("eth_getBlockByHash", [HASH, True])
    nodes = [Node(at(None, "eth_getBlockByHash", put("gasUsed", value))) for value in ("0x1", "0x2")]
    found = explain(question, nodes[0].ask(question), nodes[1].ask(question), Endpoints(*map(Asker, nodes)))
    assert found.side is Side.BOTH


def test_two_branches_are_both_right() -> None:
    class Branch:
        name = version = "branch"

        def ask(self, question: Question) -> Reply:
            """Answer as the chain with another first block does."""
            return Reply(200, right_answer(question.body, 6))

    asked: list[tuple[str, list[Any]]] = [
        ("eth_getBlockByNumber", [NUMBER, True]),
        ("eth_getBalance", [RICH, NUMBER]),
        ("eth_getBlockReceipts", [NUMBER]),
    ]
    for method, params in asked:
        question = ask(method, params)
        right, branch = Node(), Branch()
        expected, got = right.ask(question), branch.ask(question)
        assert expected != got
        assert explain(question, expected, got, Endpoints(Asker(right), Asker(branch))).side is Side.UNKNOWN


def test_null_for_what_the_endpoint_does_not_have_yet_is_not_blamed() -> None:
    """A node that is behind does not know the newest block."""
    newest = hash_of(HEAD)

    def behind(method: str, params: list[Any], result: Any) -> Any:
        return None if newest in params or hex(HEAD) in params else result

    right, late = Node(), Node(behind)
    question = ask("eth_getBlockByHash", [newest, True])
    found = explain(question, right.ask(question), late.ask(question), Endpoints(Asker(right), Asker(late)))
    assert found.side is Side.UNKNOWN


@pytest.mark.parametrize(
    ("method", "params"),
    [
        ("eth_call", [{"to": RICH}, NUMBER]), ("eth_getBalance", [RICH, "latest"]), ("eth_getBalance", [RICH]),
        ("eth_getBalance", []), ("eth_getBalance", [RICH, {"blockHash": 7}]), ("eth_blockNumber", []),
        ("eth_getLogs", [{"fromBlock": "latest"}]), ("eth_getLogs", [None]), ("eth_getBlockByHash", ["0x1", True]),
    ],
)  # fmt: skip
def test_what_no_hash_proves_stays_unknown(method: str, params: list[Any]) -> None:
    question = ask(method, params)
    one, other = (Reply(200, b'{"jsonrpc":"2.0","id":1,"result":"%s"}' % value) for value in (b"0x1", b"0x2"))
    found = explain(question, one, other, Endpoints(Asker(Node()), Asker(Node())))
    assert found.side is Side.UNKNOWN
    assert found.reason


def test_a_record_is_asked_nothing_and_still_judged_by_what_the_other_proves() -> None:
    question = ask("eth_getTransactionByHash", [TRANSACTION])
    node = Node()
    wrong = Node(at(None, "eth_getTransactionByHash", put("gas", more)))
    assert (
        explain(question, wrong.ask(question), node.ask(question), Endpoints(None, Asker(node))).side is Side.REFERENCE
    )
    by_number = ask("eth_getBalance", [RICH, NUMBER])
    found = explain(by_number, node.ask(by_number), Reply(200, b"{}"), Endpoints(None, Asker(node)))
    assert found.side is Side.CANDIDATE


def test_mutations_change_what_they_are_about() -> None:
    mutation: Mutation = at(LOG_BLOCK, "eth_getBalance", more)
    assert mutation("eth_getBalance", [RICH, NUMBER], "0x1") == "0x2"
    assert mutation("eth_getBalance", [RICH, "0x5"], "0x1") == "0x1"
    assert backend().canonical_hash(HEAD)
