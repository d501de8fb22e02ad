"""Comparisons a second of `ethercattle conform`'s own run, against the rate of the slower of the two endpoints.

Both sides, a geth and a replica, stand on the bench chain on this machine; the endpoints' own rates are wrk's, with
the same questions in the same order and as many of them in flight.
"""

import json
import shutil
import tempfile
from itertools import cycle, islice
from pathlib import Path

from benchmarks.answers import wrk_rate
from benchmarks.chain import BLOCKS
from benchmarks.result import Figure
from conformance.allowances import EXACT
from conformance.corpus import Question
from conformance.run import Limits, run_questions
from conformance.subject import Endpoint
from conformance.transport.settings import Kind, Transport
from fixtures.chain_files import ChainFiles
from fixtures.cluster import running_cluster
from fixtures.geth import on_chain
from fixtures.jsonrpc import JsonRpc
from reference_node.errors import CouldNotJudge

JOBS = 8
COMPARISONS = 12_000
GOAL_RATIO = 0.7
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
        rates = [_rate(url, questions) for url in urls]
        slower = min(rates)
        name = ("geth alone", "replica alone")[rates.index(slower)]
        return [
            Figure(f"conformance: comparisons, {kind}", _comparisons(urls, questions, kind), "/s", name, slower, goal)
            for kind, goal in ((Kind.HTTP, GOAL_RATIO), (Kind.BATCH, None))
        ]


def _comparisons(urls: tuple[str, str], questions: list[Question], kind: Kind) -> float:
    """Return how many questions a second are asked and judged; each must match."""
    transport = Transport(kind)
    asked = islice(cycle(questions), COMPARISONS)
    threads = JOBS * transport.batch_size if kind is Kind.BATCH else JOBS
    with Endpoint(urls[0], transport=transport) as reference, Endpoint(urls[1], transport=transport) as candidate:
        run = run_questions(
            "bench", asked, reference, candidate, settings=EXACT, limits=Limits(threads), planned=COMPARISONS
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
