"""Methods that read one account: balance, nonce, code, storage and proofs of them.

Source: geth v1.17.8, internal/ethapi/api.go (GetBalance, GetCode, GetStorageAt, GetProof, decodeStorageKey).
"""

import json
import time
from typing import Any

from reference_node.backend import Backend
from reference_node.chain.config import Fork
from reference_node.chain.trie_update import EMPTY_ROOT
from reference_node.chain.types import Header
from reference_node.evm.state_reader import StateReader
from reference_node.rpc.encoding import hex_data
from reference_node.rpc.params import (
    LATEST,
    BlockRef,
    Tag,
    cannot_unmarshal,
    decode_address,
    decode_block,
    decode_string,
    go_kind,
)
from reference_node.rpc.pending import pending_header
from reference_node.rpc.registry import Param, RpcError, method

PROOF_KEYS_MAX = 1024
_INVALID_PARAMS, _SERVER_ERROR = -32602, -32000
_KEY_BYTES = 32
_HEX_DIGITS = frozenset("0123456789abcdefABCDEF")
_NO_HASH = bytes(32)
_BLOCK = Param(decode_block, LATEST)


def state_at(backend: Backend, header: Header) -> StateReader:
    """Return the state after a block."""
    caches = backend.node.caches
    return StateReader(backend.view.store, header.state_root, caches.nodes, caches.code)


def decode_strings(value: Any) -> list[str]:
    """Read a list of strings; null is none."""
    if not isinstance(value, list):
        raise cannot_unmarshal(go_kind(value), "[]string")
    return ["" if item is None else decode_string(item) for item in value]


@method("eth_getBalance", Param(decode_address), _BLOCK)
def get_balance(backend: Backend, address: bytes, block: BlockRef) -> str:
    """Return a balance in wei."""
    account = state_at(backend, backend.resolve_state(block)).account(address)
    return hex(account.balance if account is not None else 0)


@method("eth_getTransactionCount", Param(decode_address), _BLOCK)
def get_transaction_count(backend: Backend, address: bytes, block: BlockRef) -> str:
    """Return a nonce."""
    account = state_at(backend, backend.resolve_state(block)).account(address)
    return hex(account.nonce if account is not None else 0)


@method("eth_getCode", Param(decode_address), _BLOCK)
def get_code(backend: Backend, address: bytes, block: BlockRef) -> str:
    """Return an account's code."""
    state = state_at(backend, backend.resolve_state(block))
    account = state.account(address)
    return "0x" if account is None else hex_data(state.code(account.code_hash))


@method("eth_getStorageAt", Param(decode_address), Param(decode_string), _BLOCK)
def get_storage_at(backend: Backend, address: bytes, key: str, block: BlockRef) -> str:
    """Return a slot's value as 32 bytes."""
    state = state_at(backend, backend.resolve_state(block))
    slot, _ = decode_storage_key(key)
    return f"0x{state.storage(address, slot):064x}"


@method("eth_getProof", Param(decode_address), Param(decode_strings), _BLOCK)
def get_proof(backend: Backend, address: bytes, storage_keys: list[str], block: BlockRef) -> dict[str, Any]:
    """Return an account and slots of it, with the trie nodes that prove them or their absence."""
    if len(storage_keys) > PROOF_KEYS_MAX:
        text = f"too many storage keys requested (max {PROOF_KEYS_MAX}, got {len(storage_keys)})"
        raise RpcError(_INVALID_PARAMS, text)
    slots = [decode_storage_key(key) for key in storage_keys]
    if block.tag is Tag.PENDING and _has_state_of_its_own(backend):
        raise RpcError(_SERVER_ERROR, "missing trie node: the state of the pending block is in no database")
    state = state_at(backend, backend.resolve_state(block))
    account = state.account(address)
    storage_root = EMPTY_ROOT if account is None else account.storage_root
    account_proof = [hex_data(node) for node in state.prove_account(address)]
    return {
        "address": hex_data(address),
        "accountProof": account_proof or None,  # an empty state has no node, and geth's list is nil then
        "balance": hex(0 if account is None else account.balance),
        "codeHash": hex_data(_NO_HASH if account is None else account.code_hash),
        "nonce": hex(0 if account is None else account.nonce),
        "storageHash": hex_data(_NO_HASH if account is None else storage_root),
        "storageProof": [_slot_proof(state, address, storage_root, slot, length) for slot, length in slots],
    }


def decode_storage_key(text: str) -> tuple[int, int]:
    """Return the slot that a key names and how many bytes it was written with; the prefix may be missing.

    Raises:
        RpcError: it is longer than 32 bytes or not hexadecimal.
    """
    digits = text[2:] if text[:2] in {"0x", "0X"} else text
    encoded = len(digits.encode())
    if encoded + encoded % 2 > 2 * _KEY_BYTES:
        raise RpcError(_INVALID_PARAMS, f"storage key too long (want at most 32 bytes): {go_quoted(text)}")
    if not _HEX_DIGITS.issuperset(digits):
        raise RpcError(_INVALID_PARAMS, f"invalid hex in storage key: {go_quoted(text)}")
    key = bytes.fromhex("0" * (len(digits) % 2) + digits)
    return int.from_bytes(key, "big"), len(key)


def go_quoted(text: str) -> str:
    """Return a text in quotes as Go's %q writes it (but for rare control characters)."""
    return json.dumps(text, ensure_ascii=False).replace("\\u00", "\\x")


def _has_state_of_its_own(backend: Backend) -> bool:
    """Say whether the pending block changes the state even while it is empty: since Prague it notes its parent's hash.

    Geth has that state in memory alone, where its proofs are not looked for.
    """
    pending = pending_header(backend.node.config, backend.view.head, int(time.time()))
    return backend.node.config.fork_at(pending.timestamp) >= Fork.PRAGUE


def _slot_proof(state: StateReader, address: bytes, storage_root: bytes, slot: int, key_length: int) -> dict[str, Any]:
    proof = state.prove_slot(address, storage_root, slot)
    return {
        "key": f"0x{slot:064x}" if key_length == _KEY_BYTES else hex(slot),
        "value": hex(state.slot(address, storage_root, slot)),
        "proof": [hex_data(node) for node in proof],
    }
