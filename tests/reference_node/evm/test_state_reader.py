"""A state read by way of shared caches says what the accounts that wrote it say."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lru import LRU

from reference_node.chain.trie_update import EMPTY_ROOT
from reference_node.evm.accounts import Accounts
from reference_node.evm.database import MissingState, StateDatabase
from reference_node.evm.state_reader import StateReader
from reference_node.store.schema import code_key
from tests.reference_node.worlds import MemoryStore
from tests.strategies import addresses, uint256s

fields = st.tuples(
    st.integers(1, 2**64 - 1),
    uint256s,
    st.binary(max_size=40),
    st.dictionaries(st.integers(0, 20), uint256s, max_size=8),
)


def written(items: dict[bytes, tuple[int, int, bytes, dict[int, int]]]) -> tuple[MemoryStore, bytes]:
    """Return a store with a state of accounts (nonce, balance, code, slots), and its root."""
    database = StateDatabase(MemoryStore())
    accounts = Accounts(database)
    for address, (nonce, balance, code, slots) in items.items():
        accounts.set_nonce(address, nonce)
        accounts.set_balance(address, balance)
        if code:
            accounts.set_code(address, code)
        for slot, value in slots.items():
            accounts.set_storage(address, slot, value)
    root = accounts.make_state_root()
    return MemoryStore(database.writes), root


@given(st.dictionaries(addresses, fields, max_size=8), addresses)
def test_what_was_written_is_read(items: dict[bytes, Any], nobody: bytes) -> None:
    store, root = written(items)
    nodes: Any = LRU(1000)
    for _ in range(2):
        reader = StateReader(store, root, nodes, LRU(10))
        for address, (nonce, balance, code, slots) in items.items():
            account = reader.account(address)
            assert account is not None
            assert (account.nonce, account.balance) == (nonce, balance)
            assert reader.code(account.code_hash) == code
            assert {slot: reader.storage(address, slot) for slot in slots} == slots
            assert bool(reader.prove_slot(address, account.storage_root, 1)) == (account.storage_root != EMPTY_ROOT)
        if nobody not in items:
            assert reader.account(nobody) is None
            assert reader.storage(nobody, 0) == 0


def test_code_that_is_lost_is_named_once_its_cache_has_forgotten_it() -> None:
    store, root = written({b"\x11" * 20: (1, 0, b"code", {})})
    codes: Any = LRU(10)
    reader = StateReader(store, root, LRU(10), codes)
    account = reader.account(b"\x11" * 20)
    assert account is not None
    assert reader.code(account.code_hash) == b"code"
    del store[code_key(account.code_hash)]
    assert reader.code(account.code_hash) == b"code"
    codes.clear()
    with pytest.raises(MissingState, match=account.code_hash.hex()):
        reader.code(account.code_hash)
