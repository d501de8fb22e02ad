"""Methods that run code without a transaction: eth_call and eth_estimateGas.

Their work is in `calls` and `call_args`, which bring in the whole EVM: more than half of what a node loads. It is
loaded with the first call, or by `load_evm` ahead of it, so that a node is ready before.
"""

import threading
from importlib import import_module
from types import ModuleType
from typing import Any

from reference_node.backend import Backend
from reference_node.rpc.params import LATEST, decode_block
from reference_node.rpc.registry import Param, method

_LOADING = threading.Lock()
_WORK = "reference_node.rpc.calls"
_ARGUMENTS = "reference_node.rpc.call_args"
_loaded: dict[str, ModuleType] = {}


def load_evm() -> None:
    """Load what the first call needs.

    One thread loads it and the others wait: modules of the EVM import each other in circles, and two threads that come
    into such a circle from two sides are given half a module.
    """
    with _LOADING:
        for name in (_ARGUMENTS, _WORK):
            _loaded[name] = import_module(name)


def _module(name: str) -> Any:
    if len(_loaded) < len((_ARGUMENTS, _WORK)):
        load_evm()
    return _loaded[name]


def _arguments(value: Any) -> Any:
    return _module(_ARGUMENTS).decode_call_arguments(value)


def _accounts(value: Any) -> Any:
    return _module(_ARGUMENTS).decode_state_overrides(value)


def _fields(value: Any) -> Any:
    return _module(_ARGUMENTS).decode_block_overrides(value)


_PARAMS = (Param(_arguments), Param(decode_block, LATEST), Param(_accounts, None), Param(_fields, None))


@method("eth_call", *_PARAMS, slow=True)
def call(backend: Backend, *decoded: Any) -> str:
    """Run a call and return its output."""
    output: str = _module(_WORK).call(backend, *decoded)
    return output


@method("eth_estimateGas", *_PARAMS, slow=True)
def estimate(backend: Backend, *decoded: Any) -> str:
    """Return a gas limit with which a call succeeds."""
    limit: str = _module(_WORK).estimate(backend, *decoded)
    return limit
