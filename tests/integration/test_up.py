"""`ethercattle up` as a user runs it: it comes up, answers, takes transactions, and leaves nothing behind."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka.admin import AdminClient

from fixtures.chain_files import find_chain
from fixtures.docker import find_docker
from fixtures.jsonrpc import JsonRpc
from fixtures.kafka import Kafka
from fixtures.make_chain.wallet import Wallet
from reference_node.chain.files import read_forkchoice
from tests.fixtures.test_cluster import is_running, wait_until_gone

UP_SECONDS_MAX = 120.0
CHAIN = find_chain("everyfork")


@dataclass(frozen=True, slots=True)
class Up:
    """A running `ethercattle up`."""

    process: subprocess.Popen[bytes]
    endpoints: dict[str, Any]
    output: Path
    folder: Path
    """Its TMPDIR, where it should leave nothing."""

    def parts(self) -> dict[str, dict[str, Any]]:
        """Return all parts by name."""
        found = [self.endpoints["balancer"]]
        for cluster in self.endpoints["clusters"]:
            found += [cluster["master"], cluster["txrelay"], *cluster["replicas"]]
        return {part["name"]: part for part in found if part}

    def process_ids(self) -> list[int]:
        """Return the numbers of all parts' processes."""
        return [int(part["process"]) for part in self.parts().values()]

    def stop(self, number: signal.Signals) -> int:
        """Send a signal and return the exit code."""
        self.process.send_signal(number)
        return self.process.wait(60)


@contextmanager
def running_up(folder: Path, *arguments: str) -> Iterator[Up]:
    """Run the command until all is up; kill it at the end if it still runs."""
    temporary = folder / "tmp"
    temporary.mkdir(exist_ok=True)
    output, json_path = folder / "output", folder / "up.json"
    command = [sys.executable, "-m", "ethercattle", "up", "--http.port", "0", "--json", str(json_path), *arguments]
    environment = {**os.environ, "TMPDIR": str(temporary)}
    with output.open("wb") as written, ExitStack() as stack:
        process = subprocess.Popen(command, stdout=written, stderr=subprocess.STDOUT, env=environment)
        stack.callback(process.wait)
        stack.callback(process.kill)
        wait_until(lambda: json_path.exists() or process.poll() is not None, output)
        assert process.poll() is None, output.read_text()
        yield Up(process, json.loads(json_path.read_text()), output, temporary)


def wait_until(probe: Callable[[], bool], output: Path) -> None:
    """Wait for a condition, and fail with the command's output."""
    deadline = time.monotonic() + UP_SECONDS_MAX
    while not probe():
        assert time.monotonic() < deadline, output.read_text()
        time.sleep(0.02)


def test_a_chain_is_served_by_every_replica_and_nothing_stays(tmp_path: Path) -> None:
    with running_up(tmp_path, "--balancer", "none", "--replicas", "2") as it:
        head = read_forkchoice(CHAIN.forkchoice).head
        for replica in it.endpoints["clusters"][0]["replicas"]:
            with closing(JsonRpc(replica["url"])) as rpc:
                assert rpc.call("eth_getBlockByNumber", "latest", False)["hash"] == f"0x{head.hex()}"
        wait_until(lambda: "replica-0-1: ready, block 80" in it.output.read_text(), it.output)
        assert it.endpoints["balancer"] is None
        assert it.stop(signal.SIGINT) == 0, it.output.read_text()
        wait_until_gone(it.process_ids())
        assert list(it.folder.iterdir()) == []
        assert not (tmp_path / "up.json").exists()


def test_parts_that_end_are_named_with_their_output_and_the_rest_goes_on(tmp_path: Path) -> None:
    folder = tmp_path / "kept"
    with running_up(tmp_path, "--balancer", "none", "--replicas", "2", "--folder", str(folder)) as it:
        os.kill(it.parts()["master-0"]["process"], signal.SIGKILL)
        wait_until(lambda: "master-0 ended with code -9" in it.output.read_text(), it.output)
        os.kill(it.parts()["replica-0-0"]["process"], signal.SIGKILL)
        wait_until(lambda: "replica-0-0 ended with code -9" in it.output.read_text(), it.output)
        with closing(JsonRpc(it.parts()["replica-0-1"]["url"])) as rpc:
            assert rpc.call("eth_blockNumber") == "0x50"
        assert it.stop(signal.SIGTERM) == 3
        assert "ended before it was told to: master-0, replica-0-0" in it.output.read_text()
        wait_until_gone(it.process_ids())
    assert (folder / "cluster-0" / "replica-1.log").exists()
    with running_up(tmp_path, "--balancer", "none", "--replicas", "1", "--folder", str(folder)) as it:
        os.kill(it.parts()["replica-0-0"]["process"], signal.SIGKILL)
        assert it.process.wait(60) == 3
        assert "ethercattle up: no replica is left" in it.output.read_text()


