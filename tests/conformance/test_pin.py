"""What requests name is found, and the same request about a block that stands still is made of them."""

import json
from typing import Any

import pytest

from conformance.corpus import Question, answers_folder, load_corpus
from conformance.heads import read_block
from conformance.pin import (
    BY_BLOCK_HASH,
    BY_TRANSACTION_HASH,
    PLACES,
    STATIC,
    UNKNOWN_HASH,
    Named,
    Takes,
    forget_hashes,
    pin_tags,
    read_named,
    shift_numbers,
)
from conformance.subject import Position
from reference_node.rpc.methods import METHODS

ADDRESS, HASH = "0x" + "aa" * 20, "0x" + "ab" * 32
HEAD, SAFE = Position(80, "0x" + "80" * 32), Position(70, "0x" + "70" * 32)
BLOCKS = {"latest": HEAD, "safe": SAFE}
AT_HEAD, AT_SAFE = {"blockHash": HEAD.hash}, {"blockHash": SAFE.hash}


def asks(method: str, *params: Any) -> Question:
    """Return a question."""
    return Question("m/c", method, "", json.dumps({"id": 1, "method": method, "params": params}), "")


@pytest.mark.parametrize(
    ("method", "params", "pinned"),
    [
        ("eth_getBalance", [ADDRESS, "latest"], [ADDRESS, AT_HEAD]),
        ("eth_getBalance", [ADDRESS, "safe"], [ADDRESS, AT_SAFE]),
        ("eth_getBalance", [ADDRESS, {"blockNumber": "latest"}], [ADDRESS, AT_HEAD]),
        ("eth_getBalance", [ADDRESS, "finalized"], None),
        ("eth_getBalance", [ADDRESS, "earliest"], None),
        ("eth_getBalance", [ADDRESS, "0x50"], None),
        ("eth_getBalance", [ADDRESS, "pending"], None),
        ("eth_getBalance", [ADDRESS, " latest"], None),
        ("eth_getBalance", [ADDRESS], None),
        ("eth_getBalance", ["latest"], None),
        ("eth_getStorageAt", [ADDRESS, "latest", "latest"], [ADDRESS, "latest", AT_HEAD]),
        ("eth_getBlockByNumber", ["latest", True], ["0x50", True]),
        ("eth_getBlockByNumber", [{"blockNumber": "latest"}, True], None),
        ("eth_feeHistory", ["0x5", "safe", []], ["0x5", "0x46", []]),
        ("eth_call", [{"to": ADDRESS}], [{"to": ADDRESS}, AT_HEAD]),
        ("eth_call", [{"to": ADDRESS}, None], [{"to": ADDRESS}, AT_HEAD]),
        ("eth_call", [{"to": ADDRESS}, "latest", {}], [{"to": ADDRESS}, AT_HEAD, {}]),
        ("eth_call", [], None),
        ("eth_getLogs", [{}], [{"fromBlock": "0x50", "toBlock": "0x50"}]),
        ("eth_getLogs", [{"fromBlock": "0x1"}], [{"fromBlock": "0x1", "toBlock": "0x50"}]),
        ("eth_getLogs", [{"fromBlock": "safe", "toBlock": None}], [{"fromBlock": "0x46", "toBlock": "0x50"}]),
        ("eth_getLogs", [{"blockHash": HASH}], None),
        ("eth_getLogs", ["latest"], None),
        ("eth_getBlockReceipts", ["safe"], [AT_SAFE]),
        ("eth_getBlockByHash", [HASH, False], None),
        ("eth_gasPrice", [], None),
    ],
)
def test_tags_become_hashes_where_the_method_takes_one_and_numbers_elsewhere(
    method: str, params: list[Any], pinned: list[Any] | None
) -> None:
    found = pin_tags(asks(method, *params), BLOCKS)
    assert (None if found is None else json.loads(found.question.body)["params"]) == pinned


def test_what_is_pinned_by_number_alone_is_told() -> None:
    found = pin_tags(asks("eth_getLogs", {"fromBlock": "safe"}), BLOCKS)
    assert found is not None
    assert found.by_number == (SAFE, HEAD)
    by_hash = pin_tags(asks("eth_getBalance", ADDRESS, "latest"), BLOCKS)
    assert by_hash is not None
    assert by_hash.by_number == ()


def test_every_request_of_a_batch_is_pinned_and_all_else_stays() -> None:
    batch = [
        {"jsonrpc": "2.0", "id": 2**70, "method": "eth_getBalance", "params": [ADDRESS, "latest"]},
        {"jsonrpc": "2.0", "id": "x", "method": "eth_chainId", "params": ["latest"]},
        5,
    ]
    found = pin_tags(Question("m/c", "m", "", json.dumps(batch), ""), BLOCKS)
    assert found is not None
    assert json.loads(found.question.body) == [{**batch[0], "params": [ADDRESS, AT_HEAD]}, *batch[1:]]  # type: ignore[dict-item]


