"""Answers a second of a replica against geth's, on the same machine and chain, by wrk; and its memory at rest."""

import json
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from benchmarks.result import Figure
from fixtures.chain_files import ChainFiles
from fixtures.cluster import running_cluster
from fixtures.geth import on_chain
from reference_node.chain.files import read_blocks
from reference_node.errors import CouldNotJudge

CONNECTIONS, THREADS, SECONDS = 16, 2, 5
MEMORY_GOAL_MB = 150.0
_GOAL_RATIOS = {"eth_blockNumber": 1.0, "eth_getBalance": 1.0, "eth_getBlockByNumber": 2.0}
_SCRIPT = """wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
wrk.body = [[{body}]]
"""
_RATE = re.compile(r"Requests/sec:\s+([\d.]+)")


def measure(chain: ChainFiles) -> list[Figure]:
    """Return one figure a method, then the memory of a replica that has answered them and is idle again."""
    if shutil.which("wrk") is None:
        raise CouldNotJudge("there is no wrk on PATH: install the Debian package wrk")
    with on_chain(chain) as geth:
        theirs = {method: _rate(geth.url, body) for method, body in _requests(chain).items()}
    with running_cluster(chain) as cluster:
        replica = cluster.replicas[0]
        resident_mb = _resident_mb(replica.child.process.pid)
        ours = {method: _rate(replica.url, body) for method, body in _requests(chain).items()}
    figures = [
        Figure(f"answers: {method}", ours[method], "/s", "geth", theirs[method], _GOAL_RATIOS[method])
        for method in ours
    ]
    return [*figures, Figure("replica's memory at rest", resident_mb, "MB", "limit", MEMORY_GOAL_MB, None)]


def _requests(chain: ChainFiles) -> dict[str, str]:
    blocks = list(read_blocks(chain.chain))
    busiest = max(blocks, key=lambda block: len(block.body.transactions)).header.number
    account = next(iter(json.loads(chain.genesis.read_text())["alloc"]))
    params: dict[str, list[object]] = {
        "eth_blockNumber": [],
        "eth_getBalance": [f"0x{account}", "latest"],
        "eth_getBlockByNumber": [hex(busiest), True],
    }
    return {
        method: json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": found})
        for method, found in params.items()
    }


def _rate(url: str, body: str) -> float:
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "post.lua"
        script.write_text(_SCRIPT.replace("{body}", body))
        return wrk_rate(url, script)


def wrk_rate(url: str, script: Path, connections: int = CONNECTIONS) -> float:
    """Return how many answers a second an endpoint gives to a wrk script's requests.

    Raises:
        CouldNotJudge: some are no success.
    """
    command = ["wrk", f"-t{THREADS}", f"-c{connections}", f"-d{SECONDS}s", "-s", str(script), url]
    printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    if "Non-2xx" in printed:
        raise CouldNotJudge(f"{url} did not answer all requests of wrk with success:\n{printed}")
    found = _RATE.search(printed)
    assert found is not None, printed
    return float(found.group(1))


def _resident_mb(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text()
    match = re.search(r"VmRSS:\s+(\d+) kB", status)
    assert match is not None, status
    return int(match.group(1)) / 1024
