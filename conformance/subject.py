"""What questions are put to: an endpoint, or the record of one. A reply is kept as it came; nothing is judged here."""

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol, Self
from urllib.parse import urlsplit

import httpx

from conformance.answers import UnreadableAnswer, decode_answer
from conformance.corpus import UNKNOWN_VERSION, VERSION_METHOD, Question
from reference_node.errors import UsageError

CONNECT_SECONDS_MAX = 5.0
REPLY_SECONDS_MAX = 30.0
REPLY_BYTES_MAX = 128 * 1024 * 1024


_NUMBER_DIGITS_MAX = 20
NUMBER_HEADER, HASH_HEADER = "X-EtherCattle-Block-Number", "X-EtherCattle-Block-Hash"


@dataclass(frozen=True, slots=True)
class Position:
    """The block that was an endpoint's newest when it answered."""

    number: int
    hash: str


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back for one question."""

    status: int
    """HTTP status; 0 where there is no whole reply."""
    body: bytes
    failure: str = ""
    """Why there is no whole reply; empty where there is one."""
    seconds: float = 0.0
    """From asking to the last byte."""
    position: Position | None = None
    """Where it says so: replicas of ours do, in headers of every answer."""


class Subject(Protocol):
    """Answers questions, several at a time."""

    @property
    def name(self) -> str:
        """What reports call it."""

    @property
    def version(self) -> str:
        """What it calls itself."""

    def ask(self, question: Question) -> Reply:
        """Return the reply to a question; never raises for what an endpoint does."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """The record of a client, which gives to each question the answer that is recorded for it."""

    version: str
    name: str = "recorded"

    def ask(self, question: Question) -> Reply:
        """Return the recorded answer."""
        return Reply(200, question.recorded.encode())


class Endpoint:
    """A node asked over HTTP on a connection that is kept open."""

    def __init__(
        self,
        url: str,
        name: str = "",
        headers: Mapping[str, str] | None = None,
        reply_seconds_max: float = REPLY_SECONDS_MAX,
    ) -> None:
        """Name an endpoint; nothing is sent yet. Raises UsageError where the URL is none of HTTP's."""
        try:
            parts = urlsplit(url)
            is_endpoint = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
        except ValueError:
            is_endpoint = False
        if not is_endpoint:
            raise UsageError(f"{url!r} is no endpoint, expected an URL like http://127.0.0.1:8545")
        self.name = name or url
        self.version = UNKNOWN_VERSION
        self._url = url
        self._seconds_max = reply_seconds_max
        timeout = httpx.Timeout(reply_seconds_max, connect=CONNECT_SECONDS_MAX)
        sent = {"Content-Type": "application/json", **(headers or {})}
        self._client = httpx.Client(timeout=timeout, headers=sent, trust_env=False)

    def __enter__(self) -> Self:
        """Return itself, with `version` asked for."""
        self.version = self._ask_version()
        return self

    def __exit__(self, *_reason: object) -> None:
        """Close the connection."""
        self._client.close()

    def ask(self, question: Question) -> Reply:
        """Send the question's body and return the reply, bounded in time and size."""
        return self._send(question.body.encode())

    def _send(self, body: bytes) -> Reply:
        started = time.monotonic()
        deadline = started + self._seconds_max
        parts: list[bytes] = []
        size_bytes = 0
        try:
            with self._client.stream("POST", self._url, content=body) as response:
                for part in response.iter_bytes():
                    parts.append(part)
                    size_bytes += len(part)
                    if size_bytes > REPLY_BYTES_MAX:
                        return Reply(0, b"", f"its answer is longer than {REPLY_BYTES_MAX} bytes")
                    if time.monotonic() > deadline:
                        return Reply(0, b"", f"its answer took longer than {self._seconds_max:g} s")
                seconds = time.monotonic() - started
                return Reply(response.status_code, b"".join(parts), "", seconds, read_position(response.headers))
        except httpx.TimeoutException as error:
            return Reply(0, b"", f"it did not answer in time ({type(error).__name__})")
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError) as error:
            return Reply(0, b"", f"it did not answer: {error}")

    def _ask_version(self) -> str:
        request = {"jsonrpc": "2.0", "id": 1, "method": VERSION_METHOD, "params": []}
        reply = self._send(json.dumps(request).encode())
        try:
            answer = decode_answer(reply.body)
        except UnreadableAnswer:
            return UNKNOWN_VERSION
        result = answer.get("result") if isinstance(answer, dict) else None
        return result if isinstance(result, str) and result else UNKNOWN_VERSION


def read_position(headers: Mapping[str, str]) -> Position | None:
    """Return what the headers of an answer say of the newest block, None where they don't."""
    number, block_hash = headers.get(NUMBER_HEADER, ""), headers.get(HASH_HEADER, "")
    is_number = number.isascii() and number.isdecimal() and len(number) <= _NUMBER_DIGITS_MAX
    return Position(int(number), block_hash) if is_number and block_hash else None
