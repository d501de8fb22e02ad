"""Faults, each planted alone in a right node, with the claim that each one breaks."""

import json
from collections.abc import Callable
from typing import Any

from tests.conformance.verify.chain import (
    BLOB_BLOCK,
    CREATION_BLOCK,
    HEAD,
    LOG_BLOCK,
    REVERTS,
    SIGNED_BLOCK,
    Mutation,
    backend,
    right_answer,
    set_at,
)
from tests.reference_node.rpc.chains import LOGGER

BLOCK, BY_HASH, RECEIPTS = "eth_getBlockByNumber", "eth_getBlockByHash", "eth_getBlockReceipts"
LOGS, PROOF = "eth_getLogs", "eth_getProof"
OTHER_HASH = "0x" + "ab" * 32


def hash_of(number: int) -> str:
    """Return the hash of a block as JSON-RPC writes it."""
    found = backend().canonical_hash(number)
    assert found is not None
    return "0x" + found.hex()


def is_about(params: list[Any], number: int) -> bool:
    """Say whether parameters name a block by number or hash, in whatever way."""
    names = {hex(number), hash_of(number)}
    named = {param for param in params if isinstance(param, str)}
    named |= {
        value for param in params if isinstance(param, dict) for value in param.values() if isinstance(value, str)
    }
    return bool(named & names)


def at(number: int | None, methods: str | tuple[str, ...], change: Callable[[Any], Any]) -> Mutation:
    """Return a mutation of the results of methods about a block, or about anything."""
    chosen = (methods,) if isinstance(methods, str) else methods

    def mutate(method: str, params: list[Any], result: Any) -> Any:
        return change(result) if method in chosen and (number is None or is_about(params, number)) else result

    return mutate


def put(place: str, value: Any) -> Callable[[Any], Any]:
    """Return a change that sets a value at a place of a result."""
    return lambda result: set_at(result, place, value)


def more(text: str) -> str:
    """Return the next number in hex."""
    return hex(int(text, 16) + 1)


def swap(result: Any) -> Any:
    """Swap the first two items of a list."""
    return [result[1], result[0], *result[2:]] if isinstance(result, list) and len(result) > 1 else result


def drop(result: Any) -> Any:
    """Leave out the last item of a list."""
    return result[:-1] if isinstance(result, list) else result


def without(key: str) -> Callable[[Any], Any]:
    """Return a change that leaves a key out."""
    return lambda result: {name: item for name, item in result.items() if name != key} if result else result


def sibling(method: str, params: list[Any], result: Any) -> Any:
    """Serve everything about a block from another branch, on which all is right."""
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}, separators=(",", ":"))
    return json.loads(right_answer(body, 6)).get("result") if hex(SIGNED_BLOCK) in params else result


def stale(method: str, params: list[Any], result: Any) -> Any:
    """Serve the block before a block."""
    if method != BLOCK or params[0] != hex(SIGNED_BLOCK):
        return result
    request = {"jsonrpc": "2.0", "id": 1, "method": BLOCK, "params": [hex(SIGNED_BLOCK - 1), params[1]]}
    return json.loads(right_answer(json.dumps(request, separators=(",", ":"))))["result"]


def unfiltered(method: str, params: list[Any], result: Any) -> Any:
    """Let a filter's topics and addresses through, all of them."""
    if method != LOGS or not params[0].keys() & {"address", "topics"}:
        return result
    sent = {key: value for key, value in params[0].items() if key not in {"address", "topics"}}
    request = {"jsonrpc": "2.0", "id": 1, "method": LOGS, "params": [sent]}
    return json.loads(right_answer(json.dumps(request, separators=(",", ":"))))["result"]


def one_transaction_more(method: str, params: list[Any], result: Any) -> Any:
    """Say there is a transaction behind the last one."""
    return {"hash": OTHER_HASH} if method == "eth_getTransactionByBlockHashAndIndex" and result is None else result


def cut_range(method: str, params: list[Any], result: Any) -> Any:
    """Leave out the last log of a range of many blocks."""
    is_range = method == LOGS and params[0].get("fromBlock") != params[0].get("toBlock")
    return drop(result) if is_range else result


def delegated_elsewhere(method: str, params: list[Any], result: Any) -> Any:
    """Show the code of a delegation to somebody else."""
    return "0xef0100" + "99" * 20 if method == "eth_getCode" and result.startswith("0xef0100") else result


