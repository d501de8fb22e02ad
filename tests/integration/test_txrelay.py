"""Transactions travel from a replica through the topic and the relay into blocks, whatever is away or killed."""

import shutil
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random

import pytest

from fixtures.chain_files import ChainFiles, find_chain
from fixtures.geth import Geth, Program, initialise, running
from fixtures.jsonrpc import JsonRpc, RemoteError
from fixtures.kafka import Kafka
from fixtures.make_chain.wallet import GWEI, Wallet
from fixtures.nodes import DevMaster, Replica, start_dev_master, start_replica, wait_for_head
from fixtures.process import Child
from reference_node.chain.types import encode_rlp
from tests.integration.relaying import (
    TX_TOPIC,
    WAIT_SECONDS_MAX,
    Transactions,
    garbage,
    hash_of,
    mined,
    wait_mined,
)

CHAIN = find_chain("everyfork")
TO = b"\x77" * 20
BLOB = b"\x00\x2a" + bytes(131_070)
KILLS = 30
BROKER_KILLS = 4
SENDERS = 8


@dataclass(frozen=True, slots=True)
class Rig:
    """A dev master and a replica on one log, and the transactions' topic there."""

    master: DevMaster
    replica: Replica
    rpc: JsonRpc
    """The replica's."""
    transactions: Transactions

    def send(self, raw: bytes) -> str:
        """Send a transaction to the replica and return its hash."""
        return str(self.rpc.call("eth_sendRawTransaction", "0x" + raw.hex()))


@contextmanager
def rig_on(folder: Path, broker: str, suffix: str = "") -> Iterator[Rig]:
    """Run a dev master and a replica that takes transactions."""
    transactions, topic = Transactions(broker, TX_TOPIC + suffix), f"geth{suffix}"
    with ExitStack() as stack:
        master = start_dev_master(CHAIN, folder / "master", broker, folder / "master.log", topic=topic)
        stack.callback(master.child.stop)
        flags = ["--kafka.tx.topic", transactions.topic]
        replica = start_replica(folder / "replica", broker, folder / "replica.log", flags, topic=topic)
        stack.callback(replica.child.stop)
        with closing(JsonRpc(master.url)) as rpc:
            rpc.call("dev_mine")  # the genesis is of an old fork, and the pool goes by the head's
        wait_for_head(replica, head_of(master))
        yield Rig(master, replica, stack.enter_context(closing(JsonRpc(replica.url))), transactions)


def head_of(master: DevMaster) -> bytes:
    """Return the hash of a dev master's head."""
    with closing(JsonRpc(master.url)) as rpc:
        return bytes.fromhex(rpc.call("eth_getBlockByNumber", "latest", False)["hash"][2:])


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    """A rig on the embedded log."""
    with rig_on(tmp_path, f"sqlite:///{tmp_path}/log.sqlite") as rig:
        yield rig


def of_every_type(wallet: Wallet) -> list[bytes]:
    """Return a transaction of each type, from accounts of their own."""
    return [
        wallet.legacy(0, TO, value=1),
        wallet.access(1, TO, [(TO, [1])], value=2),
        wallet.dynamic(2, TO, value=3),
        wallet.blob(3, TO, [BLOB], maxFeePerBlobGas=100 * GWEI, gas=21_000),
        wallet.set_code(4, TO, [wallet.authorize(5, TO)]),
    ]


def check_the_whole_way(rig: Rig, folder: Path) -> None:
    """Send every type to the replica, and find it in blocks there; find what is refused among the dead letters."""
    wallet = Wallet()
    sent = of_every_type(wallet)
    with rig.transactions.relaying(rig.master.url, folder / "relay.log") as relay:
        assert [rig.send(raw) for raw in sent] == [hash_of(raw) for raw in sent]
        wait_mined(relay, rig.rpc, [hash_of(raw) for raw in sent])
        late, poor = wallet.dynamic(0, TO), wallet.dynamic(1, TO, value=10**30)
        used_up = Wallet().dynamic(0, TO, value=9)
        poison = [b"", b"poison", poor, used_up]
        rig.transactions.put([*poison, encode_rlp(late)])
        wait_mined(relay, rig.rpc, [hash_of(late)])
        rig.transactions.wait_drained(relay)
        letters = rig.transactions.dead_letters()
    assert [value for value, _ in letters] == poison
    texts = ("no transaction: the value is empty", "no transaction", "insufficient funds", "nonce too low: next nonce")
    assert all(reason.startswith(text) for (_, reason), text in zip(letters, texts, strict=True)), letters
    with closing(JsonRpc(rig.master.url)) as rpc:
        assert sorted(mined(rpc)) == sorted(hash_of(raw) for raw in [*sent, late])


def test_a_transaction_sent_to_a_replica_comes_out_in_a_block(rig: Rig, tmp_path: Path) -> None:
    check_the_whole_way(rig, tmp_path)


@pytest.mark.real
def test_a_transaction_sent_to_a_replica_comes_out_in_a_block_through_kafka(kafka: Kafka, tmp_path: Path) -> None:
    with rig_on(tmp_path, kafka.bootstrap, f"-{tmp_path.name}") as rig:
        check_the_whole_way(rig, tmp_path)


