"""Blocks, headers, counts and receipts by number, hash and tag."""

from typing import Any

import pytest

from reference_node.backend import Backend
from tests.reference_node.rpc.chains import logging_backend
from tests.reference_node.rpc.served import ask, error_of, hex_of

LATER_FIELDS = {
    "baseFeePerGas", "withdrawalsRoot", "blobGasUsed", "excessBlobGas", "parentBeaconBlockRoot", "requestsHash",
}  # fmt: skip


@pytest.fixture(scope="module")
def backend() -> Backend:
    return logging_backend()


def test_the_head_and_the_node(backend: Backend) -> None:
    assert ask(backend, "eth_blockNumber") == "0x5"
    assert ask(backend, "eth_chainId") == hex(1337)
    assert ask(backend, "eth_syncing") is False
    assert ask(backend, "eth_accounts") == []


@pytest.mark.parametrize(("tag", "number"), [("latest", 5), ("earliest", 0), ("safe", 1), ("finalized", 1), ("0x3", 3)])
def test_a_block_is_the_same_by_number_tag_and_hash(backend: Backend, tag: str, number: int) -> None:
    header = backend.header_by_number(number)
    assert header is not None
    for full in (False, True):
        block = ask(backend, "eth_getBlockByNumber", tag, full)
        assert block == ask(backend, "eth_getBlockByHash", hex_of(header.hash), full)
        assert (block["number"], block["hash"]) == (hex(number), hex_of(header.hash))
    fields = ask(backend, "eth_getHeaderByNumber", tag)
    assert fields == ask(backend, "eth_getHeaderByHash", hex_of(header.hash))
    assert fields == {name: block[name] for name in fields}
    assert set(block) - set(fields) == {"size", "transactions", "uncles", "withdrawals"}
    assert set(fields) >= LATER_FIELDS


def test_a_full_block_holds_its_transactions_as_they_are_answered_alone(backend: Backend) -> None:
    block = ask(backend, "eth_getBlockByNumber", "0x1", True)
    hashes = ask(backend, "eth_getBlockByNumber", "0x1", False)["transactions"]
    assert block["transactions"] == [ask(backend, "eth_getTransactionByHash", found) for found in hashes]
    receipts = ask(backend, "eth_getBlockReceipts", "0x1")
    assert receipts == [ask(backend, "eth_getTransactionReceipt", found) for found in hashes]
    assert ask(backend, "eth_getBlockTransactionCountByNumber", "0x1") == "0x2"
    assert ask(backend, "eth_getBlockTransactionCountByHash", block["hash"]) == "0x2"
    assert ask(backend, "eth_getBlockReceipts", {"blockHash": block["hash"]}) == receipts
    assert ask(backend, "eth_getBlockReceipts", "0x4") == []


@pytest.mark.parametrize("name", ["safe", "finalized"])
def test_a_tag_that_names_no_block_is_an_error_but_for_headers(name: str) -> None:
    backend = logging_backend()
    view = type(backend.view)(backend.view.store, backend.view.head, None, None, 0)
    bare = Backend(view, backend.node)
    expected = (-32000, f"{name} block not found")
    assert expected == error_of(bare, "eth_getBlockByNumber", name, False)
    assert expected == error_of(bare, "eth_getBlockReceipts", name)
    assert expected == error_of(bare, "eth_getBlockTransactionCountByNumber", name)
    assert ask(bare, "eth_getHeaderByNumber", name) is None


MISSING: list[tuple[str, tuple[Any, ...]]] = [
    ("eth_getBlockByNumber", ("0x6", True)),
    ("eth_getBlockByNumber", ("0x7fffffffffffffff", True)),
    ("eth_getBlockByHash", ("0x" + "00" * 32, True)),
    ("eth_getHeaderByNumber", ("0x6",)),
    ("eth_getHeaderByNumber", ("pending",)),
    ("eth_getHeaderByHash", ("0x" + "00" * 32,)),
    ("eth_getBlockReceipts", ("0x6",)),
    ("eth_getBlockReceipts", ("0x" + "00" * 32,)),
    ("eth_getBlockTransactionCountByNumber", ("0x6",)),
    ("eth_getBlockTransactionCountByHash", ("0x" + "00" * 32,)),
    ("eth_getUncleCountByBlockNumber", ("0x6",)),
    ("eth_getUncleCountByBlockHash", ("0x" + "00" * 32,)),
    ("eth_getUncleByBlockNumberAndIndex", ("0x1", "0x0")),
    ("eth_getUncleByBlockHashAndIndex", ("0x" + "00" * 32, "0x0")),
]


@pytest.mark.parametrize(("method", "params"), MISSING)
def test_what_is_not_there_is_null(backend: Backend, method: str, params: tuple[Any, ...]) -> None:
    assert ask(backend, method, *params) is None


def test_no_block_has_uncles(backend: Backend) -> None:
    block = ask(backend, "eth_getBlockByNumber", "latest", False)
    assert block["uncles"] == []
    assert ask(backend, "eth_getUncleCountByBlockNumber", "latest") == "0x0"
    assert ask(backend, "eth_getUncleCountByBlockHash", block["hash"]) == "0x0"


def test_the_pending_block_is_the_empty_one_on_the_head(backend: Backend) -> None:
    head = ask(backend, "eth_getBlockByNumber", "latest", True)
    block = ask(backend, "eth_getBlockByNumber", "pending", True)
    assert (block["number"], block["parentHash"], block["transactions"]) == ("0x6", head["hash"], [])
    assert (block["hash"], block["miner"], block["nonce"]) == (None, None, None)
    assert set(block) == set(head) - {"parentBeaconBlockRoot"}
    assert ask(backend, "eth_getBlockReceipts", "pending") == []
    assert ask(backend, "eth_getBlockTransactionCountByNumber", "pending") == "0x0"


def test_a_missing_parameter_is_named(backend: Backend) -> None:
    assert error_of(backend, "eth_getBlockByNumber", "0x1") == (-32602, "missing value for required argument 1")
