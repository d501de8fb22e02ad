"""What an operator sees of real processes: metrics of every role, and log lines that machines can read."""

import json
import re
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from fixtures.chain_files import find_chain
from fixtures.jsonrpc import JsonRpc, RemoteError
from fixtures.make_chain.wallet import Wallet
from fixtures.nodes import ETHERCATTLE, start_dev_master, start_master, start_relay, start_replica
from fixtures.process import Child
from reference_node.metrics import DEV, MASTER, METRICS, RELAY, REPLICA

CHAIN = find_chain("everyfork")
SECONDS_MAX = 60.0
SHOWN = ("--metrics.port", "0", "--log.format", "json", "--log.level", "debug")
URL = re.compile(r"metrics on (http://\S+/metrics)")
NOT_A_CALL = b"{"


class Roles:
    """One process of each role, on one log, with what they wrote."""

    def __init__(self, folder: Path, opened: ExitStack) -> None:
        broker = f"sqlite:///{folder}/log.sqlite"
        self.dev = start_dev_master(CHAIN, folder / "dev", broker, folder / "dev.log", SHOWN)
        opened.callback(self.dev.child.stop)
        self.replica = start_replica(
            folder / "replica", broker, folder / "replica.log", [*SHOWN, "--kafka.tx.topic", "tx"]
        )
        opened.callback(self.replica.child.stop)
        self.relay = start_relay(self.dev.url, broker, folder / "relay.log", SHOWN, topic="tx", group="g")
        opened.callback(self.relay.stop)
        imported = f"sqlite:///{folder}/imported.sqlite"
        self.master = start_master(CHAIN, folder / "master", imported, folder / "master.log", SHOWN)
        opened.callback(self.master.stop)
        self.children = {DEV: self.dev.child, REPLICA: self.replica.child, RELAY: self.relay, MASTER: self.master}


def metrics_url(child: Child) -> str:
    def printed() -> str | None:
        found = URL.search(child.log_path.read_text())
        return found[1] if found else None

    return child.wait_until(printed, SECONDS_MAX, "its metrics")


def wait_imported(master: Child) -> None:
    master.wait_until(lambda: "imported" in master.log_path.read_text(), SECONDS_MAX, "the import")