def test_what_the_replica_refuses_never_gets_into_the_topic(rig: Rig) -> None:
    for raw, text in (
        (b"\x02\xc0", "rlp: too few elements for types.DynamicFeeTx"),
        (Wallet().legacy(0, TO, chain_id=5), "invalid sender: invalid chain id for signer: have 5 want 1337"),
        (Wallet().legacy(0, TO, chain_id=None), "only replay-protected"),
        (Wallet().dynamic(0, TO, value=10**30), "insufficient funds for gas"),
    ):
        with pytest.raises(RemoteError, match=text):
            rig.send(raw)
    assert rig.send(Wallet().dynamic(0, TO)) == hash_of(Wallet().dynamic(0, TO))
    rig.transactions.put([b"last"])
    assert not rig.transactions.is_drained()


def test_without_a_topic_a_replica_takes_no_transactions(tmp_path: Path) -> None:
    broker = f"sqlite:///{tmp_path}/log.sqlite"
    with ExitStack() as stack:
        master = start_dev_master(CHAIN, tmp_path / "master", broker, tmp_path / "master.log")
        stack.callback(master.child.stop)
        replica = start_replica(tmp_path / "replica", broker, tmp_path / "replica.log")
        stack.callback(replica.child.stop)
        rpc = stack.enter_context(closing(JsonRpc(replica.url)))
        wait_for_head(replica, head_of(master))
        with pytest.raises(RemoteError, match="no transaction topic"):
            rpc.call("eth_sendRawTransaction", "0x" + Wallet().dynamic(0, TO).hex())


def test_a_node_that_is_away_gets_what_was_sent_meanwhile(tmp_path: Path) -> None:
    broker, wallet = f"sqlite:///{tmp_path}/log.sqlite", Wallet()
    transactions, port = Transactions(broker), free_port()

    def start() -> DevMaster:
        return start_dev_master(CHAIN, tmp_path / "m", broker, tmp_path / "m.log", ["--http.port", str(port)])

    sent: list[bytes] = []

    def put() -> None:
        fresh = [wallet.dynamic(count % SENDERS, TO, value=1) for count in range(20)]
        transactions.put(fresh)
        sent.extend(fresh)

    put()
    with transactions.relaying(f"http://127.0.0.1:{port}", tmp_path / "relay.log") as relay:
        relay.wait_until(lambda: "takes no transactions" in relay.log_path.read_text(), 20, "a first try")
        for _ in range(2):
            master = start()
            try:
                with closing(JsonRpc(master.url)) as rpc:
                    wait_mined(relay, rpc, [hash_of(raw) for raw in sent])
                    transactions.wait_drained(relay)
                    assert sorted(mined(rpc)) == sorted(map(hash_of, sent))
            finally:
                assert master.child.stop() == 0
            put()
    assert transactions.dead_letters() == []
    assert not transactions.is_drained()


@pytest.mark.slow
def test_a_node_killed_at_any_point_makes_a_block_of_each_transaction_once(tmp_path: Path) -> None:
    broker, random, wallet = f"sqlite:///{tmp_path}/log.sqlite", Random(3), Wallet()
    transactions, port, sent = Transactions(broker), free_port(), []

    def start() -> DevMaster:
        flags = ["--http.port", str(port)]
        return start_dev_master(CHAIN, tmp_path / "m", broker, tmp_path / "m.log", flags)

    transactions.put([])
    master = start()
    with transactions.relaying(f"http://127.0.0.1:{port}", tmp_path / "relay.log") as relay:
        try:
            for _ in range(KILLS):
                fresh = [wallet.dynamic(random.randrange(SENDERS), TO, value=1) for _ in range(random.randrange(1, 40))]
                transactions.put(fresh)
                sent += fresh
                with closing(JsonRpc(master.url)) as rpc:
                    wait_for_transfers(relay, rpc, len(sent) - random.randrange(len(fresh) + 1))
                master.child.kill()
                master = start()
            with closing(JsonRpc(master.url)) as rpc:
                wait_mined(relay, rpc, [hash_of(raw) for raw in sent])
                transactions.wait_drained(relay)
                assert sorted(mined(rpc)) == sorted(map(hash_of, sent))
        finally:
            master.child.stop()
    assert transactions.dead_letters() == []


