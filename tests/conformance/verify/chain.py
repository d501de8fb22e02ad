"""A small chain in memory with every type of transaction, and a subject that answers about it, faults included."""

import json
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import orjson
from eth_account import Account

from conformance.corpus import Question
from conformance.subject import Reply
from conformance.verify.ask import Asker
from conformance.verify.chain import Plan, verify_chain
from conformance.verify.request_queues import DEPOSIT_TOPIC
from conformance.verify.values import Outcome
from reference_node.backend import Backend
from reference_node.chain.types import Withdrawal
from reference_node.rpc.dispatch import answer_message
from reference_node.rpc.methods import METHODS
from tests.reference_node.rpc.chains import BLOB_HASH, LOGGER, TOPICS, log_code
from tests.reference_node.rpc.served import backend_of
from tests.reference_node.worlds import ADDRESSES, CHAIN_ID, DEPOSIT_CONTRACT, GWEI, KEYS, World, sign

Mutation = Callable[[str, list[Any], Any], Any]
"""Returns what is answered instead of a right result, by method and parameters."""
REVERTS = b"\x20" * 20
_ECHO_EVENT = b"\x36\x5f\x5f\x37\x7f" + DEPOSIT_TOPIC + b"\x36\x5f\xa1"
DELEGATE = b"\x30" * 20
LOG_BLOCK, CREATION_BLOCK, BLOB_BLOCK, SIGNED_BLOCK, HEAD = 1, 2, 3, 4, 6


def deposit_event() -> bytes:
    """Return the data of a deposit event: five fields of ABI bytes."""
    parts = [(0xA0, 48), (0x100, 32), (0x140, 8), (0x180, 96), (0x200, 8)]
    data = b"".join(place.to_bytes(32, "big") for place, _ in parts)
    for number, (_, size) in enumerate(parts):
        data += size.to_bytes(32, "big") + bytes([number + 1]) * size + bytes(-size % 32)
    return data


def make_world(value: int = 5) -> World:
    """Return six blocks; another value makes other blocks from the first one on, of the same chain."""
    code = b"".join(map(log_code, range(5)))
    world = World(
        alloc={
            LOGGER: {"code": f"0x{code.hex()}", "storage": {"0x01": "0x2a"}},
            REVERTS: {"code": "0x5f5ffd"},
            DEPOSIT_CONTRACT: {"code": f"0x{_ECHO_EVENT.hex()}"},
        }
    )
    listed = [{"address": f"0x{LOGGER.hex()}", "storageKeys": [f"0x{TOPICS[0].hex()}"]}]
    withdrawals = (Withdrawal(0, 1, b"\x77" * 20, 5), Withdrawal(1, 2, ADDRESSES[2], 7))
    world.add(
        sign(0, ADDRESSES[1], nonce=0, value=value, gasPrice=20 * GWEI),
        sign(1, LOGGER, nonce=0, accessList=listed),
        sign(2, LOGGER, nonce=0, gasPrice=20 * GWEI, accessList=listed),
        withdrawals=withdrawals,
    )
    world.add(
        sign(0, None, nonce=1, data=b"\x5f\x5f\xf3"), sign(1, REVERTS, nonce=1), sign(0, None, nonce=2, data=b"\xfe")
    )
    blobs = [f"0x{BLOB_HASH.hex()}"]
    world.add(
        sign(0, ADDRESSES[1], nonce=3, maxFeePerBlobGas=10, blobVersionedHashes=blobs),
        sign(1, ADDRESSES[1], nonce=2, maxFeePerBlobGas=10, blobVersionedHashes=blobs),
    )
    authorization = Account.sign_authorization(
        {"chainId": CHAIN_ID, "address": f"0x{DELEGATE.hex()}", "nonce": 1}, KEYS[2]
    )
    world.add(sign(0, ADDRESSES[1], nonce=4, authorizationList=[authorization]))
    world.add(sign(1, DEPOSIT_CONTRACT, nonce=3, data=deposit_event()), sign(0, LOGGER, nonce=5))
    world.add()
    return world


@cache
def backend(value: int = 5) -> Backend:
    """Return a backend on the chain."""
    return backend_of(make_world(value))


@cache
def right_answer(body: str, value: int = 5) -> bytes:
    """Return what the chain answers to a body."""
    return answer_message(json.loads(body), backend(value), METHODS)


class Node:
    """A subject that answers as the chain does, but for what a mutation changes."""

    name = "node"
    version = "Node/v1"

    def __init__(self, mutation: Mutation | None = None) -> None:
        self._mutation = mutation
        self.asked = 0

    def ask(self, question: Question) -> Reply:
        """Answer a question."""
        self.asked += 1
        body = right_answer(question.body)
        if self._mutation is None:
            return Reply(200, body)
        request, answer = json.loads(question.body), json.loads(body)
        if "result" in answer:
            answer["result"] = self._mutation(request["method"], request["params"], answer["result"])
        return Reply(200, orjson.dumps(answer))


def verify(mutation: Mutation | None = None) -> list[Outcome]:
    """Verify all of the chain."""
    return list(verify_chain(Asker(Node(mutation)), Plan(accounts_max=8)))


def set_at(result: Any, place: str, value: Any) -> Any:
    """Set a value in a result: `transactions.0.from`; nothing where there is no such place."""
    *way, last = place.split(".")
    inner = result
    for step in way:
        if isinstance(inner, list):
            inner = inner[int(step)] if int(step) < len(inner) else None
        else:
            inner = inner.get(step) if isinstance(inner, Mapping) else None
    found: Any = int(last) if isinstance(inner, list) else last
    if (isinstance(inner, dict) and found in inner) or (isinstance(inner, list) and found < len(inner)):
        inner[found] = value(inner[found]) if callable(value) else value
    return result
