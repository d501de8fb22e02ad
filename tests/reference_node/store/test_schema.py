"""Keys have geth's lengths, and are told apart by length first."""

import pytest

from reference_node.store import schema

HASH = bytes(range(32))


@pytest.mark.parametrize(
    ("key", "length"),
    [
        (schema.header_key(1, HASH), 41),
        (schema.canonical_hash_key(1), 10),
        (schema.header_number_key(HASH), 33),
        (schema.body_key(1, HASH), 41),
        (schema.receipts_key(1, HASH), 41),
        (schema.transaction_lookup_key(HASH), 33),
        (schema.code_key(HASH), 33),
    ],
)
def test_a_key_has_its_length(key: bytes, length: int) -> None:
    assert len(key) == length
    assert not schema.is_private(key)
    assert not schema.is_flat_state(key)


@pytest.mark.parametrize("prefix", [b"a", b"o", b"Snapshot", schema.PRIVATE_PREFIX])
def test_32_bytes_are_a_trie_node_whatever_they_begin_with(prefix: bytes) -> None:
    key = prefix.ljust(32, b"\0")
    assert not schema.is_private(key)
    assert not schema.is_flat_state(key)


@pytest.mark.parametrize("key", [b"a" + HASH, b"o" + HASH * 2, b"SnapshotRoot", b"SnapshotDisabled"])
def test_flat_state_is_known_as_such(key: bytes) -> None:
    assert schema.is_flat_state(key)


def test_book_keeping_is_private() -> None:
    assert schema.is_private(b"ethercattle-position")
