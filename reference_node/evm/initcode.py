"""The limit on initcode inside the EVM (EIP-3860), where py-evm looks at it too late.

Py-evm puts zero on the stack and goes on where the creator can't pay the value, whatever the size of the initcode;
geth (v1.17.8, core/vm/gas_table.go, gasCreateEip3860) fails the frame first.
"""

from collections.abc import Callable
from typing import Any

from eth.exceptions import OutOfGas
from eth.vm.opcode_values import CREATE, CREATE2
from eth.vm.stack import to_int

MAX_INITCODE_BYTES = 2 * 24_576
CREATE_OPCODES = (CREATE, CREATE2)
_SIZE_PLACE = -3
_CREATE_GAS = 32_000


def limit_initcode(create: Any) -> Callable[[Any], None]:
    """Return CREATE or CREATE2 with the limit checked before anything but the opcode's constant gas."""

    def limited_create(computation: Any) -> None:
        items = computation._stack.values  # noqa: SLF001 - py-evm pops what it shows
        if len(items) >= -_SIZE_PLACE and computation.get_gas_remaining() >= _CREATE_GAS:
            size = to_int(items[_SIZE_PLACE])
            if size > MAX_INITCODE_BYTES and not computation.msg.is_static:
                raise OutOfGas(f"max initcode size exceeded: code size {size} limit {MAX_INITCODE_BYTES}")
        create(computation=computation)

    limited_create.mnemonic = create.mnemonic  # type: ignore[attr-defined]  # what py-evm's debug log shows
    return limited_create
