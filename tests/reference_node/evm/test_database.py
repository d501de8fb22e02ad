"""The state database: geth's keys, and clear errors for what is missing."""

import pytest

from reference_node.evm.database import MissingState, StateDatabase
from reference_node.store.schema import code_key
from tests.reference_node.worlds import MemoryStore


def test_nodes_and_code_are_read_under_geths_keys() -> None:
    database = StateDatabase(MemoryStore({b"n" * 32: b"node", code_key(b"c" * 32): b"code"}))
    assert database.node(b"n" * 32) == b"node"
    assert database.code(b"c" * 32) == b"code"
    database.writes[b"m" * 32] = b"new"
    assert database.node(b"m" * 32) == b"new"


def test_what_is_missing_is_named() -> None:
    database = StateDatabase(MemoryStore())
    with pytest.raises(MissingState, match="trie node 0x6e6e"):
        database.node(b"n" * 32)
    with pytest.raises(MissingState, match="code 0x6363"):
        database.code(b"c" * 32)
