"""Encoded pieces are made once, and held by the hash of their block."""

import pytest

from reference_node.rpc.fragments import encoded_block, encoded_logs, encoded_receipts, encoded_transactions
from reference_node.rpc.registry import RpcError
from reference_node.store.schema import receipts_key
from tests.reference_node.rpc.chains import logging_backend


def test_each_piece_is_made_once() -> None:
    backend = logging_backend()
    header = backend.view.head
    for _ in range(2):
        pieces = [encoded_block(backend, header, full) for full in (False, True)]
        lists = [make(backend, header) for make in (encoded_transactions, encoded_receipts, encoded_logs)]
        cached = {key[0]: backend.node.caches.answers.get(key) for key in _keys(header.hash)}
        assert cached["block"] is pieces[0]
        assert cached["block full"] is pieces[1]
        assert [cached[name] for name in ("transactions", "receipts", "logs")] == lists
    assert backend.node.caches.answers.size_bytes > sum(map(len, pieces))


def test_blocks_do_not_share_pieces() -> None:
    backend = logging_backend()
    headers = [backend.header_by_number(number) for number in range(6)]
    assert len({encoded_block(backend, header, full=True) for header in headers if header}) == 6


def test_a_block_with_too_few_receipts_is_an_error() -> None:
    backend = logging_backend()
    header = backend.view.head
    backend.view.store[receipts_key(header.number, header.hash)] = b"\xc0"  # type: ignore[index]
    with pytest.raises(RpcError, match="receipts length mismatch: 2 vs 0"):
        encoded_receipts(backend, header)


def _keys(block_hash: bytes) -> list[tuple[str, bytes]]:
    return [(name, block_hash) for name in ("block", "block full", "transactions", "receipts", "logs")]
