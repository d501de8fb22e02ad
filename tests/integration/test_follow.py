"""A master follows a real geth whose head moves and reorganises; its replicas serve what geth serves, step by step."""

import shutil
import signal
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from fixtures.chain_files import ChainFiles, find_chain
from fixtures.cluster import wait_for_head
from fixtures.geth import Geth, Program, initialise, on_chain, running
from fixtures.kafka import Kafka
from fixtures.make_chain.wallet import Wallet
from fixtures.moving_chain import MovingChain, Step
from fixtures.nodes import start_following_master
from reference_node.log.open import open_log
from tests.integration.databases import assert_same_content
from tests.integration.following_nodes import STEP_SECONDS_MAX, TAGS, followed

pytestmark = pytest.mark.real
CHAIN = find_chain("everyfork")


def questions(step: Step) -> Iterator[tuple[str, tuple[object, ...]]]:
    """Yield what both have to answer alike right after a step."""
    head = hex(step.number)
    for tag in (*TAGS, head, hex(step.number + 1)):
        yield "eth_getBlockByNumber", (tag, True)
        yield "eth_getBlockReceipts", (tag,)
    yield "eth_getLogs", ({"fromBlock": "0x50", "toBlock": "latest"},)
    yield "eth_getBalance", ("0x" + "00" * 20, "latest")
    yield "eth_getBlockByHash", ("0x" + step.choice.head.hex(), False)


