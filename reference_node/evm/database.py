"""The state as an execution reads it from a store in geth's layout, and the writes it leaves behind."""

from reference_node.errors import StoreError
from reference_node.store.schema import code_key
from reference_node.store.view import KeyValueReader


class MissingState(StoreError):
    """A trie node or code that the state refers to is not in the store."""


class StateDatabase:
    """Trie nodes under their bare hash, code under `c` + hash; what is written is kept until somebody takes it."""

    def __init__(self, store: KeyValueReader) -> None:
        self._store = store
        self.writes: dict[bytes, bytes] = {}
        """New trie nodes and code by key, as geth stores them."""

    def node(self, node_hash: bytes) -> bytes:
        """Return a trie node's RLP. Raises MissingState."""
        data = self.writes.get(node_hash) or self._store.get(node_hash)
        if data is None:
            raise MissingState(f"trie node 0x{node_hash.hex()} is not in the store")
        return data

    def code(self, code_hash: bytes) -> bytes:
        """Return the code with a hash. Raises MissingState."""
        key = code_key(code_hash)
        code = self.writes.get(key) or self._store.get(key)
        if code is None:
            raise MissingState(f"code 0x{code_hash.hex()} is not in the store")
        return code
