"""Other people's locustfiles: single calls and batches in locust's figures, CSVs, web UI and distributed runs."""

import csv
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from fixtures.ports import reserved_ports
from tests.integration.load_targets import Target, running_target

LOCUSTFILE = """
from locust import constant, task

from loadtests import EthereumUser


class Reader(EthereumUser):
    wait_time = constant(0.01)

    @task
    def read(self):
        answer = self.rpc.call("eth_blockNumber")
        assert answer.result == "0x1" and not answer.is_failure
        both = self.rpc.batch([("eth_chainId", ()), ("eth_getBalance", ("0x" + "00" * 20, "latest"))])
        assert [each.result for each in both] == ["0x1", "0x1"]
"""
FAILING = """
from locust import constant, task

from loadtests import EthereumUser


class Reader(EthereumUser):
    wait_time = constant(0.05)

    @task
    def read(self):
        assert self.rpc.call("eth_blockNumber").is_failure
        assert all(each.is_failure for each in self.rpc.batch([("eth_chainId", ()), ("eth_gasPrice", ())]))
"""
WAIT_SECONDS_MAX = 60


@pytest.fixture
def target() -> Iterator[Target]:
    """A server that answers at once."""
    with running_target() as running:
        yield running


def locust(folder: Path, *arguments: str, file: str = LOCUSTFILE) -> "subprocess.Popen[str]":
    """Start locust in a folder of its own."""
    (folder / "locustfile.py").write_text(file)
    command = [sys.executable, "-m", "locust", "-f", "locustfile.py", *arguments]
    return subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def end_of(process: "subprocess.Popen[str]") -> str:
    """Return all that a locust printed, once it has ended well."""
    printed, _ = process.communicate(timeout=WAIT_SECONDS_MAX)
    assert process.returncode == 0, printed
    return printed


def rows(path: Path) -> dict[tuple[str, str], dict[str, str]]:
    """Return a CSV of locust's statistics by type and name."""
    with path.open(newline="") as file:
        return {(row["Type"], row["Name"]): row for row in csv.DictReader(file)}


def test_calls_and_batches_are_in_locusts_csv(tmp_path: Path, target: Target) -> None:
    end_of(locust(tmp_path, "--headless", "-u", "2", "-r", "2", "-t", "3", "-H", target.url, "--csv", "out"))
    stats = rows(tmp_path / "out_stats.csv")
    expected = {
        ("RPC", "eth_blockNumber"), ("RPC batch", "batch"), ("RPC in batch", "eth_chainId"),
        ("RPC in batch", "eth_getBalance"), ("", "Aggregated"),
    }  # fmt: skip
    assert set(stats) == expected
    assert all(int(row["Request Count"]) > 10 and row["Failure Count"] == "0" for row in stats.values())
    assert (tmp_path / "out_exceptions.csv").read_text().count("\n") == 1, "an assertion of the locustfile failed"


def test_an_endpoint_that_is_not_there_is_a_failure_of_each_call(tmp_path: Path) -> None:
    with running_target() as gone:
        url = gone.url
    process = locust(
        tmp_path, "--headless", "-u", "1", "-t", "2", "-H", url, "--csv", "out", "--exit-code-on-error", "0",
        file=FAILING,
    )  # fmt: skip
    end_of(process)
    stats = rows(tmp_path / "out_stats.csv")
    assert all(row["Failure Count"] == row["Request Count"] != "0" for row in stats.values())
    assert "transport" in (tmp_path / "out_failures.csv").read_text()
    assert (tmp_path / "out_exceptions.csv").read_text().count("\n") == 1


def test_a_master_adds_up_what_its_workers_send(tmp_path: Path, target: Target) -> None:
    with reserved_ports(1) as (port,):
        (tmp_path / "worker").mkdir()
        worker = locust(tmp_path / "worker", "--worker", "--master-port", str(port))
        master = locust(
            tmp_path, "--master", "--master-bind-host", "127.0.0.1", "--master-bind-port", str(port), "--headless",
            "--expect-workers", "1", "-u", "2", "-r", "2", "-t", "3", "-H", target.url, "--csv", "out",
        )  # fmt: skip
        end_of(master)
        end_of(worker)
    stats = rows(tmp_path / "out_stats.csv")
    assert int(stats["RPC", "eth_blockNumber"]["Request Count"]) > 10
    assert stats["", "Aggregated"]["Failure Count"] == "0"
    assert target.answered > 20


def test_the_web_page_starts_runs_and_shows_their_calls(tmp_path: Path, target: Target) -> None:
    with reserved_ports(1) as (port,):
        process = locust(tmp_path, "--web-host", "127.0.0.1", "--web-port", str(port), "-H", target.url)
        try:
            with httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False) as page:
                shown = when_up(page, process)
                assert re.search(r"<title>Locust", shown)
                started = page.post("/swarm", data={"user_count": 2, "spawn_rate": 2, "host": target.url})
                assert started.json()["success"] is True
                names = set[str]()
                while "eth_blockNumber" not in names:
                    assert process.poll() is None
                    names = {each["name"] for each in page.get("/stats/requests").json()["stats"]}
                assert page.post("/stop").json()["success"] is True
        finally:
            process.terminate()
            process.communicate(timeout=WAIT_SECONDS_MAX)


def when_up(page: httpx.Client, process: "subprocess.Popen[str]") -> str:
    """Return the page as soon as there is one."""
    while process.poll() is None:
        try:
            return page.get("/").text
        except httpx.ConnectError:
            continue
    raise AssertionError("locust ended before its page was up")
