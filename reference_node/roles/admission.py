"""Which transactions a node takes at all, as far as its head decides; refused in geth's order and words.

What depends on a pool (already known, replaced, full, queued costs) is not here.
Source: geth v1.17.8, internal/ethapi/api.go (SendRawTransaction, SubmitTransaction), core/txpool/validation.go,
core/txpool/legacypool, core/txpool/blobpool (ValidateTxBasics); defaults of eth/ethconfig.
"""

import math
from fractions import Fraction

from reference_node.chain.config import ChainConfig, Fork
from reference_node.chain.senders import sender_of
from reference_node.chain.sidecars import VERSION_0, check_blobs, check_commitments, check_form, check_proofs
from reference_node.chain.submitted import BLOB_TYPE, Submitted
from reference_node.chain.types import Header, Transaction, encode_rlp
from reference_node.evm.fees import BLOB_GAS
from reference_node.evm.transactions import (
    MAX_INITCODE_BYTES,
    MAX_TRANSACTION_GAS,
    floor_data_gas,
    intrinsic_gas,
)

FEE_CAP_ETHER = 1.0
"""What a transaction may offer for its gas at the most (geth's --rpc.txfeecap)."""
TIP_WEI_MIN = 1
"""A gas (geth's --txpool.pricelimit)."""
BLOB_FEE_WEI_MIN = 1
BLOBS_MAX = 6
SIZE_BYTES_MAX = 128 * 1024
BLOB_SIZE_BYTES_MAX = 1024 * 1024
_WEI_PER_ETHER = 10**18
_UINT64_MAX = 2**64 - 1
_UINT256_MAX = 2**256 - 1
_TYPE_SINCE = {BLOB_TYPE: Fork.CANCUN, 4: Fork.PRAGUE}
_UNPROTECTED_V = {0, 1, 27, 28}


class TransactionRefused(ValueError):
    """A transaction that is not taken; the text says why, in geth's words."""


def check_submitted(config: ChainConfig, submitted: Submitted, head: Header) -> bytes:
    """Check all that does not depend on the state, and return who signed.

    Raises:
        TransactionRefused: with the text of geth's first objection.
    """
    try:
        is_converted = _is_converted(config, submitted, head)
        if submitted.sidecar is not None and is_converted:
            _check_conversion(submitted)
        check_for_rpc(submitted.transaction)
        sender = check_for_pool(config, submitted, head)
        if submitted.sidecar is not None:
            check_blobs(submitted.sidecar)
            check_proofs(submitted.sidecar, is_converted=is_converted)
    except TransactionRefused:
        raise
    except ValueError as error:
        raise TransactionRefused(str(error)) from error
    return sender


def check_for_rpc(transaction: Transaction) -> None:
    """Check what geth checks before its pool sees a transaction. Raises TransactionRefused."""
    fee = Fraction(fee_caps(transaction)[0] * transaction.gas, _WEI_PER_ETHER)
    try:
        ether = float(fee)
    except OverflowError:
        ether = math.inf
    if ether > FEE_CAP_ETHER:
        shown = f"{ether:.2f}" if math.isfinite(ether) else "+Inf"
        raise TransactionRefused(f"tx fee ({shown} ether) exceeds the configured cap ({FEE_CAP_ETHER:.2f} ether)")
    if transaction.type == 0 and transaction.v in _UNPROTECTED_V:
        raise TransactionRefused("only replay-protected (EIP-155) transactions allowed over RPC")


def check_for_pool(config: ChainConfig, submitted: Submitted, head: Header) -> bytes:
    """Check what geth's pools check without a state, and return who signed. Raises ValueError."""
    transaction, fork = submitted.transaction, config.fork_at(head.timestamp)
    limit = BLOB_SIZE_BYTES_MAX if transaction.type == BLOB_TYPE else SIZE_BYTES_MAX
    size = _pooled_size(submitted, is_converted=_is_converted(config, submitted, head))
    if size > limit:
        raise TransactionRefused(f"oversized data: transaction size {size}, limit {limit}")
    since = _TYPE_SINCE.get(transaction.type, Fork.PARIS)
    if fork < since:
        raise TransactionRefused(
            f"transaction type not supported: type {transaction.type} rejected, pool not yet in {since.name.title()}"
        )
    _check_gas_limits(fork, transaction, head)
    cap, tip = fee_caps(transaction)
    if cap > _UINT256_MAX:
        raise TransactionRefused("max fee per gas higher than 2^256-1")
    if tip > _UINT256_MAX:
        raise TransactionRefused("max priority fee per gas higher than 2^256-1")
    if cap < tip:
        raise TransactionRefused("max priority fee per gas higher than max fee per gas")
    try:
        sender = sender_of(transaction, config.chain_id)
    except ValueError as error:
        raise TransactionRefused(f"invalid sender: {error}") from error
    if transaction.nonce == _UINT64_MAX:
        raise TransactionRefused("nonce has max value")
    if transaction.value > _UINT256_MAX:
        raise TransactionRefused("insufficient funds for gas * price + value")
    _check_gas_needed(fork, transaction)
    if tip < TIP_WEI_MIN:
        raise TransactionRefused(
            f"transaction gas price below minimum: gas tip cap {tip}, minimum needed {TIP_WEI_MIN}"
        )
    if transaction.type == BLOB_TYPE:
        _check_blob_transaction(submitted, is_converted=_is_converted(config, submitted, head))
    if transaction.authorization_list is not None and not transaction.authorization_list:
        raise TransactionRefused("set code tx must have at least one authorization tuple")
    return sender


