"""Executing a block on its parent's state, or building one: every rule checked, every write of geth's kept.

Source: geth v1.17.8, core/state_processor.go, core/block_validator.go, miner/worker.go.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from reference_node.capture.execution import ExecutedBlock, Execution, block_writes
from reference_node.capture.header_rules import (
    GAS_LIMIT_BOUND_DIVISOR,
    MAX_BLOCK_BYTES,
    MIN_GAS_LIMIT,
    check_body,
    check_header,
    difference,
)
from reference_node.chain.config import ChainConfig, Fork
from reference_node.chain.roots import (
    BLOOM_BYTES,
    EMPTY_REQUESTS_HASH,
    EMPTY_UNCLES_HASH,
    block_bloom,
    receipts_root,
    transactions_root,
    withdrawals_root,
)
from reference_node.chain.trie_update import EMPTY_ROOT
from reference_node.chain.types import Block, Body, Header, Transaction, Withdrawal, decode_block, encode_block
from reference_node.errors import InvalidBlock
from reference_node.evm.fees import BLOB_GAS, next_base_fee, next_excess_blob_gas
from reference_node.evm.system_calls import InvalidRequests
from reference_node.evm.transactions import MAX_BLOBS_PER_TRANSACTION, InvalidTransaction, NotYetValid
from reference_node.store.view import KeyValueReader

_SIZE_MARGIN_BYTES = 1_000_000
"""What a built block leaves free of its size limit, as geth's miner does."""


@dataclass(frozen=True, slots=True)
class BlockAttributes:
    """What the maker of a block chooses beside its transactions."""

    timestamp: int
    """Above the parent's."""
    fee_recipient: bytes
    prev_randao: bytes = bytes(32)
    withdrawals: tuple[Withdrawal, ...] = ()
    """From Shanghai on."""
    parent_beacon_block_root: bytes = bytes(32)
    """From Cancun on."""
    extra_data: bytes = b""
    gas_limit: int | None = None
    """The limit to move to, as fast as a block may; None keeps the parent's."""


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A transaction that a built block does not hold."""

    transaction: Transaction
    reason: str
    may_come_later: bool
    """Whether a later block could hold it."""


@dataclass(frozen=True, slots=True)
class BuiltBlock:
    """A block, executed, and what it does not hold of the transactions given for it."""

    executed: ExecutedBlock
    left_out: tuple[LeftOut, ...]


def execute_block(store: KeyValueReader, config: ChainConfig, parent: Header, block: Block) -> ExecutedBlock:
    """Execute a block on its parent, whose state is in the store.

    Raises:
        InvalidBlock: the first difference between what the block says and what is right.
        MissingState: the parent's state is not in the store.
    """
    header = block.header
    check_header(config, parent, header)
    check_body(config, block)
    execution = Execution(store, config, parent, header)
    for index, transaction in enumerate(block.body.transactions):
        try:
            execution.apply(transaction)
        except InvalidTransaction as error:
            raise InvalidBlock(
                f"block {header.number} 0x{header.hash.hex()}: "
                f"could not apply tx {index} [0x{transaction.hash.hex()}]: {error}"
            ) from error
    try:
        requests = execution.finish(block.body.withdrawals or ())
    except InvalidRequests as error:
        raise InvalidBlock(f"block {header.number} 0x{header.hash.hex()}: {error}") from error
    receipts = tuple(execution.receipts)
    state_root, writes = execution.commit()
    for name, found, expected in (
        ("gas used", header.gas_used, execution.gas_used),
        ("bloom", header.bloom, block_bloom(receipts)),
        ("receipts root", header.receipts_root, receipts_root(block.body.transactions, receipts)),
        ("requests hash", header.requests_hash, requests),
        ("state root", header.state_root, state_root),
    ):
        if found != expected:
            raise difference(header, name, found, expected)
    return ExecutedBlock(block, receipts, {**writes, **block_writes(block, receipts)})


def build_block(
    store: KeyValueReader,
    config: ChainConfig,
    parent: Header,
    attributes: BlockAttributes,
    transactions: Iterable[Transaction],
) -> BuiltBlock:
    """Build a block on its parent from those of the transactions that fit, in their order.

    Raises:
        InvalidBlock: the attributes allow no block, or the system contracts are missing.
        MissingState: the parent's state is not in the store.
    """
    draft = _draft_header(config, parent, attributes)
    check_header(config, parent, draft)
    execution = Execution(store, config, parent, draft)
    included, left_out = _fill(execution, config, draft, transactions)
    try:
        requests = execution.finish(attributes.withdrawals)
    except InvalidRequests as error:
        raise InvalidBlock(f"block {draft.number} can't be built: {error}") from error
    receipts = tuple(execution.receipts)
    state_root, writes = execution.commit()
    withdrawals = attributes.withdrawals if draft.withdrawals_root is not None else None
    blob_gas = None if draft.blob_gas_used is None else BLOB_GAS * sum(map(_blob_count, included))
    header = replace(
        draft,
        state_root=state_root,
        transactions_root=transactions_root(included),
        receipts_root=receipts_root(included, receipts),
        bloom=block_bloom(receipts),
        gas_used=execution.gas_used,
        blob_gas_used=blob_gas,
        requests_hash=requests,
    )
    encoded = encode_block(Block(header, Body(tuple(included), (), withdrawals, 0)))
    block = decode_block(encoded)
    executed = ExecutedBlock(block, receipts, {**writes, **block_writes(block, receipts)})
    return BuiltBlock(executed, tuple(left_out))


def _fill(
    execution: Execution, config: ChainConfig, header: Header, transactions: Iterable[Transaction]
) -> tuple[list[Transaction], list[LeftOut]]:
    """Apply the transactions that fit; return them and the others."""
    schedule = config.blob_schedule_at(header.timestamp)
    blobs_left = blobs_max = schedule.max if schedule else MAX_BLOBS_PER_TRANSACTION
    bytes_left = MAX_BLOCK_BYTES - _SIZE_MARGIN_BYTES
    included: list[Transaction] = []
    left_out: list[LeftOut] = []
    for transaction in transactions:
        count = _blob_count(transaction)
        try:
            _check_room(transaction, blobs_max, blobs_left, bytes_left)
            execution.apply(transaction)
        except InvalidTransaction as error:
            left_out.append(LeftOut(transaction, str(error), isinstance(error, NotYetValid)))
            continue
        included.append(transaction)
        blobs_left -= count
        bytes_left -= len(transaction.raw)
    return included, left_out


def _check_room(transaction: Transaction, blobs_max: int, blobs_left: int, bytes_left: int) -> None:
    """Check that a transaction's blobs and bytes fit what is left of a block. Raises InvalidTransaction."""
    count, size = _blob_count(transaction), len(transaction.raw)
    if count > blobs_max:
        raise InvalidTransaction(f"transaction has {count} blobs, a block holds at most {blobs_max}")
    if count > blobs_left:
        raise NotYetValid(f"blob limit reached: transaction has {count}, left are {blobs_left}")
    if size > bytes_left:
        raise NotYetValid(f"block size reached: transaction has {size} bytes, left are {bytes_left}")


