"""Signed transactions as eth_sendRawTransaction takes them, refused in geth's words where they can't be read.

A blob transaction travels with its sidecar (blobs, commitments, proofs), which blocks do not hold; version 0 has a
proof for each blob, version 1 one for each cell.
Source: EIP-2718, EIP-4844 and EIP-7594 (networking forms); geth v1.17.8, core/types/transaction.go
(UnmarshalBinary), tx_legacy.go, tx_access_list.go, tx_dynamic_fee.go, tx_blob.go, tx_setcode.go.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from reference_node.chain import go_rlp
from reference_node.chain.go_rlp import EXPECTED_LIST, LIST, RlpFault, Shape
from reference_node.chain.types import Transaction, decode_transaction

BLOB_TYPE = 3
BLOB_BYTES = 131_072
_POINT_BYTES = 48
_LAST_TYPE_BYTE = 0x7F
_VERSION_0, _VERSION_1 = 0, 1


@dataclass(frozen=True, slots=True)
class Sidecar:
    """What a blob transaction carries beside itself; whether it fits is not checked yet."""

    version: int
    blobs: Sequence[bytes]
    commitments: Sequence[bytes]
    proofs: Sequence[bytes]
    """KZG proofs: of each blob in version 0, of each cell of each blob in version 1."""


@dataclass(frozen=True, slots=True)
class Submitted:
    """A transaction as somebody sent it."""

    transaction: Transaction
    sidecar: Sidecar | None
    size_bytes: int
    """Of all that was sent."""


def decode_submitted(raw: bytes) -> Submitted:
    """Decode the bytes of eth_sendRawTransaction. Raises ValueError with geth's text."""
    if raw and raw[0] > _LAST_TYPE_BYTE:
        go_rlp.decode(raw, *_LEGACY)
        return Submitted(decode_transaction(raw), None, len(raw))
    if len(raw) <= 1:
        raise ValueError("typed transaction too short")
    if raw[0] == BLOB_TYPE:
        canonical, sidecar = _decode_blob(raw[1:])
        return Submitted(decode_transaction(raw[:1] + canonical), sidecar, len(raw))
    shape = _TYPED.get(raw[0])
    if shape is None:
        raise ValueError("transaction type not supported")
    go_rlp.decode(raw[1:], *shape)
    return Submitted(decode_transaction(raw), None, len(raw))


def _decode_blob(payload: bytes) -> tuple[bytes, Sidecar | None]:
    """Return the RLP of the transaction alone, and its sidecar where it has one."""
    kind, fields, _ = go_rlp.split(payload)
    if kind != LIST:
        raise RlpFault(EXPECTED_LIST)
    kind, _, rest = go_rlp.split(fields)
    if kind != LIST:
        go_rlp.decode(payload, *_BLOB)
        return payload, None
    canonical = fields[: len(fields) - len(rest)]
    if go_rlp.split(rest)[0] == LIST:
        _, blobs, commitments, proofs = go_rlp.decode(payload, *_WITH_BLOBS[_VERSION_0])
        return canonical, Sidecar(_VERSION_0, blobs, commitments, proofs)
    _, version, blobs, commitments, proofs = go_rlp.decode(payload, *_WITH_BLOBS[_VERSION_1])
    if version != _VERSION_1:
        raise ValueError(f"unsupported blob tx version {version}")
    return canonical, Sidecar(_VERSION_1, blobs, commitments, proofs)


Struct = tuple[str, Sequence[tuple[str, Shape]]]
"""A type's name and fields, both as geth calls them."""


def _list_of_arrays(name: str, length: int) -> Shape:
    return go_rlp.list_of(f"[]{name}", go_rlp.array(name, length))


def _fields(names: str, shape: Shape) -> list[tuple[str, Shape]]:
    return [(name, shape) for name in names.split()]


_U64, _BIG, _U256, _DATA = go_rlp.uint(64), go_rlp.big_int, go_rlp.uint256, ("Data", go_rlp.data)
_ADDRESS = go_rlp.array("common.Address", 20)
_TO, _TO_OR_NONE = ("To", _ADDRESS), ("To", go_rlp.optional_array("common.Address", 20))
_ACCESS = (
    "AccessList",
    go_rlp.list_of(
        "types.AccessList",
        go_rlp.struct(
            "types.AccessTuple", [("Address", _ADDRESS), ("StorageKeys", _list_of_arrays("common.Hash", 32))]
        ),
    ),
)
_AUTHORIZATION: list[tuple[str, Shape]] = [
    ("ChainID", _U256), ("Address", _ADDRESS), ("Nonce", _U64), ("V", go_rlp.uint(8)), *_fields("R S", _U256),
]  # fmt: skip
_AUTHORIZATIONS = go_rlp.list_of(
    "[]types.SetCodeAuthorization", go_rlp.struct("types.SetCodeAuthorization", _AUTHORIZATION)
)


def _fee_fields(shape: Shape) -> list[tuple[str, Shape]]:
    return [("ChainID", shape), ("Nonce", _U64), *_fields("GasTipCap GasFeeCap", shape), ("Gas", _U64)]


_LEGACY: Struct = (
    "types.LegacyTx",
    [("Nonce", _U64), ("GasPrice", _BIG), ("Gas", _U64), _TO_OR_NONE, ("Value", _BIG), _DATA, *_fields("V R S", _BIG)],
)
_ACCESS_LIST: Struct = (
    "types.AccessListTx",
    [
        ("ChainID", _BIG), ("Nonce", _U64), ("GasPrice", _BIG), ("Gas", _U64), _TO_OR_NONE, ("Value", _BIG), _DATA,
        _ACCESS, *_fields("V R S", _BIG),
    ],
)  # fmt: skip
_DYNAMIC: Struct = (
    "types.DynamicFeeTx",
    [*_fee_fields(_BIG), _TO_OR_NONE, ("Value", _BIG), _DATA, _ACCESS, *_fields("V R S", _BIG)],
)
_BLOB: Struct = (
    "types.BlobTx",
    [
        *_fee_fields(_U256), _TO, ("Value", _U256), _DATA, _ACCESS, ("BlobFeeCap", _U256),
        ("BlobHashes", _list_of_arrays("common.Hash", 32)), *_fields("V R S", _U256),
    ],
)  # fmt: skip
_SET_CODE: Struct = (
    "types.SetCodeTx",
    [
        *_fee_fields(_U256), _TO, ("Value", _U256), _DATA, _ACCESS, ("AuthList", _AUTHORIZATIONS),
        *_fields("V R S", _U256),
    ],
)  # fmt: skip
_TYPED = {1: _ACCESS_LIST, 2: _DYNAMIC, 4: _SET_CODE}
_PARTS: list[tuple[str, Any]] = [
    ("Blobs", _list_of_arrays("kzg4844.Blob", BLOB_BYTES)),
    ("Commitments", _list_of_arrays("kzg4844.Commitment", _POINT_BYTES)),
    ("Proofs", _list_of_arrays("kzg4844.Proof", _POINT_BYTES)),
]
_INNER = ("BlobTx", go_rlp.struct(*_BLOB))
_WITH_BLOBS: dict[int, Struct] = {
    _VERSION_0: ("types.blobTxWithBlobsV0", [_INNER, *_PARTS]),
    _VERSION_1: ("types.blobTxWithBlobsV1", [_INNER, ("Version", go_rlp.uint(8)), *_PARTS]),
}
