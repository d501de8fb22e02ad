"""Roots of a block's lists against py-trie, blooms and the requests hash by their definitions."""

from hashlib import sha256

import rlp
from eth_hash.auto import keccak
from hypothesis import given
from hypothesis import strategies as st
from trie.hexary import HexaryTrie

from reference_node.chain import roots
from reference_node.chain.trie_update import EMPTY_ROOT
from reference_node.chain.types import Log, Receipt, decode_transaction
from tests import strategies


@given(st.lists(st.binary(min_size=1, max_size=60), max_size=150))
def test_list_roots_are_those_of_py_trie(items: list[bytes]) -> None:
    """The root of a list is that of a trie from RLP index to item."""
    trie = HexaryTrie({})
    for index, item in enumerate(items):
        trie[rlp.encode(index)] = item
    assert roots.list_root(items) == trie.root_hash


def test_empty_lists_have_the_empty_root() -> None:
    assert roots.transactions_root([]) == roots.withdrawals_root([]) == roots.receipts_root([], []) == EMPTY_ROOT
    assert keccak(b"\x80") == EMPTY_ROOT


@given(strategies.receipts, strategies.raw_transactions())
def test_receipts_carry_type_and_bloom(receipt: Receipt, raw: bytes) -> None:
    """A typed receipt is its type byte and the RLP of status, gas, bloom and logs."""
    transaction = decode_transaction(raw)
    encoded = roots.encode_receipt(transaction.type, receipt)
    if transaction.type:
        assert encoded[0] == transaction.type
        encoded = encoded[1:]
    status, gas, bloom, logs = rlp.decode(encoded)
    assert int.from_bytes(status, "big") == receipt.status
    assert int.from_bytes(gas, "big") == receipt.cumulative_gas_used
    assert bloom == roots.block_bloom([receipt])
    assert [bytes(log[0]) for log in logs] == [log.address for log in receipt.logs]


@given(strategies.logs)
def test_a_bloom_has_three_bits_for_each_value(log: Log) -> None:
    """Each of address and topics sets the bits that its hash names, and nothing else is set."""
    expected = 0
    for value in (log.address, *log.topics):
        digest = keccak(value)
        for pair in range(3):
            expected |= 1 << (int.from_bytes(digest[2 * pair : 2 * pair + 2], "big") % 2048)
    assert int.from_bytes(roots.logs_bloom([log]), "big") == expected


def test_requests_without_data_are_left_out() -> None:
    assert roots.requests_hash([b"\x00", b"\x01"]) == roots.EMPTY_REQUESTS_HASH == sha256(b"").digest()
    assert roots.requests_hash([b"\x01ab", b"\x02"]) == sha256(sha256(b"\x01ab").digest()).digest()
