"""The main job by its command: our cluster on the shipped chain, against the record and against a live geth."""

import json
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from confluent_kafka.admin import AdminClient

from conformance.cli import conform
from conformance.corpus import answers_folder
from fixtures.chain_files import DEFAULT_CHAIN, find_chain
from fixtures.geth import Program, on_chain
from fixtures.kafka import Kafka

ANSWERS = answers_folder(DEFAULT_CHAIN)


def run_conform(*arguments: str) -> tuple[int, dict[str, Any]]:
    """Run the command and return its exit code and JSON report."""
    result = CliRunner().invoke(conform, [*arguments, "--json", "-"])
    assert result.stdout, result.output
    return result.exit_code, json.loads(result.stdout)


def wrong_cases(report: dict[str, Any]) -> dict[str, Any]:
    """Return the cases that did not pass."""
    return {case["case"]: case for case in report["cases"] if case["verdict"] != "match"}


def test_every_recorded_case_matches_and_a_wrong_record_is_caught(tmp_path: Path) -> None:
    folder = shutil.copytree(ANSWERS, tmp_path / "answers")
    planted = folder / "eth_chainId" / "planted.io"
    request = '{"jsonrpc":"2.0","id":1,"method":"eth_chainId","params":[]}'
    planted.write_text(f'// a wrong answer\n>> {request}\n<< {{"jsonrpc":"2.0","id":1,"result":"0x2"}}\n')
    exit_code, report = run_conform("--cases", str(folder), "--strict-messages")
    assert exit_code == 1
    assert list(wrong_cases(report)) == ["eth_chainId/planted"], wrong_cases(report)
    assert report["totals"]["asked"] == report["planned"] > 200


def test_without_arguments_the_verdict_is_a_pass() -> None:
    exit_code, report = run_conform()
    assert wrong_cases(report) == {}
    assert exit_code == 0
    assert report["candidate"]["version"].startswith("EtherCattle/")


@pytest.mark.real
@pytest.mark.usefixtures("geth_program")
def test_every_case_asked_again_of_a_live_geth_matches() -> None:
    exit_code, report = run_conform("--reference", "geth", "--strict-messages")
    assert wrong_cases(report) == {}
    assert exit_code == 0
    assert report["reference"]["version"].startswith("Geth/v1.17.8")


@pytest.mark.real
@pytest.mark.usefixtures("geth_program")
def test_every_case_through_a_real_kafka_matches_a_live_geth(kafka: Kafka) -> None:
    client = AdminClient({"bootstrap.servers": kafka.bootstrap})
    before = set(client.list_topics(timeout=10).topics)
    exit_code, report = run_conform("--broker", kafka.bootstrap, "--reference", "geth", "--strict-messages")
    after = set(client.list_topics(timeout=10).topics)
    assert wrong_cases(report) == {}
    assert exit_code == 0
    assert report["candidate"]["name"].endswith(f"log {kafka.bootstrap}")
    assert {topic for topic in after - before if topic.startswith("ethercattle")} == set(), "it left a topic behind"


@pytest.mark.real
@pytest.mark.usefixtures("kafka_program")
def test_it_starts_a_kafka_of_its_own() -> None:
    exit_code, report = run_conform("--broker", "kafka", "--include", "eth_chainId")
    assert wrong_cases(report) == {}
    assert exit_code == 0


@pytest.mark.real
def test_a_live_geth_answers_as_it_is_recorded(geth_program: Program) -> None:
    with on_chain(find_chain(DEFAULT_CHAIN), geth_program) as geth:
        exit_code, report = run_conform("--candidate", geth.url, "--strict-messages")
    assert wrong_cases(report) == {}
    assert exit_code == 0
    used = {row["name"] for row in report["allowances"] if row["uses"]}
    assert used <= {"client-version", "pending-time", "pending-extra", "pending-size"}


def test_an_interrupt_while_the_cluster_starts_leaves_nothing_behind(tmp_path: Path) -> None:
    error_path = tmp_path / "errors"
    with error_path.open("wb") as errors:
        running = subprocess.Popen([sys.executable, "-m", "ethercattle", "conform"], stderr=errors)
    deadline = time.monotonic() + 60
    while not (children := children_of(running.pid)):
        assert time.monotonic() < deadline, error_path.read_text()
        time.sleep(0.01)
    running.send_signal(signal.SIGINT)
    assert running.wait(60) == 3, error_path.read_text()
    assert "interrupted before the first question" in error_path.read_text()
    assert [child for child in children if Path(f"/proc/{child}").exists()] == []


def children_of(process_id: int) -> list[int]:
    """Return the process ids of a process's children."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == process_id:
            found.append(int(stat.parent.name))
    return found
