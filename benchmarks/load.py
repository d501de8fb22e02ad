"""How many requests a second one process of `ethercattle load` sends in an open loop, against wrk at the same endpoint.

wrk sends the same bodies as fast as it can (a closed loop) and looks at nothing but the status. Our generator draws
each request, judges its answer, watches heads and counts; it is offered more than it can send, by as many connections.
"""

import json
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

from benchmarks.answers import CONNECTIONS, wrk_rate
from benchmarks.result import Figure
from fixtures.chain_files import ChainFiles
from fixtures.cluster import running_cluster
from loadtests.mixed import open_mix
from loadtests.options import Options
from loadtests.pool import Pool
from loadtests.preparing import prepare_requests, read_wishes
from loadtests.run import BLOCK_NUMBER, Requests, make_task, run_load
from loadtests.summary import SecondFigures
from loadtests.workload import plan_workload
from reference_node.errors import CouldNotJudge

GOAL_RATIO = 0.25
OFFERED_SHARE = 1.5
"""Of wrk's rate: more than can be answered."""
SECONDS, WARMUP_SECONDS, TIMEOUT_SECONDS = 5.0, 1.0, 1.0
MIX = "general"
BODIES = 2000
"""Different requests of the mix that wrk sends again and again."""
_SCRIPT = """local bodies = {bodies}
local at = 0
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
request = function()
  at = at % #bodies + 1
  return wrk.format(nil, nil, nil, bodies[at])
end
"""


def measure(chain: ChainFiles) -> list[Figure]:
    """Return the rate kept with the same small call again and again, and with a mix."""
    if shutil.which("wrk") is None:
        raise CouldNotJudge("there is no wrk on PATH: install the Debian package wrk")
    with running_cluster(chain) as cluster:
        url = cluster.replicas[0].url
        options = Options(targets=(url,), rate=1.0, mix=MIX)
        mix = prepare_requests(options, read_wishes(options), (url,))
        return [
            _figure(name, url, requests, bodies)
            for name, requests, bodies in (
                ("eth_blockNumber", BLOCK_NUMBER, [_block_number()]),
                (f"mix {MIX}", mix, _bodies(mix, url)),
            )
        ]


def _figure(name: str, url: str, requests: Requests, bodies: Sequence[str]) -> Figure:
    theirs = _wrk(url, bodies)
    ours = _rate(url, requests, theirs)
    return Figure(f"load: {name}, one process, open loop", ours, "/s", "wrk", theirs, GOAL_RATIO)


def _rate(url: str, requests: Requests, peer_rate: float) -> float:
    """Return how many requests a second are answered where more are due.

    Raises:
        CouldNotJudge: some failed.
    """
    options = Options(
        targets=(url,), rate=OFFERED_SHARE * peer_rate, duration=SECONDS, warmup=WARMUP_SECONDS,
        timeout=TIMEOUT_SECONDS, connections_max=CONNECTIONS,
    )  # fmt: skip
    summary = run_load(options, Pool((url,)), requests, _show_nothing)
    if summary.failures:
        raise CouldNotJudge(f"{url} failed {summary.failures} of {summary.calls} calls: {summary.kinds}")
    return summary.achieved_rate


def _show_nothing(second: SecondFigures) -> None:
    """Show nothing of a second."""


def _block_number() -> str:
    return json.dumps({"jsonrpc": "2.0", "id": 1, "method": "eth_blockNumber", "params": []})


def _bodies(requests: Requests, url: str) -> list[str]:
    """Return the first requests that a generator sends of a mix."""
    options = Options(targets=(url,), rate=1.0)
    source = open_mix(make_task(options, plan_workload(options), (url,), requests)).source
    return [source(number, 0.0).calls[0].body.decode() for number in range(BODIES)]


def _wrk(url: str, bodies: Sequence[str]) -> float:
    quoted = ",\n".join(f"[==[{body}]==]" for body in bodies)
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "post.lua"
        script.write_text(_SCRIPT.replace("{bodies}", f"{{{quoted}}}"))
        return wrk_rate(url, script)