def check_kills(rig: Rig, folder: Path, seed: int) -> None:
    """Kill the relay again and again as transactions reach the node; each of them is in one block, or refused."""
    random, wallet = Random(seed), Wallet()
    good: list[bytes] = []
    bad: list[bytes] = []
    log_path = folder / "relay.log"
    with closing(JsonRpc(rig.master.url)) as rpc:
        for _ in range(KILLS):
            values = []
            for _ in range(random.randrange(1, 12)):
                if random.random() < 0.2:
                    values.append(garbage(random))
                    bad.append(values[-1])
                else:
                    values.append(wallet.dynamic(random.randrange(SENDERS), TO, value=1))
                    good.append(values[-1])
            rig.transactions.put(values)
            before = count_mined(rpc)
            target = before + random.randrange(0, len(good) - before + 1)
            relay = rig.transactions.relay(rig.master.url, log_path)
            wait_for_transfers(relay, rpc, target)
            time.sleep(random.choice((0.0, 0.0, 0.002, 0.01)))  # into the sends and commits after it
            relay.kill()
        with rig.transactions.relaying(rig.master.url, log_path) as relay:
            rig.transactions.wait_drained(relay)
            wait_mined(relay, rpc, [hash_of(raw) for raw in good])
        assert sorted(mined(rpc)) == sorted(hash_of(raw) for raw in good)
    assert sorted(value for value, _ in rig.transactions.dead_letters()) == sorted(bad)


def wait_for_transfers(relay: Child, rpc: JsonRpc, target: int) -> None:
    """Wait until this many transfers are in blocks."""
    relay.wait_until(lambda: count_mined(rpc) >= target, WAIT_SECONDS_MAX, f"transfer {target}")


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def count_mined(rpc: JsonRpc) -> int:
    """Return how many transfers of one wei have arrived."""
    return int(rpc.call("eth_getBalance", "0x" + TO.hex(), "latest"), 16)


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1])
def test_a_relay_killed_at_any_point_loses_and_doubles_nothing(rig: Rig, tmp_path: Path, seed: int) -> None:
    check_kills(rig, tmp_path, seed)


@pytest.mark.real
@pytest.mark.slow
def test_a_relay_killed_at_any_point_loses_and_doubles_nothing_through_kafka(kafka: Kafka, tmp_path: Path) -> None:
    with rig_on(tmp_path, kafka.bootstrap, f"-{tmp_path.name}") as rig:
        check_kills(rig, tmp_path, 2)


@pytest.mark.real
@pytest.mark.slow
def test_a_broker_killed_while_transactions_flow_loses_and_doubles_none(kafka: Kafka, tmp_path: Path) -> None:
    wallet, sent = Wallet(), []
    with rig_on(tmp_path, kafka.bootstrap, f"-{tmp_path.name}") as rig, closing(JsonRpc(rig.master.url)) as rpc:
        with rig.transactions.relaying(rig.master.url, tmp_path / "relay.log") as relay:
            for count in range(BROKER_KILLS):
                fresh = [wallet.dynamic(number % SENDERS, TO, value=1) for number in range(10)]
                for raw in fresh:
                    rig.send(raw)
                sent += fresh
                wait_for_transfers(relay, rpc, len(sent) - count)  # so that some are under way
                kafka.brokers[0].kill()
                kafka.brokers[0].start()
                kafka.wait_ready()
            wait_mined(relay, rpc, [hash_of(raw) for raw in sent])
            rig.transactions.wait_drained(relay)
        assert sorted(mined(rpc)) == sorted(map(hash_of, sent))
        wait_for_head(rig.replica, head_of(rig.master))
    assert rig.transactions.dead_letters() == []


@contextmanager
def dev_geth(program: Program, datadir: Path, ipc: Path) -> Iterator[Geth]:
    """Run a geth dev node from the shipped genesis, which makes a block of each transaction."""
    genesis_alone = ChainFiles("genesis alone", datadir.parent / "genesis")
    genesis_alone.folder.mkdir()
    shutil.copy(CHAIN.genesis, genesis_alone.genesis)
    initialise(program, genesis_alone, datadir)
    with running(program, datadir, ("--dev", "--dev.period", "0"), ipc) as geth:
        yield geth


@pytest.mark.real
@pytest.mark.parametrize("way", ["http", "ipc"])
def test_a_transaction_comes_out_in_a_block_of_a_geth_dev_node(
    rig: Rig, geth_program: Program, tmp_path: Path, way: str
) -> None:
    ipc = Path(f"/tmp/ethercattle-{tmp_path.name[-20:]}-{way}.ipc")  # a socket's path has to be short
    try:
        with dev_geth(geth_program, tmp_path / "geth", ipc) as geth:
            wallet = Wallet()
            sent = [wallet.legacy(7, TO)]
            endpoint = geth.url if way == "http" else str(ipc)
            with rig.transactions.relaying(endpoint, tmp_path / "relay.log") as relay:
                rig.send(sent[0])
                wait_mined(relay, geth.rpc, [hash_of(sent[0])])  # the genesis is of an old fork
                for raw in of_every_type(wallet):
                    rig.send(raw)
                    sent.append(raw)
                rig.transactions.put([b"poison", Wallet().legacy(6, TO, chain_id=5)])
                rig.transactions.wait_drained(relay)
                wait_mined(relay, geth.rpc, [hash_of(raw) for raw in sent])
            assert sorted(mined(geth.rpc)) == sorted(map(hash_of, sent))
        (_, first), (_, second) = rig.transactions.dead_letters()
        assert first.startswith("no transaction")
        assert second == "invalid sender: invalid chain id for signer: have 5 want 1337"
    finally:
        ipc.unlink(missing_ok=True)
