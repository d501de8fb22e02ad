"""A node's JSON-RPC endpoint as the relay uses it: a URL, or the path of an IPC socket.

Over IPC requests and answers are JSON values one after the other, with or without line ends between them.
"""

import contextlib
import itertools
import json
import logging
import socket
import stat
import time
from pathlib import Path
from typing import Any, Protocol

import httpx
import orjson

from reference_node.errors import UsageError

ANSWER_SECONDS_MAX = 15.0
CONNECT_SECONDS_MAX = 5.0
ANSWER_BYTES_MAX = 32 * 2**20
SOCKET_PATH_BYTES_MAX = 107
SOCKET_SUFFIXES = {".ipc", ".sock"}
"""Of sockets that a node may still make: anything else that is not there is a slip of the pen."""
_READ_BYTES = 65_536
_LOG = logging.getLogger(__name__)
_HTTP_OK = 200


class NodeAway(Exception):
    """The node gave no answer; a request may have reached it."""


class HttpRefusal(Exception):
    """The node's HTTP server, or one before it, answered with a status and no JSON-RPC answer."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(f"HTTP status {status}")
        self.status = status
        self.text = text


class Endpoint(Protocol):
    """Where a node answers JSON-RPC."""

    def call(self, method: str, *params: object) -> dict[str, Any]:
        """Return the whole answer to a call, a JSON-RPC error included.

        Raises:
            NodeAway: there is none.
            HttpRefusal: there is only an HTTP status.
        """

    def close(self) -> None:
        """Close the connection."""


def open_endpoint(text: str, name: str = "ENDPOINT", timeout_seconds: float = ANSWER_SECONDS_MAX) -> Endpoint:
    """Return the endpoint that a command line names; a node that is not up yet is no mistake.

    Args:
        text: its URL or path.
        name: what the command line calls it.
        timeout_seconds: how long a call waits for its answer.

    Raises:
        UsageError: it is neither an http(s) URL nor a path where an IPC socket is or could be.
    """
    expected = f"{name} is {text!r}, expected http://…, https://… or the path of a node's IPC socket"
    if text.startswith(("http://", "https://")):
        try:
            url = httpx.URL(text)
        except httpx.InvalidURL as error:
            raise UsageError(f"{expected}: {error}") from error
        if not url.host:
            raise UsageError(f"{expected}: it names no host")
        return HttpEndpoint(text, timeout_seconds)
    if "://" in text or not text:
        raise UsageError(expected)
    path = Path(text)
    if len(str(path).encode()) > SOCKET_PATH_BYTES_MAX:
        raise UsageError(f"{expected} of at most {SOCKET_PATH_BYTES_MAX} bytes")
    try:
        if not stat.S_ISSOCK(path.stat().st_mode):
            raise UsageError(f"{expected}: it is there, but not a socket")
    except FileNotFoundError as error:
        if not path.absolute().parent.is_dir():
            raise UsageError(f"{expected}: there is no folder {path.absolute().parent}") from error
        if path.suffix not in SOCKET_SUFFIXES:
            raise UsageError(f"{expected}: there is nothing, and sockets to come end in .ipc or .sock") from error
        _LOG.warning("there is no socket %s yet: waiting for the node", path)
    except OSError as error:
        raise UsageError(f"{expected}: {error.strerror}") from error
    return IpcEndpoint(path, timeout_seconds)


class HttpEndpoint:
    """JSON-RPC over HTTP, on a kept-alive connection."""

    def __init__(self, url: str, timeout_seconds: float = ANSWER_SECONDS_MAX) -> None:
        timeout = httpx.Timeout(timeout_seconds, connect=CONNECT_SECONDS_MAX)
        self._url = url
        self._client = httpx.Client(timeout=timeout, trust_env=False)
        self._ids = itertools.count(1)

    def call(self, method: str, *params: object) -> dict[str, Any]:
        """Return the whole answer to a call."""
        request = _request(next(self._ids), method, params)
        try:
            response = self._client.post(self._url, json=request)
        except httpx.HTTPError as error:
            raise NodeAway(str(error) or type(error).__name__) from error
        try:
            answer = orjson.loads(response.content)  # it refuses what is nested without end
        except ValueError:
            answer = None
        if _answers(answer, request):
            return dict(answer)
        if response.status_code != _HTTP_OK:
            raise HttpRefusal(response.status_code, response.text)
        raise NodeAway(f"it answered something else than JSON-RPC: {response.text[:200]!r}")

    def close(self) -> None:
        """Close the connection."""
        self._client.close()


class IpcEndpoint:
    """JSON-RPC over a Unix socket, which is opened anew after each failure."""

    def __init__(self, path: Path, timeout_seconds: float = ANSWER_SECONDS_MAX) -> None:
        self._path = path
        self._timeout_seconds = timeout_seconds
        self._ids = itertools.count(1)
        self._socket: socket.socket | None = None
        self._received = b""

    def call(self, method: str, *params: object) -> dict[str, Any]:
        """Return the whole answer to a call."""
        request = _request(next(self._ids), method, params)
        deadline = time.monotonic() + self._timeout_seconds
        try:
            connection = self._socket or self._connect()
            connection.settimeout(self._timeout_seconds)
            connection.sendall(json.dumps(request).encode() + b"\n")
            while not _answers(answer := self._next_value(connection, deadline), request):
                pass  # the answer to a call that was given up, or a notification
        except (OSError, ValueError) as error:
            self.close()
            raise NodeAway(str(error) or type(error).__name__) from error
        return dict(answer)

    def close(self) -> None:
        """Close the connection."""
        if self._socket is not None:
            self._socket.close()
        self._socket, self._received = None, b""

    def _connect(self) -> socket.socket:
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            connection.settimeout(CONNECT_SECONDS_MAX)
            connection.connect(str(self._path))
        except OSError:
            connection.close()
            raise
        self._socket = connection
        return connection

    def _next_value(self, connection: socket.socket, deadline: float) -> Any:
        """Return the next JSON value of the stream. Raises OSError or ValueError where none comes in time."""
        while True:
            self._received = self._received.lstrip()
            # A value that is cut off does not parse; most answers come in one piece.
            if self._received[-1:] in {b"}", b"]"} or b"\n" in self._received:
                with contextlib.suppress(ValueError):
                    value, end = json.JSONDecoder().raw_decode(self._received.decode())
                    self._received = self._received.decode()[end:].encode()
                    return value
            if len(self._received) > ANSWER_BYTES_MAX:
                raise ValueError(f"an answer has more than {ANSWER_BYTES_MAX} bytes")
            left_seconds = deadline - time.monotonic()
            if left_seconds <= 0:
                raise TimeoutError(f"no answer within {self._timeout_seconds:g} s")
            connection.settimeout(left_seconds)
            piece = connection.recv(_READ_BYTES)
            if not piece:
                raise ConnectionError("the node closed the connection")
            self._received += piece


def _request(number: int, method: str, params: tuple[object, ...]) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": number, "method": method, "params": params}


def _answers(answer: Any, request: dict[str, Any]) -> bool:
    return isinstance(answer, dict) and answer.get("id") == request["id"] and ("result" in answer or "error" in answer)
