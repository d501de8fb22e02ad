"""The pairing check of bn254 (precompiled contract 8) as calls run it: it looks at the clock before each pair.

py-evm's takes a large part of a second for a pair, and the gas of a call buys more than a thousand of them.
Source: EIP-197, EIP-1108; geth v1.17.8, core/vm/contracts.go.
"""

from eth.abc import ComputationAPI
from eth.exceptions import VMError
from eth.precompiles.ecpairing import _process_point as process_pair  # reads a pair and multiplies its pairing on
from eth_utils.exceptions import ValidationError
from py_ecc.fields import optimized_bn128_FQ12 as FQ12
from py_ecc.optimized_bn128.optimized_pairing import final_exponentiate

from reference_node.evm.call_opcodes import check_time

PAIRING_ADDRESS = (8).to_bytes(20, "big")
_PAIR_BYTES = 192
_BASE_GAS, _PAIR_GAS = 45_000, 34_000


def pairing_in_time(computation: ComputationAPI) -> None:
    """Put out whether the product of the pairings is one. Raises CallAborted after the state's deadline."""
    data = computation.msg.data_as_bytes
    computation.consume_gas(_BASE_GAS + _PAIR_GAS * (len(data) // _PAIR_BYTES), reason="ECPAIRING Precompile")
    if len(data) % _PAIR_BYTES:
        raise VMError(f"pairing check got {len(data)} bytes, expected a multiple of {_PAIR_BYTES}")
    product = FQ12.one()
    for start in range(0, len(data), _PAIR_BYTES):
        check_time(computation.state)
        try:
            product = process_pair(data[start : start + _PAIR_BYTES])(product)
        except ValidationError as error:
            raise VMError(f"pairing check: {error}") from error
    is_one = final_exponentiate(product) == FQ12.one()
    computation.output = int(is_one).to_bytes(32, "big")
