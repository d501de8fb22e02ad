"""Mixes on whole nodes: every call succeeds, two targets of one chain agree, and what a liar does is found."""

import itertools
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from fixtures.chain_files import find_chain
from fixtures.cluster import Cluster, running_cluster
from fixtures.geth import Geth, Program, on_chain
from fixtures.jsonrpc import JsonRpc
from fixtures.up_system import Plan, running_system
from loadtests.cli import load
from loadtests.mix import SCHEMA, known_mixes
from loadtests.signing import address_of, shipped_keys
from tests.loadtests.served_chain import Alter, serving

CHAIN = find_chain("everyfork")
ONE_MIX = f'schema = "{SCHEMA}"\ntitle = "t"\nversion = 1\ndate = 2026-01-01\nprovenance = "p"\n[weights]\n'
SATURATED = 3
"""On a busy machine a short run may be; what was answered is right nevertheless."""


def run_load(*arguments: str) -> tuple[int, dict[str, Any], str]:
    """Run the command for two seconds, and return its exit code, its JSON and what people see."""
    fixed = ("--rate", "60", "--duration", "2", "--warmup", "1", "--json", "-")
    result = CliRunner().invoke(load, [*arguments, *fixed])
    return result.exit_code, json.loads(result.stdout) if result.stdout else {}, result.stderr


def assert_good(code: int, found: dict[str, Any], shown: str) -> None:
    """Fail unless every call succeeded."""
    assert found, shown
    assert (found["failures"], found["unsent"]) == (0, 0), shown
    assert found["calls"] > 50
    assert code in (0, SATURATED), shown


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    with running_cluster(CHAIN, replicas=2) as running:
        yield running


@pytest.fixture(scope="module")
def geth(geth_program: Program) -> Iterator[Geth]:
    with on_chain(CHAIN, geth_program) as running:
        yield running


@pytest.mark.parametrize("mix", known_mixes())
def test_every_call_of_a_mix_succeeds_on_a_replica(cluster: Cluster, mix: str) -> None:
    code, found, shown = run_load("--target", cluster.replicas[0].url, "--mix", mix)
    assert_good(code, found, shown)
    lacking = {"eth_sendRawTransaction", "debug_traceTransaction"}
    assert set(found["about"]["dropped"]) <= lacking
    assert all(f"{method} (" in shown for method in found["about"]["dropped"])
    assert found["consistency"]["heads_told"] > 50


@pytest.mark.real
@pytest.mark.parametrize("mix", known_mixes())
def test_every_call_of_a_mix_succeeds_on_a_live_geth(geth: Geth, mix: str) -> None:
    code, found, shown = run_load("--target", geth.url, "--mix", mix)
    assert_good(code, found, shown)
    assert found["about"]["dropped"] == {}


def test_batches_to_several_targets_by_several_processes_succeed(cluster: Cluster) -> None:
    targets = [word for replica in cluster.replicas for word in ("--target", replica.url)]
    code, found, shown = run_load(*targets, "--mix", "heavy", "--batch", "4", "--processes", "2")
    assert_good(code, found, shown)
    assert found["calls"] == 4 * found["answered"]
    assert found["consistency"].get("head_regressions", 0) == 0


def test_two_replicas_of_one_chain_agree(cluster: Cluster) -> None:
    ours, theirs = (replica.url for replica in cluster.replicas)
    code, found, shown = run_load("--target", ours, "--compare", theirs, "--mix", "general")
    assert_good(code, found, shown)
    comparison = found["comparison"]
    assert (comparison["mismatches"], comparison["other_failures"]) == (0, 0)
    assert comparison["compared"] > 50
    (whole, *methods) = comparison["methods"]
    assert whole["pairs"] == found["calls"] == sum(each["pairs"] for each in methods)
    interval = whole["mean_difference_ms"]
    assert interval["low"] <= interval["value"] <= interval["high"]


