"""A run's figures are whole in its JSON, and are JSON."""

import json

from loadtests.outcomes import Kind
from loadtests.slices import Ending
from loadtests.summary import MethodFigures, SecondFigures
from loadtests.write import to_json
from tests.loadtests.runs import latency, make_run

ENDINGS = {Ending("eth_call", Kind.RESULT, None): 9, Ending("eth_call", Kind.RPC, -32000): 1}
SECOND = SecondFigures(
    second=0, is_warmup=False, offered=10, sent=10, answered=10, calls=10, failed=1, in_flight=0, waiting=0,
    kinds={Kind.RESULT: 9, Kind.RPC: 1}, p50_ms=1.0, p99_ms=2.0, max_ms=3.0, service_p99_ms=1.5, consistency={},
    heads={0: 7}, late_p99_ms=None,
)  # fmt: skip


def test_everything_is_there_and_is_json() -> None:
    run = make_run(
        (MethodFigures("eth_call", ENDINGS, latency(), None),), latency(p99_ms=9.0), latency(), seconds=(SECOND,),
        consistency={"heads_told": 4, "head_regressions": 1},
    )  # fmt: skip
    text = to_json(run)
    assert text.endswith("}\n")
    found = json.loads(text)
    assert found["schema"] == "ethercattle.load/1"
    assert (found["calls"], found["failures"], found["error_rate"], found["offered_rate"]) == (10, 1, 0.1, 100.0)
    assert found["kinds"] == {"result": 9, "rpc": 1}
    assert found["response"]["p99_ms"] == 9.0
    assert found["methods"] == [
        {
            "method": "eth_call", "calls": 10, "failures": 1, "service": None,
            "endings": [
                {"kind": "result", "code": None, "count": 9}, {"kind": "rpc", "code": -32000, "count": 1},
            ],
            "response": found["methods"][0]["response"],
        }
    ]  # fmt: skip
    assert found["seconds"][0]["kinds"] == {"result": 9, "rpc": 1}
    assert found["seconds"][0]["heads"] == {"0": 7}
    assert found["saturation"]["is_saturated"] is False
    assert found["about"]["seed"] == 7
    assert (found["consistency_figures"]["head_regressions"], found["gates"]) == (1, [])


def test_a_run_in_which_nothing_ended_says_null_and_not_zero() -> None:
    found = json.loads(to_json(make_run()))
    assert (found["response"], found["error_rate"], found["methods"]) == (None, None, [])
    assert "head_regressions" not in found["consistency_figures"]
