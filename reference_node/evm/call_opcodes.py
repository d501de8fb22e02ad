"""The opcodes of a fork as calls run them: with a look at the clock, and failing for geth's reasons in geth's order."""

from collections.abc import Callable, Mapping
from time import monotonic
from typing import Any

from eth.abc import OpcodeAPI
from eth.exceptions import OutOfGas
from eth.vm.opcode_values import JUMP, JUMPI, RETURNDATACOPY
from eth.vm.stack import to_int

from reference_node.evm.call_errors import (
    MEMORY_MAX_BYTES,
    MEMORY_OPERANDS,
    CallAborted,
    UndefinedOpcode,
    check_memory_size,
)

Operation = Callable[[Any], None]
_COPY_GAS = 3
_WORD_BYTES = 32


def opcode_table(opcodes: Mapping[int, OpcodeAPI]) -> tuple[Operation, ...]:
    """Return an operation for each byte; those that the fork lacks fail."""
    table: list[Any] = [opcodes.get(value) or UndefinedOpcode(value) for value in range(256)]
    for value in (JUMP, JUMPI):
        table[value] = _watched(table[value])
    table[RETURNDATACOPY] = _paid_before_reading(table[RETURNDATACOPY])
    for value, (constant_gas, ranges) in MEMORY_OPERANDS.items():
        if value in opcodes:
            table[value] = _measured(table[value], constant_gas, ranges)
    return tuple(table)


def memory_gas(words: int) -> int:
    """Return the gas of memory of this many words."""
    return 3 * words + words * words // 512


def _watched(jump: Operation) -> Operation:
    """Look at the clock before a jump: code that runs for long has to jump, or to call."""

    def watched_jump(computation: Any) -> None:
        check_time(computation.state)
        jump(computation)

    return watched_jump


def _measured(operation: Operation, constant_gas: int, ranges: tuple[tuple[int, int], ...]) -> Operation:
    """Look at the memory an opcode wants before anything else but its constant gas is paid, as geth does.

    Args:
        operation: the opcode.
        constant_gas: what it costs whatever its operands.
        ranges: places on the stack, from its top, of where memory begins and of how much it is.
    """

    def measured_operation(computation: Any) -> None:
        items = computation._stack.values  # noqa: SLF001 - py-evm pops what it shows
        gas = computation.gas_before = computation._gas_meter.gas_remaining  # noqa: SLF001
        for start, size in ranges:
            length = to_int(items[-1 - size])
            if length and to_int(items[-1 - start]) + length > MEMORY_MAX_BYTES:
                if gas < constant_gas:
                    raise OutOfGas
                check_memory_size(max(_ends(items, ranges)))
        operation(computation)

    return measured_operation


def _ends(items: list[Any], ranges: tuple[tuple[int, int], ...]) -> list[int]:
    found = ((to_int(items[-1 - start]), to_int(items[-1 - size])) for start, size in ranges)
    return [start + size for start, size in found if size]


def _paid_before_reading(operation: Operation) -> Operation:
    """Find out that gas is missing before a read beyond what the last call returned is found, as geth does."""

    def paid_operation(computation: Any) -> None:
        start, _, size = (to_int(item) for item in computation._stack.values[-1:-4:-1])  # noqa: SLF001
        before = len(computation._memory)  # noqa: SLF001
        words = (size + 31) // _WORD_BYTES
        reach = max(start + size, before) if size else before
        fee = memory_gas((reach + 31) // _WORD_BYTES) - memory_gas(before // _WORD_BYTES)
        if fee + _COPY_GAS * (words + 1) > computation._gas_meter.gas_remaining:  # noqa: SLF001
            raise OutOfGas
        operation(computation)

    return paid_operation


def check_time(state: Any) -> None:
    """Look at the clock. Raises CallAborted after the state's deadline."""
    if monotonic() > state.deadline:
        raise CallAborted
