"""The table of JSON-RPC methods: each is a plain function, registered with how its parameters are read."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

F = TypeVar("F", bound=Callable[..., object])

Decoder = Callable[[Any], Any]
"""Turns a JSON value into a Python value, or raises ValueError with the text geth would give."""


class RpcError(Exception):
    """An answer that is a JSON-RPC error, with geth's code and message."""

    def __init__(self, code: int, message: str, data: object = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.data = data


@dataclass(frozen=True, slots=True)
class Param:
    """One positional parameter."""

    decode: Decoder
    default: object = ...
    """What a missing or null parameter becomes; without one it is required."""


@dataclass(frozen=True, slots=True)
class Method:
    """A method and how to call it: `handler(backend, *decoded parameters)`."""

    name: str
    params: tuple[Param, ...]
    handler: Callable[..., object]
    slow: bool | Callable[[Any], bool]
    """Runs in a worker thread, so that it doesn't hold up quick answers; or says so of its undecoded parameters."""

    def is_slow(self, params: Any) -> bool:
        """Say whether a call with these undecoded parameters may take long."""
        return self.slow if isinstance(self.slow, bool) else self.slow(params)


METHODS: dict[str, Method] = {}


def method(name: str, *params: Param, slow: bool | Callable[[Any], bool] = False) -> Callable[[F], F]:
    """Register a function as a JSON-RPC method; it returns a value that encodes to JSON as it is."""

    def register(handler: F) -> F:
        METHODS[name] = Method(name, params, handler, slow)
        return handler

    return register


def offered_methods(methods: Mapping[str, Method], apis: tuple[str, ...]) -> dict[str, Method]:
    """Return the methods of some namespaces, and rpc_modules, which names them."""
    offered = {name: found for name, found in methods.items() if name.partition("_")[0] in apis}
    modules = dict.fromkeys(sorted({*apis, "rpc"}), "1.0")
    offered["rpc_modules"] = Method("rpc_modules", (), lambda _backend: modules, slow=False)
    return offered
