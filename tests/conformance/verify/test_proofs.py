"""Proofs: what a trie holds is proven, so is what it does not hold, and nothing that was changed proves anything."""

import pytest
from eth_hash.auto import keccak
from hypothesis import example, given
from hypothesis import strategies as st

from conformance.verify.proofs import BadProof, proven_value, storage_number
from reference_node.chain.trie import TrieReader
from reference_node.chain.trie_update import EMPTY_ROOT, MutableTrie
from reference_node.chain.types import encode_rlp, from_int
from tests.reference_node.worlds import MemoryStore

KEYS = st.integers(0, 40).map(lambda number: bytes(keccak(from_int(number))))
TRIES = st.dictionaries(KEYS, st.binary(min_size=1, max_size=40), max_size=30)


def build(items: dict[bytes, bytes]) -> tuple[bytes, TrieReader]:
    """Return the root of a trie, and what proves its keys."""
    trie = MutableTrie(lambda _: b"")
    for key, value in items.items():
        trie.set(key, value)
    root, nodes = trie.commit()
    return root, TrieReader(MemoryStore(nodes), root, {})


@given(TRIES, KEYS)
def test_what_is_there_and_what_is_not_are_proven(items: dict[bytes, bytes], key: bytes) -> None:
    root, reader = build(items)
    assert proven_value(root, key, reader.prove(key)) == items.get(key)


@given(TRIES.filter(bool), st.data())
def test_a_proof_that_was_changed_proves_nothing(items: dict[bytes, bytes], data: st.DataObject) -> None:
    root, reader = build(items)
    key = data.draw(KEYS)
    proof = reader.prove(key)
    node = data.draw(st.integers(0, len(proof) - 1))
    place = data.draw(st.integers(0, len(proof[node]) - 1))
    flipped = bytes([proof[node][place] ^ data.draw(st.integers(1, 255))])
    proof[node] = proof[node][:place] + flipped + proof[node][place + 1 :]
    with pytest.raises(BadProof):
        proven_value(root, key, proof)


@given(TRIES.filter(bool), KEYS)
def test_a_proof_with_a_node_too_few_or_too_many_proves_nothing(items: dict[bytes, bytes], key: bytes) -> None:
    root, reader = build(items)
    proof = reader.prove(key)
    for wrong in (proof[:-1], [*proof, proof[0]], proof[1:], [*proof, b""]):
        with pytest.raises(BadProof):
            proven_value(root, key, wrong)


@given(st.binary(min_size=32, max_size=32), st.lists(st.binary(max_size=64), max_size=4))
@example(b"\0" * 32, [b"\xc0"])
def test_anything_else_proves_nothing_and_ends(root: bytes, nodes: list[bytes]) -> None:
    with pytest.raises(BadProof):
        proven_value(root, b"\1" * 32, nodes)


@given(st.recursive(st.binary(max_size=33), lambda inner: st.lists(inner, max_size=17), max_leaves=40))
def test_a_node_of_any_content_is_judged_or_refused(item: object) -> None:
    node = encode_rlp(item)
    try:
        proven_value(bytes(keccak(node)), b"\1" * 32, [node])
    except BadProof:
        return


def test_an_empty_trie_needs_no_nodes() -> None:
    assert proven_value(EMPTY_ROOT, b"\1" * 32, []) is None
    assert proven_value(EMPTY_ROOT, b"\1" * 32, [b"\x80"]) is None
    with pytest.raises(BadProof, match="empty"):
        proven_value(EMPTY_ROOT, b"\1" * 32, [b"\xc0"])


def test_more_nodes_than_a_path_can_have_are_refused() -> None:
    with pytest.raises(BadProof, match="at most"):
        proven_value(b"\1" * 32, b"\1" * 32, [b""] * 1000)


@pytest.mark.parametrize(("value", "number"), [(None, 0), (b"\x05", 5), (b"\x82\x01\x00", 256)])
def test_numbers_of_storage_are_read(value: bytes | None, number: int) -> None:
    assert storage_number(value) == number


@pytest.mark.parametrize("value", [b"", b"\xc0", b"\xa1" + b"\1" * 33, b"\x82\x01"])
def test_what_is_no_number_of_storage_is_refused(value: bytes) -> None:
    with pytest.raises(BadProof):
        storage_number(value)
