"""Transactions as they are sent are decoded with their sidecars, or refused in geth's words."""

import re

import pytest
import rlp

from reference_node.chain.submitted import BLOB_BYTES, Sidecar, decode_submitted
from reference_node.chain.types import decode_transaction, encode_rlp
from tests.reference_node.worlds import CHAIN_ID, sign

TO = b"\x11" * 20
BLOB, POINT = bytes(BLOB_BYTES), bytes(48)
AUTHORIZATION = {"chainId": CHAIN_ID, "address": TO, "nonce": 0, "yParity": 1, "r": 1, "s": 1}
PLAIN = {
    "legacy": sign(0, TO, gasPrice=1),
    "creation": sign(0, None, data=b"code"),
    "access list": sign(
        0, TO, gasPrice=1, accessList=[{"address": "0x" + "22" * 20, "storageKeys": ["0x" + "01" * 32]}]
    ),
    "dynamic fee": sign(0, TO, value=2**70),
    "set code": sign(0, TO, authorizationList=[AUTHORIZATION]),
    "bare blob": sign(0, TO, maxFeePerBlobGas=1, blobVersionedHashes=[b"\x01" * 32]),
}


def with_sidecar(*parts: object) -> bytes:
    """Return a blob transaction as it travels."""
    raw = PLAIN["bare blob"]
    return raw[:1] + encode_rlp([rlp.decode(raw[1:]), *parts])


@pytest.mark.parametrize("name", PLAIN)
def test_every_type_is_decoded_as_a_block_holds_it(name: str) -> None:
    found = decode_submitted(PLAIN[name])
    assert found.transaction == decode_transaction(PLAIN[name])
    assert (found.sidecar, found.size_bytes) == (None, len(PLAIN[name]))


@pytest.mark.parametrize(("version", "mark"), [(0, []), (1, [b"\x01"])])
def test_a_sidecar_of_either_version_is_taken_off(version: int, mark: list[bytes]) -> None:
    raw = with_sidecar(*mark, [BLOB], [POINT], [POINT, POINT])
    found = decode_submitted(raw)
    assert found.transaction == decode_transaction(PLAIN["bare blob"])
    assert found.sidecar == Sidecar(version, [BLOB], [POINT], [POINT, POINT])
    assert found.size_bytes == len(raw)


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (b"", "typed transaction too short"),
        (b"\x02", "typed transaction too short"),
        (b"\x05\xc0", "transaction type not supported"),
        (b"\x00\xc0", "transaction type not supported"),
        (b"\x80", "rlp: expected input list for types.LegacyTx"),
        (b"\xc0", "rlp: too few elements for types.LegacyTx"),
        (b"\x03\x80", "rlp: expected List"),
        (b"\x03\xc0", "unexpected EOF"),
        (b"\x04\xc1\x01", "rlp: too few elements for types.SetCodeTx"),
        (with_sidecar(), "unexpected EOF"),
        (with_sidecar([BLOB], [POINT]), "rlp: too few elements for types.blobTxWithBlobsV0"),
        (with_sidecar(b"\x02", [BLOB], [POINT], [POINT]), "unsupported blob tx version 2"),
        (
            with_sidecar([BLOB[1:]], [POINT], [POINT]),
            "rlp: input string too short for kzg4844.Blob, decoding into (types.blobTxWithBlobsV0).Blobs[0]",
        ),
        (
            with_sidecar(b"\x01", [BLOB], [POINT + b"x"], [POINT]),
            "rlp: input string too long for kzg4844.Commitment, decoding into (types.blobTxWithBlobsV1).Commitments[0]",
        ),
    ],
)
def test_what_cannot_be_read_is_refused(raw: bytes, text: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(text)}$"):
        decode_submitted(raw)
