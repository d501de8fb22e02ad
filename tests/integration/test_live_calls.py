"""Generated requests about state, calls and fees: answered as a live geth does, errors and their texts included."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import orjson
import pytest

from fixtures.chain_files import find_chain
from fixtures.geth import Geth, Program, on_chain
from reference_node.backend import Backend, Node
from reference_node.capture.executor import execute_block
from reference_node.capture.head import head_of, stored_header, switch_head
from reference_node.chain.config import Fork
from reference_node.chain.files import read_blocks, read_forkchoice
from reference_node.chain.genesis import load_genesis
from reference_node.rpc.dispatch import answer_message
from reference_node.rpc.methods import METHODS
from reference_node.store.view import View
from tests.integration.generated_requests import Generator, Question
from tests.reference_node.worlds import MemoryStore

CHAIN = find_chain("everyfork")
BATCH = 100


@dataclass(frozen=True, slots=True)
class Both:
    """A live geth and the methods of a replica, on the same chain."""

    geth: Geth
    backend: Backend
    generator: Generator

    def differences(self, questions: list[Question]) -> list[str]:
        """Ask both and return what is not the same."""
        messages = [
            {"jsonrpc": "2.0", "id": index, "method": method, "params": list(params)}
            for index, (method, params) in enumerate(questions)
        ]
        expected = {found["id"]: found for found in self.geth.rpc.client.post(self.geth.url, json=messages).json()}
        answers = ((message, orjson.loads(answer_message(message, self.backend, METHODS))) for message in messages)
        return [
            f"{json.dumps(message)}\n  geth: {json.dumps(expected[message['id']])}\n  ours: {json.dumps(found)}"
            for message, found in answers
            if not same(self.backend, message, expected[message["id"]], found)
        ]


def same(backend: Backend, message: dict[str, Any], expected: dict[str, Any], found: dict[str, Any]) -> bool:
    """Say whether two answers are the same, but for what geth itself answers now so, now so."""
    if message["method"] == "eth_feeHistory" and "result" in expected and "result" in found:
        # Geth's workers race: at a fork, a block's blob fee is its own or the one its parent foresaw.
        for answer in (expected["result"], found["result"]):
            oldest = int(answer["oldestBlock"], 16)
            fees = answer.get("baseFeePerBlobGas", [])
            answer["baseFeePerBlobGas"] = [
                fee for index, fee in enumerate(fees) if not starts_fork(backend, oldest + index)
            ]
    return expected == found


def starts_fork(backend: Backend, number: int) -> bool:
    """Say whether a block is the first of its fork."""
    block, parent = backend.header_by_number(number), backend.header_by_number(number - 1) if number else None
    if block is None or parent is None:
        return False
    fork_at = backend.node.config.fork_at
    return fork_at(block.timestamp) > max(Fork.SHANGHAI, fork_at(parent.timestamp))


def replica_backend() -> Backend:
    """Return a backend on the chain, executed here."""
    genesis = load_genesis(CHAIN.genesis)
    store, choice = MemoryStore(genesis.writes), read_forkchoice(CHAIN.forkchoice)
    for block in [*read_blocks(CHAIN.chain), *read_blocks(CHAIN.side)]:
        if block.header.number:
            parent = stored_header(store, block.header.number - 1, block.header.parent_hash)
            store.write(execute_block(store, genesis.config, parent, block).writes)
            if block.header.hash == choice.head:
                store.write(switch_head(store, block.header))
    view = View(store, head_of(store), choice.safe, choice.finalized, 0)
    return Backend(view, Node(genesis.config, genesis.header.hash))


def generator_of(backend: Backend) -> Generator:
    """Return a generator of requests about a backend's accounts and blocks."""
    hashes = [backend.canonical_hash(number) or b"" for number in range(backend.view.head.number + 1)]
    blocks = list(read_blocks(CHAIN.chain))
    accounts = {transaction.to for block in blocks for transaction in block.body.transactions if transaction.to}
    return Generator(
        sorted("0x" + account.hex() for account in accounts),
        ["0x" + block_hash.hex() for block_hash in hashes],
        backend.node.config.chain_id,
    )


@pytest.fixture(scope="module")
def both(geth_program: Program) -> Iterator[Both]:
    backend = replica_backend()
    with on_chain(CHAIN, geth_program) as geth:
        yield Both(geth, backend, generator_of(backend))


@pytest.mark.real
@pytest.mark.parametrize(
    ("kind", "count"), [("program", 1500), ("call", 800), ("wrong", 1500), ("state", 2000), ("fees", 500)]
)
def test_generated_requests_are_answered_alike(both: Both, kind: str, count: int) -> None:
    different: list[str] = []
    for start in range(0, count, BATCH):
        different += both.differences([both.generator.question(kind, seed) for seed in range(start, start + BATCH)])
    assert not different, f"{len(different)} of {count} differ, the first:\n" + "\n".join(different[:3])


@pytest.mark.real
def test_every_account_has_the_same_proofs_at_every_third_block(both: Both) -> None:
    keys = [hex(slot) for slot in range(6)]
    for number in range(0, both.backend.view.head.number + 1, 3):
        questions: list[Question] = [
            ("eth_getProof", (account, keys, hex(number))) for account in both.generator.accounts
        ]
        assert not both.differences(questions)


def test_the_same_seed_asks_the_same() -> None:
    generator = Generator(["0x" + "11" * 20], ["0x" + "22" * 32], 1337)
    for kind in ("program", "call", "wrong", "state", "fees"):
        first = [generator.question(kind, seed) for seed in range(50)]
        assert first == [generator.question(kind, seed) for seed in range(50)]
        assert len({json.dumps(question) for question in first}) > 25