@pytest.mark.parametrize("log", ["sqlite", "kafka"])
def test_the_replica_stands_where_geth_stands_after_each_step(
    log: str, geth_program: Program, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    broker, topic = f"sqlite:///{tmp_path}/log.sqlite", "geth"
    if log == "kafka":
        kafka: Kafka = request.getfixturevalue("kafka")
        broker, topic = kafka.bootstrap, kafka.unique_topic()
    depths, seen = (1, 2, 3, 4, 5, 2), set[int]()
    with on_chain(CHAIN, geth_program) as geth, followed(geth, CHAIN, tmp_path, broker, topic) as started:
        heads = []
        for step in MovingChain(geth).rounds(seed=7, depths=depths):
            started.wait_for(step)
            for method, params in questions(step):
                started.assert_same(method, *params)
            heads.append(step.choice.head)
            seen.add(step.reorg_depth)
        for head in heads:  # those too that are beside the chain now
            started.assert_same("eth_getBlockByHash", "0x" + head.hex(), True)
            started.assert_same("eth_getBlockReceipts", "0x" + head.hex())
        assert seen >= {0, *depths}
        assert started.master.stop() == 0
        wait_for_head(started.replica, heads[-1])
        assert started.replica.child.stop() == 0
    assert_same_content(tmp_path / "master", tmp_path / "replica")


def test_a_killed_master_goes_on_where_the_source_is_by_then(geth_program: Program, tmp_path: Path) -> None:
    broker = f"sqlite:///{tmp_path}/log.sqlite"
    with on_chain(CHAIN, geth_program) as geth:
        moving = MovingChain(geth)
        with followed(geth, CHAIN, tmp_path, broker) as started:
            for count, _ in enumerate(moving.rounds(seed=1, depths=[3, 2, 4])):
                if count == 2:
                    started.master.kill()
            head = geth.rpc.call("eth_getBlockByNumber", "latest", False)["hash"]
            again = start_following_master(CHAIN, geth.url, tmp_path / "master", broker, tmp_path / "again.log")
            try:
                again.wait_until(lambda: started.hash_of("latest") == head, STEP_SECONDS_MAX, "the head")
                assert again.stop() == 0
            finally:
                again.stop()
            assert started.replica.child.stop() == 0
    assert_same_content(tmp_path / "master", tmp_path / "replica")


def test_a_source_that_hangs_is_waited_for_with_heartbeats(geth_program: Program, tmp_path: Path) -> None:
    broker = f"sqlite:///{tmp_path}/log.sqlite"
    with (
        on_chain(CHAIN, geth_program) as geth,
        followed(geth, CHAIN, tmp_path, broker, "geth", "--heartbeat", "0.1") as started,
        closing(open_log(broker)) as log,
    ):
        geth.child.process.send_signal(signal.SIGSTOP)
        try:
            started.master.wait_until(
                lambda: "the source is away" in started.master.tail(), STEP_SECONDS_MAX, "the source to be away"
            )
            end = log.bounds("geth").end
            started.master.wait_until(
                lambda: log.bounds("geth").end > end + 1, STEP_SECONDS_MAX, "heartbeats while the source is away"
            )
        finally:
            geth.child.process.send_signal(signal.SIGCONT)
        for step in MovingChain(geth).rounds(seed=2, depths=[2]):
            started.wait_for(step)
        assert "the source is back" in started.master.log_path.read_text()


def test_a_source_that_hangs_does_not_hold_up_a_stop(geth_program: Program, tmp_path: Path) -> None:
    broker = f"sqlite:///{tmp_path}/log.sqlite"
    with on_chain(CHAIN, geth_program) as geth, followed(geth, CHAIN, tmp_path, broker) as started:
        geth.child.process.send_signal(signal.SIGSTOP)
        try:
            assert started.master.stop(signal.SIGTERM) == 0, started.master.tail()
        finally:
            geth.child.process.send_signal(signal.SIGCONT)


def ended(chain: ChainFiles, geth: Geth, folder: Path) -> str:
    """Start a master on a source that it refuses, and return its output."""
    broker = f"sqlite:///{folder}/log.sqlite"
    master = start_following_master(chain, geth.url, folder / "master", broker, folder / "master.log")
    try:
        assert master.process.wait(STEP_SECONDS_MAX) == 2
    finally:
        master.stop()
    return master.log_path.read_text()


def test_a_source_without_the_debug_namespace_is_named(geth_program: Program, tmp_path: Path) -> None:
    folder = tmp_path / "geth"
    initialise(geth_program, CHAIN, folder)
    with running(geth_program, folder, ["--http.api", "eth"]) as geth:
        output = ended(CHAIN, geth, tmp_path)
    assert "does not offer debug_getRawBlock: a node to follow has to serve the namespace 'debug'" in output
    assert "Traceback" not in output


def test_a_source_of_another_chain_is_named(geth_program: Program, tmp_path: Path) -> None:
    folder = tmp_path / "other"
    folder.mkdir()
    (folder / "genesis.json").write_text(CHAIN.genesis.read_text().replace('"0x1c9c380"', '"0x1c9c381"'))
    with on_chain(CHAIN, geth_program) as geth:
        output = ended(find_chain(str(folder)), geth, tmp_path)
    assert "follows another chain: its block 0 is 0x3cd021851803939b" in output
    assert "Traceback" not in output


def test_a_dev_geth_is_followed(geth_program: Program, tmp_path: Path) -> None:
    """A dev geth on a data directory of any genesis makes a block of each transaction it is sent."""
    folder = tmp_path / "geth"
    (tmp_path / "chain").mkdir()
    shutil.copy(CHAIN.genesis, tmp_path / "chain")
    chain = find_chain(str(tmp_path / "chain"))
    initialise(geth_program, chain, folder)
    wallet = Wallet()
    with (
        running(geth_program, folder, ["--dev"]) as geth,
        followed(geth, chain, tmp_path, f"sqlite:///{tmp_path}/log.sqlite") as started,
    ):
        for number in range(1, 4):
            geth.rpc.call("eth_sendRawTransaction", "0x" + wallet.dynamic(0, b"\x77" * 20, value=number).hex())
            started.replica.child.wait_until(
                lambda: int(started.rpc.call("eth_blockNumber"), 16) == number,  # noqa: B023
                STEP_SECONDS_MAX,
                f"block {number}",
            )
            started.assert_same("eth_getBlockByNumber", hex(number), True)
            started.assert_same("eth_getBlockReceipts", hex(number))
