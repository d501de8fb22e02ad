"""Transactions and receipts, alone."""

from typing import Any

import pytest

from reference_node.backend import Backend
from reference_node.rpc.encoding import created_address
from tests.reference_node.rpc.chains import BLOB_HASH, TOPICS, logging_backend
from tests.reference_node.rpc.served import ask, error_of, hex_of
from tests.reference_node.worlds import ADDRESSES, GWEI


@pytest.fixture(scope="module")
def backend() -> Backend:
    return logging_backend()


def transaction(backend: Backend, number: str, index: str) -> Any:
    return ask(backend, "eth_getTransactionByBlockNumberAndIndex", number, index)


def receipt(backend: Backend, number: str, index: str) -> Any:
    return ask(backend, "eth_getTransactionReceipt", transaction(backend, number, index)["hash"])


def test_a_transaction_is_the_same_however_it_is_named(backend: Backend) -> None:
    for number, count in (("0x1", 2), ("0x2", 2), ("0x3", 1), ("0x5", 2)):
        for index in range(count):
            found = transaction(backend, number, hex(index))
            block_hash = found["blockHash"]
            assert (found["blockNumber"], found["transactionIndex"]) == (number, hex(index))
            assert found == ask(backend, "eth_getTransactionByHash", found["hash"])
            assert found == ask(backend, "eth_getTransactionByBlockHashAndIndex", block_hash, hex(index))
            raw = ask(backend, "eth_getRawTransactionByHash", found["hash"])
            assert raw == ask(backend, "eth_getRawTransactionByBlockNumberAndIndex", number, hex(index))
            assert raw == ask(backend, "eth_getRawTransactionByBlockHashAndIndex", block_hash, hex(index))


def test_a_legacy_transaction_has_no_fields_of_later_types(backend: Backend) -> None:
    found = transaction(backend, "0x1", "0x0")
    assert (found["type"], found["gasPrice"], found["chainId"]) == ("0x0", hex(20 * GWEI), hex(1337))
    assert found["from"] == hex_of(ADDRESSES[0])
    assert not set(found) & {"yParity", "accessList", "maxFeePerGas", "maxFeePerBlobGas", "blobVersionedHashes"}


def test_a_dynamic_fee_transaction_shows_what_it_paid(backend: Backend) -> None:
    found = transaction(backend, "0x1", "0x1")
    base_fee = int(ask(backend, "eth_getBlockByNumber", "0x1", False)["baseFeePerGas"], 16)
    assert (found["type"], found["maxPriorityFeePerGas"]) == ("0x2", hex(GWEI))
    assert found["gasPrice"] == hex(base_fee + GWEI) == receipt(backend, "0x1", "0x1")["effectiveGasPrice"]
    assert found["accessList"] == [{"address": hex_of(ADDRESSES[2]), "storageKeys": [hex_of(TOPICS[0])]}]
    assert found["yParity"] == found["v"]
    assert transaction(backend, "0x5", "0x0")["accessList"] == []


def test_a_blob_transaction_shows_its_blobs_and_what_they_cost(backend: Backend) -> None:
    found, paid = transaction(backend, "0x3", "0x0"), receipt(backend, "0x3", "0x0")
    assert (found["type"], found["maxFeePerBlobGas"]) == ("0x3", "0xa")
    assert found["blobVersionedHashes"] == [hex_of(BLOB_HASH)]
    assert (paid["blobGasUsed"], paid["blobGasPrice"]) == ("0x20000", "0x1")


def test_a_creation_names_its_contract_and_a_call_its_callee(backend: Backend) -> None:
    created, reverted = receipt(backend, "0x2", "0x0"), receipt(backend, "0x2", "0x1")
    assert (created["to"], created["contractAddress"]) == (None, hex_of(created_address(ADDRESSES[0], 1)))
    assert (created["status"], reverted["status"]) == ("0x1", "0x0")
    assert (reverted["to"], reverted["contractAddress"]) == ("0x" + "20" * 20, None)
    assert int(reverted["cumulativeGasUsed"], 16) == int(created["gasUsed"], 16) + int(reverted["gasUsed"], 16)


def test_logs_of_a_receipt_go_on_counting_through_the_block(backend: Backend) -> None:
    first, second = receipt(backend, "0x5", "0x0"), receipt(backend, "0x5", "0x1")
    assert [log["logIndex"] for log in first["logs"] + second["logs"]] == [hex(index) for index in range(10)]
    log = second["logs"][2]
    assert log == {
        "address": "0x" + "10" * 20,
        "topics": [hex_of(topic) for topic in TOPICS[:2]],
        "data": "0xcafe",
        "blockNumber": "0x5",
        "transactionHash": second["transactionHash"],
        "transactionIndex": "0x1",
        "blockHash": second["blockHash"],
        "blockTimestamp": ask(backend, "eth_getBlockByNumber", "0x5", False)["timestamp"],
        "logIndex": "0x7",
        "removed": False,
    }
    assert int(first["logsBloom"], 16) == int(second["logsBloom"], 16) != 0
    assert int(receipt(backend, "0x1", "0x0")["logsBloom"], 16) == 0


@pytest.mark.parametrize(
    ("method", "params", "nothing"),
    [
        ("eth_getTransactionByHash", ("0x" + "00" * 32,), None),
        ("eth_getTransactionReceipt", ("0x" + "00" * 32,), None),
        ("eth_getRawTransactionByHash", ("0x" + "00" * 32,), "0x"),
        ("eth_getTransactionByBlockNumberAndIndex", ("0x1", "0x2"), None),
        ("eth_getTransactionByBlockNumberAndIndex", ("0x9", "0x0"), None),
        ("eth_getTransactionByBlockNumberAndIndex", ("pending", "0x0"), None),
        ("eth_getTransactionByBlockHashAndIndex", ("0x" + "00" * 32, "0x0"), None),
        ("eth_getRawTransactionByBlockNumberAndIndex", ("0x1", "0x2"), "0x"),
        ("eth_getRawTransactionByBlockNumberAndIndex", ("pending", "0x0"), "0x"),
        ("eth_getRawTransactionByBlockHashAndIndex", ("0x" + "00" * 32, "0x0"), "0x"),
    ],
)
def test_what_is_not_there(backend: Backend, method: str, params: tuple[str, ...], nothing: str | None) -> None:
    assert nothing == ask(backend, method, *params)


def test_an_index_is_a_quantity(backend: Backend) -> None:
    assert error_of(backend, "eth_getTransactionByBlockNumberAndIndex", "0x1", 0) == (
        -32602,
        "invalid argument 1: json: cannot unmarshal non-string into Go value of type hexutil.Uint",
    )