@pytest.mark.real
def test_a_replica_and_a_geth_agree(cluster: Cluster, geth: Geth) -> None:
    code, found, shown = run_load("--target", cluster.replicas[0].url, "--compare", geth.url, "--mix", "infura-2019")
    assert_good(code, found, shown)
    assert found["comparison"]["compared"] > 10
    assert found["comparison"]["mismatches"] == 0


def test_a_target_of_another_chain_is_not_compared(cluster: Cluster) -> None:
    with serving() as elsewhere:
        code, found, shown = run_load("--target", cluster.replicas[0].url, "--compare", elsewhere)
    assert (code, found) == (2, {})
    assert "has another block 0 than the target" in shown
    assert len(shown.strip().splitlines()) == 1


def test_transactions_get_into_blocks_and_are_read_again(tmp_path: Path) -> None:
    plan = Plan(
        chain=CHAIN, dev=True, period_seconds=0.0, broker="sqlite", config=(), clusters=1, replicas=2, balanced=False,
        port=0, folder=tmp_path, drain_seconds=0.0,
    )  # fmt: skip
    with running_system(plan, lambda line: None) as system:
        rpc = JsonRpc(system.url)
        before = sum_of_nonces(rpc)
        code, found, shown = run_load("--target", system.url, "--mix", "writes")
        assert_good(code, found, shown)
        sent = next(each["calls"] for each in found["methods"] if each["method"] == "eth_sendRawTransaction")
        assert "transactions are paid for by 8 of the shipped chain's own keys" in shown
        # The last ones may be on their way still; those of the warm-up and the one of the trial come on top.
        system.parts[0].child.wait_until(lambda: sum_of_nonces(rpc) - before > sent, 30, f"{sent} transactions")
        rpc.close()


def sum_of_nonces(rpc: JsonRpc) -> int:
    """Return how many transactions the shipped keys have sent in all."""
    return sum(int(rpc.call("eth_getTransactionCount", address_of(key), "latest"), 16) for key in shipped_keys())


def run_against(alter: Alter, mix_path: Path, weights: str, *gates: str) -> tuple[int, dict[str, Any], str]:
    """Run a mix of a few methods against a small chain that does not always tell the truth."""
    mix_path.write_text(ONE_MIX + weights)
    with serving(alter) as url:
        return run_load("--target", url, "--mix", str(mix_path), *gates)


def test_a_head_that_goes_backwards_breaks_a_gate(tmp_path: Path) -> None:
    turns = itertools.count()

    def step_back(request: dict[str, Any], answer: dict[str, Any]) -> dict[str, Any]:
        is_behind = request["method"] == "eth_blockNumber" and next(turns) % 10 == 9
        return answer | {"result": "0x4"} if is_behind else answer

    code, found, shown = run_against(
        step_back, tmp_path / "heads.toml", "eth_blockNumber = 1\n", "--fail-on", "head_regressions>0"
    )
    assert found["consistency"]["head_regressions"] > 0, shown
    assert found["failures"] == 0
    assert code == 1, shown


def test_errors_after_the_trial_calls_are_failures_by_code(tmp_path: Path) -> None:
    turns = itertools.count()

    def tire(request: dict[str, Any], answer: dict[str, Any]) -> dict[str, Any]:
        if request["method"] != "eth_gasPrice" or next(turns) < 20:
            return answer
        return {"jsonrpc": "2.0", "id": request["id"], "error": {"code": -32005, "message": "too many requests"}}

    code, found, shown = run_against(tire, tmp_path / "fees.toml", "eth_gasPrice = 1\n", "--fail-on", "error_rate>0.01")
    (method,) = found["methods"]
    assert {(each["kind"], each["code"]) for each in method["endings"]} == {("rpc", -32005)} | (
        {("result", None)} if method["calls"] > method["failures"] else set()
    )
    assert method["failures"] > 50
    assert code == 1, shown
