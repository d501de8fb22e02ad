"""Who signed: the addresses behind transactions and EIP-7702 authorizations.

Source: geth v1.17.8, core/types/transaction_signing.go; EIP-155, EIP-2718, EIP-7702.
"""

from collections.abc import Sequence

import rlp
from coincurve import PublicKey
from eth_hash.auto import keccak

from reference_node.chain.types import Authorization, Transaction, encode_rlp, from_int

SECP256K1_ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
_HALF_ORDER = SECP256K1_ORDER // 2
_PLAIN_LEGACY_V = {0, 1, 27, 28}
_AUTHORIZATION_MAGIC = b"\x05"
_SIGNATURE_FIELDS = 3
_LEGACY_UNSIGNED_FIELDS = 6


def sender_of(transaction: Transaction, chain_id: int) -> bytes:
    """Return the address that signed a transaction.

    Raises:
        ValueError: the signature is not valid, or was made for another chain; with geth's text.
    """
    signed_for = _signed_for(transaction)
    if signed_for is not None and signed_for != chain_id:
        raise ValueError(f"invalid chain id for signer: have {signed_for} want {chain_id}")
    return recover_address(signing_hash(transaction), _parity(transaction), transaction.r, transaction.s)


def senders_of(transactions: Sequence[Transaction], chain_id: int) -> list[bytes]:
    """Return the signers of several transactions, in order. Raises ValueError as `sender_of` does."""
    return [sender_of(transaction, chain_id) for transaction in transactions]


def signing_hash(transaction: Transaction) -> bytes:
    """Return the hash that a transaction's signature is over."""
    if transaction.type:
        fields = rlp.decode(transaction.raw[1:])[:-_SIGNATURE_FIELDS]
        return bytes(keccak(bytes((transaction.type,)) + encode_rlp(fields)))
    fields = rlp.decode(transaction.raw)[:_LEGACY_UNSIGNED_FIELDS]
    if transaction.chain_id is not None:
        fields = [*fields, from_int(transaction.chain_id), b"", b""]
    return bytes(keccak(encode_rlp(fields)))


def authority_of(authorization: Authorization) -> bytes:
    """Return the address that signed an EIP-7702 authorization. Raises ValueError if the signature is not valid."""
    fields = [from_int(authorization.chain_id), authorization.address, from_int(authorization.nonce)]
    digest = keccak(_AUTHORIZATION_MAGIC + encode_rlp(fields))
    return recover_address(digest, authorization.y_parity, authorization.r, authorization.s)


def recover_address(digest: bytes, parity: int, r: int, s: int) -> bytes:
    """Return the address whose key made a signature over a 32 byte hash.

    Raises:
        ValueError: parity is not 0 or 1, r or s is out of its range (s in the lower half, EIP-2), or no key fits;
            with geth's text.
    """
    if parity not in (0, 1) or not 0 < r < SECP256K1_ORDER or not 0 < s <= _HALF_ORDER:
        raise ValueError("invalid transaction v, r, s values")
    signature = r.to_bytes(32, "big") + s.to_bytes(32, "big") + bytes((parity,))
    try:
        key = PublicKey.from_signature_and_message(signature, digest, hasher=None)
    except Exception as error:
        raise ValueError("recovery failed") from error
    return bytes(keccak(key.format(compressed=False)[1:])[12:])


def _signed_for(transaction: Transaction) -> int | None:
    """Return the chain a signature is for, or None for any; geth reads one from an odd legacy v too."""
    if transaction.type or transaction.chain_id is not None or transaction.v in _PLAIN_LEGACY_V:
        return transaction.chain_id
    return ((transaction.v - 35) % 2**64) // 2


def _parity(transaction: Transaction) -> int:
    if transaction.type:
        return transaction.v
    if transaction.chain_id is None:
        return transaction.v - 27
    return (transaction.v - 35) % 2
