"""Why the outermost frame of a call failed, in geth's words.

Source: geth v1.17.8, core/vm: errors.go, interpreter.go (Run), opcodes.go, gas_table.go, operations_acl.go.
"""

from collections.abc import Sequence

from eth.abc import ComputationAPI, OpcodeAPI
from eth.exceptions import (
    InvalidInstruction,
    InvalidJumpDestination,
    OutOfBoundsRead,
    OutOfGas,
    ReservedBytesInCode,
    Revert,
    VMError,
    WriteProtection,
)
from eth.vm import opcode_values

from reference_node.evm.precompile_errors import explain_failure

OUT_OF_GAS = "out of gas"
EXECUTION_REVERTED = "execution reverted"
STACK_ITEMS_MAX = 1024
_WARM_ACCESS_GAS = 100
_VALUE_TRANSFER_GAS = 9000
_CALLS = frozenset((opcode_values.CALL, opcode_values.CALLCODE, opcode_values.DELEGATECALL, opcode_values.STATICCALL))
_TEXTS: tuple[tuple[type[VMError], str], ...] = (
    (Revert, EXECUTION_REVERTED),
    (InvalidJumpDestination, "invalid jump destination"),
    (InvalidInstruction, "invalid jump destination"),
    (OutOfBoundsRead, "return data out of bounds"),
    (WriteProtection, "write protection"),
    (ReservedBytesInCode, "invalid code: must not begin with 0xef"),
)
_NAMES_OF_MISSING = {
    0x1E: "CLZ", 0x49: "BLOBHASH", 0x4A: "BLOBBASEFEE", 0x4B: "SLOTNUM", 0x5C: "TLOAD", 0x5D: "TSTORE", 0x5E: "MCOPY",
    0x5F: "PUSH0", 0xD0: "DATALOAD", 0xD1: "DATALOADN", 0xD2: "DATASIZE", 0xD3: "DATACOPY", 0xE0: "RJUMP",
    0xE1: "RJUMPI", 0xE2: "RJUMPV", 0xE3: "CALLF", 0xE4: "RETF", 0xE5: "JUMPF", 0xE6: "DUPN", 0xE7: "SWAPN",
    0xE8: "EXCHANGE", 0xEC: "EOFCREATE", 0xEE: "RETURNCONTRACT", 0xF7: "RETURNDATALOAD", 0xF8: "EXTCALL",
    0xF9: "EXTDELEGATECALL", 0xFB: "EXTSTATICCALL", 0xFE: "INVALID",
}  # fmt: skip
"""What geth calls opcodes that no fork here has, or not every fork."""

_ITEMS: tuple[tuple[Sequence[int], int, int], ...] = (
    ((0x00, 0x5B, 0xFE), 0, 0),
    ((*range(0x01, 0x08), 0x0A, 0x0B, *range(0x10, 0x15), *range(0x16, 0x19), *range(0x1A, 0x1E), 0x20), 2, 1),
    ((0x08, 0x09, 0xF0), 3, 1),
    ((0x15, 0x19, 0x1E, 0x31, 0x35, 0x3B, 0x3F, 0x40, 0x49, 0x51, 0x54, 0x5C), 1, 1),
    ((0x30, 0x32, 0x33, 0x34, 0x36, 0x38, 0x3A, 0x3D, *range(0x41, 0x49), 0x4A, *range(0x58, 0x5B)), 0, 1),
    (range(0x5F, 0x80), 0, 1),
    ((0x37, 0x39, 0x3E, 0x5E), 3, 0),
    ((0x3C,), 4, 0),
    ((0x50, 0x56, 0xFF), 1, 0),
    ((0x52, 0x53, 0x55, 0x57, 0x5D, 0xF3, 0xFD), 2, 0),
    *(((0x80 + count - 1,), count, count + 1) for count in range(1, 17)),
    *(((0x90 + count - 2,), count, count) for count in range(2, 18)),
    *(((0xA0 + topics,), 2 + topics, 0) for topics in range(5)),
    ((0xF1, 0xF2), 7, 1),
    ((0xF4, 0xFA), 6, 1),
    ((0xF5,), 4, 1),
)
"""Opcodes, how many items they take from the stack and how many they leave."""

