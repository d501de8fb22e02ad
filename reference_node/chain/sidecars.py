"""Whether a blob transaction's sidecar fits it: commitments, counts and KZG proofs.

Source: EIP-4844, EIP-7594; geth v1.17.8, core/txpool/validation.go (validateBlobSidecar, ValidateCells),
core/types/tx_blob.go (ValidateBlobCommitmentHashes, ToV1). Texts are geth's.
"""

from collections.abc import Sequence
from hashlib import sha256
from typing import Any

import ckzg

from reference_node.chain.submitted import Sidecar
from reference_node.evm.precompile_errors import compressed_failure
from reference_node.evm.precompiles import trusted_setup

CELLS_PER_BLOB = 128
VERSION_0, VERSION_1 = 0, 1
_HASH_VERSION = b"\x01"
_FIELD_MODULUS = 0x73EDA753299D7D483339D80809A1D80553BDA402FFFE5BFEFFFFFFFF00000001
_FIELD_ELEMENT_BYTES = 32


def check_commitments(sidecar: Sidecar, blob_hashes: Sequence[bytes]) -> None:
    """Check that the commitments are those the transaction names. Raises ValueError."""
    commitments = sidecar.commitments
    if len(commitments) != len(blob_hashes):
        raise ValueError(
            f"invalid number of {len(commitments)} blob commitments compared to {len(blob_hashes)} blob hashes"
        )
    for index, (commitment, expected) in enumerate(zip(commitments, blob_hashes, strict=True)):
        computed = _HASH_VERSION + sha256(commitment).digest()[1:]
        if computed != expected:
            raise ValueError(
                f"blob {index}: computed hash 0x{computed.hex()} mismatches transaction one 0x{expected.hex()}"
            )


def check_form(sidecar: Sidecar, *, is_converted: bool) -> None:
    """Check version and number of proofs.

    Args:
        sidecar: the sidecar.
        is_converted: geth would make cell proofs of its blobs (version 0, from Osaka on).

    Raises:
        ValueError: it is of another form than the pool holds.
    """
    if sidecar.version != VERSION_1 and not is_converted:
        raise ValueError(f"Wrong sidecar format: unexpected sidecar version, want: {VERSION_1}, got: {sidecar.version}")
    proofs = len(sidecar.blobs) * CELLS_PER_BLOB if is_converted else len(sidecar.proofs)
    expected = len(sidecar.commitments) * CELLS_PER_BLOB
    if proofs != expected:
        raise ValueError(f"Wrong sidecar format: invalid number of {proofs} blob proofs expected {expected}")


def check_blobs(sidecar: Sidecar) -> None:
    """Check that every blob is a polynomial. Raises ValueError."""
    for blob in sidecar.blobs:
        elements = (blob[at : at + _FIELD_ELEMENT_BYTES] for at in range(0, len(blob), _FIELD_ELEMENT_BYTES))
        if any(int.from_bytes(element, "big") >= _FIELD_MODULUS for element in elements):
            raise ValueError("scalar is not canonical when interpreted as a big integer in big-endian")


def check_proofs(sidecar: Sidecar, *, is_converted: bool) -> None:
    """Check that the blobs are those committed to. Raises ValueError.

    Proofs of version 0 are not looked at where geth makes new ones: then the commitments alone have to fit.
    """
    if not sidecar.blobs:
        raise ValueError("blobless blob transaction")
    if len(sidecar.blobs) != len(sidecar.commitments):
        raise ValueError(
            f"invalid number of {len(sidecar.blobs)} blobs compared to {len(sidecar.commitments)} commitments"
        )
    proofs = () if is_converted else sidecar.proofs
    for point in (*sidecar.commitments, *proofs):
        if (failure := compressed_failure(point)) is not None:
            raise ValueError(f"KZG verification error: {failure}")
    if not _proofs_hold(sidecar, is_converted=is_converted):
        raise ValueError("KZG verification error: can't verify opening proof")


def _proofs_hold(sidecar: Sidecar, *, is_converted: bool) -> bool:
    setup: Any = trusted_setup()
    if is_converted:
        return [ckzg.blob_to_kzg_commitment(blob, setup) for blob in sidecar.blobs] == list(sidecar.commitments)
    cells = [cell for blob in sidecar.blobs for cell in ckzg.compute_cells(blob, setup)]
    repeated = [commitment for commitment in sidecar.commitments for _ in range(CELLS_PER_BLOB)]
    indices = [index for _ in sidecar.blobs for index in range(CELLS_PER_BLOB)]
    return bool(ckzg.verify_cell_kzg_proof_batch(repeated, indices, cells, list(sidecar.proofs), setup))