def scrape(child: Child) -> dict[str, float]:
    """Return the samples of a process's metrics, by name and labels."""
    text = httpx.get(metrics_url(child), trust_env=False, timeout=10).raise_for_status().text
    return {
        " ".join([sample.name, *(value for label, value in sample.labels.items() if label != "le")]): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def families(child: Child) -> set[str]:
    text = httpx.get(metrics_url(child), trust_env=False, timeout=10).text
    return {family.name for family in text_string_to_metric_families(text) if family.name.startswith("ethercattle_")}


def lines_of(child: Child) -> list[dict[str, object]]:
    return [json.loads(line) for line in child.log_path.read_text().splitlines() if line.startswith("{")]


@pytest.fixture(scope="module")
def roles(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Roles]:
    """All roles, after a transaction went from the replica through the relay into a block and back."""
    with ExitStack() as opened:
        found = Roles(tmp_path_factory.mktemp("operations"), opened)
        with closing(JsonRpc(found.replica.url)) as rpc:
            raw = "0x" + Wallet().legacy(0, b"\x77" * 20, value=1).hex()
            sent: list[str] = []

            def taken() -> bool:
                try:
                    if not sent:
                        sent.append(str(rpc.call("eth_sendRawTransaction", raw)))
                    return bool(rpc.call("eth_getTransactionReceipt", sent[0]))
                except (RemoteError, httpx.HTTPError):
                    return False

            found.replica.child.wait_until(taken, SECONDS_MAX, "the transaction in a block")
            with pytest.raises(RemoteError):
                rpc.call("eth_noSuchMethod")
            httpx.post(found.replica.url, content=NOT_A_CALL, trust_env=False)
        wait_imported(found.master)
        yield found


def test_every_role_shows_the_metrics_of_the_table_and_its_process(roles: Roles) -> None:
    for role, child in roles.children.items():
        expected = {metric.name for metric in METRICS if role in metric.roles}
        assert expected == families(child), role
        assert scrape(child)["process_resident_memory_bytes"] > 2**20


def test_what_happened_is_what_is_shown(roles: Roles) -> None:
    replica, dev, relay, master = (scrape(roles.children[role]) for role in (REPLICA, DEV, RELAY, MASTER))
    assert replica["ethercattle_head_number"] == dev["ethercattle_head_number"] == 1
    assert replica["ethercattle_status ready"] == 1
    assert replica["ethercattle_lag_records"] == replica["ethercattle_lag_blocks"] == 0
    assert replica["ethercattle_caught_up"] == 1
    assert replica["ethercattle_applied_records_total"] >= dev["ethercattle_published_records_total"] >= 2
    assert replica["ethercattle_apply_seconds_count"] == replica["ethercattle_applied_batches_total"]
    assert replica["ethercattle_applied_batches_total"] == dev["ethercattle_published_batches_total"]
    assert replica["ethercattle_rpc_seconds_count eth_sendRawTransaction"] >= 1
    assert replica["ethercattle_rpc_seconds_count unknown"] == 1
    assert replica["ethercattle_rpc_errors_total -32601"] == 1
    assert replica["ethercattle_http_requests_total 415"] == 1
    assert replica["ethercattle_http_requests_under_way"] == 0
    assert relay["ethercattle_relay_sent_total"] == 1
    assert dev["ethercattle_outbox_batches"] == 0
    assert dev["ethercattle_publish_seconds_count"] >= 2
    assert dev["ethercattle_master_epoch"] == replica["ethercattle_master_epoch"] == 1
    assert master["ethercattle_executed_head_number"] > 1
    assert master["ethercattle_published_batches_total"] > 1


def test_metrics_are_not_taken_for_the_node(roles: Roles) -> None:
    for node in (roles.replica, roles.dev):
        assert metrics_url(node.child) != f"{node.url}/metrics"
        assert httpx.get(f"{node.url}/health/live", trust_env=False).status_code == 200


def test_a_life_is_told_in_lines_that_machines_read(roles: Roles) -> None:
    said = {role: [line["message"] for line in lines_of(child)] for role, child in roles.children.items()}
    assert {"started", "listening", "epoch opened", "caught up", "new head"} <= set(said[REPLICA])
    assert {"started", "listening", "epoch opened"} <= set(said[DEV])
    assert {"started", "imported", "epoch opened"} <= set(said[MASTER])
    assert {"started", "accepted"} <= set(said[RELAY])
    for child in roles.children.values():
        for line in lines_of(child):
            assert set(line) - {"exception"} == {"time", "level", "logger", "message", "fields"}, line


def test_an_end_is_told_too(tmp_path: Path) -> None:
    broker = f"sqlite:///{tmp_path}/log.sqlite"
    master = start_master(CHAIN, tmp_path / "master", broker, tmp_path / "master.log", SHOWN)
    wait_imported(master)
    replica = start_replica(tmp_path / "replica", broker, tmp_path / "replica.log", SHOWN)
    assert replica.child.stop() == 0
    assert master.stop() == 0
    messages = [line["message"] for line in lines_of(replica.child)]
    assert messages[-1] == "stopped"
    assert any(str(message).startswith("draining") for message in messages)
    assert lines_of(master)[-1]["message"] == "stopped"


def test_a_refusal_is_a_line_as_well(tmp_path: Path) -> None:
    command = [*ETHERCATTLE, "replica", "--datadir", str(tmp_path), "--kafka.broker", "sqlite:////no/where", *SHOWN]
    done = subprocess.run([*command, "--http.port", "0"], capture_output=True, text=True, timeout=60, check=False)
    last = json.loads(done.stderr.splitlines()[-1])
    assert done.returncode == last["fields"]["exit_code"] == 5
    assert (last["level"], last["fields"]["error"]) == ("error", "LogUnavailable")
    assert "/no/where" in last["message"]


def test_a_taken_port_is_one_clear_line(roles: Roles, tmp_path: Path) -> None:
    port = httpx.URL(metrics_url(roles.relay)).port
    command = [*ETHERCATTLE, "replica", "--datadir", str(tmp_path), "--kafka.broker", "sqlite:////no/where"]
    command += ["--http.port", "0", "--metrics.port", str(port)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        f"ethercattle replica: --metrics.addr 127.0.0.1 --metrics.port {port} can't be listened on: "
        "Address already in use\n"
    )