@pytest.mark.parametrize(
    "body", ["", "{", "null", "5", '"latest"', '{"method":5}', '{"method":"eth_call","params":{}}']
)
def test_what_is_no_request_is_left_alone(body: str) -> None:
    question = Question("m/c", "m", "", body, "")
    assert pin_tags(question, BLOCKS) is None
    assert shift_numbers(question, 0, 1) is None
    assert forget_hashes(question, frozenset({HASH})) is None
    read_named(question)


def named(method: str, *params: Any) -> Named:
    """Return what a request names."""
    return read_named(asks(method, *params))


@pytest.mark.parametrize(
    ("found", "anchors"),
    [
        (named("eth_chainId"), ()),
        (named("web3_sha3", "0x"), ()),
        (named("eth_gasPrice"), ("latest",)),
        (named("eth_getBalance", ADDRESS, "0x50"), ("0x50",)),
        (named("eth_getBalance", ADDRESS, "safe"), ("latest", "safe")),
        (named("eth_getBalance", ADDRESS, "pending"), ("latest",)),
        (named("eth_getBalance", ADDRESS, HASH), ("latest",)),
        (named("eth_getBalance", ADDRESS, "0x050"), ("latest",)),
        (named("eth_getLogs", {"fromBlock": "0x1", "toBlock": "0x5"}), ("0x1", "0x5")),
        (named("eth_getLogs", {"fromBlock": "0x1"}), ("latest", "0x1")),
        (named("eth_getTransactionByHash", HASH), ("latest",)),
        (named("eth_unknown", "0x5"), ("latest",)),
    ],
)
def test_it_is_known_which_blocks_an_answer_depends_on(found: Named, anchors: tuple[str, ...]) -> None:
    assert found.anchors == anchors
    assert found.is_static == (anchors == ())


def test_numbers_and_hashes_can_be_replaced() -> None:
    shifted = shift_numbers(asks("eth_getLogs", {"fromBlock": "0x1", "toBlock": "0x5"}), 3, 16)
    assert shifted is not None
    assert json.loads(shifted.body)["params"] == [{"fromBlock": "0x1", "toBlock": "0x15"}]
    for method, params, after in (
        ("eth_getBlockByHash", [HASH, True], [UNKNOWN_HASH, True]),
        ("eth_getTransactionReceipt", [HASH], [UNKNOWN_HASH]),
        ("eth_getBalance", [ADDRESS, HASH], [ADDRESS, {"blockHash": UNKNOWN_HASH}]),
        ("eth_getLogs", [{"blockHash": HASH}], [{"blockHash": UNKNOWN_HASH}]),
    ):
        found = forget_hashes(asks(method, *params), frozenset({HASH}))
        assert found is not None
        assert json.loads(found.body)["params"] == after
    kept = {"blockHash": HASH, "requireCanonical": True}
    found = forget_hashes(asks("eth_getBalance", ADDRESS, kept), frozenset({HASH}))
    assert found is not None
    assert json.loads(found.body)["params"][1] == {"blockHash": UNKNOWN_HASH, "requireCanonical": True}


def test_every_method_of_the_replica_is_in_a_table_or_depends_on_the_newest_block() -> None:
    by_table = {*PLACES, *BY_BLOCK_HASH, *BY_TRANSACTION_HASH}
    whole = {
        "eth_blockNumber", "eth_gasPrice", "eth_maxPriorityFeePerGas", "eth_blobBaseFee", "eth_syncing",
        "eth_sendRawTransaction",
    }  # fmt: skip
    static = {name for name in METHODS if named(name).is_static}
    assert set(METHODS) - by_table - static - whole == set()
    assert len(static) == 7, STATIC


def test_recorded_requests_name_blocks_where_the_table_looks_for_them() -> None:
    for asked in load_corpus(answers_folder("everyfork"), exclude=["bodies"]).questions:
        request = json.loads(asked.body)
        place = PLACES.get(asked.method)
        if place is None or place.takes is Takes.FILTER or not isinstance(request["params"], list):
            continue
        for index, value in enumerate(request["params"]):
            if value in ("latest", "safe", "finalized", "pending"):
                assert index == place.index, asked.name


@pytest.mark.parametrize(
    "block",
    [None, 5, [], {}, {"number": "0x1"}, {"number": 1, "hash": HASH}, {"number": "1", "hash": HASH},
     {"number": "0xg", "hash": HASH}, {"number": "0x" + "1" * 5000, "hash": HASH}, {"number": "0x", "hash": HASH}],
)  # fmt: skip
def test_what_is_no_block_has_no_position(block: Any) -> None:
    assert read_block(block) is None


def test_a_block_has_a_position() -> None:
    assert read_block({"number": "0x50", "hash": HASH, "more": 1}) == Position(80, HASH)
