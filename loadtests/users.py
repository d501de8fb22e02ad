"""A locust user that speaks JSON-RPC, for locustfiles of your own: `from loadtests import EthereumUser`.

What comes back is judged as `ethercattle load` judges it, so an error in an answer of status 200 is a failure in
locust's figures too. Locust's own load is a closed loop: its users wait for answers, and stalls hide behind that.
"""

import itertools
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from locust import FastHttpUser
from locust.env import Environment

from loadtests.address import read_address
from loadtests.calls import Call
from loadtests.client import Connection, TransportFailure
from loadtests.judging import OK, judge_batch, judge_single
from loadtests.outcomes import Kind, Outcome
from loadtests.seams import Reply
from loadtests.sending import failure_outcome

CALL, BATCH, ITEM = "RPC", "RPC batch", "RPC in batch"
"""What locust shows as the types of requests."""


class CallFailed(Exception):
    """What locust is told of a call that failed; its text is the kind, and the code where there is one."""

    def __init__(self, outcome: Outcome, message: str = "") -> None:
        code = "" if outcome.code is None else f" {outcome.code}"
        super().__init__(f"{outcome.kind}{code}{': ' if message else ''}{message}")
        self.outcome = outcome


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of one call."""

    outcome: Outcome
    result: Any = None
    error: Any = None
    """The error object of the answer, where it has one."""

    @property
    def is_failure(self) -> bool:
        """Whether a client would call it one."""
        return self.outcome.is_failure


class EthereumUser(FastHttpUser):
    """A FastHttpUser with `rpc`: single calls and batches over a kept-alive connection of its own."""

    abstract = True

    def __init__(self, environment: Environment) -> None:
        """Prepare; the connection is opened by the first call."""
        super().__init__(environment)
        self.rpc = Rpc(str(self.host), environment, self.network_timeout)


class Rpc:
    """Calls an endpoint, and tells locust of every call."""

    def __init__(self, url: str, environment: Environment, timeout_seconds: float) -> None:
        """Prepare.

        Raises:
            LoadError: the URL is none.
        """
        self._connection = Connection(read_address(url), timeout_seconds)
        self._request_event: Any = environment.events.request
        self._ids = itertools.count(1)

    def call(
        self, method: str, params: Sequence[Any] = (), *, allows_null: bool = False, name: str | None = None
    ) -> Answer:
        """Call a method.

        Args:
            method: as `eth_getBalance`.
            params: its parameters.
            allows_null: whether a `null` is a right answer, as for a block beyond the head.
            name: what locust shows it as; the method where there is none.
        """
        call = self._call(method, params, allows_null=allows_null)
        reply, seconds, failure = self._exchange(call.body)
        if failure is not None:
            answer = Answer(failure)
        else:
            assert reply is not None
            answer = _answer(judge_single(call, reply.body)[0], _decode(reply.body))
        self._tell(CALL, name or method, seconds, reply, answer)
        return answer

    def batch(self, calls: Sequence[tuple[str, Sequence[Any]]], *, name: str = "batch") -> list[Answer]:
        """Call methods in one request, and return an answer each, in their order.

        Locust is told of the whole under `name`, and of each item under its method with the time of the whole.
        """
        made = [self._call(method, params) for method, params in calls]
        reply, seconds, failure = self._exchange(b"[" + b",".join(call.body for call in made) + b"]")
        if failure is not None:
            answers = [Answer(failure)] * len(made)
        else:
            assert reply is not None
            answers = _answers(made, reply)
        worst = next((answer for answer in answers if answer.is_failure), Answer(failure) if failure else None)
        self._tell(BATCH, name, seconds, reply, worst)
        for call, answer in zip(made, answers, strict=True):
            self._tell(ITEM, call.method, seconds, None, answer)
        return answers

    def _call(self, method: str, params: Sequence[Any], *, allows_null: bool = False) -> Call:
        identity = next(self._ids)
        body = orjson.dumps({"jsonrpc": "2.0", "id": identity, "method": method, "params": list(params)})
        return Call(method, body, identity, allows_null)

    def _exchange(self, body: bytes) -> tuple[Reply | None, float, Outcome | None]:
        """Return the answer, how long it took in seconds, and what became of it where it is no answer to judge."""
        begin = time.perf_counter()
        try:
            reply = self._connection.exchange(body)
        except TransportFailure as failure:
            return None, time.perf_counter() - begin, failure_outcome(failure)
        seconds = time.perf_counter() - begin
        return reply, seconds, None if reply.status == OK else Outcome(Kind.HTTP, reply.status)

    def _tell(self, kind: str, name: str, seconds: float, reply: Reply | None, answer: Answer | None) -> None:
        message = answer.error.get("message", "") if answer and isinstance(answer.error, dict) else ""
        self._request_event.fire(
            request_type=kind,
            name=name,
            response_time=seconds * 1e3,
            response_length=len(reply.body) if reply else 0,
            response=reply,
            context={},
            exception=CallFailed(answer.outcome, message) if answer and answer.is_failure else None,
        )


def _answers(calls: Sequence[Call], reply: Reply) -> list[Answer]:
    decoded = _decode(reply.body)
    items = [each for each in decoded if isinstance(each, dict)] if isinstance(decoded, list) else []
    by_id = {each["id"]: each for each in items if isinstance(each.get("id"), int)}
    outcomes = judge_batch(calls, reply.body)
    return [_answer(outcome, by_id.get(call.id)) for call, outcome in zip(calls, outcomes, strict=True)]


def _answer(outcome: Outcome, decoded: Any) -> Answer:
    if not isinstance(decoded, dict):
        return Answer(outcome)
    return Answer(outcome, decoded.get("result"), decoded.get("error"))


def _decode(body: bytes) -> Any:
    """Return what a body says as JSON, None where it says nothing."""
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        return None
