"""Blob transactions are taken with a sidecar that fits, and lose it."""

from collections.abc import Callable
from hashlib import sha256

import ckzg
import pytest
import rlp

from reference_node.chain.sidecars import decode_network_transaction
from reference_node.chain.types import encode_rlp
from reference_node.evm.precompiles import trusted_setup
from tests.reference_node.worlds import sign

BLOB_BYTES = 131_072


@pytest.fixture(scope="module")
def sidecar() -> tuple[bytes, bytes, bytes, list[bytes]]:
    """Return a blob, its commitment, its proof and its cell proofs."""
    blob = b"\x00\x2a" + bytes(BLOB_BYTES - 2)
    setup = trusted_setup()
    commitment = ckzg.blob_to_kzg_commitment(blob, setup)
    _, cell_proofs = ckzg.compute_cells_and_kzg_proofs(blob, setup)
    return blob, commitment, ckzg.compute_blob_kzg_proof(blob, commitment, setup), cell_proofs


Sidecar = tuple[bytes, bytes, bytes, list[bytes]]


def canonical(commitment: bytes) -> bytes:
    """Return a blob transaction as a block holds it."""
    blob_hash = b"\x01" + sha256(commitment).digest()[1:]
    return sign(0, b"\x11" * 20, maxFeePerBlobGas=1, blobVersionedHashes=[blob_hash])


def network(raw: bytes, *parts: object) -> bytes:
    """Return a blob transaction as it travels."""
    return raw[:1] + encode_rlp([rlp.decode(raw[1:]), *parts])


def test_a_sidecar_of_either_version_is_checked_and_left_out(sidecar: Sidecar) -> None:
    blob, commitment, proof, cell_proofs = sidecar
    raw = canonical(commitment)
    for parts in (([blob], [commitment], [proof]), (b"\x01", [blob], [commitment], cell_proofs)):
        assert decode_network_transaction(network(raw, *parts)).raw == raw


def test_other_types_travel_as_they_are() -> None:
    raw = sign(0, b"\x11" * 20)
    assert decode_network_transaction(raw).raw == raw


def test_a_blob_transaction_without_its_sidecar_is_refused(sidecar: Sidecar) -> None:
    with pytest.raises(ValueError, match="missing sidecar in blob transaction"):
        decode_network_transaction(canonical(sidecar[1]))


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (lambda b, c, p, _: ([b], [c], [p[:-1] + bytes([p[-1] ^ 1])]), "KZG|can't be read"),
        (lambda b, c, p, _: ([b"\x00\x2b" + b[2:]], [c], [p]), "KZG verification error"),
        (lambda b, _, p, __: ([b], [p], [p]), "blob 0: computed hash .* mismatches"),
        (lambda b, c, p, _: ([b, b], [c], [p]), "invalid number of 2 blobs"),
        (lambda b, c, p, _: ([b], [c], [p, p]), "invalid number of 2 blob proofs expected 1"),
        (lambda b, c, _, cells: (b"\x01", [b], [c], cells[1:]), "invalid number of 127 blob proofs expected 128"),
        (lambda b, c, _, cells: (b"\x01", [b], [c], cells[1:] + cells[:1]), "KZG verification error"),
        (lambda b, c, _, cells: (b"\x02", [b], [c], cells), "expected 4, or 5 with version 1"),
        (lambda b, c, p, _: ([b], [c]), "3 fields, expected 4"),
        (lambda b, c, p, _: ([b[:-1]], [c], [p]), "blob of the sidecar has 131071 bytes, expected 131072"),
        (lambda b, c, p, _: ([b], [c[1:]], [p]), "commitment of the sidecar has 47 bytes, expected 48"),
        (lambda b, c, p, _: (b"", b"", b""), "invalid number of 0 blobs"),
    ],
)
def test_a_sidecar_that_does_not_fit_is_refused(
    sidecar: Sidecar, spoil: Callable[..., tuple[object, ...]], reason: str
) -> None:
    with pytest.raises(ValueError, match=reason):
        decode_network_transaction(network(canonical(sidecar[1]), *spoil(*sidecar)))
