"""Encoded pieces of answers, made once for each block and kept by its hash.

What a block hash names never changes, so a piece holds in every view. An answer about a block is put together from
them without encoding it again.
"""

from dataclasses import dataclass
from typing import Any

import orjson

from reference_node.backend import Backend
from reference_node.chain.types import Header, Log
from reference_node.evm.fees import blob_base_fee_at
from reference_node.rpc.encoding import block_json, hex_data, log_json, receipt_json, transaction_json
from reference_node.rpc.registry import RpcError


@dataclass(frozen=True, slots=True)
class EncodedLog:
    """A log, and its JSON."""

    log: Log
    json: bytes


def encoded_block(backend: Backend, header: Header, full: bool) -> bytes:
    """Return a block's JSON, with hashes of its transactions or all of them."""
    key = ("block full" if full else "block", header.hash)
    found: bytes | None = backend.node.caches.answers.get(key)
    if found is None:
        body = backend.body(header)
        transactions: list[Any] = (
            [orjson.Fragment(piece) for piece in encoded_transactions(backend, header)]
            if full
            else [hex_data(transaction.hash) for transaction in body.transactions]
        )
        found = orjson.dumps(block_json(header, body, transactions))
        backend.node.caches.answers.put(key, found, len(found))
    return found


def encoded_transactions(backend: Backend, header: Header) -> tuple[bytes, ...]:
    """Return the JSON of each of a block's transactions."""
    key = ("transactions", header.hash)
    found: tuple[bytes, ...] | None = backend.node.caches.answers.get(key)
    if found is None:
        found = tuple(
            orjson.dumps(transaction_json(transaction, backend.sender(transaction), header, index))
            for index, transaction in enumerate(backend.body(header).transactions)
        )
        backend.node.caches.answers.put(key, found, sum(map(len, found)))
    return found


def encoded_logs(backend: Backend, header: Header) -> tuple[tuple[EncodedLog, ...], ...]:
    """Return the logs of each of a block's transactions, in order."""
    key = ("logs", header.hash)
    found: tuple[tuple[EncodedLog, ...], ...] | None = backend.node.caches.answers.get(key)
    if found is None:
        by_transaction: list[tuple[EncodedLog, ...]] = []
        index = size_bytes = 0
        for place, (transaction, receipt) in enumerate(_transactions_and_receipts(backend, header)):
            pieces = []
            for log in receipt.logs:
                encoded = orjson.dumps(log_json(log, transaction.hash, place, header, index))
                pieces.append(EncodedLog(log, encoded))
                size_bytes += 2 * len(encoded)
                index += 1
            by_transaction.append(tuple(pieces))
        found = tuple(by_transaction)
        backend.node.caches.answers.put(key, found, size_bytes)
    return found


def encoded_receipts(backend: Backend, header: Header) -> tuple[bytes, ...]:
    """Return the JSON of each of a block's receipts.

    Raises:
        RpcError: the block has not as many receipts as transactions.
    """
    key = ("receipts", header.hash)
    found: tuple[bytes, ...] | None = backend.node.caches.answers.get(key)
    if found is None:
        blob_base_fee = blob_base_fee_at(backend.node.config, header)
        pieces = []
        gas_before = 0
        both = zip(_transactions_and_receipts(backend, header), encoded_logs(backend, header), strict=True)
        for index, ((transaction, receipt), logs) in enumerate(both):
            gas_used = receipt.cumulative_gas_used - gas_before
            gas_before = receipt.cumulative_gas_used
            content = receipt_json(
                transaction,
                backend.sender(transaction),
                receipt,
                gas_used,
                header,
                index,
                blob_base_fee,
                [orjson.Fragment(log.json) for log in logs],
            )
            pieces.append(orjson.dumps(content))
        found = tuple(pieces)
        backend.node.caches.answers.put(key, found, sum(map(len, found)))
    return found


def json_list(pieces: Any) -> orjson.Fragment:
    """Return a JSON list of encoded pieces."""
    return orjson.Fragment(b"[" + b",".join(pieces) + b"]")


def _transactions_and_receipts(backend: Backend, header: Header) -> list[tuple[Any, Any]]:
    transactions, receipts = backend.body(header).transactions, backend.receipts(header)
    if len(transactions) != len(receipts):
        raise RpcError(-32000, f"receipts length mismatch: {len(transactions)} vs {len(receipts)}")
    return list(zip(transactions, receipts, strict=True))
