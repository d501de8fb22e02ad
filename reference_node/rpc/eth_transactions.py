"""Methods about transactions and their receipts.

A pending block has no transactions here, as a replica has no pool.
Source: geth v1.17.8, internal/ethapi/api.go (TransactionAPI).
"""

import orjson

from reference_node.backend import Backend
from reference_node.chain.types import Header
from reference_node.rpc.encoding import hex_data
from reference_node.rpc.fragments import encoded_receipts, encoded_transactions
from reference_node.rpc.params import BlockRef, Tag, decode_block_number, decode_hash, decode_uint
from reference_node.rpc.registry import Param, RpcError, method

_NUMBER, _HASH, _INDEX = Param(decode_block_number), Param(decode_hash), Param(decode_uint)


@method("eth_getTransactionByHash", _HASH)
def get_transaction_by_hash(backend: Backend, transaction_hash: bytes) -> object:
    """Return a transaction of the canonical chain, or null."""
    found = backend.transaction_location(transaction_hash)
    return None if found is None else _transaction(backend, *found)


@method("eth_getTransactionByBlockHashAndIndex", _HASH, _INDEX)
def get_transaction_by_block_hash_and_index(backend: Backend, block_hash: bytes, index: int) -> object:
    """Return the transaction at a place in a block, or null."""
    return _transaction(backend, backend.header_by_hash(block_hash), index)


@method("eth_getTransactionByBlockNumberAndIndex", _NUMBER, _INDEX)
def get_transaction_by_block_number_and_index(backend: Backend, ref: BlockRef, index: int) -> object:
    """Return the transaction at a place in a canonical block, or null."""
    return None if ref.tag is Tag.PENDING else _transaction(backend, backend.resolve(ref), index)


@method("eth_getRawTransactionByHash", _HASH)
def get_raw_transaction_by_hash(backend: Backend, transaction_hash: bytes) -> str:
    """Return the bytes of a transaction of the canonical chain; none where there is none."""
    found = backend.transaction_location(transaction_hash)
    return "0x" if found is None else _raw_transaction(backend, *found)


@method("eth_getRawTransactionByBlockHashAndIndex", _HASH, _INDEX)
def get_raw_transaction_by_block_hash_and_index(backend: Backend, block_hash: bytes, index: int) -> str:
    """Return the bytes of the transaction at a place in a block; none where there is none."""
    return _raw_transaction(backend, backend.header_by_hash(block_hash), index)


@method("eth_getRawTransactionByBlockNumberAndIndex", _NUMBER, _INDEX)
def get_raw_transaction_by_block_number_and_index(backend: Backend, ref: BlockRef, index: int) -> str:
    """Return the bytes of the transaction at a place in a canonical block; none where there is none."""
    try:
        header = None if ref.tag is Tag.PENDING else backend.resolve(ref)
    except RpcError:
        header = None
    return _raw_transaction(backend, header, index)


@method("eth_getTransactionReceipt", _HASH)
def get_transaction_receipt(backend: Backend, transaction_hash: bytes) -> object:
    """Return the receipt of a transaction of the canonical chain, or null."""
    found = backend.transaction_location(transaction_hash)
    if found is None:
        return None
    header, index = found
    return orjson.Fragment(encoded_receipts(backend, header)[index])


def _transaction(backend: Backend, header: Header | None, index: int) -> object:
    if header is None:
        return None
    encoded = encoded_transactions(backend, header)
    return orjson.Fragment(encoded[index]) if index < len(encoded) else None


def _raw_transaction(backend: Backend, header: Header | None, index: int) -> str:
    transactions = () if header is None else backend.body(header).transactions
    return hex_data(transactions[index].raw) if index < len(transactions) else "0x"
