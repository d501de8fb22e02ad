"""Reads the arguments of eth_call and eth_estimateGas, and refuses wrong ones in geth's own words.

Source: geth v1.17.8, internal/ethapi/transaction_args.go (TransactionArgs, CallDefaults, ToMessage),
internal/ethapi/override/override.go, core/types/gen_access_tuple.go, gen_authorization.go.
"""

from dataclasses import dataclass
from typing import Any

from reference_node.chain.types import Authorization
from reference_node.evm.call import AccessList, Call
from reference_node.evm.overrides import AccountOverride, AccountOverrides, BlockOverrides
from reference_node.rpc import params
from reference_node.rpc.escapes import as_written
from reference_node.rpc.go_objects import Decoders, Mismatches, by_itself, list_of, native_mismatch, read_object
from reference_node.rpc.params import HexError, cannot_unmarshal, go_kind

_BLOB_BYTES = 131_072
_KZG_BYTES = 48
"""Length of a commitment and of a proof."""
_UINT8_MAX = 255
_UINT256_MAX = 2**256 - 1


class ArgumentsRefused(ValueError):
    """Arguments that can be read but make no call; the text is geth's."""


@dataclass(frozen=True, slots=True)
class CallArguments:
    """The arguments as they were given; None where they were not."""

    sender: bytes | None = None
    to: bytes | None = None
    gas: int | None = None
    gas_price: int | None = None
    max_fee_per_gas: int | None = None
    max_priority_fee_per_gas: int | None = None
    value: int | None = None
    data: bytes | None = None
    access_list: AccessList | None = None
    chain_id: int | None = None
    max_fee_per_blob_gas: int | None = None
    blob_hashes: tuple[bytes, ...] | None = None
    authorizations: tuple[Authorization, ...] | None = None

    def to_call(self, chain_id: int, base_fee: int, gas: int) -> Call:
        """Return the call that is meant, with what is missing by default.

        Args:
            chain_id: of the node.
            base_fee: of the block the call is in, in wei.
            gas: its gas limit, found already.

        Raises:
            ArgumentsRefused: they contradict each other or the node.
        """
        self._check(chain_id)
        fee_cap, tip_cap = self.max_fee_per_gas or 0, self.max_priority_fee_per_gas or 0
        gas_price = min((tip_cap + base_fee) & _UINT256_MAX, fee_cap) if fee_cap or tip_cap else 0
        if self.gas_price is not None:
            gas_price = fee_cap = tip_cap = self.gas_price
        blob_fee_cap = self.max_fee_per_blob_gas
        if blob_fee_cap is None and self.blob_hashes is not None:
            blob_fee_cap = 0
        return Call(
            sender=self.sender or bytes(20),
            to=self.to,
            gas=gas,
            gas_price=gas_price,
            fee_cap=fee_cap,
            tip_cap=tip_cap,
            value=self.value or 0,
            data=self.data or b"",
            access_list=self.access_list or (),
            blob_fee_cap=blob_fee_cap,
            blob_hashes=self.blob_hashes,
            authorizations=self.authorizations,
        )

    def _check(self, chain_id: int) -> None:
        has_new_fees = self.max_fee_per_gas is not None or self.max_priority_fee_per_gas is not None
        if self.gas_price is not None and has_new_fees:
            raise ArgumentsRefused("both gasPrice and (maxFeePerGas or maxPriorityFeePerGas) specified")
        if self.to is None and self.blob_hashes is not None:
            raise ArgumentsRefused("blob transaction of type create")
        if self.to is None and self.authorizations is not None:
            raise ArgumentsRefused("EIP-7702 transaction cannot be used to create contract")
        if self.chain_id is not None and self.chain_id != chain_id:
            text = f"chainId does not match node's (have={self.chain_id}, want={chain_id})"
            raise ArgumentsRefused(text)


def decode_call_arguments(value: Any) -> CallArguments:
    """Read the object that describes a call; unknown fields are left alone, as Go does."""
    found = read_object(value, "TransactionArgs", "ethapi.TransactionArgs", _CALL_FIELDS)
    data = found.get("input") if found.get("input") is not None else found.get("data")
    return CallArguments(
        sender=found.get("from"),
        to=found.get("to"),
        gas=found.get("gas"),
        gas_price=found.get("gasPrice"),
        max_fee_per_gas=found.get("maxFeePerGas"),
        max_priority_fee_per_gas=found.get("maxPriorityFeePerGas"),
        value=found.get("value"),
        data=data,
        access_list=found.get("accessList"),
        chain_id=found.get("chainId"),
        max_fee_per_blob_gas=found.get("maxFeePerBlobGas"),
        blob_hashes=found.get("blobVersionedHashes"),
        authorizations=found.get("authorizationList"),
    )


def decode_block_overrides(value: Any) -> BlockOverrides:
    """Read the object of overridden block fields."""
    found = read_object(value, "BlockOverrides", "override.BlockOverrides", _BLOCK_FIELDS)
    return BlockOverrides(
        number=found.get("Number"),
        timestamp=found.get("Time"),
        gas_limit=found.get("GasLimit"),
        fee_recipient=found.get("FeeRecipient"),
        prev_randao=found.get("PrevRandao"),
        base_fee=found.get("BaseFeePerGas"),
        blob_base_fee=found.get("BlobBaseFee"),
        has_beacon_root=found.get("BeaconRoot") is not None,
        has_withdrawals=found.get("Withdrawals") is not None,
    )


