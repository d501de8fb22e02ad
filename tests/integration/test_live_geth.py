"""A replica against a live geth on the shipped chain: every block, transaction and receipt, side blocks and tags."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from fixtures.chain_files import find_chain
from fixtures.cluster import Cluster, running_cluster
from fixtures.geth import Geth, Program, on_chain, running, wait_indexed
from fixtures.jsonrpc import JsonRpc, RemoteError
from reference_node.chain.files import read_blocks, read_forkchoice
from reference_node.chain.types import Block

pytestmark = pytest.mark.real
CHAIN = find_chain("everyfork")


@dataclass(frozen=True, slots=True)
class Pair:
    """A live geth and a replica on the same chain."""

    geth: Geth
    cluster: Cluster
    replica: JsonRpc

    def assert_same(self, method: str, *params: object) -> Any:
        """Ask both, fail unless they answer the same, and return the answer."""
        expected, got = outcome(self.geth.rpc, method, *params), outcome(self.replica, method, *params)
        assert expected == got, f"{method}{params}"
        return got


def outcome(rpc: JsonRpc, method: str, *params: object) -> Any:
    """Return a result, or an error's fields."""
    try:
        return rpc.call(method, *params)
    except RemoteError as error:
        return {"error": error.error}


@pytest.fixture(scope="module")
def pair(geth_program: Program) -> Iterator[Pair]:
    with on_chain(CHAIN, geth_program) as geth, running_cluster(CHAIN) as cluster:
        replica = JsonRpc(cluster.replicas[0].url)
        yield Pair(geth, cluster, replica)
        replica.close()


def hashes(blocks: list[Block]) -> list[str]:
    """Return the blocks' hashes as JSON-RPC writes them."""
    return ["0x" + block.header.hash.hex() for block in blocks]


def test_every_block_and_receipt_is_the_same_by_number(pair: Pair) -> None:
    for number in range(len(list(read_blocks(CHAIN.chain))) + 2):
        pair.assert_same("eth_getBlockByNumber", hex(number), True)
        pair.assert_same("eth_getBlockByNumber", hex(number), False)
        pair.assert_same("eth_getBlockReceipts", hex(number))
        pair.assert_same("eth_getBlockTransactionCountByNumber", hex(number))


def test_every_block_is_the_same_by_hash_side_blocks_included(pair: Pair) -> None:
    side = list(read_blocks(CHAIN.side))
    assert len(side) >= 15
    for block_hash in hashes([*read_blocks(CHAIN.chain), *side]):
        pair.assert_same("eth_getBlockByHash", block_hash, True)
        pair.assert_same("eth_getBlockReceipts", block_hash)
        pair.assert_same("eth_getLogs", {"blockHash": block_hash})
        pair.assert_same("eth_getTransactionByBlockHashAndIndex", block_hash, "0x0")
        reference = {"blockHash": block_hash, "requireCanonical": True}
        pair.assert_same("eth_getBalance", "0x" + "c0" * 20, reference)


def test_every_transaction_and_receipt_is_the_same(pair: Pair) -> None:
    blocks = [*read_blocks(CHAIN.chain), *read_blocks(CHAIN.side)]
    sent = {transaction.hash for block in blocks for transaction in block.body.transactions}
    assert len(sent) >= 250
    for transaction_hash in sent:
        pair.assert_same("eth_getTransactionByHash", "0x" + transaction_hash.hex())
        pair.assert_same("eth_getTransactionReceipt", "0x" + transaction_hash.hex())


@pytest.mark.parametrize("tag", ["earliest", "latest", "safe", "finalized"])
def test_a_tag_names_the_same_block(pair: Pair, tag: str) -> None:
    block = pair.assert_same("eth_getBlockByNumber", tag, True)
    choice = read_forkchoice(CHAIN.forkchoice)
    wanted = {"latest": choice.head, "safe": choice.safe, "finalized": choice.finalized}.get(tag)
    assert wanted is None or block["hash"] == "0x" + wanted.hex()


def test_every_account_is_the_same_at_every_block(pair: Pair) -> None:
    blocks = list(read_blocks(CHAIN.chain))
    touched = {transaction.to for block in blocks for transaction in block.body.transactions if transaction.to}
    touched |= {withdrawal.address for block in blocks for withdrawal in block.body.withdrawals or ()}
    for account in sorted(touched):
        for number in range(0, len(blocks) + 1, 7):
            for method in ("eth_getBalance", "eth_getTransactionCount", "eth_getCode"):
                pair.assert_same(method, "0x" + account.hex(), hex(number))
            pair.assert_same("eth_getStorageAt", "0x" + account.hex(), "0x0", hex(number))


def test_all_logs_are_the_same(pair: Pair) -> None:
    logs = pair.assert_same("eth_getLogs", {"fromBlock": "earliest", "toBlock": "latest"})
    assert len(logs) > 80
    for topic in sorted({topic for log in logs for topic in log["topics"]}):
        for place in range(4):
            topics = [None] * place + [topic]
            pair.assert_same("eth_getLogs", {"fromBlock": "0x0", "toBlock": "latest", "topics": topics})


def test_a_stock_geth_opens_the_replicas_database(geth_program: Program, tmp_path: Path) -> None:
    with running_cluster(CHAIN) as cluster:
        replica = cluster.replicas[0]
        assert replica.child.stop() == 0
        shutil.copytree(replica.datadir, tmp_path / "promoted")
    with on_chain(CHAIN, geth_program) as original, running(geth_program, tmp_path / "promoted") as promoted:
        wait_indexed(promoted)
        for method, params in promotion_questions():
            assert outcome(promoted.rpc, method, *params) == outcome(original.rpc, method, *params), (method, params)
        head = promoted.rpc.call("eth_getBlockByNumber", "latest", False)
        assert head["hash"] == "0x" + read_forkchoice(CHAIN.forkchoice).head.hex()


def promotion_questions() -> Iterator[tuple[str, tuple[object, ...]]]:
    """Yield what a promoted geth has to answer like the one the chain came from."""
    yield "eth_blockNumber", ()
    blocks = list(read_blocks(CHAIN.chain))
    for block in blocks[::5]:
        yield "eth_getBlockByNumber", (hex(block.header.number), True)
        yield "eth_getBlockReceipts", (hex(block.header.number),)
        for transaction in block.body.transactions[:2]:
            yield "eth_getTransactionReceipt", ("0x" + transaction.hash.hex(),)
            if transaction.to:
                for method in ("eth_getBalance", "eth_getCode", "eth_getTransactionCount"):
                    yield method, ("0x" + transaction.to.hex(), "latest")
                yield "eth_getProof", ("0x" + transaction.to.hex(), ["0x0", "0x1"], "latest")
