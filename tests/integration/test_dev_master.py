"""A dev master takes transactions and makes blocks and reorgs; replicas follow, and a stock geth opens its database."""

import shutil
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from fixtures.chain_files import find_chain
from fixtures.cluster import start_dev_master, start_replica, wait_for_head
from fixtures.geth import Program, running, wait_indexed
from fixtures.jsonrpc import JsonRpc, RemoteError
from fixtures.make_chain.wallet import GWEI, Wallet, address
from fixtures.process import Child
from reference_node.chain.files import read_blocks
from tests.integration.databases import assert_same_content
from tests.integration.test_reorgs import Reader

CHAIN = find_chain("everyfork")
LISTENING_SECONDS_MAX = 60.0
BLOB = b"\x00\x2a" + bytes(131_070)


@dataclass(frozen=True, slots=True)
class DevMaster:
    """A running dev master."""

    rpc: JsonRpc
    child: Child
    datadir: Path
    broker: str

    def send(self, raw: bytes) -> str:
        """Send a transaction and return its hash."""
        return str(self.rpc.call("eth_sendRawTransaction", "0x" + raw.hex()))

    def head(self) -> bytes:
        """Return the hash of the head."""
        return bytes.fromhex(self.rpc.call("eth_getBlockByNumber", "latest", False)["hash"][2:])


@contextmanager
def dev_master(folder: Path, *arguments: str) -> Iterator[DevMaster]:
    """Run a dev master from the shipped genesis."""
    broker = f"sqlite:///{folder}/log.sqlite"
    master = start_dev_master(CHAIN, folder / "master", broker, folder / "master.log", arguments)
    try:
        with closing(JsonRpc(master.url)) as rpc:
            yield DevMaster(rpc, master.child, folder / "master", broker)
    finally:
        if master.child.process.poll() is None:
            assert master.child.stop() == 0, master.child.tail()


def send_every_type(master: DevMaster, wallet: Wallet) -> list[str]:
    """Send a transaction of each type from accounts of their own; return the hashes."""
    to = b"\x77" * 20
    return [
        master.send(wallet.legacy(0, to, value=1)),
        master.send(wallet.access(1, to, [(to, [1])], value=2)),
        master.send(wallet.dynamic(2, to, value=3)),
        master.send(wallet.blob(3, to, [BLOB], maxFeePerBlobGas=100 * GWEI, gas=21_000)),
        master.send(wallet.set_code(4, to, [wallet.authorize(5, to)])),
    ]


@pytest.mark.slow
def test_a_reader_of_a_replica_sees_whole_chains_while_the_dev_master_reorgs(tmp_path: Path) -> None:
    with dev_master(tmp_path) as master:
        replica = start_replica(tmp_path / "replica", master.broker, tmp_path / "replica.log")
        try:
            wait_for_head(replica, master.head())
            reader = Reader(replica.url)
            reader.start()
            wallet = Wallet()
            for count in range(40):
                master.send(wallet.dynamic(count % 8, b"\x77" * 20, value=1))
                master.rpc.call("dev_mine", "0x2")
                if count % 2:
                    master.rpc.call("dev_reorg", hex(count % 5 + 1), hex(count % 3 + 1))
            wait_for_head(replica, master.head())
            reader.done.set()
            reader.join()
            assert reader.faults == []
            assert len(reader.heads) > 10
            balance = master.rpc.call("eth_getBalance", "0x" + "77" * 20, "latest")
            assert int(balance, 16) == 40
        finally:
            assert replica.child.stop() == 0, replica.child.tail()
    assert_same_content(tmp_path / "master", tmp_path / "replica")


