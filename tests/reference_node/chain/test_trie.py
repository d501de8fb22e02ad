"""Reading and proving stored tries: equal to py-trie's, whatever the keys share and however short the values are."""

from typing import Any

import pytest
import rlp
from eth_hash.auto import keccak
from hypothesis import example, given
from hypothesis import strategies as st
from lru import LRU
from trie.hexary import HexaryTrie

from reference_node.chain.trie import MissingNode, TrieReader
from reference_node.chain.trie_update import EMPTY_ROOT, MutableTrie
from tests.reference_node.worlds import MemoryStore

KEY_BYTES = 4
keys = st.one_of(
    st.binary(min_size=KEY_BYTES, max_size=KEY_BYTES),
    st.lists(st.sampled_from([0x00, 0x01, 0x10, 0xFF]), min_size=KEY_BYTES, max_size=KEY_BYTES).map(bytes),
)
values = st.one_of(st.binary(min_size=1, max_size=3), st.binary(min_size=33, max_size=40))


def stored(items: dict[bytes, bytes]) -> tuple[MemoryStore, bytes]:
    """Return a store with the nodes of a trie, and its root."""
    database: dict[bytes, bytes] = {}
    trie = HexaryTrie(database)
    for key, value in items.items():
        trie[key] = value
    return MemoryStore(database), trie.root_hash


@given(st.dictionaries(keys, values, max_size=40), st.lists(keys, max_size=5))
@example({b"\x00\x00\x00\x00": b"a", b"\x00\x00\x00\x01": b"b"}, [b"\x00\x00\x00\x02"])  # leaves within a branch
@example({b"\x00\x00\x00\x00": b"a"}, [b"\x00\x00\x00\x01"])  # a root shorter than a hash
def test_values_are_those_that_were_put_in(items: dict[bytes, bytes], others: list[bytes]) -> None:
    store, root = stored(items)
    cache: Any = LRU(1000)
    for _ in range(2):  # the second time from the cache
        reader = TrieReader(store, root, cache)
        for key in [*items, *others]:
            assert reader.get(key) == items.get(key)


@given(st.dictionaries(keys, values, max_size=40), st.lists(keys, max_size=5))
def test_proofs_prove_a_value_or_its_absence_and_hold_no_embedded_node(
    items: dict[bytes, bytes], others: list[bytes]
) -> None:
    store, root = stored(items)
    reader = TrieReader(store, root, LRU(1000))
    for key in [*items, *others]:
        proof = reader.prove(key)
        assert bool(proof) == (root != EMPTY_ROOT)
        assert all(len(node) >= 32 for node in proof[1:])
        assert [keccak(proof[0])] == [root] if proof else root == EMPTY_ROOT
        decoded = [rlp.decode(node) for node in proof]
        find: Any = HexaryTrie.get_from_proof
        assert (find(root, key, decoded) or None) == items.get(key)


@given(st.dictionaries(keys, values, min_size=1, max_size=40))
def test_a_trie_written_here_is_read_here(items: dict[bytes, bytes]) -> None:
    written = MutableTrie(lambda _: b"")
    for key, value in items.items():
        written.set(key, value)
    root, nodes = written.commit()
    reader = TrieReader(MemoryStore(nodes), root, LRU(10))
    assert {key: reader.get(key) for key in items} == items


def test_a_missing_node_is_named_as_geth_names_it() -> None:
    items = {bytes([first, 0, 0, 0]): b"v" * 40 for first in (0x10, 0x11, 0x20)}
    store, root = stored(items)
    lost = next(bytes(node) for node in rlp.decode(store[root])[:16] if node and node in store)
    del store[lost]
    with pytest.raises(MissingNode, match=rf"^missing trie node {lost.hex()} \(path 01\) <nil>$"):
        TrieReader(store, root, LRU(10)).get(b"\x10\x00\x00\x00")
    owner = b"\xaa" * 32
    with pytest.raises(MissingNode, match=rf"^missing trie node {root.hex()} \(owner {owner.hex()}\) \(path \) <nil>$"):
        TrieReader(MemoryStore(), root, LRU(10), owner).prove(b"\x10\x00\x00\x00")
