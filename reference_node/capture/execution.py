"""A block under way, step by step, and the writes that store it once it is whole.

Source: geth v1.17.8, core/state_processor.go, core/blockchain.go (writeBlockWithState).
"""

from collections.abc import Sequence
from dataclasses import dataclass

from eth.vm.state import BaseState

from reference_node.chain.config import ChainConfig, Fork
from reference_node.chain.roots import requests_hash
from reference_node.chain.senders import sender_of
from reference_node.chain.types import (
    Block,
    Header,
    Log,
    Receipt,
    Transaction,
    Withdrawal,
    encode_body,
    encode_header,
    encode_stored_receipts,
)
from reference_node.evm import system_calls
from reference_node.evm.fees import blob_base_fee_at
from reference_node.evm.forks import accounts_of, build_state
from reference_node.evm.transactions import BlockRules, InvalidTransaction, apply_transaction
from reference_node.store.schema import body_key, header_key, header_number_key, receipts_key
from reference_node.store.view import KeyValueReader


@dataclass(frozen=True, slots=True)
class ExecutedBlock:
    """A block that keeps all rules, and what its execution left."""

    block: Block
    receipts: tuple[Receipt, ...]
    writes: dict[bytes, bytes]
    """State trie nodes, code, header, number, body and receipts; nothing that makes the block canonical."""


class Execution:
    """A block under way: a state, and the receipts so far."""

    def __init__(self, store: KeyValueReader, config: ChainConfig, parent: Header, header: Header) -> None:
        """Make the system calls that come first; `header` needs all that code can see of it."""
        self.rules = BlockRules(
            config.fork_at(header.timestamp), header.base_fee_per_gas or 0, blob_base_fee_at(config, header)
        )
        self.state: BaseState = build_state(config, store, header, parent.state_root)
        self.receipts: list[Receipt] = []
        self.gas_used = 0
        self._config = config
        self._header = header
        system_calls.before_transactions(self.state, self.rules.fork, header)

    def apply(self, transaction: Transaction) -> None:
        """Apply the next transaction. Raises InvalidTransaction and leaves all as it was."""
        try:
            sender = sender_of(transaction, self._config.chain_id)
        except ValueError as error:
            raise InvalidTransaction(str(error)) from error
        gas_available = self._header.gas_limit - self.gas_used
        outcome = apply_transaction(self.state, self.rules, transaction, sender, gas_available)
        self.gas_used += outcome.gas_used
        self.receipts.append(Receipt(int(outcome.is_success), self.gas_used, outcome.logs))

    def finish(self, block_withdrawals: Sequence[Withdrawal]) -> bytes | None:
        """Do what comes after the transactions. Returns the requests hash, None before Prague.

        Raises:
            InvalidRequests: the requests can't be made.
        """
        system_calls.apply_withdrawals(self.state, block_withdrawals)
        if self.rules.fork < Fork.PRAGUE:
            return None
        return requests_hash(system_calls.collect_requests(self.state, self._config, self.logs()))

    def logs(self) -> list[Log]:
        """Return all logs so far."""
        return [log for receipt in self.receipts for log in receipt.logs]

    def commit(self) -> tuple[bytes, dict[bytes, bytes]]:
        """Return the state root and the new trie nodes and code by key."""
        accounts = accounts_of(self.state)
        return accounts.make_state_root(), accounts.database.writes


def block_writes(block: Block, receipts: Sequence[Receipt]) -> dict[bytes, bytes]:
    """Return the writes that store a block and its receipts, whether canonical or not."""
    number, block_hash = block.header.number, block.header.hash
    return {
        header_key(number, block_hash): encode_header(block.header),
        header_number_key(block_hash): number.to_bytes(8, "big"),
        body_key(number, block_hash): encode_body(block.body),
        receipts_key(number, block_hash): encode_stored_receipts(receipts),
    }
