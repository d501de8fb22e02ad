"""What Osaka adds to Prague inside the EVM: CLZ (EIP-7939), P256VERIFY (EIP-7951), MODEXP (EIP-7823, EIP-7883).

Its rules for transactions and blocks are in `transactions` and in `capture.header_rules`.
"""

from collections.abc import Mapping

from eth.abc import ComputationAPI, OpcodeAPI
from eth.vm.opcode import as_opcode
from eth_typing import Address

from reference_node.evm import precompiles

CLZ = 0x1E
_CLZ_GAS = 5


def count_leading_zeros(computation: ComputationAPI) -> None:
    """Replace the top of the stack by the number of its leading zero bits, 256 for zero."""
    value = computation.stack_pop1_int()
    computation.stack_push_int(256 - value.bit_length())


OSAKA_OPCODES: Mapping[int, OpcodeAPI] = {CLZ: as_opcode(count_leading_zeros, "CLZ", _CLZ_GAS)}
OSAKA_PRECOMPILES: Mapping[Address, precompiles.Precompile] = {
    Address(precompiles.MODEXP_ADDRESS): precompiles.modexp_osaka,
    Address(precompiles.P256VERIFY_ADDRESS): precompiles.p256verify,
}