def _draft_header(config: ChainConfig, parent: Header, attributes: BlockAttributes) -> Header:
    """Return the header of a block without transactions, whose roots are not known yet."""
    fork = config.fork_at(attributes.timestamp)
    return Header(
        parent_hash=parent.hash,
        uncles_hash=EMPTY_UNCLES_HASH,
        coinbase=attributes.fee_recipient,
        state_root=parent.state_root,
        transactions_root=EMPTY_ROOT,
        receipts_root=EMPTY_ROOT,
        bloom=bytes(BLOOM_BYTES),
        difficulty=0,
        number=parent.number + 1,
        gas_limit=_gas_limit(parent.gas_limit, attributes.gas_limit),
        gas_used=0,
        timestamp=attributes.timestamp,
        extra_data=attributes.extra_data,
        mix_hash=attributes.prev_randao,
        nonce=bytes(8),
        base_fee_per_gas=next_base_fee(parent),
        withdrawals_root=withdrawals_root(attributes.withdrawals) if fork >= Fork.SHANGHAI else None,
        blob_gas_used=0 if fork >= Fork.CANCUN else None,
        excess_blob_gas=next_excess_blob_gas(config, parent, attributes.timestamp) if fork >= Fork.CANCUN else None,
        parent_beacon_block_root=attributes.parent_beacon_block_root if fork >= Fork.CANCUN else None,
        requests_hash=EMPTY_REQUESTS_HASH if fork >= Fork.PRAGUE else None,
        hash=bytes(32),
        size=0,
    )


def _gas_limit(parent_limit: int, wanted: int | None) -> int:
    if wanted is None:
        return parent_limit
    step = parent_limit // GAS_LIMIT_BOUND_DIVISOR - 1
    return max(parent_limit - step, min(parent_limit + step, max(wanted, MIN_GAS_LIMIT)))


def _blob_count(transaction: Transaction) -> int:
    return len(transaction.blob_versioned_hashes or ())
