"""Each health endpoint answers whom it is for: people, a process manager, a balancer."""

import orjson
import pytest

from reference_node.health import Facts, Head, Health, Thresholds, judge
from reference_node.rpc.health_http import HEALTH_PATHS, health_answer

HEAD = Head(5, b"\x05" * 32, 1_700_000_000)
READY = judge(Facts(caught_up=True, head=HEAD, head_readable=True, lag_records=3))
DEGRADED = judge(Facts(caught_up=True, head=HEAD, head_readable=True, lag_records=3), Thresholds(lag_records=2))
STARTING = judge(Facts())
DRAINING = judge(Facts(caught_up=True, head=HEAD, head_readable=True, draining=True))
FAILED = judge(Facts(caught_up=True, head=HEAD, head_readable=True, failure="the log has a gap"))


@pytest.mark.parametrize(
    ("health", "ready", "live"),
    [(READY, 200, 200), (DEGRADED, 429, 200), (STARTING, 503, 200), (DRAINING, 503, 200), (FAILED, 503, 503)],
    ids=["ready", "degraded", "starting", "draining", "failed"],
)
def test_each_endpoint_has_its_status(health: Health, ready: int, live: int) -> None:
    statuses = {path: health_answer(path, health)[0] for path in HEALTH_PATHS}
    assert statuses == {"/": ready, "/health": 200, "/health/live": live, "/health/ready": ready}


def test_each_endpoint_tells_the_whole() -> None:
    for path in HEALTH_PATHS:
        assert orjson.loads(health_answer(path, DEGRADED)[1]) == DEGRADED.as_json()