def test_a_dev_master_makes_a_block_each_period_and_goes_on_after_a_kill(tmp_path: Path) -> None:
    wallet = Wallet()
    with dev_master(tmp_path, "--period", "0.05") as first:
        sent = first.send(wallet.dynamic(0, b"\x77" * 20, value=1))
        first.child.wait_until(
            lambda: int(first.rpc.call("eth_blockNumber"), 16) >= 4, LISTENING_SECONDS_MAX, "its fourth block"
        )
        receipt = first.rpc.call("eth_getTransactionReceipt", sent)
        first.child.kill()
    with dev_master(tmp_path) as second:
        assert int(second.rpc.call("eth_blockNumber"), 16) >= 4
        assert second.rpc.call("eth_getTransactionReceipt", sent) == receipt
        second.send(wallet.dynamic(0, b"\x77" * 20, value=1))
        second.rpc.call("dev_mine")
        assert second.rpc.call("eth_getBalance", "0x" + "77" * 20, "latest") == "0x2"


def test_a_dev_master_imports_at_once_whatever_the_period_and_goes_on_from_there(tmp_path: Path) -> None:
    last = max(block.header.number for block in read_blocks(CHAIN.chain))
    with dev_master(tmp_path, "--period", "1000", "--import", str(CHAIN.chain)) as master:
        assert int(master.rpc.call("eth_blockNumber"), 16) == last
        master.rpc.call("dev_mine")
        head = master.head()
        master.child.kill()
    with dev_master(tmp_path, "--period", "1000", "--import", str(CHAIN.chain)) as again:
        assert again.head() == head, "an import of what is known moves no head"


def test_what_a_killed_dev_master_took_comes_into_a_block_once(tmp_path: Path) -> None:
    wallet = Wallet()
    with dev_master(tmp_path, "--period", "1000") as first:
        mined = first.send(wallet.dynamic(0, b"\x77" * 20, value=1))
        first.rpc.call("dev_mine")
        waiting = [first.send(wallet.dynamic(sender, b"\x77" * 20, value=1)) for sender in (0, 1, 1)]
        first.child.kill()
    with dev_master(tmp_path) as second:
        second.child.wait_until(
            lambda: all(second.rpc.call("eth_getTransactionReceipt", sent) for sent in waiting),
            LISTENING_SECONDS_MAX,
            "the transactions that waited",
        )
        assert second.rpc.call("eth_getTransactionReceipt", mined)["blockNumber"] == "0x1"
        assert second.rpc.call("eth_getBalance", "0x" + "77" * 20, "latest") == "0x4"


def test_a_transaction_that_no_block_would_hold_is_refused(tmp_path: Path) -> None:
    with dev_master(tmp_path) as master:
        for raw, reason in (
            (b"\x02\xc0", "too few elements for types.DynamicFeeTx"),
            (Wallet().legacy(9, None, chain_id=5), "invalid sender"),
        ):
            with pytest.raises(RemoteError, match=reason):
                master.send(raw)


@pytest.mark.real
def test_a_stock_geth_opens_the_dev_masters_database(geth_program: Program, tmp_path: Path) -> None:
    wallet = Wallet()
    with dev_master(tmp_path) as master:
        sent = send_every_type(master, wallet)
        master.rpc.call("dev_mine", "0x28")
        sent.append(master.send(wallet.dynamic(0, None, data=bytes.fromhex("600160005500"))))
        master.rpc.call("dev_mine", "0x3")
        master.rpc.call("dev_reorg", "0x4", "0x2")
        sent += send_every_type(master, wallet)
        master.rpc.call("dev_mine", "0x2")
        questions: list[tuple[str, list[object]]] = [("eth_blockNumber", [])]
        questions += [
            ("eth_getBlockByNumber", [tag, True]) for tag in ("latest", "finalized", "0x1", "0x2", "earliest")
        ]
        questions += [("eth_getTransactionReceipt", [found]) for found in sent]
        questions += [("eth_getBalance", ["0x" + address(0).hex(), tag]) for tag in ("latest", "0x2", "0x5")]
        questions += [("eth_getProof", ["0x" + address(5).hex(), [], "latest"])]
        expected = [master.rpc.call(method, *params) for method, params in questions]
    shutil.copytree(tmp_path / "master", tmp_path / "copy")
    with running(geth_program, tmp_path / "copy") as promoted:
        wait_indexed(promoted)
        for (method, params), answer in zip(questions, expected, strict=True):
            assert promoted.rpc.call(method, *params) == answer, (method, params)