def decode_state_overrides(value: Any) -> AccountOverrides:
    """Read the object of overridden accounts."""
    if not isinstance(value, dict):
        raise cannot_unmarshal(go_kind(value), "override.StateOverride")
    mismatches = Mismatches()
    found: dict[bytes, AccountOverride] = {}
    for key, item in value.items():
        account = AccountOverride()
        with mismatches:
            account = _account_override(item)
        found[params.decode_address(key)] = account
    mismatches.raise_first()
    return found


def _account_override(value: Any) -> AccountOverride:
    if value is None:
        return AccountOverride()
    found = read_object(value, "OverrideAccount", "override.OverrideAccount", _ACCOUNT_FIELDS)
    return AccountOverride(
        nonce=found.get("nonce"),
        code=found.get("code"),
        balance=found.get("balance"),
        state=found.get("state"),
        state_diff=found.get("stateDiff"),
        move_precompile_to=found.get("movePrecompileToAddress"),
    )


def _decode_slots(value: Any) -> dict[bytes, bytes]:
    if not isinstance(value, dict):
        raise native_mismatch(value, "map[common.Hash]common.Hash")
    found: dict[bytes, bytes] = {}
    for key, item in value.items():
        slot_value = params.decode_hash(item)  # as Go does, before the key
        found[params.decode_hash(key)] = slot_value
    return found


def _decode_u256(value: Any) -> int:
    if not isinstance(value, str):
        raise cannot_unmarshal("non-string", "*uint256.Int")
    try:
        return params.hex_big(as_written(value))
    except HexError as error:
        raise cannot_unmarshal(str(error), "*uint256.Int") from error


def _required(found: dict[str, Any], struct: str, *names: str) -> list[Any]:
    for name in names:
        if found.get(name) is None:
            raise ValueError(f"missing required field '{name}' for {struct}")
    return [found[name] for name in names]


def _decode_access_tuple(value: Any) -> tuple[bytes, tuple[bytes, ...]]:
    if value is None:
        raise ValueError("missing required field 'address' for AccessTuple")
    found = read_object(value, "AccessTuple", "types.AccessTuple", _ACCESS_FIELDS)
    address, slots = _required(found, "AccessTuple", "address", "storageKeys")
    return address, slots


def _decode_authorization(value: Any) -> Authorization:
    found = read_object(
        {} if value is None else value, "SetCodeAuthorization", "types.SetCodeAuthorization", _AUTHORIZATION_FIELDS
    )
    names = ("chainId", "address", "nonce", "yParity", "r", "s")
    chain_id, address, nonce, parity, r, s = _required(found, "SetCodeAuthorization", *names)
    return Authorization(chain_id, address, nonce, parity & _UINT8_MAX, r, s)


def _decode_blob(value: Any) -> bytes:
    return params.decode_fixed(value, _BLOB_BYTES, "kzg4844.Blob")


def _decode_commitment(value: Any) -> bytes:
    return params.decode_fixed(value, _KZG_BYTES, "kzg4844.Commitment")


def _decode_proof(value: Any) -> bytes:
    return params.decode_fixed(value, _KZG_BYTES, "kzg4844.Proof")


_CALL_FIELDS: Decoders = {
    "from": params.decode_address,
    "to": params.decode_address,
    "gas": params.decode_uint64,
    "gasPrice": params.decode_big,
    "maxFeePerGas": params.decode_big,
    "maxPriorityFeePerGas": params.decode_big,
    "value": params.decode_big,
    "nonce": params.decode_uint64,
    "data": params.decode_bytes,
    "input": params.decode_bytes,
    "accessList": list_of("types.AccessList", by_itself(_decode_access_tuple)),
    "chainId": params.decode_big,
    "maxFeePerBlobGas": params.decode_big,
    "blobVersionedHashes": list_of("[]common.Hash", params.decode_hash),
    # A sidecar means nothing to a call, but a wrong one is refused.
    "blobs": list_of("[]kzg4844.Blob", _decode_blob),
    "commitments": list_of("[]kzg4844.Commitment", _decode_commitment),
    "proofs": list_of("[]kzg4844.Proof", _decode_proof),
    "authorizationList": list_of("[]types.SetCodeAuthorization", by_itself(_decode_authorization)),
}
_BLOCK_FIELDS: Decoders = {
    "Number": params.decode_big,
    "Difficulty": params.decode_big,
    "Time": params.decode_uint64,
    "GasLimit": params.decode_uint64,
    "FeeRecipient": params.decode_address,
    "PrevRandao": params.decode_hash,
    "BaseFeePerGas": params.decode_big,
    "BlobBaseFee": params.decode_big,
    "BeaconRoot": params.decode_hash,
    "Withdrawals": list_of("types.Withdrawals", lambda item: item),
}
_ACCOUNT_FIELDS: Decoders = {
    "nonce": params.decode_uint64,
    "code": params.decode_bytes,
    "balance": params.decode_big,
    "state": _decode_slots,
    "stateDiff": _decode_slots,
    "movePrecompileToAddress": params.decode_address,
}
_ACCESS_FIELDS: Decoders = {
    "address": params.decode_address,
    "storageKeys": list_of("[]common.Hash", params.decode_hash),
}
_AUTHORIZATION_FIELDS: Decoders = {
    "chainId": _decode_u256,
    "address": params.decode_address,
    "nonce": params.decode_uint64,
    "yParity": params.decode_uint64,
    "r": _decode_u256,
    "s": _decode_u256,
}
