"""Transactions that wait for a block of the dev master; `admission` says which are not taken at all.

Texts are geth's (v1.17.8, core/txpool/errors.go).
"""

import threading
from collections.abc import Iterable

from eth_typing import Address

from reference_node.chain.config import ChainConfig
from reference_node.chain.senders import sender_of
from reference_node.chain.submitted import Submitted
from reference_node.chain.types import Header, Transaction
from reference_node.evm.forks import build_state
from reference_node.roles.admission import TransactionRefused, check_account, check_submitted, fee_caps
from reference_node.store.view import KeyValueReader

TRANSACTIONS_MAX = 5120
PRICE_BUMP_PERCENT = 10
"""How much more a transaction has to offer to take another one's place."""


class Pool:
    """Waiting transactions; safe to use from several threads."""

    def __init__(self, config: ChainConfig) -> None:
        self._config = config
        self._lock = threading.Lock()
        self._waiting: dict[tuple[bytes, int], Transaction] = {}

    def __len__(self) -> int:
        return len(self._waiting)

    def add(self, submitted: Submitted, store: KeyValueReader, head: Header) -> None:
        """Take a transaction. Raises TransactionRefused."""
        transaction, sender = submitted.transaction, check_submitted(self._config, submitted, head)
        state = build_state(self._config, store, head, head.state_root)
        check_account(transaction, state.get_nonce(Address(sender)), state.get_balance(Address(sender)))
        with self._lock:
            self._put((sender, transaction.nonce), transaction)

    def put_back(self, transactions: Iterable[Transaction]) -> None:
        """Take transactions that were in a block once; those waiting for the same places are kept instead."""
        with self._lock:
            for transaction in transactions:
                sender = sender_of(transaction, self._config.chain_id)
                self._waiting.setdefault((sender, transaction.nonce), transaction)

    def in_order(self) -> list[Transaction]:
        """Return what waits: nonces of one sender ascend, and equal ones stay as they came."""
        with self._lock:
            return sorted(self._waiting.values(), key=lambda transaction: transaction.nonce)

    def remove(self, transactions: Iterable[Transaction]) -> None:
        """Forget transactions."""
        hashes = {transaction.hash for transaction in transactions}
        with self._lock:
            self._waiting = {place: found for place, found in self._waiting.items() if found.hash not in hashes}

    def _put(self, place: tuple[bytes, int], transaction: Transaction) -> None:
        known = self._waiting.get(place)
        if known is None and len(self._waiting) >= TRANSACTIONS_MAX:
            raise TransactionRefused("txpool is full")
        if known is not None:
            if known.hash == transaction.hash:
                raise TransactionRefused("already known")
            old, new = fee_caps(known), fee_caps(transaction)
            if any(100 * mine < (100 + PRICE_BUMP_PERCENT) * theirs for mine, theirs in zip(new, old, strict=True)):
                raise TransactionRefused("replacement transaction underpriced")
        self._waiting[place] = transaction
