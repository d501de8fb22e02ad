"""Methods about whole blocks and the chain's head.

Source: geth v1.17.8, internal/ethapi/api.go.
"""

import time

import orjson

from reference_node.backend import Backend
from reference_node.rpc.encoding import header_json
from reference_node.rpc.fragments import encoded_block, encoded_receipts, json_list
from reference_node.rpc.params import (
    BlockRef,
    Tag,
    decode_block,
    decode_block_number,
    decode_bool,
    decode_hash,
    decode_uint,
)
from reference_node.rpc.pending import pending_block
from reference_node.rpc.registry import Param, RpcError, method

_NUMBER, _HASH, _BLOCK, _INDEX = Param(decode_block_number), Param(decode_hash), Param(decode_block), Param(decode_uint)
_FULL = Param(decode_bool)


@method("eth_blockNumber")
def block_number(backend: Backend) -> str:
    """Return the head's number."""
    return hex(backend.view.head.number)


@method("eth_chainId")
def chain_id(backend: Backend) -> str:
    """Return the chain id (EIP-695)."""
    return hex(backend.node.config.chain_id)


@method("eth_syncing")
def syncing(_backend: Backend) -> bool:
    """Return false: a replica that has not caught up with its log answers no calls at all."""
    return False


@method("eth_accounts")
def accounts(_backend: Backend) -> list[str]:
    """Return no account: a replica holds no keys."""
    return []


@method("eth_getBlockByNumber", _NUMBER, _FULL)
def get_block_by_number(backend: Backend, ref: BlockRef, full: bool) -> object:
    """Return a canonical block, or null above the head; for `pending` see `pending_block`."""
    if ref.tag is Tag.PENDING:
        return pending_block(backend.node.config, backend.view.head, int(time.time()))
    header = backend.resolve(ref)
    return None if header is None else orjson.Fragment(encoded_block(backend, header, full))


@method("eth_getBlockByHash", _HASH, _FULL)
def get_block_by_hash(backend: Backend, block_hash: bytes, full: bool) -> object:
    """Return a block, canonical or not, or null."""
    header = backend.header_by_hash(block_hash)
    return None if header is None else orjson.Fragment(encoded_block(backend, header, full))


@method("eth_getHeaderByNumber", _NUMBER)
def get_header_by_number(backend: Backend, ref: BlockRef) -> object:
    """Return a canonical header; null above the head, for `pending`, and for a tag that names no block."""
    if ref.tag is Tag.PENDING:
        return None
    try:
        header = backend.resolve(ref)
    except RpcError:
        return None
    return None if header is None else header_json(header)


@method("eth_getHeaderByHash", _HASH)
def get_header_by_hash(backend: Backend, block_hash: bytes) -> object:
    """Return a header, canonical or not, or null."""
    header = backend.header_by_hash(block_hash)
    return None if header is None else header_json(header)


@method("eth_getBlockReceipts", _BLOCK)
def get_block_receipts(backend: Backend, ref: BlockRef) -> object:
    """Return all receipts of a block, or null."""
    if ref.tag is Tag.PENDING:
        return []
    header = backend.resolve(ref)
    return None if header is None else json_list(encoded_receipts(backend, header))


@method("eth_getBlockTransactionCountByNumber", _NUMBER)
def get_block_transaction_count_by_number(backend: Backend, ref: BlockRef) -> str | None:
    """Return how many transactions a canonical block has, or null."""
    if ref.tag is Tag.PENDING:
        return "0x0"
    header = backend.resolve(ref)
    return None if header is None else hex(len(backend.body(header).transactions))


@method("eth_getBlockTransactionCountByHash", _HASH)
def get_block_transaction_count_by_hash(backend: Backend, block_hash: bytes) -> str | None:
    """Return how many transactions a block has, or null."""
    header = backend.header_by_hash(block_hash)
    return None if header is None else hex(len(backend.body(header).transactions))


@method("eth_getUncleCountByBlockNumber", _NUMBER)
def get_uncle_count_by_number(backend: Backend, ref: BlockRef) -> str | None:
    """Return how many uncles a canonical block has, or null."""
    header = backend.resolve(ref)
    return None if header is None else hex(len(backend.body(header).uncles))


@method("eth_getUncleCountByBlockHash", _HASH)
def get_uncle_count_by_hash(backend: Backend, block_hash: bytes) -> str | None:
    """Return how many uncles a block has, or null."""
    header = backend.header_by_hash(block_hash)
    return None if header is None else hex(len(backend.body(header).uncles))


@method("eth_getUncleByBlockNumberAndIndex", _NUMBER, _INDEX)
def get_uncle_by_number(backend: Backend, ref: BlockRef, _index: int) -> None:
    """Return null: a block after the merge has no uncles."""
    backend.resolve(ref)


@method("eth_getUncleByBlockHashAndIndex", _HASH, _INDEX)
def get_uncle_by_hash(_backend: Backend, _block_hash: bytes, _index: int) -> None:
    """Return null: a block after the merge has no uncles."""
