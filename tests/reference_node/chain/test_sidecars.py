"""A sidecar fits its transaction: commitments, counts, version and proofs."""

from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from typing import Any

import ckzg
import pytest

from reference_node.chain.sidecars import check_blobs, check_commitments, check_form, check_proofs
from reference_node.chain.submitted import BLOB_BYTES, Sidecar
from reference_node.evm.precompiles import trusted_setup

BLOB = b"\x00\x2a" + bytes(BLOB_BYTES - 2)
OTHER = b"\x00\x2b" + bytes(BLOB_BYTES - 2)
NO_POINT = b"\xff" * 48


@pytest.fixture(scope="module")
def old() -> Sidecar:
    """Return a sidecar with a proof for each blob."""
    commitment = ckzg.blob_to_kzg_commitment(BLOB, trusted_setup())
    return Sidecar(0, [BLOB], [commitment], [ckzg.compute_blob_kzg_proof(BLOB, commitment, trusted_setup())])


@pytest.fixture(scope="module")
def new(old: Sidecar) -> Sidecar:
    """Return a sidecar with a proof for each cell."""
    return replace(old, version=1, proofs=ckzg.compute_cells_and_kzg_proofs(BLOB, trusted_setup())[1])


def test_what_fits_is_taken(old: Sidecar, new: Sidecar) -> None:
    for sidecar, is_converted in ((old, True), (new, False)):
        check_commitments(sidecar, [b"\x01" + sha256(sidecar.commitments[0]).digest()[1:]])
        check_form(sidecar, is_converted=is_converted)
        check_blobs(sidecar)
        check_proofs(sidecar, is_converted=is_converted)


def test_commitments_have_to_be_those_named(old: Sidecar) -> None:
    with pytest.raises(ValueError, match="invalid number of 1 blob commitments compared to 2 blob hashes"):
        check_commitments(old, [bytes(32)] * 2)
    with pytest.raises(ValueError, match=r"blob 0: computed hash 0x01\w{62} mismatches transaction one 0x0{64}$"):
        check_commitments(old, [bytes(32)])


def test_old_sidecars_are_taken_where_they_are_converted_alone(old: Sidecar) -> None:
    with pytest.raises(ValueError, match="Wrong sidecar format: unexpected sidecar version, want: 1, got: 0"):
        check_form(old, is_converted=False)


@pytest.mark.parametrize(
    ("spoil", "text"),
    [
        (lambda new: replace(new, proofs=new.proofs[1:]), "invalid number of 127 blob proofs expected 128"),
        (
            lambda new: replace(new, commitments=[*new.commitments] * 2),
            "invalid number of 128 blob proofs expected 256",
        ),
    ],
)
def test_each_cell_needs_its_proof(new: Sidecar, spoil: Callable[[Any], Any], text: str) -> None:
    with pytest.raises(ValueError, match=f"^Wrong sidecar format: {text}$"):
        check_form(spoil(new), is_converted=False)


def test_a_blob_is_made_of_field_elements(old: Sidecar) -> None:
    with pytest.raises(ValueError, match="scalar is not canonical"):
        check_blobs(replace(old, blobs=[bytes(BLOB_BYTES - 32) + b"\xff" * 32]))


@pytest.mark.parametrize(
    ("spoil", "text"),
    [
        (lambda new: replace(new, blobs=[]), "blobless blob transaction"),
        (lambda new: replace(new, blobs=[BLOB, BLOB]), "invalid number of 2 blobs compared to 1 commitments"),
        (lambda new: replace(new, blobs=[OTHER]), "KZG verification error: can't verify opening proof"),
        (lambda new: replace(new, proofs=[*new.proofs[1:], new.proofs[0]]), "KZG verification error: can't verify"),
        (lambda new: replace(new, proofs=[NO_POINT] * 128), "KZG verification error: invalid point encoding"),
        (lambda new: replace(new, commitments=[NO_POINT]), "KZG verification error: invalid point encoding"),
    ],
)
def test_proofs_have_to_hold(new: Sidecar, spoil: Callable[[Any], Any], text: str) -> None:
    with pytest.raises(ValueError, match=f"^{text}"):
        check_proofs(spoil(new), is_converted=False)


def test_of_an_old_sidecar_the_commitments_have_to_hold_alone(old: Sidecar) -> None:
    check_proofs(replace(old, proofs=[NO_POINT]), is_converted=True)
    with pytest.raises(ValueError, match="KZG verification error"):
        check_proofs(replace(old, blobs=[OTHER]), is_converted=True)
