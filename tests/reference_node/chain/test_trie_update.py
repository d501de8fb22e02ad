"""The trie that is changed in memory against py-trie, which hashes after every change."""

from typing import Any, cast

from hypothesis import example, given
from hypothesis import strategies as st
from trie.hexary import HexaryTrie

from reference_node.chain.trie_update import EMPTY_ROOT, MutableTrie, to_nibbles

keys = st.one_of(st.binary(min_size=1, max_size=3), st.sampled_from([b"\x12", b"\x12\x34", b"\x12\x35", b"\x13"]))
values = st.one_of(st.none(), st.binary(min_size=1, max_size=40))
batches = st.lists(st.lists(st.tuples(keys, values), max_size=12), max_size=4)


@given(batches)
@example([[(b"\x12", b"a"), (b"\x12\x34", b"b")], [(b"\x12", None)]])  # a branch with a value collapses
@example([[(b"\x12\x34", b"a" * 40), (b"\x12\x35", b"b" * 40)], [(b"\x12\x34", None)]])  # an extension joins a leaf
@example([[(b"\x00", b"a"), (b"\x01", b"b")], [(b"\x02", None)]])  # nothing to delete
def test_roots_and_nodes_are_those_of_py_trie(work: list[list[tuple[bytes, bytes | None]]]) -> None:
    """After each batch the root is py-trie's, every value reads back, and the nodes suffice to open the trie again."""
    nodes: dict[bytes, bytes] = {}
    root, expected = EMPTY_ROOT, cast("Any", HexaryTrie({}))
    content: dict[bytes, bytes] = {}
    for batch in work:
        trie = MutableTrie(nodes.__getitem__, root)
        for key, value in batch:
            if value is None:
                trie.delete(key)
                content.pop(key, None)
                del expected[key]
            else:
                trie.set(key, value)
                content[key] = value
                expected[key] = value
            assert trie.get(key) == value
        root, changed = trie.commit()
        nodes |= changed
        assert expected.root_hash == root
        opened = MutableTrie(nodes.__getitem__, root)
        for key in {key for batch in work for key, _ in batch}:
            assert opened.get(key) == content.get(key)


def no_nodes(node_hash: bytes) -> bytes:
    raise LookupError(node_hash.hex())


def test_a_lookup_changes_nothing() -> None:
    """Nodes that were only read are not written again."""
    trie = MutableTrie(no_nodes)
    for number in range(50):
        trie.set(bytes([number]), b"v" * 40)
    root, nodes = trie.commit()
    opened = MutableTrie(nodes.__getitem__, root)
    assert opened.get(b"\x07") == b"v" * 40
    opened.delete(b"\xff")
    assert opened.commit() == (root, {})


def test_only_the_path_of_a_change_is_written() -> None:
    """One change among many keys writes the nodes from its leaf up to the root."""
    trie = MutableTrie(no_nodes)
    for number in range(256):
        trie.set(bytes([number, number]), b"v" * 40)
    root, nodes = trie.commit()
    opened = MutableTrie(nodes.__getitem__, root)
    opened.set(b"\x07\x07", b"w" * 40)
    _, changed = opened.commit()
    assert len(changed) == 3  # the root, a branch and a leaf


def test_nibbles() -> None:
    assert to_nibbles(b"\x12\xf0") == b"\x01\x02\x0f\x00"