BOTH = (BLOCK, BY_HASH)
FIRST_LOG = "0.logs.0"
FAULTS: list[tuple[str, str, Mutation]] = [
    ("block-form", "a padded number", at(3, BOTH, put("gasUsed", lambda text: "0x0" + text[2:]))),
    ("block-form", "upper case", at(3, BOTH, put("stateRoot", lambda text: "0x" + text[2:].upper()))),
    ("block-form", "no block where there is one", at(3, BLOCK, lambda _: None)),
    ("block-form", "no root of withdrawals", at(3, BOTH, without("withdrawalsRoot"))),
    ("block-form", "no state root", at(3, BOTH, without("stateRoot"))),
    ("block-form", "a list instead of a block", at(3, BLOCK, lambda _: [])),
    ("block-form", "a number that is none in JSON", at(3, BOTH, put("nonce", 0))),
    ("block-form", "a transaction of a type of its own", at(3, BOTH, put("transactions.0.type", []))),
    ("block-asked-for", "a stale block", stale),
    ("block-hash", "another hash", at(3, BOTH, put("hash", OTHER_HASH))),
    ("block-hash", "another state root", at(3, BOTH, put("stateRoot", OTHER_HASH))),
    ("block-hash", "another parent", at(3, BOTH, put("parentHash", OTHER_HASH))),
    ("block-hash", "another time", at(3, BOTH, put("timestamp", more))),
    ("block-body", "swapped transactions", at(1, BOTH, put("transactions", swap))),
    ("block-body", "a transaction left out", at(1, BOTH, put("transactions", drop))),
    ("block-body", "another value", at(1, BOTH, put("transactions.0.value", more))),
    ("block-body", "another amount withdrawn", at(1, BOTH, put("withdrawals.1.amount", more))),
    ("block-body", "no withdrawals", at(1, BOTH, without("withdrawals"))),
    ("block-body", "another size", at(1, BOTH, put("size", more))),
    ("block-body", "an uncle", at(1, BOTH, put("uncles", [OTHER_HASH]))),
    ("transactions", "another sender", at(1, BOTH, put("transactions.0.from", "0x" + "55" * 20))),
    ("transactions", "another price", at(1, BOTH, put("transactions.1.gasPrice", more))),
    ("transactions", "another place", at(1, BOTH, put("transactions.1.transactionIndex", more))),
    ("transactions", "another signature", at(1, BOTH, put("transactions.0.s", more))),
    ("transactions", "a signature nobody can make", at(1, BOTH, put("transactions.0.r", "0x0"))),
    ("transactions", "another hash", at(1, BOTH, put("transactions.0.hash", OTHER_HASH))),
    ("transactions", "another block", at(1, BOTH, put("transactions.0.blockHash", OTHER_HASH))),
    ("transactions", "an authorization of another nonce",
     at(SIGNED_BLOCK, BOTH, put("transactions.0.authorizationList.0.nonce", more))),
    ("transactions", "another blob", at(BLOB_BLOCK, BOTH, put("transactions.0.blobVersionedHashes.0", OTHER_HASH))),
    ("transactions", "another chain", at(None, "eth_chainId", more)),
    ("parent", "a block of another branch", sibling),
    ("requests", "another hash of requests", at(5, BOTH, put("requestsHash", OTHER_HASH))),
    ("requests", "requests of a block that has none", at(HEAD, BOTH, put("requestsHash", OTHER_HASH))),
    ("block-every-way", "another field by hash", at(3, BY_HASH, put("miner", "0x" + "55" * 20))),
    ("block-every-way", "an extra field by hash", at(3, BY_HASH, lambda result: result and {**result, "extra": "0x1"})),
    ("block-every-way", "null by hash", at(3, BY_HASH, lambda _: None)),
    ("transaction-count", "one too many", at(1, "eth_getBlockTransactionCountByHash", more)),
    ("transaction-count", "one too many by number", at(1, "eth_getBlockTransactionCountByNumber", more)),
    ("transaction-every-way", "another nonce", at(None, "eth_getTransactionByHash", put("nonce", more))),
    ("transaction-every-way", "none by place", at(None, "eth_getTransactionByBlockNumberAndIndex", lambda _: None)),
    ("transaction-every-way", "one behind the last", one_transaction_more),
    ("receipts-form", "a status of 2", at(1, RECEIPTS, put("0.status", "0x2"))),
    ("receipts-form", "a status that is true", at(1, RECEIPTS, put("0.status", True))),
    ("receipts-form", "a receipt left out", at(1, RECEIPTS, drop)),
    ("receipts-form", "null", at(1, RECEIPTS, lambda _: None)),
    ("receipts-root", "another status", at(1, RECEIPTS, put("0.status", "0x0"))),
    ("receipts-root", "swapped logs", at(1, RECEIPTS, put("1.logs", swap))),
    ("receipts-root", "swapped topics", at(1, RECEIPTS, put("1.logs.2.topics", swap))),
    ("receipts-root", "a log left out", at(1, RECEIPTS, put("1.logs", drop))),
    ("receipts-root", "other data in a log", at(1, RECEIPTS, put("1.logs.0.data", "0xcaff"))),
    ("receipts-root", "another sum of gas", at(1, RECEIPTS, put("0.cumulativeGasUsed", more))),
    ("receipts-bloom", "an empty bloom filter", at(1, RECEIPTS, put("1.logsBloom", "0x" + "00" * 256))),
    ("receipts-bloom", "an empty bloom filter of the block", at(1, BOTH, put("logsBloom", "0x" + "00" * 256))),
    ("receipts-gas", "another sum in the header", at(1, BOTH, put("gasUsed", more))),
    ("receipts-gas", "another sum of blob gas", at(BLOB_BLOCK, BOTH, put("blobGasUsed", more))),
    ("receipts-gas", "a sum that does not grow", at(1, RECEIPTS, put("1.cumulativeGasUsed", "0x1"))),
    ("receipts-fields", "other gas", at(1, RECEIPTS, put("1.gasUsed", more))),
    ("receipts-fields", "another contract", at(CREATION_BLOCK, RECEIPTS, put("0.contractAddress", "0x" + "55" * 20))),
    ("receipts-fields", "no contract", at(CREATION_BLOCK, RECEIPTS, put("0.contractAddress", None))),
    ("receipts-fields", "a contract that nobody made", at(1, RECEIPTS, put("0.contractAddress", "0x" + "55" * 20))),
    ("receipts-fields", "another price", at(1, RECEIPTS, put("1.effectiveGasPrice", more))),
    ("receipts-fields", "another sender", at(1, RECEIPTS, put("0.from", "0x" + "55" * 20))),
    ("receipts-fields", "another count of a log", at(1, RECEIPTS, put("1.logs.1.logIndex", more))),
    ("receipts-fields", "a log of another transaction", at(1, RECEIPTS, put("1.logs.1.transactionIndex", more))),
    ("receipts-fields", "other blob gas", at(BLOB_BLOCK, RECEIPTS, put("0.blobGasUsed", more))),
    ("receipts-fields", "another price of blobs", at(BLOB_BLOCK, RECEIPTS, put("0.blobGasPrice", more))),
    ("receipts-fields", "no price of blobs",
     at(BLOB_BLOCK, RECEIPTS, lambda result: result and [without("blobGasPrice")(item) for item in result])),
    ("receipts-fields", "a price of blobs without any",
     at(1, RECEIPTS, lambda result: result and [{**item, "blobGasPrice": "0x1"} for item in result])),
    ("fees", "another base fee", at(None, "eth_feeHistory", put("baseFeePerGas.0", more))),
    ("fees", "another price of blobs", at(BLOB_BLOCK, "eth_feeHistory", put("baseFeePerBlobGas.0", more))),
    ("fees", "a history of nothing", at(None, "eth_feeHistory", put("baseFeePerGas", []))),
    ("fees", "another block", at(3, "eth_feeHistory", put("oldestBlock", more))),
    ("receipt-every-way", "another status by hash", at(None, "eth_getTransactionReceipt", put("status", "0x5"))),
    ("receipt-every-way", "another status by the block's hash",
     lambda method, params, result: put("0.status", "0x0")(result)
     if method == RECEIPTS and params == [hash_of(LOG_BLOCK)] else result),
    ("logs", "a log left out", at(1, LOGS, drop)),
    ("logs", "swapped logs", at(1, LOGS, swap)),
    ("logs", "a log that was removed", at(1, LOGS, put("0.removed", True))),
    ("logs", "another block", at(1, LOGS, put("0.blockHash", OTHER_HASH))),
    ("logs-filtered", "filters without an effect", unfiltered),
    ("proof", "another balance", at(None, PROOF, put("balance", more))),
    ("proof", "another nonce", at(None, PROOF, put("nonce", more))),
    ("proof", "a node left out", at(None, PROOF, put("accountProof", drop))),
    ("proof", "another node", at(None, PROOF, put("accountProof.0", "0xc0"))),
    ("proof", "another code", at(None, PROOF, put("codeHash", OTHER_HASH))),
    ("proof", "another root of storage", at(None, PROOF, put("storageHash", OTHER_HASH))),
    ("proof", "another value in storage", at(None, PROOF, put("storageProof.1.value", more))),
    ("proof", "another slot", at(None, PROOF, put("storageProof.1.key", "0x55"))),
    ("proof", "another account", at(None, PROOF, put("address", "0x" + "55" * 20))),
    ("proof", "a slot left out", at(None, PROOF, put("storageProof", drop))),
    ("account", "another balance", at(None, "eth_getBalance", more)),
    ("account", "another nonce", at(None, "eth_getTransactionCount", more)),
    ("account", "other code",
     lambda method, params, result: "0x00"
     if method == "eth_getCode" and params[0] == f"0x{REVERTS.hex()}" else result),
    ("account", "other storage",
     lambda method, params, result: OTHER_HASH
     if method == "eth_getStorageAt" and params[0] == f"0x{LOGGER.hex()}" else result),
    ("account", "short storage",
     lambda method, params, result: "0x0"
     if method == "eth_getStorageAt" and params[0] == f"0x{LOGGER.hex()}" else result),
    ("delegation", "a delegation to another", delegated_elsewhere),
    ("head", "a head that the latest block is not", at(None, "eth_blockNumber", lambda _: hex(HEAD - 1))),
    ("head-number", "a head that is no number", at(None, "eth_blockNumber", lambda _: HEAD)),
    ("unknown", "a transaction nobody made",
     at(None, "eth_getTransactionByHash", lambda result: result or {"hash": OTHER_HASH})),
    ("unknown", "a block nobody made", at(None, BY_HASH, lambda result: result or {"hash": OTHER_HASH})),
    ("logs-split", "a range that is cut", cut_range),
]  # fmt: skip
