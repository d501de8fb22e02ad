"""Block import of the reference master against `geth import` of the same chain, start-up taken off both."""

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks.chain import transaction_count
from benchmarks.result import Figure
from fixtures.chain_files import ChainFiles
from fixtures.geth import STORE_FLAGS, find_geth, run_geth

ROUNDS = 3
GOAL_RATIO = 0.4
"""500 tx/s where geth was measured at 1.2k."""


def measure(chain: ChainFiles) -> list[Figure]:
    """Return transactions a second, the best of some rounds on each side."""
    ours = transaction_count() / _best_difference(lambda files: _ours(chain, files), chain)
    geths = transaction_count() / _best_difference(lambda files: _geths(chain, files), chain)
    return [Figure("block import", ours, "tx/s", "geth import", geths, GOAL_RATIO)]


def _best_difference(seconds: Callable[[Path], float], chain: ChainFiles) -> float:
    with tempfile.TemporaryDirectory() as folder:
        empty = Path(folder) / "empty.rlp"
        empty.write_bytes(b"")
        start_up = min(seconds(empty) for _ in range(ROUNDS))
        return min(seconds(chain.chain) for _ in range(ROUNDS)) - start_up


def _ours(chain: ChainFiles, blocks: Path) -> float:
    with tempfile.TemporaryDirectory() as folder:
        arguments = [
            "master",
            "--datadir",
            f"{folder}/master",
            "--genesis",
            str(chain.genesis),
            "--import",
            str(blocks),
        ]
        arguments += ["--kafka.broker", f"sqlite:///{folder}/log.sqlite", "--exit-when-done"]
        command = [str(Path(sys.executable).parent / "ethercattle"), *arguments]
        started = time.perf_counter()
        subprocess.run(command, check=True, capture_output=True)
        return time.perf_counter() - started


def _geths(chain: ChainFiles, blocks: Path) -> float:
    program = find_geth()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        copied = folder / "blocks.rlp"
        copied.write_bytes(blocks.read_bytes())
        (folder / "genesis.json").write_bytes(chain.genesis.read_bytes())
        run_geth(program, folder, "init", *STORE_FLAGS, "--datadir", folder, folder / "genesis.json")
        started = time.perf_counter()
        run_geth(program, folder, "import", *STORE_FLAGS, "--gcmode", "archive", "--datadir", folder, copied)
        return time.perf_counter() - started
