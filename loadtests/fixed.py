"""The same call again and again, as capacity is measured with; judged by whether it has a result."""

import orjson

from loadtests.calls import Arrival, Call
from loadtests.outcomes import Kind, Outcome
from loadtests.seams import Opened, Reply
from loadtests.task import Task


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
    asked = {"jsonrpc": "2.0", "id": 1, "method": spec["method"], "params": spec.get("params", [])}
    calls = (Call(str(spec["method"]), orjson.dumps(asked), 1),)
    return Opened(lambda number, at_seconds: Arrival(at_seconds, number, calls), _judge, NoWatch())


def _judge(arrival: Arrival, reply: Reply, sent_seconds: float) -> tuple[Outcome, ...]:
    del arrival, sent_seconds
    if reply.status != 200:
        return (Outcome(Kind.HTTP, reply.status),)
    try:
        answer = orjson.loads(reply.body)
    except orjson.JSONDecodeError:
        return (Outcome(Kind.MALFORMED),)
    if not isinstance(answer, dict) or answer.get("id") != 1:
        return (Outcome(Kind.MALFORMED),)
    if "error" in answer:
        code = answer["error"].get("code") if isinstance(answer["error"], dict) else None
        return (Outcome(Kind.RPC, code),)
    return (Outcome(Kind.RESULT if answer.get("result") is not None else Kind.MISSING),)
