"""Methods that run code without a transaction: eth_call and eth_estimateGas.

Their work is in `calls` and `call_args`, which bring in the whole EVM: more than half of what a node loads. It is
loaded with the first call, or by `load_evm` ahead of it, so that a node is ready before.
"""

from importlib import import_module
from typing import Any

from reference_node.backend import Backend
from reference_node.rpc.params import LATEST, decode_block
from reference_node.rpc.registry import Param, method


def load_evm() -> None:
    """Load what the first call needs."""
    import_module("reference_node.rpc.calls")


def _arguments(value: Any) -> Any:
    from reference_node.rpc.call_args import decode_call_arguments

    return decode_call_arguments(value)


def _accounts(value: Any) -> Any:
    from reference_node.rpc.call_args import decode_state_overrides

    return decode_state_overrides(value)


def _fields(value: Any) -> Any:
    from reference_node.rpc.call_args import decode_block_overrides

    return decode_block_overrides(value)


_PARAMS = (Param(_arguments), Param(decode_block, LATEST), Param(_accounts, None), Param(_fields, None))


@method("eth_call", *_PARAMS, slow=True)
def call(backend: Backend, *decoded: Any) -> str:
    """Run a call and return its output."""
    from reference_node.rpc import calls

    return calls.call(backend, *decoded)


@method("eth_estimateGas", *_PARAMS, slow=True)
def estimate(backend: Backend, *decoded: Any) -> str:
    """Return a gas limit with which a call succeeds."""
    from reference_node.rpc import calls

    return calls.estimate(backend, *decoded)
