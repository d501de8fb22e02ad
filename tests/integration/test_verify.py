"""Without a reference: all of the shipped chain holds as a live geth and as our replica serve it, side blocks too."""

from collections import Counter
from collections.abc import Iterator

import pytest

from conformance.answers import Json
from conformance.subject import Endpoint
from conformance.verify.answer import verify_answer
from conformance.verify.ask import Asker
from conformance.verify.chain import Plan, verify_chain
from conformance.verify.checks import CHECKS
from conformance.verify.evidence import Evidence
from conformance.verify.spot import hex_data
from conformance.verify.values import State
from fixtures.chain_files import find_chain
from fixtures.cluster import running_cluster
from fixtures.geth import Program, on_chain
from reference_node.chain.files import read_blocks

CHAIN = find_chain("everyfork")


@pytest.fixture(scope="module")
def geth(geth_program: Program) -> Iterator[Asker]:
    with on_chain(CHAIN, geth_program) as running, Endpoint(running.url) as endpoint:
        yield Asker(endpoint)


@pytest.fixture(scope="module")
def replica() -> Iterator[Asker]:
    with running_cluster(CHAIN) as cluster, Endpoint(cluster.replicas[0].url) as endpoint:
        yield Asker(endpoint)


def assert_holds(asker: Asker) -> None:
    """Fail unless every claim about every block holds."""
    outcomes = list(verify_chain(asker, Plan(accounts_max=4)))
    wrong = [outcome for outcome in outcomes if outcome.state is not State.HOLDS]
    assert not wrong
    counts = Counter(outcome.claim for outcome in outcomes)
    assert {counts[check.claim] for check in CHECKS} == {81}


def assert_side_blocks_hold(asker: Asker) -> None:
    """Fail unless every side block, with its receipts, logs and state, follows from its hash."""
    evidence = Evidence([asker])
    for block in read_blocks(CHAIN.side):
        name, miner = hex_data(block.header.hash), hex_data(block.header.coinbase)
        by_hash: dict[str, Json] = {"blockHash": name}
        requests: list[tuple[str, list[Json]]] = [
            ("eth_getBlockByHash", [name, True]),
            ("eth_getBlockByHash", [name, False]),
            ("eth_getBlockReceipts", [by_hash]),
            ("eth_getLogs", [by_hash]),
            ("eth_getBlockTransactionCountByHash", [name]),
            ("eth_getProof", [miner, [], by_hash]),
            ("eth_getBalance", [miner, by_hash]),
        ]
        for method, params in requests:
            answer = asker.ask(method, *params)
            outcome = verify_answer({"method": method, "params": params}, answer, asker, evidence)
            assert outcome.state is State.HOLDS, (method, name, outcome.reason, outcome.findings)


@pytest.mark.real
def test_a_live_geth_holds_to_every_claim(geth: Asker) -> None:
    assert_side_blocks_hold(geth)  # first, as geth drops side blocks once they are final for a while
    assert_holds(geth)


def test_a_replica_holds_to_every_claim(replica: Asker) -> None:
    assert_side_blocks_hold(replica)
    assert_holds(replica)
