"""Generated requests over all methods: answered as a live geth does, errors and most of their texts included."""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import orjson
import pytest

from conformance.corpus import Question
from conformance.generate.asking import asking
from conformance.generate.bodies import message, write_body
from conformance.generate.facts import Facts, gather_facts
from conformance.generate.join import side_hashes
from conformance.generate.run import generator_about
from conformance.subject import Endpoint
from fixtures.chain_files import find_chain
from fixtures.geth import Program, on_chain
from reference_node.backend import Backend, Node
from reference_node.capture.executor import execute_block
from reference_node.capture.head import head_of, stored_header, switch_head
from reference_node.chain.files import read_blocks, read_forkchoice
from reference_node.chain.genesis import load_genesis
from reference_node.rpc.dispatch import answer_request, parse_request
from reference_node.store.view import View
from tests.reference_node.worlds import MemoryStore

CHAIN = find_chain("everyfork")
SEED = 20_261_121
CALLS = ("eth_call", "eth_estimateGas")
FIELDS_OF_THE_CLIENT = {"web3_clientVersion", "eth_sendRawTransaction"}
"""Methods of which a client or a node without a transaction topic says something else."""


@dataclass(frozen=True, slots=True)
class Both:
    """A live geth and the methods of a replica, on the same chain."""

    geth: Endpoint
    backend: Backend
    facts: Facts

    def differences(self, questions: Sequence[Question]) -> list[str]:
        """Ask both and return what is not the same."""
        found = []
        for question in questions:
            expected = self.geth.ask(question).body.strip()
            ours = answer_request(parse_request(question.body.encode()), self.backend)
            if _settled(question, expected) != _settled(question, ours):
                found.append(f"{question.body}\n  geth: {expected.decode()}\n  ours: {ours.decode()}")
        return found


def _settled(question: Question, body: bytes) -> object:
    """Return an answer without what may differ: the client's name, the pending block, words about odd texts."""
    if not body:
        return None
    answer = orjson.loads(body)
    methods = {request.get("method") for request in question.requests() if isinstance(request.get("method"), str)}
    if "error" in answer and (methods & FIELDS_OF_THE_CLIENT or "pending" in question.body or "\\u" in question.body):
        answer["error"]["message"] = ""
    if isinstance(answer, list) or methods & FIELDS_OF_THE_CLIENT:
        return _codes(answer)
    if "eth_getBlockByNumber" in methods and '"pending"' in question.body and answer.get("result"):
        return sorted(answer["result"])
    return answer


def _codes(answer: object) -> object:
    """Return ids and codes alone."""
    if isinstance(answer, list):
        return [_codes(each) for each in answer]
    assert isinstance(answer, dict)
    return (answer["id"], answer.get("error", {}).get("code"))


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


@pytest.fixture(scope="module")
def both(geth_program: Program) -> Iterator[Both]:
    backend = replica_backend()
    with on_chain(CHAIN, geth_program) as geth, Endpoint(geth.url) as endpoint:
        yield Both(endpoint, backend, gather_facts(asking(endpoint), side_hashes(CHAIN)))


def _is_call(method: str) -> bool:
    return method in CALLS


@pytest.mark.real
@pytest.mark.parametrize(("is_wanted", "count"), [(lambda _: True, 4000), (_is_call, 1500)], ids=["all", "calls"])
def test_generated_requests_are_answered_alike(both: Both, is_wanted: Callable[[str], bool], count: int) -> None:
    generator = generator_about(both.facts, SEED, is_wanted)
    assert generator is not None
    different = both.differences(list(generator.questions(count)))
    assert not different, f"{len(different)} of {count} differ, the first:\n" + "\n".join(different[:3])


@pytest.mark.real
def test_every_account_has_the_same_proofs_at_every_third_block(both: Both) -> None:
    keys = [hex(slot) for slot in range(6)]
    for block in both.facts.blocks[::3]:
        questions = [
            Question("proof", "eth_getProof", "", write_body(message("eth_getProof", [account, keys, block.hash])), "")
            for account in both.facts.accounts
        ]
        assert not both.differences(questions)


@pytest.mark.real
def test_a_wrong_answer_would_be_seen(both: Both) -> None:
    body = write_body(message("eth_getBalance", [both.facts.accounts[0], "latest"]))
    right = json.dumps({"jsonrpc": "2.0", "id": 1, "result": "0x1"}).encode()
    assert _settled(Question("q", "m", "", body, ""), right) != _settled(
        Question("q", "m", "", body, ""), right[:-2] + b'2"}'
    )
