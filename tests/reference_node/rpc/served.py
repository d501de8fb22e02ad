"""A small chain in memory behind the methods, for tests that ask it."""

from typing import Any

import orjson

from reference_node.backend import Backend, Node
from reference_node.health import Facts, Head, Health, judge
from reference_node.rpc.dispatch import answer_message
from reference_node.rpc.methods import METHODS
from reference_node.store.view import View
from tests.reference_node.worlds import MemoryStore, World

POSITION = 7


def view_of(world: World, safe_hash: bytes | None = None, finalized_hash: bytes | None = None) -> View:
    """Return what a request would see of a world now, whatever becomes of it later."""
    return View(MemoryStore(world.store), world.head, safe_hash, finalized_hash, POSITION)


def backend_of(world: World, **tags: bytes | None) -> Backend:
    """Return a backend on a world, with caches of its own."""
    return Backend(view_of(world, **tags), Node(world.config, world.genesis.header.hash))


def served_health(backend: Backend | None, failure: str = "") -> Health:
    """Return the health of a node that serves this backend and has nothing more to apply."""
    view = backend.view if backend else None
    head = Head(view.head.number, view.head.hash, view.head.timestamp) if view else None
    return judge(
        Facts(
            caught_up=True,
            head=head,
            head_readable=True,
            offset=view.position if view else -1,
            lag_records=0,
            lag_blocks=0,
            failure=failure,
        )
    )


def answer(backend: Backend, method: str, *params: Any) -> dict[str, Any]:
    """Return the whole answer to a call."""
    message = {"jsonrpc": "2.0", "id": 1, "method": method, "params": list(params)}
    found: dict[str, Any] = orjson.loads(answer_message(message, backend, METHODS))
    return found


def ask(backend: Backend, method: str, *params: Any) -> Any:
    """Return the result of a call that has to succeed."""
    found = answer(backend, method, *params)
    assert "error" not in found, found
    return found["result"]


def error_of(backend: Backend, method: str, *params: Any) -> tuple[int, str]:
    """Return code and message of a call that has to fail."""
    found = answer(backend, method, *params)
    assert "result" not in found, found
    return found["error"]["code"], found["error"]["message"]


def hex_of(data: bytes) -> str:
    """Return data as JSON-RPC writes it."""
    return "0x" + data.hex()
