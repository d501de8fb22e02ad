"""Real nodes judged by `ethercattle conform`: geth against geth only matches, anvil against geth does not."""

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from fixtures.anvil import running_anvil
from fixtures.chain_files import find_chain
from fixtures.dev_chains import dev_geth, dev_transactions, send_each
from fixtures.geth import Program, on_chain
from reference_node.chain.types import decode_transaction

pytestmark = pytest.mark.real
CHAIN = find_chain("everyfork")
RUN_SECONDS_MAX = 300.0


def conform(folder: Path, candidate: str, reference: str, *arguments: str) -> tuple[int, str, dict[str, Any]]:
    """Run the command, and return its exit code, what it printed, and its JSON report."""
    report = folder / "report.json"
    words = ["conform", "--candidate", candidate, "--reference", reference, "--json", str(report), *arguments]
    done = subprocess.run(
        [sys.executable, "-m", "ethercattle", *words],
        capture_output=True, text=True, timeout=RUN_SECONDS_MAX, check=False,
    )  # fmt: skip
    assert "Traceback" not in done.stderr, done.stderr
    return done.returncode, done.stdout, json.loads(report.read_text())


def test_geth_against_geth_only_matches(geth_program: Program, tmp_path: Path) -> None:
    with on_chain(CHAIN, geth_program) as geth:
        code, output, report = conform(
            tmp_path, geth.url, "geth", "--examples", "300", "--seed", "5", "--save", str(tmp_path / "failures")
        )
    wrong = [case["case"] for case in report["cases"] if case["verdict"] != "match"]
    assert (code, wrong) == (0, []), output
    assert report["totals"]["match"] == report["totals"]["asked"] > 1300


def test_anvil_against_geth_is_told_apart_by_names_and_values(
    geth_program: Program, anvil_program: str, tmp_path: Path
) -> None:
    sent = [decode_transaction(raw).hash.hex() for raw in dev_transactions()]
    with (
        running_anvil(anvil_program, CHAIN.genesis, tmp_path) as anvil,
        dev_geth(geth_program, tmp_path / "dev") as geth,
    ):
        send_each(anvil.rpc, anvil.child)
        for number, wanted in enumerate(sent, 1):
            for rpc in (anvil.rpc, geth.rpc):
                assert rpc.call("eth_getBlockByNumber", hex(number), False)["transactions"] == [f"0x{wanted}"]
        code, output, report = conform(
            tmp_path, anvil.url, geth.url,
            *included("eth_getBlockByNumber/genesis", "net_peerCount", "eth_chainId", "web3_*"),
            *included("eth_getTransactionByHash", "eth_getBalance/bad-*"),
        )  # fmt: skip
    assert code == 1
    verdicts = {case["case"]: case["verdict"] for case in report["cases"]}
    assert set(verdicts.values()) == {"match", "mismatch"}
    assert report["totals"]["mismatch"] >= 5
    assert report["reference"]["version"].startswith("Geth/v1.17.8")
    assert report["candidate"]["version"].startswith("anvil/v")
    # What a person reads: which question, what was sent, where the answers differ, and both values.
    genesis = output[output.index("MISMATCH eth_getBlockByNumber/genesis") :]
    genesis = genesis[: genesis.index("\n\n")]
    assert '"method":"eth_getBlockByNumber","params":["0x0"' in genesis
    assert '$.result.extraData differs\n    - "0x6576657279666f726b"\n    + "0x"' in genesis
    assert "net_peerCount/none" in output
    assert '"Method not found"' in output
    # What both do alike is not blamed.
    assert verdicts["eth_chainId/chain"] == "match"
    assert verdicts["web3_clientVersion/version"] == "match"
    assert verdicts["eth_getTransactionByHash/unknown"] == "match"
    assert f"{report['totals']['mismatch']} mismatch" in output.splitlines()[-1]


def included(*patterns: str) -> Sequence[str]:
    """Return the flags that ask only these methods."""
    return [word for pattern in patterns for word in ("--include", pattern)]