def check_account(transaction: Transaction, nonce: int, balance: int) -> None:
    """Check a transaction against its sender's account. Raises TransactionRefused."""
    if transaction.nonce < nonce:
        raise TransactionRefused(f"nonce too low: next nonce {nonce}, tx nonce {transaction.nonce}")
    cost = cost_wei(transaction)
    if balance < cost:
        raise TransactionRefused(
            f"insufficient funds for gas * price + value: balance {balance}, tx cost {cost}, overshot {cost - balance}"
        )


def cost_wei(transaction: Transaction) -> int:
    """Return the most a transaction can cost its sender."""
    blob_gas = BLOB_GAS * len(transaction.blob_versioned_hashes or ())
    gas = transaction.gas * fee_caps(transaction)[0]
    return transaction.value + gas + blob_gas * (transaction.max_fee_per_blob_gas or 0)


def fee_caps(transaction: Transaction) -> tuple[int, int]:
    """Return the fee cap and the tip cap, in wei a gas."""
    price = transaction.gas_price or 0
    cap, tip = transaction.max_fee_per_gas, transaction.max_priority_fee_per_gas
    return (price if cap is None else cap), (price if tip is None else tip)


def _is_converted(config: ChainConfig, submitted: Submitted, head: Header) -> bool:
    """Say whether geth makes cell proofs of the blobs: from Osaka on, of what comes with blob proofs."""
    is_old = submitted.sidecar is not None and submitted.sidecar.version == VERSION_0
    return is_old and config.fork_at(head.timestamp) >= Fork.OSAKA


def _check_conversion(submitted: Submitted) -> None:
    assert submitted.sidecar is not None
    try:
        check_blobs(submitted.sidecar)
    except ValueError as error:
        raise TransactionRefused(f"blob sidecar conversion failed: {error}") from error


def _pooled_size(submitted: Submitted, *, is_converted: bool) -> int:
    """Return the size geth's pool sees: with cell proofs, where it has made them."""
    if not is_converted or submitted.sidecar is None:
        return submitted.size_bytes
    sidecar = submitted.sidecar
    proofs = [bytes(48)] * (128 * len(sidecar.blobs))
    parts = encode_rlp([b"\x01", list(sidecar.blobs), list(sidecar.commitments), proofs])
    return len(submitted.transaction.raw) + len(parts)


def _check_gas_limits(fork: Fork, transaction: Transaction, head: Header) -> None:
    if transaction.to is None and fork >= Fork.SHANGHAI and len(transaction.data) > MAX_INITCODE_BYTES:
        raise TransactionRefused(
            f"max initcode size exceeded: code size {len(transaction.data)} limit {MAX_INITCODE_BYTES}"
        )
    if fork >= Fork.OSAKA and transaction.gas > MAX_TRANSACTION_GAS:
        raise TransactionRefused(f"transaction gas limit too high (cap: {MAX_TRANSACTION_GAS}, tx: {transaction.gas})")
    if transaction.gas > head.gas_limit:
        raise TransactionRefused("exceeds block gas limit")


def _check_gas_needed(fork: Fork, transaction: Transaction) -> None:
    needed = intrinsic_gas(fork, transaction)
    if transaction.gas < needed:
        raise TransactionRefused(f"intrinsic gas too low: gas {transaction.gas}, minimum needed {needed}")
    floor = floor_data_gas(transaction.data) if fork >= Fork.PRAGUE else 0
    if transaction.gas < floor:
        raise TransactionRefused(
            f"insufficient gas for floor data gas cost: gas {transaction.gas}, minimum needed {floor}"
        )


def _check_blob_transaction(submitted: Submitted, *, is_converted: bool) -> None:
    fee, hashes = submitted.transaction.max_fee_per_blob_gas or 0, submitted.transaction.blob_versioned_hashes or ()
    if fee < BLOB_FEE_WEI_MIN:
        raise TransactionRefused(
            f"transaction gas price below minimum: blob fee cap {fee}, minimum needed {BLOB_FEE_WEI_MIN}"
        )
    if submitted.sidecar is None:
        raise TransactionRefused("missing sidecar in blob transaction")
    check_commitments(submitted.sidecar, hashes)
    if len(hashes) > BLOBS_MAX:
        raise TransactionRefused(f"transaction blob limit exceeded: blob count {len(hashes)}, limit {BLOBS_MAX}")
    check_form(submitted.sidecar, is_converted=is_converted)
