"""Blob transactions as they travel: with blobs, commitments and proofs, which blocks do not hold.

Source: EIP-4844 (networking form), EIP-7594 (version 1, with cell proofs).
"""

from collections.abc import Sequence
from hashlib import sha256
from typing import Any

import ckzg
import rlp

from reference_node.chain.types import Transaction, decode_transaction, encode_rlp
from reference_node.evm.precompiles import trusted_setup

BLOB_TYPE = 3
BLOB_BYTES = 131_072
CELLS_PER_BLOB = 128
_VERSION_1 = b"\x01"


def decode_network_transaction(raw: bytes) -> Transaction:
    """Decode a transaction as eth_sendRawTransaction takes it, without the sidecar it may carry.

    Raises:
        ValueError: it can't be decoded, or is a blob transaction whose sidecar is missing or does not fit.
    """
    try:
        if not raw or raw[0] != BLOB_TYPE:
            return decode_transaction(raw)
        item = rlp.decode(raw[1:])
    except (rlp.DecodingError, TypeError, IndexError) as error:
        raise ValueError(f"rlp: {error}") from error
    if not item or not isinstance(item[0], list):
        raise ValueError("missing sidecar in blob transaction")
    if len(item) not in {4, 5} or (len(item) == 5 and item[1] != _VERSION_1):
        raise ValueError(f"blob transaction has {len(item)} fields, expected 4, or 5 with version 1")
    try:
        transaction = decode_transaction(bytes((BLOB_TYPE,)) + encode_rlp(item[0]))
        _check_sidecar(transaction, *item[-3:], has_cell_proofs=len(item) == 5)
    except (rlp.DecodingError, TypeError, RuntimeError) as error:
        raise ValueError(f"blob transaction can't be read: {error}") from error
    return transaction


def _check_sidecar(
    transaction: Transaction,
    blobs: Sequence[bytes],
    commitments: Sequence[bytes],
    proofs: Sequence[bytes],
    *,
    has_cell_proofs: bool,
) -> None:
    for name, items, size in (("blob", blobs, BLOB_BYTES), ("commitment", commitments, 48), ("proof", proofs, 48)):
        for item in items:
            if len(item) != size:
                raise ValueError(f"a {name} of the sidecar has {len(item)} bytes, expected {size}")
    hashes = transaction.blob_versioned_hashes or ()
    if len(hashes) != len(blobs) or len(commitments) != len(blobs):
        raise ValueError(f"invalid number of {len(blobs)} blobs compared to {len(hashes)} blob hashes")
    for index, (commitment, expected) in enumerate(zip(commitments, hashes, strict=True)):
        computed = b"\x01" + sha256(commitment).digest()[1:]
        if computed != expected:
            raise ValueError(
                f"blob {index}: computed hash 0x{computed.hex()} mismatches transaction one 0x{expected.hex()}"
            )
    wanted = len(blobs) * (CELLS_PER_BLOB if has_cell_proofs else 1)
    if len(proofs) != wanted:
        raise ValueError(f"invalid number of {len(proofs)} blob proofs expected {wanted}")
    if not _proofs_hold(blobs, commitments, proofs, has_cell_proofs=has_cell_proofs):
        raise ValueError("KZG verification error: the proofs do not fit the blobs")


def _proofs_hold(
    blobs: Sequence[bytes], commitments: Sequence[bytes], proofs: Sequence[bytes], *, has_cell_proofs: bool
) -> bool:
    setup: Any = trusted_setup()
    if not has_cell_proofs:
        return bool(ckzg.verify_blob_kzg_proof_batch(b"".join(blobs), b"".join(commitments), b"".join(proofs), setup))
    cells = [cell for blob in blobs for cell in ckzg.compute_cells(blob, setup)]
    repeated = [commitment for commitment in commitments for _ in range(CELLS_PER_BLOB)]
    indices = [index for _ in blobs for index in range(CELLS_PER_BLOB)]
    return bool(ckzg.verify_cell_kzg_proof_batch(repeated, indices, cells, list(proofs), setup))