MEMORY_MAX_BYTES = 0x1FFFFFFFE0
"""The most memory that geth computes the gas of."""
_UINT64_MAX = 2**64 - 1
_WORD_BYTES = 32
MEMORY_OPERANDS: dict[int, tuple[int, tuple[tuple[int, int], ...]]] = {
    0x20: (30, ((0, 1),)), 0x37: (3, ((0, 2),)), 0x39: (3, ((0, 2),)), 0x3C: (100, ((1, 3),)), 0x3E: (3, ((0, 2),)),
    0x5E: (3, ((0, 2), (1, 2))), 0xF0: (32_000, ((1, 2),)), 0xF5: (32_000, ((1, 2),)),
    0xF1: (100, ((3, 4), (5, 6))), 0xF2: (100, ((3, 4), (5, 6))),
    0xF4: (100, ((2, 3), (4, 5))), 0xFA: (100, ((2, 3), (4, 5))),
    **{0xA0 + topics: (0, ((0, 1),)) for topics in range(5)},
}  # fmt: skip
"""Opcodes that py-evm lets pay for more than their memory before it looks at all of that: their constant gas, and the
places on the stack of where memory begins and of how much it is."""


class FrameError(VMError):
    """A frame fails; the text is geth's."""


class CallAborted(Exception):
    """A call took too long. Not a VMError, so that no frame swallows it."""


class UndefinedOpcode:
    """Stands in a table of opcodes where a fork has none."""

    def __init__(self, value: int) -> None:
        self._text = f"invalid opcode: {_NAMES_OF_MISSING.get(value, f'opcode {value:#x} not defined')}"

    def __call__(self, _computation: ComputationAPI) -> None:
        """Fail."""
        raise FrameError(self._text)


def stack_bounds(opcodes: dict[int, OpcodeAPI]) -> tuple[tuple[int, int], ...]:
    """Return for each opcode how many items it needs on the stack, and how many it allows there."""
    bounds = [(0, STACK_ITEMS_MAX)] * 256
    for values, taken, left in _ITEMS:
        for value in values:
            if value in opcodes:
                bounds[value] = (taken, STACK_ITEMS_MAX + taken - left)
    return tuple(bounds)


def stack_error(items: int, bounds: tuple[int, int]) -> FrameError:
    """Return the error of an opcode that finds too few or too many items on the stack."""
    needed, allowed = bounds
    if items < needed:
        return FrameError(f"stack underflow ({items} <=> {needed})")
    return FrameError(f"stack limit reached {items} ({allowed})")


def check_memory_size(end: int) -> None:
    """Check that memory up to a place has a price. Raises FrameError with geth's text."""
    if end > _UINT64_MAX - _WORD_BYTES + 1:
        raise FrameError("gas uint64 overflow")
    if end > MEMORY_MAX_BYTES:
        raise FrameError(f"{OUT_OF_GAS}: gas uint64 overflow")


def error_text(error: VMError, opcode: int, gas: tuple[int, int], has_delegation: bool) -> str:
    """Return why a frame failed.

    Args:
        error: py-evm's.
        opcode: where.
        gas: what was left before the opcode, where it is a call, and at that moment.
        has_delegation: whether calls follow delegations (from Prague on), which changed the steps of their price.
    """
    if isinstance(error, FrameError):
        return str(error)
    if isinstance(error, OutOfGas):
        return _out_of_gas_text(str(error), opcode, gas, has_delegation)
    return next((text for kind, text in _TEXTS if isinstance(error, kind)), str(error))


def precompile_error_text(address: bytes, data: bytes, error: VMError) -> str:
    """Return why a precompiled contract failed."""
    if isinstance(error, OutOfGas):
        return OUT_OF_GAS
    return explain_failure(int.from_bytes(address, "big"), data, str(error))


def _out_of_gas_text(reason: str, opcode: int, gas: tuple[int, int], has_delegation: bool) -> str:
    gas_before, gas_left = gas
    if "Net-metered" in reason:
        return f"{OUT_OF_GAS}: not enough gas for reentrancy sentry"
    if reason.startswith("max initcode size exceeded"):
        return f"{OUT_OF_GAS}: {reason}"
    # Before delegations, what is missing for a new account shows only after all steps of a CALL.
    in_call = opcode == opcode_values.CALL and not ("Reason: CALL" in reason and gas_left >= _VALUE_TRANSFER_GAS)
    in_steps = has_delegation or in_call or "implicit account load" in reason
    is_call = opcode in _CALLS and in_steps and gas_before >= _WARM_ACCESS_GAS
    if is_call or "Implicit account load during SELFDESTRUCT" in reason:
        # Geth charges these in steps, and the inner step's error is wrapped in the outer one's.
        return f"{OUT_OF_GAS}: {OUT_OF_GAS}"
    return OUT_OF_GAS
