"""The accounts, slots and code of one state as it is stored, with proofs."""

from typing import Protocol

import rlp

from reference_node.chain.trie import MissingNode, NodeCache, TrieReader
from reference_node.chain.trie_update import EMPTY_ROOT
from reference_node.evm.accounts import EMPTY_CODE_HASH, Account, decode_account, hash_key, hash_slot
from reference_node.evm.database import MissingState
from reference_node.store.schema import code_key
from reference_node.store.view import KeyValueReader


class CodeCache(Protocol):
    """Keeps code by its hash; may forget any."""

    def get(self, key: bytes, /) -> bytes | None:
        """Return kept code, or None."""

    def __setitem__(self, key: bytes, value: bytes, /) -> None:
        """Keep code."""


class StateReader:
    """One state, by its root."""

    __slots__ = ("_code", "_nodes", "_store", "_trie", "state_root")

    def __init__(self, store: KeyValueReader, state_root: bytes, nodes: NodeCache, code: CodeCache) -> None:
        """Read a state; the caches may be shared by all states, as they are by hash."""
        self._store = store
        self._nodes = nodes
        self._code = code
        self._trie = TrieReader(store, state_root, nodes)
        self.state_root = state_root

    def account(self, address: bytes) -> Account | None:
        """Return an account, or None where there is none. Raises MissingNode."""
        data = self._trie.get(hash_key(address))
        return None if data is None else decode_account(data)

    def storage(self, address: bytes, slot: int) -> int:
        """Return a slot's value, zero where it was never set. Raises MissingNode."""
        account = self.account(address)
        if account is None or account.storage_root == EMPTY_ROOT:
            return 0
        return self.slot(address, account.storage_root, slot)

    def slot(self, address: bytes, storage_root: bytes, slot: int) -> int:
        """Return the value of a slot of the storage with this root. Raises MissingNode."""
        data = self.storage_trie(address, storage_root).get(hash_slot(slot))
        return 0 if data is None else int.from_bytes(rlp.decode(data), "big")

    def storage_trie(self, address: bytes, storage_root: bytes) -> TrieReader:
        """Return the trie of an account's storage."""
        return TrieReader(self._store, storage_root, self._nodes, hash_key(address))

    def code(self, code_hash: bytes) -> bytes:
        """Return the code with a hash. Raises MissingState."""
        if code_hash == EMPTY_CODE_HASH:
            return b""
        code = self._code.get(code_hash)
        if code is None:
            code = self._store.get(code_key(code_hash))
            if code is None:
                raise MissingState(f"code is not found {code_hash.hex()}")
            self._code[code_hash] = code
        return code

    def node(self, node_hash: bytes) -> bytes:
        """Return a trie node's RLP. Raises MissingNode."""
        data = self._store.get(node_hash)
        if data is None:
            raise MissingNode(node_hash, b"")
        return data

    def prove_account(self, address: bytes) -> list[bytes]:
        """Return the nodes that prove an account or its absence; none where the state is empty."""
        return self._trie.prove(hash_key(address))

    def prove_slot(self, address: bytes, storage_root: bytes, slot: int) -> list[bytes]:
        """Return the nodes that prove a slot or its absence; none where the storage is empty."""
        return self.storage_trie(address, storage_root).prove(hash_slot(slot))
