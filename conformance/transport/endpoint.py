"""A node that is asked over the network."""

import json
from collections.abc import Sequence
from typing import Self

from conformance.answers import UnreadableAnswer, decode_answer
from conformance.corpus import UNKNOWN_VERSION, VERSION_METHOD, Question
from conformance.transport.address import Address, parse_address
from conformance.transport.batch import Part, as_part, join_batch, split_batch
from conformance.transport.connections import Asked, Connection, Connections
from conformance.transport.gather import Gatherer
from conformance.transport.http_connection import HttpConnection
from conformance.transport.reply import Reply, Unanswered
from conformance.transport.settings import PLAIN, Kind, Transport

VERSION_CHARACTERS_MAX = 200


class Endpoint:
    """Answers questions of several threads at a time, over connections that are kept open."""

    def __init__(self, url: str, name: str = "", transport: Transport = PLAIN) -> None:
        """Name an endpoint; nothing is sent yet. Raises UsageError where the URL is none of HTTP's or WebSocket's.

        Args:
            url: `http`, `https`, `ws` or `wss`.
            name: what reports call it; the URL without user and password where there is none.
            transport: how it is asked.
        """
        self._url = url
        self._address = parse_address(url, over_websocket=transport.kind is Kind.WEBSOCKET)
        self._transport = transport
        self.name = name or self._address.shown
        self.version = UNKNOWN_VERSION
        self._connections = Connections(self._connect, transport.in_flight_max)
        self._gatherer = Gatherer(self._send_batch, transport.batch_size) if transport.kind is Kind.BATCH else None

    def __enter__(self) -> Self:
        """Return itself, with `version` asked for."""
        self.version = self._ask_version()
        return self

    def __exit__(self, *_reason: object) -> None:
        """Close the connections."""
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._connections.close()

    def __reduce__(self) -> tuple[object, ...]:
        """Let it be sent to another process, where it has connections of its own."""
        return _again, (self._url, self.name, self._transport, self.version)

    def ask(self, question: Question) -> Reply:
        """Send the question's body and return the reply, bounded in time and size."""
        if self._gatherer is not None and (part := as_part(question.body)) is not None:
            return self._gatherer.ask(part)
        if self._address.is_websocket and has_no_answer(question.body):
            return Reply(0, b"", "not asked: a WebSocket does not tell that a notification has no answer")
        return self._send(question.body.encode())

    @property
    def is_pairable(self) -> bool:
        """Whether another endpoint can be asked the same while this one thinks: it is by `begin` and `finish`."""
        return self._gatherer is None and not self._address.is_websocket

    def begin(self, question: Question) -> Asked | Reply:
        """Send the question's body; what is returned goes to `finish`."""
        try:
            return self._connections.begin(question.body.encode())
        except Unanswered as error:
            return Reply(0, b"", str(error))

    def finish(self, question: Question, begun: Asked | Reply) -> Reply:
        """Return the reply to a question that was sent."""
        try:
            reply = begun if isinstance(begun, Reply) else self._connections.finish(begun)
        except Unanswered as error:
            reply = Reply(0, b"", str(error))
        return self._again_unless_answered(question.body.encode(), reply)

    def ask_batch(self, questions: Sequence[Question]) -> list[Reply]:
        """Send questions as one batch and return the reply to each.

        Raises:
            ValueError: one of them is not a single request with an id, and can't be part of a batch.
        """
        parts = [part for question in questions if (part := as_part(question.body)) is not None]
        if len(parts) != len(questions):
            raise ValueError("a batch holds single requests with an id only")
        return self._send_batch(parts)

    def _connect(self) -> Connection:
        return _connect(self._address, self._transport)

    def _send_batch(self, parts: Sequence[Part]) -> list[Reply]:
        return split_batch(parts, self._send(join_batch(parts)))

    def _send(self, body: bytes) -> Reply:
        return self._again_unless_answered(body, self._send_once(body))

    def _again_unless_answered(self, body: bytes, reply: Reply) -> Reply:
        for _ in range(self._transport.retries):
            if not reply.failure:
                break
            reply = self._send_once(body)
        return reply

    def _send_once(self, body: bytes) -> Reply:
        try:
            return self._connections.ask(body)
        except Unanswered as error:
            return Reply(0, b"", str(error))

    def _ask_version(self) -> str:
        request = {"jsonrpc": "2.0", "id": 1, "method": VERSION_METHOD, "params": []}
        reply = self._send(json.dumps(request).encode())
        try:
            answer = decode_answer(reply.body)
        except UnreadableAnswer:
            return UNKNOWN_VERSION
        result = answer.get("result") if isinstance(answer, dict) else None
        return clean_version(result) if isinstance(result, str) else UNKNOWN_VERSION


def _again(url: str, name: str, transport: Transport, version: str) -> Endpoint:
    endpoint = Endpoint(url, name, transport)
    endpoint.version = version
    return endpoint


def has_no_answer(body: str) -> bool:
    """Say whether a body holds notifications only, to which JSON-RPC has no answer."""
    if '"id"' in body:
        return False
    try:
        content = decode_answer(body.encode())
    except UnreadableAnswer:
        return False
    messages = content if isinstance(content, list) else [content]
    return bool(messages) and all(isinstance(message, dict) and "method" in message for message in messages)


def clean_version(text: str) -> str:
    """Return what a node calls itself as one short line that can't move a terminal's cursor."""
    shown = "".join(sign if sign.isprintable() else "?" for sign in text[:VERSION_CHARACTERS_MAX])
    return shown or UNKNOWN_VERSION


def _connect(address: Address, transport: Transport) -> Connection:
    if not address.is_websocket:
        return HttpConnection(address, transport)
    # Of no use to most runs, and slow to import.
    from conformance.transport.websocket_connection import WebSocketConnection

    return WebSocketConnection(address, transport)
