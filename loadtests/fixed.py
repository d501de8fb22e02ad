"""The same call again and again, as capacity is measured with."""

import orjson

from loadtests.calls import Arrival, Call
from loadtests.judging import OK, judge_single
from loadtests.outcomes import Kind, Outcome
from loadtests.seams import Opened, Reply
from loadtests.task import Task

IDENTITY = 1


class NoWatch:
    """Watches nothing."""

    def saw(self, arrival: Arrival, target: int, reply: Reply, sent_seconds: float, ended_seconds: float) -> None:
        """Take no note."""

    def take(self) -> dict[str, int]:
        """Return nothing."""
        return {}

    def heads(self) -> dict[int, int]:
        """Return nothing."""
        return {}


def open_fixed(task: Task) -> Opened:
    """Open the call that `method` and `params` of a task's requests say."""
    spec = task.requests
    asked = {"jsonrpc": "2.0", "id": IDENTITY, "method": spec["method"], "params": spec.get("params", [])}
    calls = (Call(str(spec["method"]), orjson.dumps(asked), IDENTITY),)
    return Opened(lambda number, at_seconds: Arrival(at_seconds, number, calls), _judge, NoWatch())


def _judge(arrival: Arrival, reply: Reply, sent_seconds: float) -> tuple[Outcome, ...]:
    del sent_seconds
    if reply.status != OK:
        return (Outcome(Kind.HTTP, reply.status),)
    return judge_single(arrival.calls[0], reply.body)
