"""Asks an endpoint one thing at a time; what comes back is kept with its question, and never raises."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass

from conformance.answers import Json, UnreadableAnswer, decode_answer
from conformance.compare import ABSENT, Value
from conformance.corpus import Question
from conformance.subject import Reply, Subject

SILENT_IN_A_ROW_MAX = 5
"""After this many questions without any reply an endpoint is taken for gone, and asked no more."""
_IDENTITY = 1
_OK = 200
_BUSY_STATUSES = {429, 502, 503, 504}
_EXCERPT_CHARACTERS = 60


@dataclass(frozen=True, slots=True)
class Answer:
    """What an endpoint answered to one request."""

    endpoint: str
    """What reports call it."""
    method: str
    request: str
    """The body sent."""
    result: Value
    """ABSENT where there is none."""
    problem: str = ""
    """Why there is no result; empty where there is one."""
    is_broken: bool = False
    """It answered with what is no JSON-RPC answer to the request, which is wrong whatever was asked."""
    error_code: int | None = None
    """Of a JSON-RPC error."""


class Asker:
    """Puts requests to a subject until a moment is reached."""

    def __init__(
        self, subject: Subject, seconds_max: float = float("inf"), clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Name whom to ask, and for how long from now on."""
        self.name = subject.name
        self._subject = subject
        self._clock = clock
        self._deadline = clock() + seconds_max
        self._silence = 0

    @property
    def is_over(self) -> bool:
        """Whether there is no time left, or nobody who answers."""
        return self._clock() > self._deadline or self._silence >= SILENT_IN_A_ROW_MAX

    def ask(self, method: str, *params: Json) -> Answer:
        """Return the answer to a request; one that says why there is none where time is up or nothing comes."""
        request = {"jsonrpc": "2.0", "id": _IDENTITY, "method": method, "params": params}
        body = json.dumps(request, separators=(",", ":"))
        reply = self.put(Question(f"{method}/verify", method, "", body, ""))
        return read_answer(self.name, method, body, reply, _IDENTITY)

    def put(self, question: Question) -> Reply:
        """Return the reply to a question; a failure where time is up or nothing comes any more."""
        if self.is_over:
            gone = self._silence >= SILENT_IN_A_ROW_MAX
            reason = f"{SILENT_IN_A_ROW_MAX} questions in a row got no reply" if gone else "the time for it was over"
            return Reply(0, b"", f"not asked, as {reason}")
        reply = self._subject.ask(question)
        self._silence = self._silence + 1 if reply.failure else 0
        return reply


def read_answer(endpoint: str, method: str, request: str, reply: Reply, identity: Json) -> Answer:
    """Return what a reply says to a request with an id."""

    def without_result(problem: str, *, is_broken: bool = False, code: int | None = None) -> Answer:
        return Answer(endpoint, method, request, ABSENT, problem, is_broken, code)

    if reply.failure:
        return without_result(f"no whole reply: {reply.failure}")
    if reply.flaw:
        return without_result(reply.flaw, is_broken=True)
    if reply.status in _BUSY_STATUSES:
        return without_result(f"it is not serving: HTTP status {reply.status}")
    if reply.status != _OK:
        return without_result(f"HTTP status {reply.status}", is_broken=True)
    try:
        answer = decode_answer(reply.body)
    except UnreadableAnswer as error:
        begin = reply.body[:_EXCERPT_CHARACTERS].decode(errors="replace")
        return without_result(f"{error}; it begins {begin!r}", is_broken=True)
    if not isinstance(answer, dict):
        return without_result("it is no JSON object", is_broken=True)
    got = answer.get("id")
    if answer.get("jsonrpc") != "2.0" or type(got) is not type(identity) or got != identity:
        return without_result("it does not have the jsonrpc and id asked with", is_broken=True)
    if "error" in answer and "result" not in answer:
        return _error(endpoint, method, request, answer["error"])
    if "result" not in answer or "error" in answer:
        return without_result("it has not one of result and error", is_broken=True)
    return Answer(endpoint, method, request, answer["result"])


def _error(endpoint: str, method: str, request: str, error: Json) -> Answer:
    code = error.get("code") if isinstance(error, dict) else None
    message = error.get("message") if isinstance(error, dict) else None
    if not isinstance(code, int) or isinstance(code, bool) or not isinstance(message, str):
        return Answer(endpoint, method, request, ABSENT, "its error has no code and message", is_broken=True)
    return Answer(endpoint, method, request, ABSENT, f"error {code}: {message[:200]}", error_code=code)