def test_what_does_not_come_up_is_said_in_a_line_with_its_output(tmp_path: Path) -> None:
    folder = tmp_path / "kept"
    folder.mkdir()
    (folder / "log.sqlite").write_bytes(b"no database" * 1000)
    command = [sys.executable, "-m", "ethercattle", "up", "--balancer", "none", "--folder", str(folder)]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert ended.returncode == 3
    assert "ethercattle up: master-0 ended with code" in ended.stderr
    assert "log.sqlite" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_an_interrupt_while_it_starts_leaves_nothing_behind(tmp_path: Path) -> None:
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    command = [sys.executable, "-m", "ethercattle", "up", "--balancer", "none"]
    running = subprocess.Popen(command, stderr=subprocess.PIPE, env=environment)
    deadline = time.monotonic() + UP_SECONDS_MAX
    while not any(tmp_path.glob("ethercattle-up-*/cluster-0/master.log")):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    running.send_signal(signal.SIGTERM)
    _, errors = running.communicate(timeout=60)
    assert running.returncode == 3, errors.decode()
    assert b"interrupted before all was up" in errors
    assert list(tmp_path.iterdir()) == []


@pytest.mark.real
@pytest.mark.usefixtures("haproxy_program")
def test_a_transaction_sent_to_the_balancer_comes_out_in_a_block(tmp_path: Path) -> None:
    with running_up(tmp_path, "--dev", "--period", "0.2") as it, closing(JsonRpc(it.endpoints["url"])) as rpc:
        sent = rpc.call("eth_sendRawTransaction", "0x" + Wallet().dynamic(0, b"\x77" * 20, value=5).hex())
        wait_until(lambda: rpc.call("eth_getTransactionReceipt", sent) is not None, it.output)
        assert rpc.call("eth_getBalance", "0x" + "77" * 20, "latest") == "0x5"
        wait_until(lambda: "balancer: ready" in it.output.read_text(), it.output)
        assert it.stop(signal.SIGINT) == 0, it.output.read_text()
        wait_until_gone(it.process_ids())
        assert list(it.folder.iterdir()) == []


@pytest.mark.real
@pytest.mark.usefixtures("haproxy_program")
def test_one_balancer_serves_two_clusters_of_one_chain(tmp_path: Path) -> None:
    with running_up(tmp_path, "--clusters", "2", "--replicas", "1", "--period", "0.1") as it:
        os.kill(it.parts()["master-0"]["process"], signal.SIGKILL)
        os.kill(it.parts()["replica-0-0"]["process"], signal.SIGKILL)
        with closing(JsonRpc(it.endpoints["url"])) as rpc:
            wait_until(lambda: rpc.call("eth_blockNumber") == "0x50", it.output)
        assert it.stop(signal.SIGTERM) == 3
        wait_until_gone(it.process_ids())


@pytest.mark.real
@pytest.mark.usefixtures("haproxy_program", "kafka_program")
def test_killed_it_takes_its_kafka_along(tmp_path: Path) -> None:
    with running_up(tmp_path, "--broker", "kafka", "--replicas", "1") as it:
        with closing(JsonRpc(it.endpoints["url"])) as rpc:
            assert rpc.call("eth_blockNumber") == "0x50"
        label = f"ethercattle.owner={it.process.pid}/"
        assert containers_of(label) != []
        it.process.kill()
        it.process.wait()
        wait_until_gone(it.process_ids())
        wait_until(lambda: containers_of(label) == [], it.output)


@pytest.mark.real
def test_on_a_kafka_that_others_use_it_leaves_no_topic(tmp_path: Path, kafka: Kafka) -> None:
    client = AdminClient({"bootstrap.servers": kafka.bootstrap})
    with running_up(tmp_path, "--broker", kafka.bootstrap, "--balancer", "none", "--replicas", "1", "--dev") as it:
        topics = {it.endpoints["clusters"][0]["topic"], it.endpoints["tx_topic"]}
        assert topics <= set(client.list_topics(timeout=10).topics)
        with closing(JsonRpc(it.endpoints["url"])) as rpc:
            sent = rpc.call("eth_sendRawTransaction", "0x" + Wallet().dynamic(0, b"\x77" * 20, value=5).hex())
            wait_until(lambda: rpc.call("eth_getTransactionReceipt", sent) is not None, it.output)
        assert it.stop(signal.SIGTERM) == 0, it.output.read_text()
    left = [name for name in client.list_topics(timeout=10).topics if name.startswith("ethercattle")]
    assert not [name for name in left if any(name.startswith(topic) for topic in topics)]


def containers_of(label: str) -> list[str]:
    """Return the containers whose owner's label begins so."""
    name, _, value = label.partition("=")
    with closing(find_docker()) as client:
        found = client.api.containers(all=True, filters={"label": name})
    return [str(entry["Id"]) for entry in found if str(entry["Labels"][name]).startswith(value)]


def test_processes_are_told_from_the_ended() -> None:
    assert is_running(os.getpid())
    ended = subprocess.Popen(["true"])
    ended.wait()
    assert not is_running(ended.pid)
