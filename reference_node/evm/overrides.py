"""What a caller wants to be otherwise for a call: fields of its block, and accounts.

Source: geth v1.17.8, internal/ethapi/override/override.go.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from eth.vm.state import BaseState
from eth_typing import Address
from eth_utils.address import to_checksum_address

from reference_node.chain.types import Header
from reference_node.evm.call_state import CallBlock, keep_changes
from reference_node.evm.precompiles import Precompile


class OverrideRefused(Exception):
    """Overrides that contradict each other, or that calls do not take; the text is geth's."""


@dataclass(frozen=True, slots=True)
class BlockOverrides:
    """Fields of a block, None where they stay."""

    number: int | None = None
    timestamp: int | None = None
    gas_limit: int | None = None
    fee_recipient: bytes | None = None
    prev_randao: bytes | None = None
    base_fee: int | None = None
    blob_base_fee: int | None = None
    has_beacon_root: bool = False
    has_withdrawals: bool = False

    def apply(self, block: CallBlock) -> CallBlock:
        """Return the block with the fields in place. Raises OverrideRefused."""
        for name, is_there in (("beaconRoot", self.has_beacon_root), ("withdrawals", self.has_withdrawals)):
            if is_there:
                raise OverrideRefused(f'block override "{name}" is not supported for this RPC method')
        wanted = {
            "number": self.number,
            "timestamp": self.timestamp,
            "gas_limit": self.gas_limit,
            "coinbase": self.fee_recipient,
            "prev_randao": self.prev_randao,
            "base_fee": self.base_fee,
            "blob_base_fee": self.blob_base_fee,
        }
        return replace(block, **{name: value for name, value in wanted.items() if value is not None})  # type: ignore[arg-type]

    def apply_to_header(self, header: Header) -> Header:
        """Return a header with the fields that tell code its ancestors and its blob schedule."""
        return replace(
            header,
            number=header.number if self.number is None else self.number,
            timestamp=header.timestamp if self.timestamp is None else self.timestamp,
        )


@dataclass(frozen=True, slots=True)
class AccountOverride:
    """Fields of an account, None where they stay."""

    nonce: int | None = None
    code: bytes | None = None
    balance: int | None = None
    state: Mapping[bytes, bytes] | None = None
    """All slots; others are zero."""
    state_diff: Mapping[bytes, bytes] | None = None
    """Some slots; others stay."""
    move_precompile_to: bytes | None = None


AccountOverrides = Mapping[bytes, AccountOverride]


def move_precompiles(
    overrides: AccountOverrides, precompiles: Mapping[Address, Precompile]
) -> dict[Address, Precompile] | None:
    """Return the precompiled contracts as overrides leave them, None where they stay as they are.

    Raises:
        OverrideRefused: one is moved to where another override is, or there is none to move.
    """
    moved = dict(precompiles)
    taken: set[bytes] = set()
    for address in sorted(overrides):
        account = overrides[address]
        if address in taken:
            text = f"account {to_checksum_address(address)} has already been overridden by a precompile"
            raise OverrideRefused(text)
        found = moved.get(Address(address))
        if account.move_precompile_to is not None:
            if found is None:
                raise OverrideRefused(f"account {to_checksum_address(address)} is not a precompile")
            if account.move_precompile_to in overrides:
                target = to_checksum_address(account.move_precompile_to)
                raise OverrideRefused(f"account {target} is already overridden")
            moved[Address(account.move_precompile_to)] = found
            taken.add(account.move_precompile_to)
        moved.pop(Address(address), None)
        if account.state is not None and account.state_diff is not None:
            raise OverrideRefused(f"account {to_checksum_address(address)} has both 'state' and 'stateDiff'")
    return moved if moved.keys() != precompiles.keys() or taken else None


def apply_overrides(state: BaseState, overrides: AccountOverrides) -> None:
    """Put overridden accounts in place of a state for calls, as if they had been there before."""
    for key in sorted(overrides):
        account, address = overrides[key], Address(key)
        if account.nonce is not None:
            state.set_nonce(address, account.nonce)
        if account.code is not None:
            state.set_code(address, account.code)
        if account.balance is not None:
            state.set_balance(address, account.balance)
        if account.state is not None:
            state.delete_storage(address)
        for slot, value in (account.state or account.state_diff or {}).items():
            state.set_storage(address, int.from_bytes(slot, "big"), int.from_bytes(value, "big"))
    keep_changes(state)
