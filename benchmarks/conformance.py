"""Comparisons a second of `ethercattle conform`'s own run, against the rate of the slower of the two endpoints.

Both sides, a geth and a replica, stand on the bench chain on this machine; the endpoints' own rates are wrk's, with
the same questions in the same order and as many of them in flight. A run's time is all of it, the start of its
processes included; it shares the cores with both endpoints, where wrk shares them with the one that it asks.
"""

import json
import shutil
import tempfile
from itertools import cycle, islice
from pathlib import Path
from statistics import mean

from benchmarks.answers import wrk_rate
from benchmarks.chain import BLOCKS
from benchmarks.result import Figure
from conformance.allowances import EXACT
from conformance.corpus import Question
from conformance.run import Limits, run_questions
from conformance.shares import choose_processes, share_out, usable_cores
from conformance.subject import Endpoint
from conformance.transport.settings import Kind, Transport, Transports
from fixtures.chain_files import ChainFiles
from fixtures.cluster import running_cluster
from fixtures.geth import on_chain
from fixtures.jsonrpc import JsonRpc
from reference_node.errors import CouldNotJudge

JOBS = 8
COMPARISONS = 30_000
_GOAL_RATIOS = {Kind.HTTP: 0.7, Kind.BATCH: None}
_SCRIPT = """local bodies = {{
{bodies}
}}
local place = 0
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
function request()
  place = place % #bodies + 1
  return wrk.format(nil, nil, nil, bodies[place])
end
"""


def measure(chain: ChainFiles) -> list[Figure]:
    """Return one figure for single questions, and one for batches of them."""
    if shutil.which("wrk") is None:
        raise CouldNotJudge("there is no wrk on PATH: install the Debian package wrk")
    with on_chain(chain) as geth, running_cluster(chain) as cluster:
        questions = _questions(geth.rpc)
        urls = (geth.url, cluster.replicas[0].url)
        before = [_rate(url, questions) for url in urls]
        made = {kind: _comparisons(urls, questions, kind) for kind in (Kind.HTTP, Kind.BATCH)}
        # A machine that does other things, too, is not as fast afterwards as it was before.
        rates = [mean(pair) for pair in zip(before, [_rate(url, questions) for url in urls], strict=True)]
        slower = min(rates)
        name = ("geth alone", "replica alone")[rates.index(slower)]
        return [
            Figure(f"conformance: comparisons, {kind}", rate, "/s", name, slower, _GOAL_RATIOS[kind])
            for kind, rate in made.items()
        ]


def _comparisons(urls: tuple[str, str], questions: list[Question], kind: Kind) -> float:
    """Return how many questions a second are asked and judged; each must match."""
    transport = Transport(kind)
    asked = islice(cycle(questions), COMPARISONS)
    transports = Transports(transport, transport)
    processes = choose_processes(JOBS, COMPARISONS, usable_cores())
    limits = Limits(transports.threads(JOBS), tuple(map(transports.threads, share_out(JOBS, processes))))
    with Endpoint(urls[0], transport=transport) as reference, Endpoint(urls[1], transport=transport) as candidate:
        run = run_questions(
            "bench", asked, reference, candidate, settings=EXACT, limits=limits, planned=COMPARISONS
        )  # fmt: skip
    if run.exit_code != 0:
        raise CouldNotJudge(f"the run that was to be timed ended as {run.verdict}")
    return COMPARISONS / run.seconds


def _rate(url: str, questions: list[Question]) -> float:
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "mix.lua"
        bodies = ",\n".join(f"[=[{question.body}]=]" for question in questions)
        script.write_text(_SCRIPT.format(bodies=bodies))
        return wrk_rate(url, script, connections=JOBS)


def _questions(rpc: JsonRpc) -> list[Question]:
    """Return what a wallet and an explorer ask about every block."""
    made: list[Question] = []

    def ask(method: str, *params: object) -> None:
        body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}, separators=(",", ":"))
        made.append(Question(f"{method}/bench-{len(made)}", method, "", body, ""))

    for number in range(1, BLOCKS + 1):
        block = rpc.call("eth_getBlockByNumber", hex(number), True)  # noqa: FBT003 - a parameter of the call
        ask("eth_blockNumber")
        ask("eth_getBlockByNumber", hex(number), False)  # noqa: FBT003 - likewise
        ask("eth_getBlockByHash", block["hash"], number % 4 == 0)
        ask("eth_getLogs", {"fromBlock": hex(number), "toBlock": hex(number)})
        for transaction in block["transactions"][number % 5 :: 30]:
            sender, receiver = transaction["from"], transaction["to"]
            ask("eth_getTransactionByHash", transaction["hash"])
            ask("eth_getTransactionReceipt", transaction["hash"])
            ask("eth_getBalance", sender, "latest")
            ask("eth_getTransactionCount", sender, "latest")
            ask("eth_getCode", receiver, "latest")
            ask("eth_call", {"from": sender, "to": receiver, "data": transaction["input"]}, "latest")
    return made
