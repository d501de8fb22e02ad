"""Transactions that wait for a block of the dev master, and which are not taken at all.

Texts are geth's (v1.17.8, core/txpool/validation.go and errors.go).
"""

import threading
from collections.abc import Iterable

from eth_typing import Address

from reference_node.chain.config import ChainConfig, Fork
from reference_node.chain.senders import sender_of
from reference_node.chain.types import Header, Transaction
from reference_node.evm.fees import BLOB_GAS
from reference_node.evm.forks import build_state
from reference_node.evm.transactions import MAX_TRANSACTION_GAS, floor_data_gas, intrinsic_gas
from reference_node.store.view import KeyValueReader

TRANSACTIONS_MAX = 5120
PRICE_BUMP_PERCENT = 10
"""How much more a transaction has to offer to take another one's place."""


class TransactionRefused(ValueError):
    """A transaction that the pool does not take; the text says why, in geth's words."""


class Pool:
    """Waiting transactions; safe to use from several threads."""

    def __init__(self, config: ChainConfig) -> None:
        self._config = config
        self._lock = threading.Lock()
        self._waiting: dict[tuple[bytes, int], Transaction] = {}

    def __len__(self) -> int:
        return len(self._waiting)

    def add(self, transaction: Transaction, store: KeyValueReader, head: Header) -> None:
        """Take a transaction. Raises TransactionRefused."""
        sender = _sender(self._config, transaction)
        check_for_pool(self._config, transaction, head)
        state = build_state(self._config, store, head, head.state_root)
        nonce, balance = state.get_nonce(Address(sender)), state.get_balance(Address(sender))
        if transaction.nonce < nonce:
            raise TransactionRefused(f"nonce too low: next nonce {nonce}, tx nonce {transaction.nonce}")
        cost = cost_wei(transaction)
        if balance < cost:
            raise TransactionRefused(
                f"insufficient funds for gas * price + value: balance {balance}, tx cost {cost}, "
                f"overshot {cost - balance}"
            )
        with self._lock:
            self._put((sender, transaction.nonce), transaction)

    def put_back(self, transactions: Iterable[Transaction]) -> None:
        """Take transactions that were in a block once; those waiting for the same places are kept instead."""
        with self._lock:
            for transaction in transactions:
                self._waiting.setdefault((_sender(self._config, transaction), transaction.nonce), transaction)

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
            old, new = _offers(known), _offers(transaction)
            if any(100 * mine < (100 + PRICE_BUMP_PERCENT) * theirs for mine, theirs in zip(new, old, strict=True)):
                raise TransactionRefused("replacement transaction underpriced")
        self._waiting[place] = transaction


def check_for_pool(config: ChainConfig, transaction: Transaction, head: Header) -> None:
    """Check what does not depend on the state. Raises TransactionRefused."""
    fork = config.fork_at(head.timestamp)
    since = {3: Fork.CANCUN, 4: Fork.PRAGUE}.get(transaction.type, Fork.PARIS)
    if fork < since:
        raise TransactionRefused(
            f"transaction type not supported: type {transaction.type} rejected, pool not yet in {since.name.title()}"
        )
    if fork >= Fork.OSAKA and transaction.gas > MAX_TRANSACTION_GAS:
        raise TransactionRefused(f"transaction gas limit too high (cap: {MAX_TRANSACTION_GAS}, tx: {transaction.gas})")
    if transaction.gas > head.gas_limit:
        raise TransactionRefused("exceeds block gas limit")
    cap, tip = _offers(transaction)
    if cap < tip:
        raise TransactionRefused("max priority fee per gas higher than max fee per gas")
    needed = intrinsic_gas(fork, transaction)
    if transaction.gas < needed:
        raise TransactionRefused(f"intrinsic gas too low: gas {transaction.gas}, minimum needed {needed}")
    floor = floor_data_gas(transaction.data) if fork >= Fork.PRAGUE else 0
    if transaction.gas < floor:
        raise TransactionRefused(
            f"insufficient gas for floor data gas cost: gas {transaction.gas}, minimum needed {floor}"
        )
    if transaction.authorization_list is not None and not transaction.authorization_list:
        raise TransactionRefused("set code tx must have at least one authorization tuple")


def cost_wei(transaction: Transaction) -> int:
    """Return the most a transaction can cost its sender."""
    blob_gas = BLOB_GAS * len(transaction.blob_versioned_hashes or ())
    gas = transaction.gas * _offers(transaction)[0]
    return transaction.value + gas + blob_gas * (transaction.max_fee_per_blob_gas or 0)


def _offers(transaction: Transaction) -> tuple[int, int]:
    """Return the fee cap and the tip cap, in wei a gas."""
    price = transaction.gas_price or 0
    cap, tip = transaction.max_fee_per_gas, transaction.max_priority_fee_per_gas
    return (price if cap is None else cap), (price if tip is None else tip)


def _sender(config: ChainConfig, transaction: Transaction) -> bytes:
    try:
        return sender_of(transaction, config.chain_id)
    except ValueError as error:
        raise TransactionRefused(f"invalid sender: {error}") from error
